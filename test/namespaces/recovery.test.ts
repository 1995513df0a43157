// The network breaks under a call, on interfaces that really change: the call survives, and both hear each other again in time.
import { assert } from 'chai';
import { batches } from './batches.js';
import { faults } from './faults.js';

const outcomeOf = batches(faults, 3);

describe('a call survives', function () {
  this.timeout(240_000);

  faults.forEach((fault, index) => {
    it(`${fault.name}: ${fault.title}`, async () => {
      const { timeline, ...outcome } = await outcomeOf(index);
      const story = `${fault.name}: ${JSON.stringify(outcome, null, 1)}\n${timeline}\n`;
      assert.equal(outcome.state, 'confirmed', story);
      assert.isTrue(outcome.isSameCall, story);
      assert.deepEqual(outcome.tooLong, [], story);
      if (fault.target.registered !== undefined) {
        assert.isDefined(outcome.registered, story);
        assert.isAtMost(outcome.registered - outcome.pathBack, fault.target.registered, story);
      }
      assert.isTrue(outcome.hungUp, story);
      assert.deepEqual(outcome.leftOver, { sockets: 0, connections: 0, microphones: 0, timers: [] }, story);
    });
  });
});
