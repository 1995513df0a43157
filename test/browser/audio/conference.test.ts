// A conference in the page: each hears all others and not itself.
import { assert } from 'chai';
import type { Call, Conference } from '../../../lib/index.js';
import { EvercallError } from '../../../lib/base/errors.js';
import { closeAll, Ear, until } from '../media/ends.js';
import { goHome, person, talk } from './stage.js';
import type { Person } from './stage.js';

const [own, bobs, carols] = [440, 880, 660];

interface Meeting {
  readonly alice: Person;
  readonly calls: readonly [Call, Call];
  readonly conference: Conference;
  /** What Bob and Carol hear. */
  readonly bob: Ear;
  readonly carol: Ear;
}

async function meet(callPolicy: 'exclusive' | 'mix', host = true): Promise<Meeting> {
  const alice = person('alice', { audio: {}, tone: own, callPolicy });
  const [bob, carol] = [person('bob', { tone: bobs }), person('carol', { tone: carols })];
  const [first, second] = [await talk(alice, bob), await talk(alice, carol)];
  if (callPolicy === 'exclusive') assert.isTrue(first.caller.localHold);
  const calls = [first.caller, second.caller] as const;
  const conference = await alice.ua.conference(calls, { host });
  const ears = { bob: new Ear(first.callee.remoteStream), carol: new Ear(second.callee.remoteStream) };
  return { alice, calls, conference, ...ears };
}

describe('ua.conference', () => {
  afterEach(goHome);
  afterEach(closeAll);

  for (const callPolicy of ['exclusive', 'mix'] as const)
    it(`MED-5: three parties (${callPolicy}): each hears the two others, not itself`, async () => {
      const { alice, calls, conference, bob, carol } = await meet(callPolicy);
      await bob.hearsOnly([own, carols], [bobs]);
      await carol.hearsOnly([own, bobs], [carols]);
      assert.equal(alice.playing().length, 1);
      await new Ear(alice.playing()[0]).hearsOnly([bobs, carols], [own]);
      assert.deepEqual(conference.calls, calls);
      assert.isUndefined(conference.host?.call);
      assert.deepEqual(
        calls.map(({ localHold }) => localHold),
        [false, false],
      );
    });

  it('MED-5: each party has a level and a switch of its own, and hears on while it is muted', async () => {
    const { calls, conference, bob, carol } = await meet('mix');
    await bob.hearsOnly([own, carols], [bobs]);
    const party = conference.party(calls[1])!;
    party.muted = true;
    await bob.hearsOnly([own], [bobs, carols]);
    await carol.hearsOnly([own, bobs], [carols]);
    party.muted = false;
    party.level = 0.25;
    await bob.hearsOnly([own, carols], [bobs]);
    await until(() => Math.abs(bob.level(own) - bob.level(carols) - 12) < 3, 'Carol is a quarter as loud');
    assert.throws(() => (party.level = -1), EvercallError);
  });

  it('MED-5: the host leaves: the others go on; it comes back; a party leaves, and is alone with us again', async () => {
    const { alice, calls, conference, bob, carol } = await meet('mix');
    await bob.hearsOnly([own, carols], [bobs]);
    conference.leave();
    await Promise.all([bob.hearsOnly([carols], [own, bobs]), carol.hearsOnly([bobs], [own, carols])]);
    assert.isEmpty(alice.playing());
    conference.join();
    conference.join();
    await bob.hearsOnly([own, carols], [bobs]);
    conference.remove(calls[0]);
    await Promise.all([bob.hearsOnly([own], [carols, bobs]), carol.hearsOnly([own], [bobs, carols])]);
    assert.deepEqual(conference.calls, [calls[1]]);
    await conference.add(calls[0]);
    await conference.add(calls[0]);
    await bob.hearsOnly([own, carols], [bobs]);
  });

  it('MED-3, MED-5: who is held is out of it, and back in it when resumed; who hangs up is gone', async () => {
    const { alice, calls, conference, bob, carol } = await meet('mix');
    await carol.hearsOnly([own, bobs], [carols]);
    await calls[0].hold();
    await carol.hearsOnly([own], [bobs, carols]);
    await calls[0].resume();
    await carol.hearsOnly([own, bobs], [carols]);
    await bob.hearsOnly([own, carols], [bobs]);
    calls[0].hangup();
    await calls[0].ended;
    assert.equal(conference.parties.length, 2);
    await carol.hearsOnly([own], [bobs, carols]);
    conference.hangup();
    await calls[1].ended;
    assert.isEmpty(conference.parties);
    assert.isEmpty(alice.ua.calls);
  });

  it('MED-5: closed, each call is with us again', async () => {
    const { conference, bob, carol } = await meet('mix', false);
    await bob.hearsOnly([carols], [own, bobs]);
    conference.close();
    conference.close();
    await Promise.all([bob.hearsOnly([own], [carols]), carol.hearsOnly([own], [bobs])]);
  });

  it('a call that is not confirmed cannot be in it: a typed error, and all is as it was', async () => {
    const alice = person('alice', { audio: {}, tone: own });
    const bob = person('bob', { tone: bobs });
    person('carol');
    const { caller, callee } = await talk(alice, bob);
    const ringing = alice.account.call('sip:carol@example.com');
    const error = await alice.ua.conference([caller, ringing]).catch((reason: unknown) => reason);
    assert.equal((error as EvercallError).code, 'invalidState');
    await new Ear(callee.remoteStream).hears(own);
  });

  it('a new call during a conference puts all of it on hold (exclusive)', async () => {
    const { alice, calls } = await meet('exclusive');
    await talk(alice, person('dave', { tone: 550 }));
    assert.deepEqual(
      calls.map(({ localHold }) => localHold),
      [true, true],
    );
  });
});
