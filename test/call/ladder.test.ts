import { assert } from 'chai';
import { EvercallError } from '../../lib/base/errors.js';
import type { ErrorCode } from '../../lib/base/errors.js';
import { Ladder, higher } from '../../lib/call/ladder.js';
import type { Next, Rung } from '../../lib/call/ladder.js';

interface Case {
  readonly code?: ErrorCode;
  readonly status?: number;
  readonly isElsewhere?: boolean;
  readonly now?: number;
}

function fail(
  ladder: Ladder,
  rung: Rung,
  { code = 'rejected', status, isElsewhere = false, now = 0 }: Case,
): Next | undefined {
  const error = new EvercallError(code, 'failed', status === undefined ? {} : { status });
  return ladder.onFailure({ error, rung, isElsewhere, now, gracePeriod: 30_000 });
}

describe('the ladder of a call that is brought back', () => {
  it('the higher of two rungs counts', () => {
    assert.equal(higher(undefined, 'dialog'), 'dialog');
    assert.equal(higher('media', 'offer'), 'media');
    assert.equal(higher('media', 'rebuild'), 'rebuild');
  });

  it('what is lost with its connection is said again on the next, at once', () => {
    assert.deepEqual(fail(new Ladder(), 'media', { code: 'transport' }), { rung: 'media', wait: 0 });
  });

  it('a refusal that may pass is waited out, longer each time, for as long as there is patience', () => {
    const ladder = new Ladder();
    const waits = [0, 1, 2].map(() => fail(ladder, 'offer', { status: 491 })?.wait);
    assert.deepEqual(waits, [200, 400, 800]);
    for (let failures = 3; failures < 9; failures++) fail(ladder, 'offer', { status: 491 });
    assert.equal(fail(ladder, 'offer', { status: 491, now: 29_999 })?.wait, 5000);
    assert.isUndefined(fail(ladder, 'offer', { status: 491, now: 30_000 }));
    ladder.onDone();
    assert.equal(fail(ladder, 'offer', { status: 491, now: 40_000 })?.wait, 200, 'it counts anew');
  });

  it('a peer that will not have the restart gets another connection; what it makes no sense of is left alone', () => {
    assert.deepEqual(fail(new Ladder(), 'media', { status: 488 }), { rung: 'rebuild', wait: 0 });
    assert.isUndefined(fail(new Ladder(), 'media', { code: 'protocol' }));
    assert.isUndefined(fail(new Ladder(), 'rebuild', { status: 488 }));
  });

  for (const what of [
    { code: 'timeout' },
    { code: 'cancelled' },
    { status: 404 },
    { status: 430 },
    { status: 481 },
  ] as const)
    it(`${JSON.stringify(what)}: another dialog is sought, and what was tried before after that`, () => {
      const ladder = new Ladder();
      assert.deepEqual(fail(ladder, 'media', what), { rung: 'replace', wait: 0 });
      const after = fail(ladder, 'replace', { status: 480 });
      assert.deepEqual(after, ladder.isGone ? undefined : { rung: 'media', wait: 400 });
    });

  it('another dialog is sought twelve times', () => {
    const ladder = new Ladder();
    for (let times = 0; times < 12; times++) assert.equal(fail(ladder, 'media', { code: 'timeout' })?.rung, 'replace');
    assert.equal(fail(ladder, 'media', { code: 'timeout' })?.rung, 'media');
    ladder.begin();
    assert.equal(fail(ladder, 'media', { code: 'timeout' })?.rung, 'replace');
  });

  it('a server that refuses once more may know us by another dialog', () => {
    const ladder = new Ladder();
    assert.deepEqual(fail(ladder, 'dialog', { status: 503 }), { rung: 'dialog', wait: 200 });
    assert.deepEqual(fail(ladder, 'dialog', { status: 503 }), { rung: 'replace', wait: 0 });
  });

  it('what went to where the peer was before it moved, says nothing of the dialog', () => {
    const ladder = new Ladder();
    assert.deepEqual(fail(ladder, 'media', { status: 481, isElsewhere: true }), { rung: 'media', wait: 200 });
    assert.isFalse(ladder.isGone);
  });

  it('RFC 3891 §3: 603 to the INVITE with Replaces says that the peer has hung up', () => {
    const ladder = new Ladder();
    fail(ladder, 'media', { code: 'timeout' });
    assert.isUndefined(fail(ladder, 'replace', { status: 603 }));
    assert.isTrue(ladder.isGone);
  });
});
