// One run of a model: its steps, then the end; and of a run that went wrong, the least that still does.

/** Plays the steps on a fresh stage; resolves with all that was wrong: nothing, in a good run. */
export type Play<Step> = (steps: readonly Step[], seed: number, trace?: (line: string) => void) => Promise<string[]>;

/** Leaves out what is not needed for the run to go wrong: halves first, single steps at last. */
async function shrink<Step>(play: Play<Step>, steps: readonly Step[], seed: number): Promise<readonly Step[]> {
  let least = steps;
  for (let size = Math.ceil(least.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
    for (let start = 0; start < least.length;) {
      const fewer = [...least.slice(0, start), ...least.slice(start + size)];
      if ((await play(fewer, seed)).length > 0) least = fewer;
      else start += size;
    }
  return least;
}

/** What went wrong, and every message that led there. */
export async function report<Step>(play: Play<Step>, steps: readonly Step[], seed: number): Promise<string> {
  const least = await shrink(play, steps, seed);
  const lines: string[] = [];
  const wrongs = await play(least, seed, (line) => lines.push(line));
  return [...wrongs, `seed ${seed}`, ...lines].join('\n');
}
