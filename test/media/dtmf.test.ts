// Tones in virtual time: what the browser's sender does, and what it fails to do.
import { assert } from 'chai';
import { DtmfPlayer } from '../../lib/media/dtmf.js';
import { FakeClock } from '../support/fake-clock.js';

class FakeSender extends EventTarget {
  canInsertDTMF = true;
  toneBuffer = '';
  readonly inserted: unknown[][] = [];

  insertDTMF(...order: [string, number, number]): void {
    this.inserted.push(order);
    this.toneBuffer = order[0];
  }

  /** One tone ends; an empty one is the end of all. */
  play(): void {
    const tone = this.toneBuffer.slice(0, 1);
    this.toneBuffer = this.toneBuffer.slice(1);
    this.dispatchEvent(Object.assign(new Event('tonechange'), { tone }));
  }
}

class Rig {
  readonly clock = new FakeClock();
  readonly sender = new FakeSender();
  readonly controller = new AbortController();
  readonly outcomes: string[] = [];
  readonly #player = new DtmfPlayer(this.clock);

  play(tones: string, options = { duration: 100, gap: 70 }): this {
    const sender = this.sender as unknown as RTCDTMFSender;
    this.#player
      .play(() => sender, tones, options, this.controller.signal)
      .then(
        () => this.outcomes.push(`${tones} played`),
        (error: unknown) => this.outcomes.push(`${tones} ${(error as { code: string }).code}`),
      );
    return this;
  }
}

describe('DtmfPlayer', () => {
  it('orders do not cut each other short: the second is inserted when the first is played out', async () => {
    const { clock, sender, outcomes } = new Rig().play('12').play('3', { duration: 200, gap: 50 });
    await clock.advance(0);
    assert.deepEqual(sender.inserted, [['12', 100, 70]]);
    for (let i = 0; i < 3; i++) sender.play();
    await clock.advance(0);
    assert.deepEqual(outcomes, ['12 played']);
    assert.deepEqual(sender.inserted[1], ['3', 200, 50]);
    for (let i = 0; i < 2; i++) sender.play();
    await clock.advance(0);
    assert.deepEqual(outcomes, ['12 played', '3 played']);
    assert.equal(clock.pending, 0);
  });

  it('a sender that falls silent, as on hold, is not waited for without end; a comma takes two seconds', async () => {
    const { clock, outcomes } = new Rig().play('1,2');
    await clock.advance(2340 + 1999);
    assert.isEmpty(outcomes);
    await clock.advance(1);
    assert.deepEqual(outcomes, ['1,2 invalidState']);
  });

  it('without negotiated telephone-events it rejects', async () => {
    const rig = new Rig();
    rig.sender.canInsertDTMF = false;
    rig.play('1');
    await rig.clock.advance(0);
    assert.deepEqual(rig.outcomes, ['1 invalidState']);
  });

  it('the end of the call ends what plays and what waits', async () => {
    const rig = new Rig().play('1').play('2');
    await rig.clock.advance(0);
    rig.controller.abort();
    await rig.clock.advance(0);
    assert.deepEqual(rig.outcomes, ['1 aborted', '2 aborted']);
    assert.equal(rig.sender.inserted.length, 1);
    assert.equal(rig.clock.pending, 0);
  });
});
