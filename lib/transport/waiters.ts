/** Those who wait for a connection, each with a signal of its own. */
import { abortError } from '../base/errors.js';
import type { EvercallError } from '../base/errors.js';

interface Waiter {
  resolve(): void;
  reject(error: EvercallError): void;
}

export class Waiters {
  readonly #all = new Set<Waiter>();

  /** Settles with the next `resolve` or `reject`, or rejects when `signal` aborts. */
  wait(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(abortError(signal));
        return;
      }
      const onAbort = (): void => {
        this.#all.delete(waiter);
        reject(abortError(signal!));
      };
      const settled =
        <T>(settle: (value: T) => void) =>
        (value: T): void => {
          signal?.removeEventListener('abort', onAbort);
          settle(value);
        };
      const waiter = { resolve: settled(resolve), reject: settled(reject) };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#all.add(waiter);
    });
  }

  resolve(): void {
    for (const waiter of this.#take()) waiter.resolve();
  }

  reject(error: EvercallError): void {
    for (const waiter of this.#take()) waiter.reject(error);
  }

  #take(): Waiter[] {
    const all = [...this.#all];
    this.#all.clear();
    return all;
  }
}
