/** Time as a dependency: every wait in the library goes through a Clock, so that tests can own it. */
import { abortError } from './errors.js';
import type { Signal } from './lifetime.js';

export interface Clock {
  /** Milliseconds that never run backwards; they may stand still while the machine sleeps. */
  now(): number;
  /** Milliseconds since 1970: what expiry is reckoned in, for it goes on while the machine sleeps. */
  wallTime(): number;
  /** Runs `run` once after `ms`; returns its cancel. */
  after(ms: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  after(ms, run) {
    const id = setTimeout(run, ms);
    return () => {
      clearTimeout(id);
    };
  },
};

/** Resolves after `ms`, or rejects at once when `signal` aborts. */
export function sleep(clock: Clock, ms: number, signal?: Signal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(abortError(signal));
      return;
    }
    const onAbort = (): void => {
      cancel();
      reject(abortError(signal!));
    };
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
