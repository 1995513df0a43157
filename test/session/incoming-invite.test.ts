import { assert } from 'chai';
import type { Call } from '../../lib/index.js';
import { CSeq, From, headerValue, read } from '../../lib/parser/index.js';
import type { SipRequest, SipResponse } from '../../lib/parser/index.js';
import { inDialog, peerCalls, peerOffer } from '../support/calls.js';
import { settle } from '../support/fake-clock.js';
import { peerRequest, peerSdp, phone, toTagOf } from '../support/phone.js';
import type { Phone } from '../support/phone.js';

/** A phone that is being called: 180 is sent, the call announced. */
async function called(...from: Parameters<typeof peerCalls>): Promise<Phone & { call: Call; ringing: SipResponse }> {
  const stage = await peerCalls(...from);
  return { ...stage, ringing: await stage.server.response(180) };
}

describe('incoming INVITE', () => {
  it('CALL-4: 180 by itself, 200 with the answer, confirmed by the ACK (§13.3.1)', async () => {
    const { call, server, ringing } = await called({ 'Record-Route': '<sip:p1.example;lr>' });
    assert.equal(call.state, 'incoming');
    assert.deepEqual(call.remote, { uri: 'sip:bob@example.com', displayName: 'Bob' });
    const answered = call.answer();
    const ok = await server.response(200);
    assert.equal(toTagOf(ok), toTagOf(ringing), 'one dialog');
    assert.match(String(ok.body), /^v=0/);
    assert.equal(headerValue(ok, 'Record-Route'), '<sip:p1.example;lr>');
    assert.match(headerValue(ok, 'Contact') ?? '', /\.invalid;transport=ws>/);
    assert.equal(call.state, 'connecting');
    server.send(inDialog('ACK', ok, 1));
    await answered;
    assert.equal(call.state, 'confirmed');
    call.hangup();
    const bye = await server.request('BYE');
    assert.equal(bye.uri, 'sip:bob@bob.invalid;transport=ws');
    assert.equal(headerValue(bye, 'Route'), '<sip:p1.example;lr>');
    assert.equal(read(bye, From)!.params.get('tag'), toTagOf(ok));
  });

  it('the 2xx is repeated from T1 on, doubling up to T2, until its ACK comes (§13.3.1.4)', async () => {
    const { call, server, clock } = await called();
    const answered = call.answer();
    const ok = await server.response(200);
    for (const wait of [500, 1000, 2000, 4000, 4000]) {
      await clock.advance(wait - 1);
      await server.nothing();
      await clock.advance(1);
      assert.deepEqual(await server.response(200), ok);
    }
    server.send(inDialog('ACK', ok, 1));
    await answered;
    await clock.advance(8000);
    await server.nothing();
  });

  it('with no ACK after 64·T1 the session is ended by a BYE (§13.3.1.4)', async () => {
    const { call, server, clock } = await called();
    const answered = call.answer().catch((error: unknown) => error);
    await server.response(200);
    await clock.advance(32_000);
    const methods = server.received.flatMap((m) => ('method' in m ? [m.method] : []));
    assert.deepEqual(methods, ['BYE']);
    assert.deepInclude(call.end, { cause: 'timeout', status: 408 });
    assert.propertyVal(await answered, 'code', 'timeout');
  });

  it('a callee that hangs up before the ACK sends its BYE after it, not before (§15)', async () => {
    const { call, server } = await called();
    const answered = call.answer().catch((error: unknown) => error);
    const ok = await server.response(200);
    call.hangup();
    assert.equal(call.end?.cause, 'hangup', 'over at once for us');
    await server.nothing();
    server.send(inDialog('ACK', ok, 1));
    await server.request('BYE');
    assert.propertyVal(await answered, 'code', 'cancelled');
    server.send(inDialog('INFO', ok, 2));
    await server.response(481);
  });

  it('a callee that hangs up and never gets the ACK sends its BYE after 64·T1 (§15, §13.3.1.4)', async () => {
    const { call, server, clock } = await called();
    void call.answer();
    await server.response(200);
    call.hangup();
    await clock.advance(31_999);
    assert.isFalse(server.received.some((m) => 'method' in m));
    await clock.advance(1);
    assert.isTrue(server.received.some((m) => 'method' in m && m.method === 'BYE'));
  });

  it('a BYE of the caller before its ACK ends the repeats of our 2xx', async () => {
    const { call, server, clock } = await called();
    const answered = call.answer().catch((error: unknown) => error);
    const ok = await server.response(200);
    server.send(inDialog('BYE', ok, 2));
    await server.response(200);
    assert.propertyVal(await answered, 'code', 'cancelled');
    await clock.advance(32_000);
    await server.nothing();
    assert.equal(clock.pending, 0);
  });

  it('CANCEL is answered 200 and the INVITE 487; nothing more to do for the user (§9.2)', async () => {
    const { call, server } = await called();
    server.send(peerRequest('CANCEL', { Via: 'SIP/2.0/WS edge.example;branch=z9hG4bKinvite', CSeq: '1 CANCEL' }));
    await server.response(200);
    await server.response(487);
    assert.deepInclude(call.end, { cause: 'cancelled', by: 'remote', status: 487 });
    server.send(peerRequest('ACK', { Via: 'SIP/2.0/WS edge.example;branch=z9hG4bKinvite', CSeq: '1 ACK' }));
    await server.nothing();
  });

  it('CALL-15: a CANCEL with Reason: SIP;cause=200 means answered elsewhere (RFC 3326 §3.1)', async () => {
    const { call, server } = await called();
    server.send(
      peerRequest('CANCEL', {
        Via: 'SIP/2.0/WS edge.example;branch=z9hG4bKinvite',
        CSeq: '1 CANCEL',
        Reason: 'SIP;cause=200;text="Call completed elsewhere"',
      }),
    );
    await server.response(200);
    await server.response(487);
    assert.equal(call.end?.cause, 'answeredElsewhere');
  });

  it('a CANCEL that crosses the 200 changes nothing: the call is there (§9.2)', async () => {
    const { call, server } = await called();
    const answered = call.answer();
    const ok = await server.response(200);
    server.send(peerRequest('CANCEL', { Via: 'SIP/2.0/WS edge.example;branch=z9hG4bKinvite', CSeq: '1 CANCEL' }));
    await server.response(200);
    await server.nothing();
    server.send(inDialog('ACK', ok, 1));
    await answered;
  });

  it('a CANCEL for an INVITE nobody knows gets 481 (§9.2)', async () => {
    const { server } = await phone();
    server.send(peerRequest('CANCEL'));
    await server.response(481);
  });

  it('a BYE in the early dialog gets 200, and the INVITE 487 (§15.1.2)', async () => {
    const { call, server, ringing } = await called();
    server.send(inDialog('BYE', ringing, 2));
    await server.response(200);
    await server.response(487);
    assert.equal(call.state, 'disconnected');
  });

  it('rejected, the caller gets the status and reason phrase of our choice (§13.3.1.3)', async () => {
    const { call, server } = await called();
    call.reject(486, { reason: 'In A Meeting', headers: [{ name: 'Retry-After', value: '600' }] });
    const busy = await server.response(486);
    assert.equal(busy.reason, 'In A Meeting');
    assert.equal(headerValue(busy, 'Retry-After'), '600');
    assert.deepInclude(call.end, { cause: 'busy', by: 'local' });
    assert.throws(() => call.reject(), /disconnected/);
  });

  it('hung up while it rings, the caller gets 603', async () => {
    const { call, server } = await called();
    call.hangup();
    await server.response(603);
    assert.equal(call.end?.cause, 'declined');
  });

  it('an INVITE without an offer gets it in the 2xx; its answer is in the ACK (§13.3.1.4)', async () => {
    const { call, server } = await called({}, '');
    const answered = call.answer();
    const ok = await server.response(200);
    assert.match(String(ok.body), /^v=0/);
    server.send(inDialog('ACK', ok, 1, { 'Content-Type': 'application/sdp' }, peerSdp()));
    await answered;
    assert.equal(call.state, 'confirmed');
  });

  it('an INVITE without an offer whose ACK brings no answer is hung up (§13.3.1.4)', async () => {
    const { call, server } = await called({}, '');
    const answered = call.answer().catch((error: unknown) => error);
    const ok = await server.response(200);
    server.send(inDialog('ACK', ok, 1));
    await server.request('BYE');
    assert.propertyVal(await answered, 'code', 'protocol');
  });

  it('an offer without audio we could take gets 488, and the user never hears of it (§13.3.1.3)', async () => {
    const { ua, server } = await phone();
    ua.on('incomingCall', () => assert.fail('no call'));
    server.send(peerRequest('INVITE', {}, peerSdp().replace('UDP/TLS/RTP/SAVPF', 'RTP/AVP')));
    await server.response(488);
  });

  it('early media: 183 with the answer, and the same answer in the 200', async () => {
    const { call, server } = await called();
    void call.ring({ earlyMedia: true });
    const progress = await server.response(183);
    assert.equal(call.state, 'early');
    void call.answer();
    const ok = await server.response(200);
    assert.equal(ok.body, progress.body);
  });

  it('J16: a page that takes no calls answers 480 at once', async () => {
    const { server } = await phone();
    server.send(peerRequest('INVITE', {}, peerOffer()));
    await server.response(480);
  });

  it('J13: with one account the Request-URI need not be one we know', async () => {
    const { call } = await called({ uri: 'sip:b2bua-17@10.0.0.1', To: '<sip:queue@pbx.example>' });
    assert.deepEqual(call.dialled, { uri: 'sip:queue@pbx.example', displayName: undefined });
  });

  it('J12, S10: a tel URI in From rings', async () => {
    const { call } = await called({ From: '<tel:+4930123456>;tag=bobtag' });
    assert.equal(call.remote.uri, 'tel:+4930123456');
  });

  it('ENV-6: a microphone that is denied when answering gets the caller a 480, and the app the reason', async () => {
    const { call, server, media } = await called();
    media.microphoneError = new DOMException('Permission denied', 'NotAllowedError');
    const error = await call.answer().catch((e: unknown) => e);
    assert.propertyVal(error, 'code', 'mediaDenied');
    await server.response(480);
    assert.equal(call.end?.cause, 'media');
  });

  it('a repeated INVITE gets the last response again and no second call (§17.2.1)', async () => {
    const { account, server, ringing } = await called();
    server.send(peerRequest('INVITE', { Via: 'SIP/2.0/WS edge.example;branch=z9hG4bKinvite' }, peerOffer()));
    assert.deepEqual(await server.response(180), ringing);
    assert.equal(account.calls.size, 1);
  });

  it('the same INVITE by another way is merged: 482 (§8.2.2.2)', async () => {
    const { server } = await called();
    server.send(peerRequest('INVITE', { Via: 'SIP/2.0/WS edge.example;branch=z9hG4bKotherway' }, peerOffer()));
    await server.response(482);
  });

  describe('IPC-18: its connection is gone, and the proxy forks the INVITE once more on the next', () => {
    const again = (branch = 'otherway'): string =>
      peerRequest('INVITE', { Via: `SIP/2.0/WS edge.example;branch=z9hG4bK${branch}`, 'Record-Route': '<sip:new-flow@edge.example;lr>' }, peerOffer()); // prettier-ignore
    const branchOf = (response: SipResponse): string => /branch=z9hG4bK(\w+)/.exec(headerValue(response, 'Via')!)![1]!;

    async function forkedAnew(): Promise<Awaited<ReturnType<typeof called>>> {
      const stage = await called();
      stage.ua.on('incomingCall', () => assert.fail('a second call'));
      stage.server.socket.drop();
      await stage.clock.advance(1000);
      stage.server.send(again());
      return stage;
    }

    it('it rings on there, and the former way is at its end: one call, one dialog, answered on the new way', async () => {
      const { server, call, account, ringing } = await forkedAnew();
      assert.equal(branchOf(await server.response(487)), 'invite');
      const still = await server.response(180);
      assert.equal(branchOf(still), 'otherway');
      assert.equal(headerValue(still, 'To'), headerValue(ringing, 'To'));
      assert.equal(account.calls.size, 1);
      const answered = call.answer();
      const ok = await server.response(200);
      assert.equal(branchOf(ok), 'otherway');
      server.send(inDialog('ACK', ok, 1));
      await answered;
      call.hangup();
      const bye = await server.request('BYE');
      assert.equal(headerValue(bye, 'Route'), '<sip:new-flow@edge.example;lr>');
    });

    it('what was answered during the outage is answered there, until its ACK comes', async () => {
      const { server, call, clock } = await called();
      server.socket.isDead = true;
      const answered = call.answer();
      await settle();
      server.socket.drop();
      await clock.advance(100);
      await server.skip();
      server.send(again());
      const ok = await server.response(200);
      assert.equal(branchOf(ok), 'otherway');
      await clock.advance(500);
      assert.deepEqual(await server.response(200), ok, 'repeated');
      server.send(inDialog('ACK', ok, 1));
      await answered;
      await clock.advance(32_000);
      assert.equal(call.state, 'confirmed');
    });

    it('… and what was refused is refused', async () => {
      const { server, call, clock } = await called();
      server.socket.isDead = true;
      call.reject(486);
      server.socket.drop();
      await clock.advance(1000);
      await server.skip();
      server.send(again());
      assert.equal(branchOf(await server.response(486)), 'otherway');
    });

    it('a CANCEL of the new way ends the call; a third way beside it is merged', async () => {
      const { server, call } = await forkedAnew();
      await server.response(487);
      await server.response(180);
      server.send(again('third'));
      await server.response(482);
      server.send(peerRequest('CANCEL', { Via: 'SIP/2.0/WS edge.example;branch=z9hG4bKotherway' }));
      await server.response(200);
      assert.equal(branchOf(await server.response(487)), 'otherway');
      assert.equal(call.end?.status, 487);
    });

    it('RFC 3262: a response that waits for its PRACK is repeated there', async () => {
      const { server, clock } = await called({ Require: '100rel' });
      server.socket.drop();
      await clock.advance(100);
      server.send(again());
      assert.equal(branchOf(await server.response(487)), 'invite');
      const still = await server.response(180);
      assert.isDefined(headerValue(still, 'RSeq'));
      await clock.advance(500);
      assert.deepEqual(await server.response(180), still);
    });
  });

  it('a request out of order in the dialog gets 500 (§12.2.2)', async () => {
    const { call, server } = await called({ CSeq: '10 INVITE' });
    const answered = call.answer();
    const ok = await server.response(200);
    server.send(inDialog('ACK', ok, 10));
    await answered;
    server.send(inDialog('INFO', ok, 9));
    await server.response(500);
    assert.equal(call.state, 'confirmed');
  });
});

describe('in a call', () => {
  async function talking(): Promise<Phone & { call: Call; ok: SipResponse }> {
    const stage = await called();
    const answered = stage.call.answer();
    const ok = await stage.server.response(200);
    stage.server.send(inDialog('ACK', ok, 1));
    await answered;
    return { ...stage, ok };
  }

  async function accept(stage: Phone, invite: SipRequest, body: string): Promise<void> {
    stage.server.respond(invite, 200, {
      headers: ['Content-Type: application/sdp', 'Contact: <sip:bob@moved.invalid>'],
      body,
    });
    await stage.server.request('ACK');
  }

  it('CALL-21: hold is a re-INVITE with sendonly, resume one with sendrecv; the promise ends with the 200', async () => {
    const stage = await talking();
    const held = stage.call.hold();
    const invite = await stage.server.request('INVITE');
    assert.match(String(invite.body), /a=sendonly/);
    assert.isTrue(stage.call.localHold);
    await accept(stage, invite, peerSdp('recvonly', 2));
    await held;
    const resumed = stage.call.resume();
    const second = await stage.server.request('INVITE');
    assert.match(String(second.body), /a=sendrecv/);
    assert.equal(second.uri, 'sip:bob@moved.invalid', 'the 2xx refreshed the target (§12.2.1.2)');
    assert.equal(read(second, CSeq)!.sequence, read(invite, CSeq)!.sequence + 1);
    await accept(stage, second, peerSdp('sendrecv', 3));
    await resumed;
    assert.isFalse(stage.call.localHold);
  });

  it('J5, S1: a hold that is refused leaves the call as it was, and the next one works', async () => {
    const stage = await talking();
    const held = stage.call.hold().catch((error: unknown) => error);
    stage.server.respond(await stage.server.request('INVITE'), 488);
    await stage.server.request('ACK');
    assert.deepInclude((await held) as object, { code: 'rejected', status: 488 });
    assert.isFalse(stage.call.localHold);
    assert.equal(stage.call.state, 'confirmed');
    const again = stage.call.hold();
    const invite = await stage.server.request('INVITE');
    assert.match(String(invite.body), /a=sendonly/);
    await accept(stage, invite, peerSdp('recvonly', 2));
    await again;
  });

  it('J3, S2: after a 491 the re-INVITE is repeated within 0 to 2 s by who does not own the Call-ID, with a new CSeq (§14.1)', async () => {
    const stage = await talking();
    const held = stage.call.hold();
    const first = await stage.server.request('INVITE');
    stage.server.respond(first, 491);
    await stage.server.request('ACK');
    await stage.clock.advance(2000);
    const second = await stage.server.request('INVITE');
    assert.equal(read(second, CSeq)!.sequence, read(first, CSeq)!.sequence + 1);
    await accept(stage, second, peerSdp('recvonly', 2));
    await held;
  });

  it('J2: a re-INVITE that meets ours gets 491, and ours goes on (§14.2)', async () => {
    const stage = await talking();
    const held = stage.call.hold();
    const ours = await stage.server.request('INVITE');
    stage.server.send(inDialog('INVITE', stage.ok, 2, {}, peerOffer()));
    await stage.server.response(491);
    await accept(stage, ours, peerSdp('recvonly', 2));
    await held;
    assert.equal(stage.call.state, 'confirmed');
  });

  it('a second re-INVITE while the first is being answered gets 500 with Retry-After (§14.2)', async () => {
    const stage = await talking();
    stage.server.send(inDialog('INVITE', stage.ok, 2, {}, peerOffer()));
    stage.server.send(inDialog('INVITE', stage.ok, 3, {}, peerOffer()));
    const refused = await stage.server.response(500);
    assert.match(headerValue(refused, 'Retry-After') ?? '', /^\d$/);
    await stage.server.response(200);
  });

  it('a re-INVITE that is cancelled while we answer it gets 487, and the next one is answered (§9.2)', async () => {
    const stage = await talking();
    const via = { Via: 'SIP/2.0/WS edge.example;branch=z9hG4bKagain' };
    stage.server.send(inDialog('INVITE', stage.ok, 2, via, peerOffer()));
    stage.server.send(inDialog('CANCEL', stage.ok, 2, via));
    await stage.server.response(200);
    await stage.server.response(487);
    await stage.server.nothing();
    stage.server.send(inDialog('INVITE', stage.ok, 3, {}, peerOffer()));
    await stage.server.response(200);
  });

  it('a BYE while we answer a re-INVITE leaves neither without a response (§15.1.2)', async () => {
    const stage = await talking();
    stage.server.send(inDialog('INVITE', stage.ok, 2, {}, peerOffer()));
    stage.server.send(inDialog('BYE', stage.ok, 3));
    await stage.server.response(200);
    await stage.server.response(487);
    assert.equal(stage.call.end?.cause, 'hangup');
  });

  it('CALL-20: put on hold by the peer, the call says so; a 200 with recvonly goes back', async () => {
    const stage = await talking();
    stage.server.send(inDialog('INVITE', stage.ok, 2, {}, peerOffer().replace('a=sendrecv', 'a=sendonly')));
    const ok = await stage.server.response(200);
    assert.match(String(ok.body), /a=recvonly/);
    stage.server.send(inDialog('ACK', ok, 2));
    await settle();
    assert.isTrue(stage.call.remoteHold);
  });

  it('a re-INVITE we cannot take gets 488, and the call goes on as before (§14.2)', async () => {
    const stage = await talking();
    stage.server.send(inDialog('INVITE', stage.ok, 2, {}, 'v=0\r\n'));
    await stage.server.response(488);
    assert.equal(stage.call.state, 'confirmed');
    const held = stage.call.hold();
    await accept(stage, await stage.server.request('INVITE'), peerSdp('recvonly', 2));
    await held;
  });

  it('CALL-28: a digit by INFO in and out; a 408 to INFO does not end the call', async () => {
    const stage = await talking();
    const digit = stage.call.once('dtmf');
    stage.server.send(
      inDialog('INFO', stage.ok, 2, { 'Content-Type': 'application/dtmf-relay' }, 'Signal=5\r\nDuration=160\r\n'),
    );
    await stage.server.response(200);
    assert.deepEqual(await digit, { digit: '5', duration: 160 });
    const sent = stage.call.sendDtmf('#', { method: 'info' }).catch((error: unknown) => error);
    const info = await stage.server.request('INFO');
    assert.equal(info.body, 'Signal=#\r\nDuration=160\r\n');
    stage.server.respond(info, 408);
    assert.propertyVal(await sent, 'status', 408);
    assert.equal(stage.call.state, 'confirmed');
    assert.throws(() => void stage.call.sendDtmf('x'), /tones/);
  });

  it('a 481 to a request in the dialog ends the call, and no BYE is sent (§12.2.1.2)', async () => {
    const stage = await talking();
    const held = stage.call.hold().catch((error: unknown) => error);
    stage.server.respond(await stage.server.request('INVITE'), 481);
    await stage.server.request('ACK');
    assert.deepInclude(await stage.call.ended, { cause: 'dialogGone', status: 481 });
    assert.propertyVal(await held, 'status', 481);
    await stage.server.nothing();
  });

  it('J10: a request with a body type nobody asked for gets 415, and nothing throws', async () => {
    const stage = await talking();
    stage.server.send(inDialog('INFO', stage.ok, 2, { 'Content-Type': 'application/x-broken' }, 'x'));
    await stage.server.response(415);
    assert.equal(stage.call.state, 'confirmed');
  });

  it('a MESSAGE in the call is answered and shown', async () => {
    const stage = await talking();
    const message = stage.call.once('message');
    stage.server.send(inDialog('MESSAGE', stage.ok, 2, { 'Content-Type': 'text/plain' }, 'hello'));
    await stage.server.response(200);
    assert.equal((await message).body, 'hello');
  });

  it('a lost connection does not end the call: the BYE goes out on the next one', async () => {
    const stage = await talking();
    stage.server.socket.drop();
    await stage.clock.advance(0);
    assert.equal(stage.call.state, 'confirmed');
    await stage.server.request('INVITE'); // tells where we are now
    stage.call.hangup();
    await stage.server.request('BYE');
    assert.equal(stage.server.sockets.length, 2);
  });

  it('CALL-11: early media make the offer of a call that came without one, and the answer keeps their connection', async () => {
    const { call, server, media } = await called({}, '');
    void call.ring({ earlyMedia: true });
    await server.response(183);
    const answered = call.answer({ audio: { echoCancellation: false } });
    const ok = await server.response(200);
    server.send(inDialog('ACK', ok, 1, { 'Content-Type': 'application/sdp' }, peerSdp()));
    await answered;
    assert.lengthOf(media.connections, 1);
    assert.lengthOf(media.microphones, 1);
  });

  it('an UPDATE with an offer, before the INVITE without one has got ours, gets 491 (RFC 3311 §5.2)', async () => {
    const { server, ringing } = await called({}, '');
    server.send(inDialog('UPDATE', ringing, 2, { 'Content-Type': 'application/sdp' }, peerOffer()));
    await server.response(491);
  });

  it('hung up before the ACK, only that and a BYE of the caller are of interest: the BYE makes ours needless (§15)', async () => {
    const { call, server, clock } = await called();
    const answered = call.answer().catch((error: unknown) => error);
    const ok = await server.response(200);
    const held = call.update().catch((error: unknown) => error);
    call.hangup();
    assert.propertyVal(await held, 'code', 'invalidState');
    server.send(inDialog('INFO', ok, 2));
    await server.response(481);
    server.send(inDialog('BYE', ok, 3));
    await server.response(200);
    assert.propertyVal(await answered, 'code', 'cancelled');
    await clock.advance(64 * 500);
    await server.nothing();
  });
});
