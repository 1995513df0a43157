import { assert } from 'chai';
import fc from 'fast-check';
import { Phones } from './phones.js';
import { report } from './play.js';
import type { Play } from './play.js';
import { steps, take } from './steps.js';
import type { Step } from './steps.js';
import { WildPeer } from './wild-peer.js';
import { takeWild, wildSteps } from './wild-steps.js';
import type { WildStep } from './wild-steps.js';

/** `npm run model` asks for more, and for other seeds. */
const numRuns = Number(process.env['MODEL_RUNS'] ?? 350);
const seed = Number(process.env['MODEL_SEED'] ?? 20_261_121);

const twoPhones: Play<Step> = async (all, phonesSeed, trace) => {
  const phones = await Phones.make(phonesSeed, trace);
  for (const step of all) {
    trace?.(`── ${JSON.stringify(step)}`);
    await take(phones, step);
  }
  trace?.('── the end');
  return phones.end();
};

const wildPeer: Play<WildStep> = async (all, phoneSeed, trace) => {
  const peer = await WildPeer.make(phoneSeed, trace);
  for (const step of all) {
    trace?.(`── ${JSON.stringify(step)}`);
    await takeWild(peer, step);
  }
  trace?.('── the end');
  return peer.end(phoneSeed % 2 === 1);
};

async function check<T>(play: Play<T>, all: fc.Arbitrary<T[]>): Promise<void> {
  for (const [run, runSeed] of fc.sample(fc.tuple(all, fc.nat()), { numRuns, seed }))
    if ((await play(run, runSeed)).length > 0) assert.fail(await report(play, run, runSeed));
}

describe('calls, whatever happens: no rule of RFC 3261, 3262 and 3264 is broken, and nothing is left over', function () {
  this.timeout(0);

  it('between two phones on a calm network', () => check(twoPhones, steps('calm')));
  it('between two phones on a network that loses, doubles, holds back and refuses', () =>
    check(twoPhones, steps('faulty')));
  it('with a peer that says anything', () => check(wildPeer, wildSteps));
});
