/** Waits that end with their signal, whether or not what they wait for ever settles. */
import { abortError } from './errors.js';
import type { Signal } from './lifetime.js';

/** As `promise`, but rejects as soon as `signal`, where there is one, aborts. */
export function unlessAborted<T>(signal: Signal | undefined, promise: Promise<T>): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(abortError(signal));
    const over =
      <V>(settle: (value: V) => void) =>
      (value: V): void => {
        signal.removeEventListener('abort', onAbort);
        settle(value);
      };
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(over(resolve), over(reject));
  });
}
