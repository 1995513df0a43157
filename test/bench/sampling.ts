/** How rates are taken: by CPU time, in slices, the contenders taking turns once each of them is warm. */
import type { Contender, Values } from './row.js';

/** Does the work once. */
export type Work = () => void | Promise<void>;
export type Works = Readonly<Partial<Record<Contender, Work>>>;

export interface Sampling {
  /** Milliseconds until the slowest contender's grammar is optimized: JsSIP takes twice the time before. */
  readonly warmUp: number;
  readonly rounds: number;
  /** Milliseconds of one contender's turn. */
  readonly slice: number;
}

const usual: Sampling = { warmUp: 1500, rounds: 9, slice: 80 };

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

/** CPU microseconds of the process, threads of the garbage collector included, per piece of work in a slice of wall time. */
async function sample(work: Work, ms: number): Promise<number> {
  const before = process.cpuUsage();
  const end = performance.now() + ms;
  let count = 0;
  let batch = 1;
  for (let now = performance.now(); now < end;) {
    for (let i = 0; i < batch; i++) {
      const pending = work();
      if (pending) await pending;
    }
    count += batch;
    const then = performance.now();
    if (then - now < 1) batch *= 2; // so that looking at the clock costs nothing next to the work
    now = then;
    await macrotask(); // timers and whatever else a library leaves for later get their turn
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

/** CPU microseconds of each contender's work; of one that fails or hangs nothing but a line on standard error. */
export async function compare(name: string, works: Works, sampling: Partial<Sampling> = {}): Promise<Values> {
  const { warmUp, rounds, slice } = { ...usual, ...sampling };
  const samples = new Map<string, number[]>(Object.keys(works).map((contender) => [contender, []]));
  const turn = async (contender: string, work: Work, ms: number): Promise<void> => {
    try {
      const micros = await within(ms + 10_000, `${contender}: ${name}`, sample(work, ms));
      samples.get(contender)?.push(micros);
    } catch (error) {
      console.error(String(error));
      samples.delete(contender);
    }
  };
  for (const [contender, work] of Object.entries(works)) await turn(contender, work, warmUp);
  for (const taken of samples.values()) taken.length = 0; // by now they are warm
  for (let round = 0; round < rounds; round++) {
    for (const [contender, work] of Object.entries(works))
      if (samples.has(contender)) await turn(contender, work, slice);
  }
  return Object.fromEntries([...samples].map(([contender, taken]) => [contender, median(taken)]));
}

/** Per CPU second. */
export const perSecond = (micros: Values): Values =>
  Object.fromEntries(Object.entries(micros).map(([contender, value]) => [contender, 1e6 / value]));
