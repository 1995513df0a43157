/** How long a call may ring, and how long it may last (Linphone's inc_timeout and in_call_timeout). */
import { at } from '../base/alarm.js';
import type { Clock } from '../base/clock.js';
import { checkPositive } from '../base/options.js';

export interface CallLimits {
  /** Seconds after which a call that nobody answers is given up, or refused with 408. @default no limit */
  readonly ringTimeout?: number;
  /** Seconds after which an answered call is hung up. @default no limit */
  readonly maxDuration?: number;
}

export function callLimits({ ringTimeout, maxDuration }: CallLimits, base: CallLimits = {}): CallLimits {
  for (const [name, value] of Object.entries({ ringTimeout, maxDuration }))
    if (value !== undefined) checkPositive(name, value, 'seconds');
  if (ringTimeout === undefined && maxDuration === undefined) return base; // one object serves most calls
  return {
    ...base,
    ...(ringTimeout === undefined ? {} : { ringTimeout }),
    ...(maxDuration === undefined ? {} : { maxDuration }),
  };
}

/** Runs `run` after that many seconds of the wall clock; returns its cancel. */
export function limit(clock: Clock, seconds: number | undefined, run: () => void): (() => void) | undefined {
  return seconds === undefined ? undefined : at(clock, clock.wallTime() + seconds * 1000, run);
}
