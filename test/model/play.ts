// One run of the model: the steps, then rest, then the end; and of a run that went wrong, the least that still does.
import { Phones } from './phones.js';
import { take } from './steps.js';
import type { Step } from './steps.js';

/** Resolves with all that was wrong: nothing, in a good run. */
export async function play(steps: readonly Step[], seed: number, trace?: (line: string) => void): Promise<string[]> {
  const phones = await Phones.make(seed, trace);
  for (const step of steps) {
    trace?.(`── ${JSON.stringify(step)}`);
    await take(phones, step);
  }
  trace?.('── the end');
  return phones.end();
}

/** Leaves out what is not needed for the run to go wrong: halves first, single steps at last. */
export async function shrink(steps: readonly Step[], seed: number): Promise<readonly Step[]> {
  let least = steps;
  for (let size = Math.ceil(least.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
    for (let start = 0; start < least.length;) {
      const fewer = [...least.slice(0, start), ...least.slice(start + size)];
      if ((await play(fewer, seed)).length > 0) least = fewer;
      else start += size;
    }
  return least;
}

/** A message for the test report: what went wrong, and how to see it again. */
export async function report(steps: readonly Step[], seed: number): Promise<string> {
  const least = await shrink(steps, seed);
  const lines: string[] = [];
  const wrongs = await play(least, seed, (line) => lines.push(line));
  return [...wrongs, `seed ${seed}`, ...lines].join('\n');
}
