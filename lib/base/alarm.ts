/** Waits until a moment of the wall clock, for a machine that sleeps must find out when it wakes that time has passed. */
import type { Clock } from './clock.js';

/** Longest nap between two looks at the wall clock. Milliseconds. */
const nap = 30_000;

/** Runs `run` when the wall clock reaches `moment`; returns its cancel. */
export function at(clock: Clock, moment: number, run: () => void): () => void {
  let cancel: () => void;
  const look = (): void => {
    const left = moment - clock.wallTime();
    if (left <= 0) run();
    else cancel = clock.after(Math.min(left, nap), look);
  };
  cancel = clock.after(Math.min(Math.max(moment - clock.wallTime(), 0), nap), look);
  return () => {
    cancel();
  };
}
