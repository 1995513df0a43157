// Another dialog takes the place of one that cannot be reached: what becomes of it when the call is over before it is established.
import { assert } from 'chai';
import { CSeq, headerValue, read } from '../../lib/parser/index.js';
import type { SipRequest } from '../../lib/parser/index.js';
import { described, inDialog, peerOffer, talking, talkingTo } from '../support/calls.js';
import { settle } from '../support/fake-clock.js';
import { peerRequest, peerSdp, toTagOf } from '../support/phone.js';

const callIdOf = (request: SipRequest): string => headerValue(request, 'Call-ID')!;

/** The peer, who has lost his way to us, asks for `replaces` in a dialog of his own. */
const asks = (callId: string, tag: string, replaces: string): string =>
  peerRequest(
    'INVITE',
    {
      Via: `SIP/2.0/WS edge.example;branch=z9hG4bK${callId}`,
      'Call-ID': callId,
      From: `<sip:bob@example.com>;tag=${tag}`,
      Replaces: replaces,
      Require: 'replaces',
    },
    peerOffer(),
  );

describe('RFC 3891 §3: a dialog whose place another has taken', () => {
  it('is remembered when the call is over: who asks for it has not heard of that, and is told 603', async () => {
    const { server, call, ok } = await talking();
    server.send(asks('call-2', 'bobtag2', `call-1;to-tag=${toTagOf(ok)};from-tag=bobtag`));
    await server.arrival();
    const second = await server.response(200);
    server.send(inDialog('ACK', second, 1, { 'Call-ID': 'call-2', From: '<sip:bob@example.com>;tag=bobtag2' }));
    assert.equal(callIdOf(await server.request('BYE')), 'call-1');
    call.hangup();
    assert.equal(callIdOf(await server.request('BYE')), 'call-2');
    for (const [callId, replaces] of [
      ['call-3', `call-1;to-tag=${toTagOf(ok)};from-tag=bobtag`],
      ['call-4', `call-2;to-tag=${toTagOf(second)};from-tag=bobtag2`],
    ] as const) {
      server.send(asks(callId, 'bobtag3', replaces));
      await server.arrival();
      await server.response(603);
    }
  });
});

describe('a dialog that is to take the place of another', () => {
  it('answered by another fork than media follow, and not wanted any more: one BYE, however often its 200 comes', async () => {
    const { call, server, clock } = await talkingTo({ headers: ['Allow: INVITE, ACK, BYE, UPDATE'] });
    server.socket.drop();
    await clock.advance(1000);
    server.respond(await server.request('UPDATE'), 481);
    const invite = await server.request('INVITE');
    server.respond(invite, 183, { headers: described, body: peerSdp(), toTag: 'early' });
    const ok = { headers: described.slice(1), toTag: 'other' };
    server.respond(invite, 200, ok);
    await server.request('ACK');
    const offer = await server.request('INVITE');
    assert.equal(callIdOf(offer), callIdOf(invite), 'its media are offered anew');
    call.hangup();
    const byes = [await server.request('BYE'), await server.request('BYE')];
    const bye = byes.find((request) => callIdOf(request) === callIdOf(invite))!;
    assert.equal(read(bye, CSeq)!.sequence, 3);
    server.respond(invite, 200, ok);
    await server.request('ACK');
    await settle();
    await server.nothing();
  });

  it('a hold that waited behind another change, while the call was being brought back: the peer is told in the new one', async () => {
    const { server, call, ok, media } = await talking();
    const changed = call.reinvite();
    changed.catch(() => undefined);
    server.respond(await server.request('INVITE'), 100);
    const held = call.hold();
    media.connections[0]!.become('failed');
    await settle();
    server.send(asks('call-2', 'bobtag2', `call-1;to-tag=${toTagOf(ok)};from-tag=bobtag`));
    await server.arrival();
    const second = await server.response(200);
    server.send(inDialog('ACK', second, 1, { 'Call-ID': 'call-2', From: '<sip:bob@example.com>;tag=bobtag2' }));
    await settle();
    const offer = (server.received as SipRequest[]).filter(({ method }) => method === 'INVITE').at(-1)!;
    assert.equal(callIdOf(offer), 'call-2');
    assert.include(String(offer.body), 'a=sendonly');
    await server.skip();
    server.respond(offer, 200, { headers: described, body: peerSdp('recvonly', 2) });
    await held;
    assert.isTrue(call.localHold);
  });

  it('481 to what is said in the former, while the ACK to ours is on its way: the call goes on in the new one', async () => {
    const { server, call, ok } = await talking();
    server.send(asks('call-2', 'bobtag2', `call-1;to-tag=${toTagOf(ok)};from-tag=bobtag`));
    await server.arrival();
    const second = await server.response(200);
    const told = call.sendMessage('are you there?').catch((error: unknown) => error);
    server.respond(await server.request('MESSAGE'), 481); // the caller has taken the new one already
    assert.deepInclude(await told, { status: 481 });
    assert.equal(call.state, 'confirmed');
    server.send(inDialog('ACK', second, 1, { 'Call-ID': 'call-2', From: '<sip:bob@example.com>;tag=bobtag2' }));
    await settle();
    assert.equal(call.callId, 'call-2');
    assert.equal(call.state, 'confirmed');
  });
});
