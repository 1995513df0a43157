// The network breaks under a call, on interfaces that really change: the call survives, and both hear each other again in time.
import { assert } from 'chai';
import { batches } from './batches.js';
import { faults } from './faults.js';
import type { Fault } from './faults.js';
import type { Outcome } from './play.js';

const outcomeOf = batches(faults, 3);

/** The same fault once more, with nothing beside it. */
const again = (fault: Fault): Promise<Outcome> => batches([fault], 1)(0);

/** What no fault may cost, whenever it is played. */
function assertKept(outcome: Outcome, story: string): void {
  assert.equal(outcome.state, 'confirmed', story);
  assert.isTrue(outcome.isSameCall, story);
  assert.isTrue(Number.isFinite(outcome.inbound + outcome.outbound), story);
  assert.isTrue(outcome.hungUp, story);
  assert.deepEqual(outcome.leftOver, { sockets: 0, connections: 0, microphones: 0, timers: [] }, story);
}

/** Whether what may depend on how busy this machine is, is as it should be. */
function isAsMeant({ target }: Fault, outcome: Outcome): boolean {
  const { tooLong, registered = Infinity, pathBack, concealments } = outcome;
  const isInTime = tooLong.length === 0 && registered - pathBack <= (target.registered ?? Infinity);
  return isInTime && concealments <= (target.concealments ?? Infinity);
}

function told(fault: Fault, { timeline, ...outcome }: Outcome): string {
  return `${fault.name}: ${JSON.stringify(outcome, null, 1)}\n${timeline}\n`;
}

describe('a call survives', function () {
  this.timeout(400_000);

  faults.forEach((fault, index) => {
    it(`${fault.name}: ${fault.title}`, async () => {
      const first = await outcomeOf(index);
      assertKept(first, told(fault, first));
      console.log(`      silence in / out ${first.inbound.toFixed(2)} / ${first.outbound.toFixed(2)} s`);
      if (isAsMeant(fault, first)) return;
      // the targets are medians: two more runs say on which side of it this one was
      const outcomes = [first, await again(fault), await again(fault)];
      for (const outcome of outcomes) assertKept(outcome, told(fault, outcome));
      const late = outcomes.filter((outcome) => !isAsMeant(fault, outcome));
      assert.isAtMost(late.length, 1, late.map((outcome) => told(fault, outcome)).join('\n'));
      console.log(`      ${fault.name}: once late, twice in time\n${told(fault, first)}`);
    });
  });
});
