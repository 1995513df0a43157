/** The next connection, as those wait for it who have something to say. */
import type { Clock } from '../base/clock.js';
import { Deferred } from '../base/deferred.js';
import { EvercallError } from '../base/errors.js';
import { unlessAborted } from '../base/unless-aborted.js';
import type { FlowState } from './flow.js';

export class Opening {
  readonly #clock: Clock;
  readonly #state: () => FlowState;
  #opened: Deferred<void> | undefined;

  constructor(clock: Clock, state: () => FlowState) {
    this.#clock = clock;
    this.#state = state;
  }

  /** Resolves at once if there is one; rejects with `transport` when no server could be reached, after so many milliseconds of patience. */
  next(signal?: AbortSignal, patience = 0): Promise<void> {
    if (this.#state() === 'open') return Promise.resolve();
    this.#opened ??= new Deferred();
    const opened = unlessAborted(signal, this.#opened.promise);
    return patience > 0 ? this.#patiently(opened, signal, this.#clock.now() + patience) : opened;
  }

  succeed(): void {
    this.#opened?.resolve();
    this.#opened = undefined;
  }

  fail(why: string): void {
    this.#opened?.reject(new EvercallError('transport', why, { status: 503 }));
    this.#opened = undefined;
  }

  async #patiently(opened: Promise<void>, signal: AbortSignal | undefined, until: number): Promise<void> {
    try {
      await opened;
    } catch (error) {
      const left = until - this.#clock.now();
      if (signal?.aborted || this.#state() === 'idle' || left <= 0) throw error;
      await this.next(signal, left);
    }
  }
}
