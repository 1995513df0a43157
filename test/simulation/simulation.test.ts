import { assert } from 'chai';
import { report } from '../model/play.js';
import { play } from './play.js';
import { scenario } from './scenario.js';

/** SIMULATION_SEED repeats one run; `npm run simulation` asks for others. */
const only = process.env['SIMULATION_SEED'];
const first = Number(only ?? process.env['SIMULATION_FIRST'] ?? 1);
const count = only === undefined ? Number(process.env['SIMULATION_RUNS'] ?? 1000) : 1;

describe('a call between two user agents on a network that breaks at random', function () {
  this.timeout(0);

  it(`is kept whenever it can be, is heard at both ends, and leaves nothing behind: ${count} runs`, async () => {
    for (let seed = first; seed < first + count; seed++) {
      const { steps } = scenario(seed);
      if ((await play(steps, seed)).length > 0)
        assert.fail(`SIMULATION_SEED=${seed}\n${await report(play, steps, seed)}`);
    }
  });

  it('a seed repeats its run, message by message', async () => {
    const lines = async (): Promise<string[]> => {
      const all: string[] = [];
      await play(scenario(first).steps, first, (line) => all.push(line.replace(/\[.*?\]/g, '')));
      return all;
    };
    assert.deepEqual(await lines(), await lines());
  });
});
