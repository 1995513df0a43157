// A call of ours rang as its connection was lost: its early dialog is asked for, since the callee may have answered meanwhile.
import { assert } from 'chai';
import type { Call, CallOptions } from '../../lib/index.js';
import { Replaces, headerValue, read } from '../../lib/parser/index.js';
import type { SipRequest } from '../../lib/parser/index.js';
import { calling, described } from '../support/calls.js';
import { peerSdp } from '../support/phone.js';
import type { Phone } from '../support/phone.js';

interface Claiming extends Phone {
  readonly call: Call;
  readonly invite: SipRequest;
  /** What asks for the dialog. */
  readonly claim: SipRequest;
  readonly states: string[];
}

/** It rang there, its connection was lost, and the next one has the INVITE that asks for the early dialog. */
async function claiming(options: CallOptions = {}): Promise<Claiming> {
  const stage = await calling(options);
  const { call, server, clock, invite } = stage;
  const states: string[] = [];
  call.on('stateChanged', ({ state }) => states.push(state));
  server.respond(invite, 180, { toTag: 'callee' });
  server.socket.drop();
  await clock.advance(1000);
  return { ...stage, claim: await server.request('INVITE'), states };
}

const accepted = { headers: described, body: peerSdp(), toTag: 'new' };
const callIdOf = (request: SipRequest): string => headerValue(request, 'Call-ID')!;

/** What is left is taken back, and rings nobody. */
async function takesBack({ server }: Phone, invite: SipRequest): Promise<void> {
  const cancel = await server.request('CANCEL');
  assert.equal(callIdOf(cancel), callIdOf(invite));
  assert.equal(headerValue(cancel, 'Via'), headerValue(invite, 'Via'));
  server.respond(cancel, 200);
}

describe('IPC-15: a call that rang as its connection was lost', () => {
  it('is asked for by an INVITE with Replaces of its early dialog, in another one: whoever does not know it shall not ring', async () => {
    const { invite, claim } = await claiming();
    assert.notEqual(callIdOf(claim), callIdOf(invite));
    assert.equal(claim.uri, invite.uri);
    const { callId, toTag, fromTag, earlyOnly } = read(claim, Replaces)!;
    assert.deepEqual(
      { callId, toTag, fromTag, earlyOnly },
      {
        callId: callIdOf(invite),
        toTag: 'callee',
        fromTag: /;tag=(\w+)/.exec(headerValue(invite, 'From')!)![1]!,
        earlyOnly: false, // he may have answered
      },
    );
    assert.equal(headerValue(claim, 'Require'), 'replaces');
    assert.include(String(claim.body), 'm=audio');
  });

  it('answered during the outage, it is confirmed at once; nobody’s phone rings once more', async () => {
    const stage = await claiming();
    const { call, server, clock, claim, states, media } = stage;
    server.respond(claim, 200, accepted);
    assert.equal(callIdOf(await server.request('ACK')), callIdOf(claim));
    await call.answered;
    await takesBack(stage, stage.invite);
    assert.equal(call.callId, callIdOf(claim));
    assert.deepEqual(states, ['early', 'connecting', 'confirmed']);
    assert.lengthOf(
      media.microphones.filter(({ readyState }) => readyState === 'live'),
      1,
    );
    assert.isTrue(media.connections.slice(0, -1).every(({ signalingState }) => signalingState === 'closed'));
    await clock.advance(60_000);
    await server.nothing();
    call.hangup();
    assert.equal(callIdOf(await server.request('BYE')), callIdOf(claim));
  });

  it('a callee who takes it though he still rings: he rings on, and may take his time', async () => {
    const stage = await claiming();
    const { call, server, clock, claim, states } = stage;
    server.respond(claim, 180, { toTag: 'new' });
    await clock.advance(20_000);
    await server.nothing();
    assert.equal(call.state, 'early');
    server.respond(claim, 200, accepted);
    await server.request('ACK');
    await call.answered;
    await takesBack(stage, stage.invite);
    assert.deepEqual(states, ['early', 'connecting', 'confirmed']);
  });

  for (const status of [481, 420, 486, 501])
    it(`${status}: the first INVITE is taken back, and another sent without Replaces; to the app it rings on`, async () => {
      const stage = await claiming();
      const { call, server, claim, states } = stage;
      server.respond(claim, status);
      await server.request('ACK');
      await takesBack(stage, stage.invite);
      const again = await server.request('INVITE');
      assert.isUndefined(headerValue(again, 'Replaces'));
      server.respond(again, 180);
      server.respond(again, 200, accepted);
      await server.request('ACK');
      await call.answered;
      assert.deepEqual(states, ['early', 'connecting', 'confirmed']);
    });

  it('603: he has declined, or hung up; the call is over', async () => {
    const stage = await claiming();
    const { call, server, claim } = stage;
    server.respond(claim, 603);
    await server.request('ACK');
    await takesBack(stage, stage.invite);
    assert.deepInclude(call.end, { cause: 'declined', by: 'remote', status: 603 });
    await server.nothing();
  });

  it('a callee who is away himself is asked again', async () => {
    const { call, server, clock, claim } = await claiming();
    for (let again = claim, turn = 0; turn < 2; turn++) {
      server.respond(again, 480);
      await server.request('ACK');
      await server.nothing();
      await clock.advance(1000);
      again = await server.request('INVITE');
      assert.isDefined(headerValue(again, 'Replaces'));
      if (turn === 1) server.respond(again, 200, accepted);
    }
    await server.request('ACK');
    await call.answered;
  });

  it('… as is one who has agreed before, while that 200 did not find us: he waits for its ACK, and says 491', async () => {
    const stage = await claiming();
    const { call, server, clock, claim, states } = stage;
    server.respond(claim, 491);
    await server.request('ACK');
    await server.nothing();
    await clock.advance(1000);
    const again = await server.request('INVITE');
    assert.equal(read(again, Replaces)!.callId, callIdOf(stage.invite));
    server.respond(again, 200, accepted);
    await server.request('ACK');
    await call.answered;
    await takesBack(stage, stage.invite);
    assert.deepEqual(states, ['early', 'connecting', 'confirmed']);
  });

  it('… for half a minute in all', async () => {
    const stage = await claiming();
    const { call, server, clock } = stage;
    server.respond(stage.claim, 480);
    await server.request('ACK');
    while (!call.end && clock.now() < 60_000) {
      await clock.advance(1000);
      for (;;) {
        if (server.isNext('CANCEL')) {
          server.respond(await server.request('CANCEL'), 481);
        } else if (server.isNext('INVITE')) {
          server.respond(await server.request('INVITE'), 480);
          await server.request('ACK');
        } else {
          break;
        }
      }
    }
    assert.deepInclude(call.end, { cause: 'unavailable', status: 480 });
    assert.isBelow(clock.now(), 50_000);
  });

  it('where nobody says anything to it for 4 s, the call is placed anew', async () => {
    const stage = await claiming();
    const { server, clock, claim } = stage;
    server.respond(claim, 100);
    await clock.advance(4000);
    await takesBack(stage, claim);
    await takesBack(stage, stage.invite);
    assert.isUndefined(headerValue(await server.request('INVITE'), 'Replaces'));
  });

  it('… but not while the server itself is silent: it may be frozen, and what it has held back comes', async () => {
    const stage = await claiming();
    const { call, server, clock, claim } = stage;
    await clock.advance(10_000);
    await server.nothing();
    server.respond(claim, 200, accepted);
    await server.request('ACK');
    await call.answered;
    await takesBack(stage, stage.invite);
  });

  it('the answer to its first INVITE may come all the same: it waits, and is taken where the other is refused', async () => {
    const { call, server, invite, claim, states } = await claiming();
    server.respond(invite, 200, { ...accepted, toTag: 'callee' });
    await server.nothing();
    server.respond(claim, 420);
    assert.equal(callIdOf(await server.request('ACK')), callIdOf(claim));
    assert.equal(callIdOf(await server.request('ACK')), callIdOf(invite));
    await call.answered;
    assert.equal(call.callId, callIdOf(invite));
    assert.deepEqual(states, ['early', 'connecting', 'confirmed']);
  });

  it('… and not where it is accepted, for then the callee has left that dialog', async () => {
    const { call, server, invite, claim } = await claiming();
    server.respond(invite, 200, { ...accepted, toTag: 'callee' });
    server.respond(claim, 200, accepted);
    assert.equal(callIdOf(await server.request('ACK')), callIdOf(claim));
    await call.answered;
    await server.nothing(); // there is no CANCEL for what is answered
    server.respond(invite, 200, { ...accepted, toTag: 'callee' });
    for (const method of ['ACK', 'BYE']) assert.equal(callIdOf(await server.request(method)), callIdOf(invite));
    assert.equal(call.state, 'confirmed');
  });

  it('hung up meanwhile, both are taken back', async () => {
    const stage = await claiming();
    const { call, server, clock, claim } = stage;
    server.respond(claim, 100);
    call.hangup();
    await takesBack(stage, claim);
    await takesBack(stage, stage.invite);
    server.respond(claim, 487);
    await server.request('ACK');
    await clock.advance(60_000);
    await server.nothing();
    assert.equal(clock.pending, 0);
  });

  it('the connection is lost once more: it is asked for on the next', async () => {
    const { call, server, clock, invite } = await claiming();
    server.socket.drop();
    await clock.advance(2000);
    const again = await server.request('INVITE');
    assert.equal(read(again, Replaces)!.callId, callIdOf(invite));
    server.respond(again, 200, accepted);
    await server.request('ACK');
    await call.answered;
  });

  it('bad input: a late offer that does not come: one BYE, though the 200 is repeated', async () => {
    const stage = await claiming({ offer: 'late' });
    const { call, server, claim } = stage;
    assert.equal(claim.body, '');
    server.respond(claim, 200, { toTag: 'new', headers: described.slice(1) });
    assert.equal(callIdOf(await server.request('ACK')), callIdOf(claim));
    assert.equal(callIdOf(await server.request('BYE')), callIdOf(claim));
    await takesBack(stage, stage.invite);
    server.respond(claim, 200, { toTag: 'new', headers: described.slice(1) });
    assert.equal(callIdOf(await server.request('ACK')), callIdOf(claim));
    await server.nothing();
    assert.isDefined(call.end);
  });

  it('bad input: an answer that cannot be used ends the call, as ever', async () => {
    const stage = await claiming();
    const { call, server, claim } = stage;
    server.respond(claim, 200, { ...accepted, body: 'v=nonsense' });
    assert.equal(callIdOf(await server.request('ACK')), callIdOf(claim));
    assert.equal(callIdOf(await server.request('BYE')), callIdOf(claim));
    await takesBack(stage, stage.invite);
    assert.equal(call.end?.cause, 'negotiation');
  });
});
