/**
 * How rates are taken: by CPU time, in slices, the contenders taking turns once each of them is warm; medians. Twice:
 * all in one process, which is what the budgets are judged by and how the figures they stand on were taken; and each in
 * a process of its own, warmed for longer, as a page has one library.
 */
import { Arena } from './arena.js';
import type { Contender, Row, Values } from './row.js';
import { contenders } from './row.js';

/** CPU milliseconds before a contender's samples count. */
const warmUp = {
  together: 1500,
  /** JsSIP's grammar needs so long to be optimized: before, it is slower by half and more. */
  alone: 3000,
} as const;
const rounds = 9;

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

/** By contender: all in one process, and each in its own. */
export interface Measured {
  readonly together: Values;
  readonly alone: Values;
}

/**
 * CPU microseconds of each work in `names`, in turns of `slice` CPU milliseconds; of one that fails or hangs nothing but
 * a line on standard error.
 */
export async function compare(
  module: string,
  names: readonly string[],
  slice = 100,
): Promise<ReadonlyMap<string, Measured>> {
  const one = [new Arena(module, contenders)];
  const own = contenders.map((contender) => new Arena(module, [contender]));
  const together = new Map<string, Values>();
  for (const name of names) together.set(name, await compete(one, name, warmUp.together, slice));
  for (const arena of one) arena.stop();
  const result = new Map<string, Measured>();
  for (const name of names) {
    result.set(name, { together: together.get(name)!, alone: await compete(own, name, warmUp.alone, slice) });
  }
  for (const arena of own) arena.stop();
  return result;
}

async function compete(arenas: readonly Arena[], name: string, warmUpMs: number, slice: number): Promise<Values> {
  const samples = new Map<Contender, number[]>();
  const fits = new Map(arenas.flatMap((arena) => arena.contenders.map((contender) => [contender, arena])));
  const turn = async (contender: Contender, ms: number): Promise<void> => {
    try {
      const micros = await fits.get(contender)!.turn({ contender, name, ms });
      if (micros === undefined) fits.delete(contender);
      else samples.set(contender, [...(samples.get(contender) ?? []), micros]);
    } catch (error) {
      console.error(String(error));
      fits.delete(contender);
      samples.delete(contender);
    }
  };
  for (const contender of contenders) await turn(contender, warmUpMs);
  samples.clear(); // they were cold
  for (let round = 0; round < rounds; round++) for (const contender of fits.keys()) await turn(contender, slice);
  return Object.fromEntries([...samples].map(([contender, taken]) => [contender, median(taken)]));
}

/** Of CPU microseconds: per CPU second. */
export const perSecond = (micros: Values): Values =>
  Object.fromEntries(Object.entries(micros).map(([contender, value]) => [contender, 1e6 / value]));

/** Both ways of measuring, converted alike, as they stand in a row. */
export const both = (
  { together, alone }: Measured,
  convert: (micros: Values) => Values,
): Pick<Row, 'values' | 'alone'> => ({
  values: convert(together),
  alone: convert(alone),
});
