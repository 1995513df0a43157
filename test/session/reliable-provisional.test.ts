import { assert } from 'chai';
import { CSeq, RAck, RSeq, headerValue, headerValues, read } from '../../lib/parser/index.js';
import type { SipResponse } from '../../lib/parser/index.js';
import { settle } from '../support/fake-clock.js';
import { calling, described, inDialog, inviteVia, peerCalls, peerOffer, talking, talkingTo } from '../support/calls.js';
import { peerRequest, peerSdp, phone, toTagOf } from '../support/phone.js';

const reliable = (rseq: number): string[] => ['Require: 100rel', `RSeq: ${rseq}`, 'Contact: <sip:bob@early.invalid>'];

describe('reliable provisional responses as the caller (RFC 3262 §4)', () => {
  it('CALL-29: each gets a PRACK in its early dialog, with RAck, in the order of RSeq', async () => {
    const { server, invite } = await calling();
    server.respond(invite, 183, { headers: [...reliable(7), 'Record-Route: <sip:p1.example;lr>'] });
    const first = await server.request('PRACK');
    assert.deepEqual(read(first, RAck), { rseq: 7, sequence: read(invite, CSeq)!.sequence, method: 'INVITE' });
    assert.equal(read(first, CSeq)!.sequence, read(invite, CSeq)!.sequence + 1);
    assert.equal(first.uri, 'sip:bob@early.invalid');
    assert.equal(toTagOf(first), 'peer');
    assert.deepEqual(headerValues(first, 'Route'), ['<sip:p1.example;lr>']);
    server.respond(first, 200);
    server.respond(invite, 180, { headers: reliable(8) });
    const second = await server.request('PRACK');
    assert.equal(read(second, RAck)!.rseq, 8);
    assert.equal(read(second, CSeq)!.sequence, read(first, CSeq)!.sequence + 1);
  });

  it('one that comes again is dropped, and one that is ahead of its time neither acknowledged nor heard of', async () => {
    const { call, server, invite } = await calling();
    let heard = 0;
    server.respond(invite, 180, { headers: reliable(1) });
    await server.request('PRACK');
    call.on('stateChanged', () => heard++);
    server.respond(invite, 180, { headers: reliable(1) });
    server.respond(invite, 183, { headers: [...described, ...reliable(3)], body: peerSdp() });
    await server.nothing();
    assert.equal(call.mediaState, 'new');
    assert.equal(heard, 0);
  });

  it('sequences of two forks are counted apart', async () => {
    const { server, invite } = await calling();
    server.respond(invite, 180, { headers: reliable(1), toTag: 'one' });
    assert.equal(toTagOf(await server.request('PRACK')), 'one');
    server.respond(invite, 180, { headers: reliable(900), toTag: 'two' });
    assert.equal(toTagOf(await server.request('PRACK')), 'two');
  });

  it('RFC 3262 §5: an answer in one is the answer, and the 2xx needs none', async () => {
    const { call, server, invite } = await calling();
    server.respond(invite, 183, { headers: [...described, ...reliable(1)], body: peerSdp() });
    server.respond(await server.request('PRACK'), 200);
    server.respond(invite, 200, { headers: described.slice(1) });
    await server.request('ACK');
    await call.answered;
    assert.equal(call.peerConnection?.signalingState, 'stable');
  });

  it('RFC 3262 §5, CALL-11: a late offer in one is answered in the PRACK, and the ACK has no answer', async () => {
    const { call, server, invite } = await calling({ offer: 'late' });
    server.respond(invite, 183, { headers: [...described, ...reliable(1)], body: peerOffer() });
    const prack = await server.request('PRACK');
    assert.match(String(prack.body), /a=setup:active/);
    server.respond(prack, 200);
    server.respond(invite, 200, { headers: described.slice(1) });
    assert.equal((await server.request('ACK')).body, '');
    await call.answered;
  });

  it('a PRACK that is refused does not end the call', async () => {
    const { call, server, invite } = await calling();
    server.respond(invite, 180, { headers: reliable(1) });
    server.respond(await server.request('PRACK'), 481);
    await settle();
    assert.equal(call.state, 'early');
    server.respond(invite, 200, { headers: described, body: peerSdp() });
    await server.request('ACK');
    await call.answered;
  });

  it("'required' puts 100rel into Require, 'off' leaves it out of Supported", async () => {
    const required = await calling({ reliableProvisional: 'required' });
    assert.equal(headerValue(required.invite, 'Require'), '100rel');
    const { invite } = await calling({}, { account: { reliableProvisional: 'off' } });
    assert.notInclude(headerValue(invite, 'Supported'), '100rel');
    assert.throws(() => required.account.call('bob', { reliableProvisional: 'on' as 'off' }), /reliableProvisional/);
  });

  it('one for a re-INVITE gets its PRACK too, and its answer counts (SIP.js: "Unimplemented")', async () => {
    const { call, server } = await talkingTo();
    const held = call.hold();
    const invite = await server.request('INVITE');
    server.respond(invite, 183, { headers: [...described, ...reliable(5)], body: peerSdp('recvonly', 2) });
    const prack = await server.request('PRACK');
    assert.equal(read(prack, RAck)!.sequence, read(invite, CSeq)!.sequence);
    server.respond(prack, 200);
    server.respond(invite, 200, { headers: described.slice(1) });
    await server.request('ACK');
    await held;
  });
});

describe('reliable provisional responses as the callee (RFC 3262 §3)', () => {
  const demanded = { Require: '100rel' };
  const prackOf = (response: SipResponse, sequence: number, body = '', cseq = 1): string =>
    inDialog(
      'PRACK',
      response,
      sequence,
      { RAck: `${read(response, RSeq)} ${cseq} INVITE`, ...(body ? { 'Content-Type': 'application/sdp' } : {}) },
      body,
    );

  it('CALL-29 (JsSIP ignores the demand): demanded by the INVITE, the 180 has RSeq and Require, and is repeated until its PRACK, at T1 doubled each time', async () => {
    const { server, clock } = await peerCalls(demanded);
    const ringing = await server.response(180);
    assert.equal(headerValue(ringing, 'Require'), '100rel');
    const rseq = read(ringing, RSeq)!;
    assert.isTrue(rseq >= 1 && rseq < 2 ** 31);
    for (const wait of [500, 1000, 2000, 4000, 8000]) {
      await clock.advance(wait - 1);
      await server.nothing();
      await clock.advance(1);
      assert.deepEqual(await server.response(180), ringing);
    }
    server.send(prackOf(ringing, 2));
    await server.response(200);
    await clock.advance(64_000);
    await server.nothing();
  });

  it('after 64·T1 without a PRACK the INVITE is refused with a 5xx', async () => {
    const { call, server, clock } = await peerCalls(demanded);
    await clock.advance(32_000);
    await server.skip();
    const last = server.received.at(-1) as SipResponse;
    assert.equal(last.status, 504);
    assert.deepInclude(call.end, { status: 504, cause: 'timeout' });
    await clock.advance(32_000);
    assert.equal(clock.pending, 0);
  });

  it('a PRACK for another RSeq, or for one that is acknowledged, gets 481', async () => {
    const { server } = await peerCalls(demanded);
    const ringing = await server.response(180);
    server.send(inDialog('PRACK', ringing, 2, { RAck: `${read(ringing, RSeq)! + 1} 1 INVITE` }));
    await server.response(481);
    server.send(prackOf(ringing, 3, '', 2));
    await server.response(481);
    server.send(prackOf(ringing, 4));
    await server.response(200);
    server.send(prackOf(ringing, 5));
    await server.response(481);
  });

  it('one is out at a time: the next goes, with the next RSeq, when the PRACK has come', async () => {
    const { call, server } = await peerCalls(demanded);
    const ringing = await server.response(180);
    void call.ring({ headers: [{ name: 'X-Queue', value: '1' }] });
    void call.ring({ headers: [{ name: 'X-Queue', value: '2' }] });
    await server.nothing();
    server.send(prackOf(ringing, 2));
    await server.response(200);
    const second = await server.response(180);
    assert.equal(read(second, RSeq), read(ringing, RSeq)! + 1);
    assert.equal(headerValue(second, 'X-Queue'), '1');
    await server.nothing();
    server.send(prackOf(second, 3));
    await server.response(200);
    assert.equal(headerValue(await server.response(180), 'X-Queue'), '2');
  });

  it('an INVITE before the final response to the one before gets 500 with Retry-After, although its offer is answered (RFC 3261 §14.2)', async () => {
    const { call, server } = await peerCalls({ Supported: '100rel' });
    await server.response(180);
    void call.ring({ earlyMedia: true, reliable: true });
    const progress = await server.response(183);
    server.send(prackOf(progress, 2));
    await server.response(200);
    server.send(inDialog('INVITE', progress, 3));
    assert.match(headerValue(await server.response(500), 'Retry-After')!, /^\d$/);
    assert.equal(call.state, 'early');
  });

  it('the 2xx waits for the PRACK of one with a description, and has none itself (§3, §5)', async () => {
    const { call, server } = await peerCalls({ Supported: '100rel' });
    await server.response(180);
    void call.ring({ earlyMedia: true, reliable: true });
    const progress = await server.response(183);
    assert.match(String(progress.body), /^v=0/);
    const answered = call.answer();
    await server.nothing();
    server.send(prackOf(progress, 2));
    await server.response(200);
    const ok = await server.response(200);
    assert.equal(ok.body, '');
    server.send(inDialog('ACK', ok, 1));
    await answered;
  });

  it('the 2xx does not wait for the PRACK of one without; repeats end, and the PRACK is answered still (§3)', async () => {
    const { call, server, clock } = await peerCalls(demanded);
    const ringing = await server.response(180);
    const answered = call.answer();
    const ok = await server.response(200);
    server.send(prackOf(ringing, 2));
    await server.response(200);
    server.send(inDialog('ACK', ok, 1));
    await answered;
    await clock.advance(32_000);
    await server.nothing();
  });

  it('a PRACK answers the response that it names, not an offer that is out since (§5)', async () => {
    const { call, server } = await peerCalls({ ...demanded, Allow: 'INVITE, ACK, BYE, UPDATE' });
    const ringing = await server.response(180);
    const answered = call.answer();
    const ok = await server.response(200);
    server.send(inDialog('ACK', ok, 1));
    await answered;
    server.send(inDialog('INVITE', ok, 2));
    assert.notEqual((await server.response(200)).body, '', 'our offer');
    server.send(prackOf(ringing, 3));
    await server.response(200);
    const updated = call.update();
    await server.nothing();
    server.send(inDialog('ACK', ok, 2, {}, peerSdp()));
    server.respond(await server.request('UPDATE'), 200, { headers: described, body: peerSdp('sendrecv', 2) });
    await updated;
  });

  it('CALL-11: an INVITE without an offer gets it in the reliable 183, the PRACK answers, and the ACK needs nothing', async () => {
    const { call, server } = await peerCalls(demanded, '');
    await server.nothing(); // a 180 would have to bring an offer, and open the microphone
    void call.ring({ earlyMedia: true });
    const progress = await server.response(183);
    server.send(prackOf(progress, 2, peerSdp()));
    await server.response(200);
    const answered = call.answer();
    const ok = await server.response(200);
    assert.equal(ok.body, '');
    server.send(inDialog('ACK', ok, 1));
    await answered;
    assert.equal(call.peerConnection?.signalingState, 'stable');
  });

  it('a PRACK that brings no answer to our offer, or none we can use, ends the call with 488', async () => {
    for (const body of ['', 'v=0\r\n']) {
      const { call, server } = await peerCalls(demanded, '');
      void call.ring({ earlyMedia: true });
      server.send(prackOf(await server.response(183), 2, body));
      await server.response(200);
      await server.response(488);
      assert.oneOf(call.end?.cause, ['protocol', 'negotiation']);
    }
  });

  it('an offer in a PRACK is answered in its 200; one that cannot be taken gets 488, and the call goes on (§5)', async () => {
    const { call, server } = await peerCalls(demanded);
    server.send(prackOf(await server.response(180), 2));
    await server.response(200);
    void call.ring({ earlyMedia: true });
    const progress = await server.response(183);
    server.send(prackOf(progress, 3, peerOffer('sendrecv', 2)));
    assert.match(String((await server.response(200)).body), /^v=0/);
    void call.ring({ headers: [] });
    server.send(prackOf(await server.response(180), 4, 'v=0\r\n'));
    await server.response(488);
    assert.equal(call.state, 'early');
  });

  it('a caller that hangs up ends the repeats', async () => {
    const { server, clock } = await peerCalls(demanded);
    await server.response(180);
    server.send(peerRequest('CANCEL', { Via: inviteVia, CSeq: '1 CANCEL' }));
    await server.response(200);
    await server.response(487);
    await clock.advance(32_000);
    await server.nothing();
    assert.equal(clock.pending, 0);
  });

  it("CALL-9: 'off' refuses an INVITE that demands it with 420, 'required' one that cannot with 421, and the app hears of neither", async () => {
    const refused = async (options: 'off' | 'required', headers: Record<string, string>): Promise<SipResponse> => {
      const { ua, server } = await phone({ account: { reliableProvisional: options } });
      ua.on('incomingCall', () => assert.fail('no call'));
      server.send(peerRequest('INVITE', headers, peerOffer()));
      return server.response(options === 'off' ? 420 : 421);
    };
    assert.equal(headerValue(await refused('off', demanded), 'Unsupported'), '100rel');
    assert.equal(headerValue(await refused('required', {}), 'Require'), '100rel');
  });

  it('a PRACK outside of any dialog gets 481', async () => {
    const { server } = await phone();
    server.send(peerRequest('PRACK', { RAck: '1 1 INVITE' }));
    await server.response(481);
  });

  it('in a confirmed dialog there is nothing to acknowledge: 481', async () => {
    const { call, server, ok } = await talking();
    server.send(inDialog('PRACK', ok, 2, { RAck: '1 1 INVITE' }));
    await server.response(481);
    assert.equal(call.state, 'confirmed');
  });

  it('early media that wait behind a 180 without PRACK are given up with the call', async () => {
    const { call, server, clock } = await peerCalls({ Require: '100rel' });
    await server.response(180);
    const heard = call.ring({ earlyMedia: true });
    await clock.advance(64 * 500);
    await server.skip();
    assert.equal(call.end?.status, 504);
    await heard;
  });
});
