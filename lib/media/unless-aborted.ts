/** Waits that end with their AbortSignal, whether or not what they wait for ever settles. */
import { abortError } from '../base/errors.js';

/** As `promise`, but rejects as soon as `signal` aborts: what is asked of a closed RTCPeerConnection is never answered. */
export function unlessAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(abortError(signal));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
