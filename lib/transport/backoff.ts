/** How long to wait before the next connection attempt (RFC 5626 §4.5 in spirit: exponential, capped, with jitter). */
import type { Random } from '../base/random.js';

/** Milliseconds before attempt `attempt` (0 is the first, which goes at once): 1, 2, 4 … 30 s, times 0.5 to 1. */
export function reconnectDelay(attempt: number, random: Random): number {
  if (attempt === 0) return 0;
  const ceiling = Math.min(30_000, 1000 * 2 ** (attempt - 1));
  return ceiling * (0.5 + random.number() / 2);
}
