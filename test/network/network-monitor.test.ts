import { assert } from 'chai';
import { watchSleep } from '../../lib/network/network-monitor.js';
import { FakeClock } from '../support/fake-clock.js';

describe('sleep of the machine', () => {
  it('IPC-40: a wall clock that ran ahead of the other by more than 5 s tells it, once', async () => {
    const clock = new FakeClock();
    let awake = 0;
    const stop = watchSleep(clock, () => awake++);
    await clock.advance(60_000);
    assert.equal(awake, 0);
    clock.sleep(4000);
    await clock.advance(10_000);
    assert.equal(awake, 0, 'clocks are set now and then');
    clock.sleep(3_600_000);
    await clock.advance(2000);
    assert.equal(awake, 1);
    await clock.advance(60_000);
    assert.equal(awake, 1);
    stop();
    assert.equal(clock.pending, 0);
  });
});
