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

  /**
   * Resolves at once if there is one; rejects with `transport` when no server could be reached, after so many milliseconds of
   * patience: then a handshake that is under way is waited for, and nothing else.
   */
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
    this.#opened?.reject(noServer(why));
    this.#opened = undefined;
  }

  async #patiently(opened: Promise<void>, signal: AbortSignal | undefined, until: number): Promise<void> {
    const over = new Deferred<never>();
    const onOver = (): void => {
      if (this.#state() !== 'connecting') over.reject(noServer('no server could be asked in time'));
    };
    const cancel = until < Infinity ? this.#clock.after(until - this.#clock.now(), onOver) : undefined;
    try {
      await Promise.race([opened, over.promise]).finally(cancel);
    } catch (error) {
      const left = until - this.#clock.now();
      if (signal?.aborted || this.#state() === 'idle' || left <= 0) throw error;
      await this.next(signal, left);
    }
  }
}

const noServer = (why: string): EvercallError => new EvercallError('transport', why, { status: 503 });
