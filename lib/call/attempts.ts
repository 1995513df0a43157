/** The INVITEs of a call of ours, one after another: where a 3xx sends it, and again where it was lost or came too early. */
import type { CallAttempt } from './end-cause.js';

/** Milliseconds in which a callee may come back as we do, and what is said of one who is away. */
const grace = 40_000;
const unreached: ReadonlySet<number> = new Set([404, 408, 430, 480]);

/** What is said of a callee who may come back. */
export const isAway = (status: number): boolean =>
  unreached.has(status) || (status >= 500 && status < 600 && status !== 501);

export class Attempts {
  /** Sends the INVITE once more, when there is a connection again; nothing where there is none to repeat. */
  sendAgain: ((wait?: number) => void) | undefined;
  #isStranded = false;
  /** When an INVITE that was lost with its connection went out again. */
  #sentAgainAt = -Infinity;
  #target: string;
  /** What became of those before the present one. */
  #past: readonly CallAttempt[] = [];

  constructor(target: string) {
    this.#target = target;
  }

  onSent(now: number): void {
    if (this.#isStranded) this.#sentAgainAt = now;
    this.#isStranded = false;
  }

  onRedirected(target: string, status: number, server: string): void {
    this.#past = this.all(status, server);
    this.#target = target;
  }

  /** Whether it is sent once more. */
  onStranded(): boolean {
    this.#isStranded = true;
    this.sendAgain?.();
    return this.sendAgain !== undefined;
  }

  /** Whether it is sent once more. */
  onRefused(status: number, now: number): boolean {
    const since = now - this.#sentAgainAt;
    if (since > grace || !this.sendAgain || !(unreached.has(status) || (status >= 500 && status < 600))) return false;
    this.sendAgain(Math.min(5000, Math.max(1000, since / 2)));
    return true;
  }

  /** With the present one, of which `status` is known by now. */
  all(status: number, server: string): readonly CallAttempt[] {
    return [...this.#past, { target: this.#target, server, status }];
  }
}
