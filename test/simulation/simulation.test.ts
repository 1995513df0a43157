import { assert } from 'chai';
import { report } from '../model/play.js';
import { play } from './play.js';
import { scenario } from './scenario.js';

/** `npm run simulation` asks for other runs; SIMULATION_SEED repeats one. */
const only = process.env['SIMULATION_SEED'];
const first = only === undefined ? 1 : Number(only);
const count = only === undefined ? Number(process.env['SIMULATION_RUNS'] ?? 1000) : 1;

describe('a call between two user agents on a network that breaks at random', function () {
  this.timeout(0);

  it(`is kept whenever it can be, and leaves nothing behind: ${count} runs`, async () => {
    const failed: number[] = [];
    for (let seed = first; seed < first + count; seed++) {
      const wrongs = await play(scenario(seed).steps, seed);
      if (wrongs.length > 0) failed.push(seed);
      if (process.env['SIMULATION_ALL'] === undefined && failed.length > 0) break;
      if (wrongs.length > 0) console.log(`SIMULATION_SEED=${seed}`, wrongs);
    }
    if (failed.length === 0) return;
    const [seed] = failed as [number];
    assert.fail(
      `SIMULATION_SEED=${seed}\n${await report(play, scenario(seed).steps, seed)}\nfailed: ${failed.join(' ')}`,
    );
  });
});
