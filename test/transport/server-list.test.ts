import { assert } from 'chai';
import type { Random } from '../../lib/base/random.js';
import { systemRandom } from '../../lib/base/random.js';
import { ServerList, reconnectDelay } from '../../lib/transport/server-list.js';

const always = (value: number): Random => ({ ...systemRandom, number: () => value });

describe('server list', () => {
  it('RFC 5626 §4.5: waits double up to their maximum, and are 50 to 100 % of that', () => {
    for (const [attempt, most] of [
      [1, 1000],
      [2, 2000],
      [5, 16_000],
      [6, 30_000],
      [50, 30_000],
    ] as const) {
      assert.equal(reconnectDelay(attempt, always(0)), most / 2);
      assert.equal(reconnectDelay(attempt, always(1)), most);
    }
  });

  it('RFC 6455 §7.2.3: the first attempt is delayed by a random time too', () => {
    assert.equal(reconnectDelay(0, always(0)), 0);
    assert.equal(reconnectDelay(0, always(0.9)), 900);
  });

  it('a server that restarts is asked about once a second for a while, then ever less', () => {
    const list = new ServerList(['a'], always(1));
    list.onLost({ sound: true, elsewhere: false, urgent: false });
    const delays = Array.from({ length: 11 }, () => list.onRefused());
    assert.deepEqual(delays, [1000, 1000, 1000, 1000, 1000, 1000, 2000, 4000, 8000, 16_000, 30_000]);
  });

  it('with a spread each client draws its moment once, and keeps to it; who talks has it in the first half, and asks twice as often', () => {
    const list = new ServerList(['a'], always(0.3), 50_000);
    assert.equal(list.onLost({ sound: true, elsewhere: false, urgent: false }), 15_000);
    assert.deepEqual([list.onRefused(), list.onRefused(true), list.onRefused()], [50_000, 25_000, 50_000]);
    list.onAccepted();
    assert.equal(list.onLost({ sound: true, elsewhere: false, urgent: true }), 7500);
  });

  it('… and a server that accepts and closes at once is not asked more often for it', () => {
    const list = new ServerList(['a', 'b'], always(0.3), 50_000);
    const loss = { sound: false, elsewhere: false, urgent: false };
    assert.deepEqual([list.onLost(loss), list.onLost(loss), list.onLost(loss)], [15_000, 50_000, 50_000]);
  });

  it('the first attempt goes to the same server, at once if it is urgent; a second loss in a row to the next', () => {
    const list = new ServerList(['a', 'b', 'c'], always(1));
    const loss = { sound: false, elsewhere: false, urgent: true };
    assert.equal(list.onLost(loss), 0);
    assert.equal(list.url, 'a');
    assert.equal(list.onLost(loss), 1000);
    assert.equal(list.url, 'b');
    assert.equal(list.onLost({ ...loss, sound: true }), 0);
    assert.equal(list.url, 'b');
  });

  it('a silent server is not the first one asked, however long it had served', () => {
    const list = new ServerList(['a', 'b'], always(1));
    assert.equal(list.onLost({ sound: true, elsewhere: true, urgent: true }), 0);
    assert.equal(list.url, 'b');
    assert.deepEqual(list.better, ['a']);
  });

  it('a list of one goes on with that one', () => {
    const list = new ServerList(['a'], always(1));
    list.onLost({ sound: true, elsewhere: true, urgent: true });
    assert.equal(list.url, 'a');
    assert.equal(list.onRefused(), 1000);
    assert.deepEqual(list.better, []);
  });

  it('moves for nothing make the looks rarer, up to half an hour; a sound connection forgives', () => {
    const list = new ServerList(['a', 'b'], always(1));
    assert.equal(list.failbackDelay(60_000), 60_000);
    for (let i = 0; i < 3; i++) list.onMoved('a');
    assert.equal(list.failbackDelay(60_000), 480_000);
    for (let i = 0; i < 10; i++) list.onMoved('a');
    assert.equal(list.failbackDelay(60_000), 1_800_000);
    list.onLost({ sound: true, elsewhere: false, urgent: true });
    assert.equal(list.failbackDelay(60_000), 60_000);
  });
});
