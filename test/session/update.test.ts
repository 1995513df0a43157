import { assert } from 'chai';
import { CSeq, headerValue, read } from '../../lib/parser/index.js';
import { settle } from '../support/fake-clock.js';
import {
  calling,
  described,
  inDialog,
  inviteVia,
  peerCalls,
  peerOffer,
  talking,
  talkingTo,
  towards,
} from '../support/calls.js';
import { peerRequest, peerSdp } from '../support/phone.js';

const contact = { Contact: '<sip:bob@moved.invalid>' };
const sdp = { 'Content-Type': 'application/sdp' };
const allowed = { headers: ['Allow: INVITE, ACK, BYE, UPDATE'] };
const reliable = (rseq: number): string[] => ['Require: 100rel', `RSeq: ${rseq}`];

describe('UPDATE of the peer (RFC 3311 §5.2)', () => {
  it('S9: an UPDATE with an offer is answered in its 200, and changes the session', async () => {
    const { call, server, ok } = await talking();
    server.send(inDialog('UPDATE', ok, 2, { ...contact, ...sdp }, peerOffer('sendonly', 2)));
    const response = await server.response(200);
    assert.match(String(response.body), /a=recvonly/);
    assert.match(headerValue(response, 'Contact') ?? '', /\.invalid;transport=ws>/);
    await settle();
    assert.isTrue(call.remoteHold);
    call.hangup();
    assert.equal((await server.request('BYE')).uri, 'sip:bob@moved.invalid', 'the target is refreshed (§5.2)');
  });

  it('one without an offer gets a 200 without a description, and refreshes the target', async () => {
    const { call, server, ok } = await talking();
    server.send(inDialog('UPDATE', ok, 2, contact));
    const response = await server.response(200);
    assert.equal(response.body, '');
    assert.isUndefined(headerValue(response, 'Content-Type'));
    call.hangup();
    assert.equal((await server.request('BYE')).uri, 'sip:bob@moved.invalid');
  });

  it('CALL-22: an offer that meets ours gets 491; one without an offer is answered all the same', async () => {
    const { call, server, ok } = await talking();
    const held = call.hold();
    const invite = await server.request('INVITE');
    server.send(inDialog('UPDATE', ok, 2, sdp, peerOffer('sendrecv', 2)));
    await server.response(491);
    server.send(inDialog('UPDATE', ok, 3, contact));
    await server.response(200);
    server.respond(invite, 200, { headers: described, body: peerSdp('recvonly', 2) });
    await server.request('ACK');
    await held;
  });

  it('a second one while the first is being answered gets 500 with Retry-After, with an offer or without', async () => {
    for (const body of ['', peerOffer('sendrecv', 3)]) {
      const { server, ok } = await talking();
      server.send(inDialog('UPDATE', ok, 2, sdp, peerOffer('sendrecv', 2)));
      server.send(inDialog('UPDATE', ok, 3, body ? sdp : {}, body));
      assert.match(headerValue(await server.response(500), 'Retry-After') ?? '', /^\d$/);
      await server.response(200);
    }
  });

  it('before the offer of the INVITE is answered, another offer gets 500 with Retry-After; without one it refreshes the early dialog', async () => {
    const { server } = await peerCalls();
    const ringing = await server.response(180);
    server.send(inDialog('UPDATE', ringing, 2, sdp, peerOffer('sendrecv', 2)));
    assert.match(headerValue(await server.response(500), 'Retry-After') ?? '', /^\d$/);
    server.send(inDialog('UPDATE', ringing, 3, contact));
    await server.response(200);
  });

  it('after a reliable answer, an early UPDATE changes the session before the call is answered', async () => {
    const { call, server } = await peerCalls({ Supported: '100rel' });
    await server.response(180);
    void call.ring({ earlyMedia: true, reliable: true });
    const progress = await server.response(183);
    server.send(inDialog('PRACK', progress, 2, { RAck: `${headerValue(progress, 'RSeq')} 1 INVITE` }));
    await server.response(200);
    server.send(inDialog('UPDATE', progress, 3, { ...contact, ...sdp }, peerOffer('sendonly', 2)));
    assert.match(String((await server.response(200)).body), /a=recvonly/);
    assert.isTrue(call.remoteHold);
    assert.equal(call.state, 'early');
    void call.answer();
    assert.equal((await server.response(200)).body, '');
  });

  it('our offer is out and not answered: an early UPDATE with another gets 491; after the reliable answer it is taken', async () => {
    const { call, server, invite } = await calling();
    server.respond(invite, 180);
    server.send(towards('UPDATE', invite, 1, { ...contact, ...sdp }, peerOffer()));
    await server.response(491);
    server.respond(invite, 183, { headers: [...described, ...reliable(1)], body: peerSdp() });
    server.respond(await server.request('PRACK'), 200);
    await settle();
    server.send(towards('UPDATE', invite, 2, { ...contact, ...sdp }, peerOffer('sendonly', 2)));
    assert.match(String((await server.response(200)).body), /a=recvonly/);
    assert.equal(call.state, 'early');
    server.respond(invite, 200, { headers: described.slice(1) });
    await server.request('ACK');
    await call.answered;
    assert.isTrue(call.remoteHold);
  });

  it('one we cannot take gets 488, and the session is as it was', async () => {
    const { call, server, ok } = await talking();
    server.send(inDialog('UPDATE', ok, 2, sdp, 'v=0\r\n'));
    await server.response(488);
    assert.equal(call.state, 'confirmed');
    assert.equal(call.peerConnection?.signalingState, 'stable');
  });

  it('a body of another type gets 415 (§8.2.3)', async () => {
    const { server, ok } = await talking();
    server.send(inDialog('UPDATE', ok, 2, { 'Content-Type': 'text/plain' }, 'hello'));
    await server.response(415);
  });
});

describe('UPDATE of ours (RFC 3311 §5.1)', () => {
  it('CALL-22: call.update() offers by UPDATE; resolves with the 200, whose Contact is the new target', async () => {
    const { call, server } = await talkingTo(allowed);
    const updated = call.update();
    const update = await server.request('UPDATE');
    assert.match(String(update.body), /^v=0/);
    assert.match(headerValue(update, 'Contact') ?? '', /\.invalid/);
    server.respond(update, 200, {
      headers: ['Content-Type: application/sdp', 'Contact: <sip:bob@moved.invalid>'],
      body: peerSdp('sendrecv', 2),
    });
    await updated;
    call.hangup();
    assert.equal((await server.request('BYE')).uri, 'sip:bob@moved.invalid');
  });

  it('without an offer nothing is negotiated', async () => {
    const { call, server } = await talkingTo(allowed);
    const updated = call.update({ offer: false, headers: [{ name: 'X-Note', value: 'here' }] });
    const update = await server.request('UPDATE');
    assert.equal(update.body, '');
    assert.equal(headerValue(update, 'X-Note'), 'here');
    server.respond(update, 200);
    await updated;
  });

  it('is not sent to a peer that does not allow it', async () => {
    const { call, server } = await talkingTo();
    assert.propertyVal(await call.update().catch((error: unknown) => error), 'code', 'invalidState');
    await server.nothing();
  });

  it('before the answer it goes out in the early dialog, once the offer of the INVITE is answered', async () => {
    const { call, server, invite } = await calling();
    server.respond(invite, 180, allowed);
    await settle();
    const updated = call.update();
    await server.nothing();
    server.respond(invite, 183, { headers: [...described, ...reliable(1)], body: peerSdp() });
    server.respond(await server.request('PRACK'), 200);
    const update = await server.request('UPDATE');
    assert.equal(read(update, CSeq)!.sequence, read(invite, CSeq)!.sequence + 2);
    server.respond(update, 200, { headers: described, body: peerSdp('sendrecv', 2) });
    await updated;
    assert.equal(call.state, 'early');
  });

  it('refused, the session is as it was; the next one works', async () => {
    const { call, server, log } = await talkingTo(allowed);
    const refused = call.update().catch((error: unknown) => error);
    server.respond(await server.request('UPDATE'), 488);
    assert.deepInclude((await refused) as object, { code: 'rejected', status: 488 });
    assert.equal(call.peerConnection?.signalingState, 'stable');
    const again = call.update();
    server.respond(await server.request('UPDATE'), 200, { headers: described, body: peerSdp('sendrecv', 2) });
    await again;
    assert.notInclude(log.join('\n'), 'error');
  });

  it('J3: after a 491 it is repeated by the timers of §14.1 (2.1 to 4 s for who owns the Call-ID), with a new CSeq', async () => {
    const { call, server, clock } = await talkingTo(allowed);
    const updated = call.update();
    const first = await server.request('UPDATE');
    server.respond(first, 491);
    await clock.advance(2099);
    await server.nothing();
    await clock.advance(1901);
    const second = await server.request('UPDATE');
    assert.equal(read(second, CSeq)!.sequence, read(first, CSeq)!.sequence + 1);
    server.respond(second, 200, { headers: described, body: peerSdp('sendrecv', 2) });
    await updated;
  });

  it('after a 500 with Retry-After it is repeated when that has passed', async () => {
    const { call, server, clock } = await talkingTo(allowed);
    const updated = call.update();
    server.respond(await server.request('UPDATE'), 500, { headers: ['Retry-After: 3'] });
    await clock.advance(2999);
    await server.nothing();
    await clock.advance(1);
    server.respond(await server.request('UPDATE'), 200, { headers: described, body: peerSdp('sendrecv', 2) });
    await updated;
  });

  it('a CANCEL of the INVITE leaves no UPDATE without an answer (§15.1.2)', async () => {
    const { call, server } = await peerCalls({ Supported: '100rel' });
    await server.response(180);
    void call.ring({ earlyMedia: true, reliable: true });
    const progress = await server.response(183);
    server.send(inDialog('PRACK', progress, 2, { RAck: `${headerValue(progress, 'RSeq')} 1 INVITE` }));
    await server.response(200);
    server.send(inDialog('UPDATE', progress, 3, sdp, peerOffer('sendonly', 2)));
    server.send(peerRequest('CANCEL', { Via: inviteVia, CSeq: '1 CANCEL' }));
    await server.response(200);
    await server.response(487); // the INVITE
    await server.response(487); // the UPDATE
    assert.equal(call.state, 'disconnected');
  });

  it('without an offer in the INVITE it waits until the offer of the callee is answered (RFC 3311 §5.1)', async () => {
    const { call, server, invite } = await calling({ offer: 'late' });
    server.respond(invite, 180, { headers: allowed.headers });
    const updated = call.update();
    await server.nothing();
    server.respond(invite, 200, { headers: [...described, ...allowed.headers], body: peerOffer() });
    await server.request('ACK');
    const update = await server.request('UPDATE');
    server.respond(update, 200, { headers: described, body: peerSdp('sendrecv', 2) });
    await updated;
  });

  it('an answer that comes when the call is over starts no session timer (RFC 4028)', async () => {
    const { call, server, clock } = await talkingTo(allowed);
    const updated = call.update({ offer: false });
    const update = await server.request('UPDATE');
    call.hangup();
    server.respond(await server.request('BYE'), 200);
    server.respond(update, 200, { headers: ['Session-Expires: 90;refresher=uac'] });
    await updated;
    await clock.advance(64 * 500);
    assert.equal(clock.pending, 0);
  });

  it('CALL-22: a caller that knows of no dialog yet is sent nothing in it (§12.1)', async () => {
    const { call, server } = await peerCalls({ Require: '100rel', Supported: '100rel', Allow: 'UPDATE' }, '');
    await server.nothing(); // one that must arrive would have to bring an offer (RFC 3262 §5)
    assert.throws(() => void call.update({ offer: false }), /incoming/);
    assert.throws(() => void call.sendRequest('OPTIONS'), /incoming/);
    await server.nothing();
  });
});
