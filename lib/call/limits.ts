/** When a call has rung, lasted, or heard nothing for long enough. */
import { at } from '../base/alarm.js';
import type { Clock } from '../base/clock.js';
import type { Leg } from './leg.js';

/** Runs `run` after that many seconds of the wall clock; returns its cancel. */
export function limit(clock: Clock, seconds: number | undefined, run: () => void): (() => void) | undefined {
  return seconds === undefined ? undefined : at(clock, clock.wallTime() + seconds * 1000, run);
}

/** Hangs up when nothing is received for that many seconds. */
export async function watchFor(leg: Leg, seconds: number): Promise<void> {
  const { watchMedia } = await import('./media-watch.js');
  await watchMedia(leg, seconds).catch(() => undefined); // the call was over before
}
