/** How long something lives, for what it starts to end with it. An AbortSignal is much to keep for what mostly waits: there is one while it is of use. */
import type { EvercallError } from './errors.js';

export class Lifetime {
  #controller: AbortController | undefined;
  /** Why it is over. */
  #end: EvercallError | undefined;
  #jobs = 0;
  /** Somebody holds the signal, for as long as they like. */
  #isShared = false;

  get isOver(): boolean {
    return this.#end !== undefined;
  }

  /** Aborts with the end. */
  get signal(): AbortSignal {
    this.#isShared = true;
    return this.#signal;
  }

  /** Runs `job`, whose signal is of no use to anybody when it has settled. */
  async during<T>(job: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.#jobs++;
    try {
      return await job(this.#signal);
    } finally {
      if (--this.#jobs === 0 && !this.#isShared) this.#controller = undefined;
    }
  }

  end(reason: EvercallError): void {
    this.#end = reason;
    this.#controller?.abort(reason);
  }

  get #signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#end) this.#controller.abort(this.#end);
    }
    return this.#controller.signal;
  }
}
