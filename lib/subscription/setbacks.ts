/** What went wrong in a row, and how long the next try waits for it: nobody is asked again and again in haste. */
import type { Random } from '../base/random.js';
import { retryDelay } from '../base/schedule.js';
import type { RetryConfig } from '../base/schedule.js';

/** Milliseconds after which a subscription that ends has lasted. */
const settled = 30_000;

export class Setbacks {
  /** SUBSCRIBEs that failed, since one was taken. */
  #failures = 0;
  /** Subscriptions that ended, none of which had lasted. */
  #flaps = 0;

  onTaken(): void {
    this.#failures = 0;
  }

  onFailed(): void {
    this.#failures++;
  }

  /** A subscription is over after so many milliseconds. */
  onEnded(lasted: number): void {
    this.#flaps = lasted < settled ? this.#flaps + 1 : 1;
  }

  /** Whether this is the first after all was well: then a try at once is no haste. */
  get isFirst(): boolean {
    return this.#failures + this.#flaps === 1;
  }

  /** Milliseconds to wait: as many seconds as were told, where they were; by the back-off of the account, where it has one. */
  delay(after: number | undefined, retry: RetryConfig | undefined, random: Random): number | undefined {
    const count = Math.max(this.#failures + this.#flaps, 1);
    const backOff = (failures: number): number | undefined => retry && retryDelay(failures, retry, random);
    if (after === undefined) return backOff(count);
    // who says 0 seconds, and refuses again, is not to be asked without end
    return Math.max(after * 1000, this.isFirst ? 0 : (backOff(1) ?? 0));
  }
}
