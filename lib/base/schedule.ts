/** When what a server has granted for a time is refreshed, and when what failed is tried again (RFC 5626 §4.5). */
import type { Random } from './random.js';

/** Back-off after failures. Seconds; `jitter` is the share of each delay that chance may take away. */
export interface RetryConfig {
  /** The delay after a first failure; the following ones start from `interval`. */
  readonly first: number;
  readonly interval: number;
  readonly max: number;
  readonly jitter: number;
}

/** Milliseconds from the 2xx to the refresh: at 90 %, `before` seconds ahead of the end, up to 5 % earlier so that many clients do not come in step. */
export function refreshDelay(expires: number, before: number, random: Random): number {
  const share = Math.min(expires * 0.9, Math.max(expires - before, expires / 2));
  return share * 1000 * (1 - random.number() * 0.05);
}

/** Milliseconds to wait after `failures` in a row: doubled each time up to `max`. */
export function retryDelay(failures: number, { first, interval, max, jitter }: RetryConfig, random: Random): number {
  const delay = failures === 1 ? first : Math.min(max, interval * 2 ** (failures - 1));
  return delay * 1000 * (1 - random.number() * jitter);
}
