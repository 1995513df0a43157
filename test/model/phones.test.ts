import { assert } from 'chai';
import fc from 'fast-check';
import { play, report } from './play.js';
import { steps } from './steps.js';

/** `npm run model` asks for more, and for other seeds. */
const numRuns = Number(process.env['MODEL_RUNS'] ?? 500);
const seed = Number(process.env['MODEL_SEED'] ?? 20_261_121);

describe('two phones, whatever happens', function () {
  this.timeout(0);

  for (const network of ['calm', 'faulty'] as const)
    it(`on a ${network} network no rule of RFC 3261, 3262 and 3264 is broken, and nothing is left over`, async () => {
      for (const [all, phonesSeed] of fc.sample(fc.tuple(steps(network), fc.nat()), { numRuns, seed }))
        if ((await play(all, phonesSeed)).length > 0) assert.fail(await report(all, phonesSeed));
    });
});
