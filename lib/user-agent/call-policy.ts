/** One call at a time is heard: who takes or places another one leaves the former on hold (Linphone's way). */
import type { Clock } from '../base/clock.js';
import { sleep } from '../base/clock.js';
import { quiet } from '../base/quiet.js';
import type { Logger } from '../base/log.js';
import type { Call } from '../call/call.js';

/** Milliseconds that the next call waits for the hold of the one before. */
const patience = 2000;

export class ExclusiveCalls {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #resumes: boolean;
  /** The call that is heard, or is to be. */
  #current: Call | undefined;
  /** Put on hold by us, the latest last. */
  #held: readonly Call[] = [];
  /** Heard together. */
  #joined: readonly Call[] = [];

  constructor(clock: Clock, log: Logger, resumes: boolean) {
    this.#clock = clock;
    this.#log = log;
    this.#resumes = resumes;
  }

  /**
   * Makes `call` the one that is heard; resolves when the former is on hold. Nothing where there is none to be, or `call`
   * takes the place of that one.
   */
  makeWay(call: Call, predecessor?: Call): Promise<void> | undefined {
    const former = this.#current === predecessor ? undefined : this.#current;
    this.#current = call;
    this.#held = this.#held.filter((other) => other !== call);
    if (!former || former === call) return undefined;
    const heard = this.#joined.includes(former) ? this.#joined : [former];
    if (heard.includes(call)) return undefined;
    for (const other of heard)
      if (other.state === 'connecting')
        void quiet(other.answered.then(() => (heard.includes(this.#current!) ? undefined : this.#hold(other))));
    const holds = heard.filter(({ state, localHold }) => state === 'confirmed' && !localHold);
    return holds.length > 0 ? Promise.all(holds.map((other) => this.#hold(other))).then(() => undefined) : undefined;
  }

  /** Those of a conference are heard together. */
  setJoined(calls: readonly Call[]): void {
    this.#joined = calls;
  }

  /** A call that was on its way when another one was taken is heard now. */
  onConfirmed(call: Call): void {
    if (this.#current !== call) void this.makeWay(call);
  }

  onReleased(call: Call): void {
    this.#held = this.#held.filter((other) => other !== call);
    if (this.#current !== call) return;
    this.#current = undefined;
    const next = this.#resumes ? this.#held.at(-1) : undefined;
    if (next?.state === 'confirmed' && next.localHold) void quiet(next.resume());
  }

  /** A hold that is refused, or takes too long, does not keep the next call. */
  async #hold(call: Call): Promise<void> {
    this.#held = [...this.#held.filter((other) => other !== call), call];
    const enough = new AbortController();
    const held = call.hold().catch((error: unknown) => {
      this.#log.warn(`call ${call.id} could not be held: ${String(error)}`);
    });
    await Promise.race([held, sleep(this.#clock, patience, enough.signal).catch(() => undefined)]);
    enough.abort();
  }
}
