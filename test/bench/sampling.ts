/** How rates are taken: by CPU time, in slices, the contenders taking turns once each of them is warm; medians. */
import { Contestant } from './contestant.js';
import type { Contender, Values } from './row.js';
import { contenders } from './row.js';

export interface Sampling {
  /** CPU milliseconds. JsSIP's grammar needs so long to be optimized: before, it is slower by half and more. */
  readonly warmUp: number;
  readonly rounds: number;
  /** CPU milliseconds of one contender's turn. */
  readonly slice: number;
}

const usual: Sampling = { warmUp: 3000, rounds: 9, slice: 100 };

export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

export const macrotask = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Rejects, naming what hangs, unless it is done within `ms`. */
export async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not done within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** CPU microseconds of each work in `names` by contender; of one that fails or hangs nothing but a line on standard error. */
export async function compare(
  module: string,
  names: readonly string[],
  sampling: Partial<Sampling> = {},
): Promise<ReadonlyMap<string, Values>> {
  const contestants = contenders.map((contender) => new Contestant(module, contender));
  const result = new Map<string, Values>();
  for (const name of names) result.set(name, await compete(contestants, name, { ...usual, ...sampling }));
  for (const contestant of contestants) contestant.stop();
  return result;
}

async function compete(contestants: readonly Contestant[], name: string, sampling: Sampling): Promise<Values> {
  const { warmUp, rounds, slice } = sampling;
  const samples = new Map<Contender, number[]>();
  const fits = new Set(contestants);
  const turn = async (contestant: Contestant, ms: number): Promise<void> => {
    try {
      const micros = await contestant.turn({ name, ms });
      if (micros === undefined) fits.delete(contestant);
      else samples.set(contestant.contender, [...(samples.get(contestant.contender) ?? []), micros]);
    } catch (error) {
      console.error(String(error));
      fits.delete(contestant);
      samples.delete(contestant.contender);
    }
  };
  await Promise.all(contestants.map((contestant) => turn(contestant, warmUp)));
  samples.clear(); // they were cold
  for (let round = 0; round < rounds; round++) for (const contestant of fits) await turn(contestant, slice);
  return Object.fromEntries([...samples].map(([contender, taken]) => [contender, median(taken)]));
}

/** Of CPU microseconds: per CPU second. */
export const perSecond = (micros: Values): Values =>
  Object.fromEntries(Object.entries(micros).map(([contender, value]) => [contender, 1e6 / value]));
