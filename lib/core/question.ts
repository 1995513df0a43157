/** One question to the app, however many operations wait for its answer. */
import { Deferred } from '../base/deferred.js';
import { abortError } from '../base/errors.js';

export class Question<T> {
  readonly #answer = new Deferred<T | undefined>();
  readonly #controller = new AbortController();
  #waiting = 0;

  /** Asks; what it throws is what those who wait get. The signal aborts when the answer is of no use any more. */
  constructor(ask: (signal: AbortSignal) => Promise<T | undefined>) {
    ask(this.#controller.signal).then(this.#answer.resolve, this.#answer.reject);
  }

  /** Nobody waits any more, or the answer came from elsewhere. */
  get isSettled(): boolean {
    return this.#controller.signal.aborted;
  }

  /** Resolves with the question's end, however it ends. */
  get over(): Promise<unknown> {
    return this.#answer.promise.catch(() => undefined);
  }

  /** The answer has come from elsewhere, or none is wanted. */
  settle(answer?: T): void {
    this.#answer.resolve(answer);
    this.#controller.abort();
  }

  /** Waits with the others; rejects when `signal` aborts. */
  join(signal: AbortSignal): Promise<T | undefined> {
    this.#waiting++;
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        reject(abortError(signal));
        if (--this.#waiting === 0) this.settle();
      };
      signal.addEventListener('abort', leave, { once: true });
      void this.over.then(() => {
        signal.removeEventListener('abort', leave);
      });
      this.#answer.promise.then(resolve, reject);
    });
  }
}
