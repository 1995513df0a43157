/** How long a call may ring, and how long it may last (Linphone's inc_timeout and in_call_timeout). */
import { checkPositive } from '../base/options.js';

export interface CallLimits {
  /** Seconds after which a call that nobody answers is given up, or refused with 408. @default no limit */
  readonly ringTimeout?: number;
  /** Seconds after which an answered call is hung up. @default no limit */
  readonly maxDuration?: number;
  /** Seconds of silence on the wire after which an answered call is hung up; while either side holds they do not count. @default no limit */
  readonly noMediaTimeout?: number;
}

/** Names of options, for whoever has them among others. */
export const limitOptions = ['ringTimeout', 'maxDuration', 'noMediaTimeout'] as const;

export function callLimits(options: CallLimits, base: CallLimits = {}): CallLimits {
  const given = limitOptions.filter((name) => options[name] !== undefined);
  for (const name of given) checkPositive(name, options[name], 'seconds');
  if (given.length === 0) return base; // one object serves most calls
  return { ...base, ...Object.fromEntries(given.map((name) => [name, options[name]])) };
}
