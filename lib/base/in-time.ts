/** Answers of the host that may never come: a database whose upgrade another tab blocks gives none. */
import type { Clock } from './clock.js';

/** As `ask`, but rejects after so many milliseconds, when `onLate` has heard of it. */
export function inTime<T>(clock: Clock, ms: number, ask: () => Promise<T>, onLate: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => {
      onLate();
      reject(new Error(`no answer within ${ms} ms`));
    });
    void Promise.resolve().then(ask).then(resolve, reject).then(cancel);
  });
}
