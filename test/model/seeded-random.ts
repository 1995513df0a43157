// Randomness that a seed repeats: a run of the model can be replayed.
import type { Random } from '../../lib/base/random.js';

export function seededRandom(seed: number): Random {
  let state = (seed * 2 + 1) >>> 0;
  /** Mulberry32: uniform in [0, 1). */
  const number = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const token = (length: number): string =>
    Array.from({ length }, () => Math.floor(number() * 32).toString(32)).join('');
  const uuid = (): string => {
    const hex = (length: number): string =>
      Array.from({ length }, () => Math.floor(number() * 16).toString(16)).join('');
    return `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`;
  };
  return { number, token, uuid };
}
