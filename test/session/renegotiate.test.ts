import { assert } from 'chai';
import { systemRandom } from '../../lib/base/random.js';
import { EvercallError } from '../../lib/index.js';
import { CSeq, headerValue, read } from '../../lib/parser/index.js';
import type { SipRequest, SipResponse } from '../../lib/parser/index.js';
import { settle } from '../support/fake-clock.js';
import { calling, described, inDialog, peerOffer, peerVideo, talking, talkingTo, towards } from '../support/calls.js';
import { peerSdp } from '../support/phone.js';
import type { Phone } from '../support/phone.js';

async function accept({ server }: Phone, invite: SipRequest, version: number, direction = 'sendrecv'): Promise<void> {
  server.respond(invite, 200, { headers: described, body: peerSdp(direction, version) });
  await server.request('ACK');
}

/** After glare the next offer waits a second (§14.1), not none, as it may by chance. */
const unhurried = { ...systemRandom, number: (): number => 0.5 };

describe('changes of a session', () => {
  it('CALL-22: three changes in one tick go one after another: serial INVITEs, and no 491 of our own making', async () => {
    const stage = await talking();
    const { call, server } = stage;
    const changes = [call.hold(), call.reinvite(), call.resume()];
    for (const [version, direction] of [
      [2, 'recvonly'],
      [3, 'recvonly'],
      [4, 'sendrecv'],
    ] as const) {
      const invite = await server.request('INVITE');
      await server.nothing();
      assert.include(String(invite.body), direction === 'recvonly' ? 'a=sendonly' : 'a=sendrecv');
      await accept(stage, invite, version, direction);
    }
    await Promise.all(changes);
  });

  it('CALL-21: another re-INVITE keeps the hold', async () => {
    const stage = await talking();
    const held = stage.call.hold();
    await accept(stage, await stage.server.request('INVITE'), 2, 'recvonly');
    await held;
    const changed = stage.call.reinvite({ headers: [{ name: 'X-Note', value: 'here' }], iceRestart: true });
    const invite = await stage.server.request('INVITE');
    assert.include(String(invite.body), 'a=sendonly');
    assert.equal(headerValue(invite, 'X-Note'), 'here');
    await accept(stage, invite, 3, 'recvonly');
    await changed;
    assert.isTrue(stage.call.localHold);
  });

  it('a change waits for the offer of the peer that is being answered, and for its ACK (§14.1)', async () => {
    const stage = await talking();
    const { server, call } = stage;
    server.send(inDialog('INVITE', stage.ok, 2, {}, peerOffer('sendrecv', 2)));
    const held = call.hold();
    const ok = await server.response(200);
    await server.nothing();
    server.send(inDialog('ACK', ok, 2));
    await accept(stage, await server.request('INVITE'), 3, 'recvonly');
    await held;
  });

  it('S2: a 408 ends the call by a BYE, a 481 without (§12.2.1.2); where nothing comes by its media either', async () => {
    for (const status of [408, 481]) {
      const { call, server, media } = await talking();
      media.connections[0]!.become('connecting');
      const held = call.hold().catch((error: unknown) => error);
      server.respond(await server.request('INVITE'), status);
      await server.request('ACK');
      if (status === 408) await server.request('BYE');
      await server.nothing();
      assert.propertyVal(await held, 'status', status);
      assert.equal(call.end?.status, status);
    }
  });

  for (const status of [488, 500, 491]) {
    it(`J5, S1: after a ${status} the media are rolled back, and the peer's next offer is answered`, async () => {
      const { call, server, clock, ok } = await talking({}, { random: unhurried });
      const held = call.hold().catch((error: unknown) => error);
      for (let i = 0; i < (status === 491 ? 4 : 1); i++) {
        server.respond(await server.request('INVITE'), status);
        await server.request('ACK');
        assert.equal(call.peerConnection?.signalingState, 'stable');
        await clock.advance(2000);
      }
      assert.propertyVal(await held, 'status', status);
      assert.isFalse(call.localHold);
      server.send(inDialog('INVITE', ok, 2, {}, peerOffer('sendrecv', 2)));
      assert.include(String((await server.response(200)).body), 'a=sendrecv');
    });
  }

  it('CALL-21: a hold that glare keeps from being offered is one all the same, when an answer to the peer has told it', async () => {
    const { call, server, clock, ok } = await talking({}, { random: unhurried });
    const held = call.hold();
    server.respond(await server.request('INVITE'), 491);
    await server.request('ACK');
    server.send(inDialog('INVITE', ok, 2, {}, peerOffer('sendrecv', 2)));
    assert.include(String((await server.response(200)).body), 'a=sendonly');
    server.send(inDialog('ACK', ok, 2));
    for (let i = 0; i < 3; i++) {
      await clock.advance(2000);
      server.respond(await server.request('INVITE'), 491);
      await server.request('ACK');
    }
    await held;
    assert.isTrue(call.localHold);
  });

  it('no answer within timer B ends the call, where the connection is alive, and nothing comes by its media (§12.2.1.2)', async () => {
    const { call, server, clock, ok, media } = await talking();
    media.connections[0]!.become('connecting');
    const held = call.hold().catch((error: unknown) => error);
    await server.request('INVITE');
    await clock.advance(16_000);
    server.send(inDialog('INFO', ok, 2));
    await clock.advance(16_000);
    assert.propertyVal(await held, 'code', 'timeout');
    assert.deepInclude(call.end, { cause: 'timeout', status: 408 });
    await server.response(200);
    await server.request('BYE');
  });

  it('J6, S5, IPC-12: and where it is not, the call stands, and the change is made on the next one', async () => {
    const stage = await talking();
    const { call, server, clock } = stage;
    const held = call.hold();
    await server.request('INVITE');
    server.socket.isDead = true;
    await clock.advance(32_000);
    assert.equal(call.state, 'confirmed');
    const again = await server.request('INVITE');
    assert.include(String(again.body), 'a=sendonly');
    await accept(stage, again, 2, 'recvonly');
    await held;
    assert.isTrue(call.localHold);
    assert.equal(call.peerConnection?.signalingState, 'stable');
  });

  it("J17: a challenge on the way leaves no window for glare: the peer's offer gets 491 until ours is answered", async () => {
    const stage = await talking();
    const { server, call } = stage;
    const held = call.hold();
    server.respond(await server.request('INVITE'), 407, {
      headers: ['Proxy-Authenticate: Digest realm="example.com", nonce="n1", qop="auth"'],
    });
    await server.request('ACK');
    const second = await server.request('INVITE');
    server.send(inDialog('INVITE', stage.ok, 2, {}, peerOffer('sendrecv', 2)));
    await server.response(491);
    await accept(stage, second, 2, 'recvonly');
    await held;
  });

  it('S13: a challenge raises the sequence number of the dialog, and the next request goes on from there (§22.2)', async () => {
    const { server, call } = await talking();
    const sent = call.sendRequest('INFO');
    const first = await server.request('INFO');
    server.respond(first, 407, { headers: ['Proxy-Authenticate: Digest realm="example.com", nonce="n1", qop="auth"'] });
    const second = await server.request('INFO');
    server.respond(second, 200);
    assert.equal((await sent).status, 200);
    void call.sendRequest('INFO');
    const third = await server.request('INFO');
    const [a, b, c] = [first, second, third].map((request) => read(request, CSeq)!.sequence);
    assert.deepEqual([b, c], [a! + 1, a! + 2]);
  });

  it('CALL-23: a re-INVITE never widens the call by itself: video that it adds is answered inactive, and the call lives', async () => {
    const { call, server, ok } = await talking();
    server.send(inDialog('INVITE', ok, 2, {}, peerOffer('sendrecv', 2) + peerVideo()));
    const body = String((await server.response(200)).body);
    assert.deepEqual(body.match(/^m=\w+/gm), ['m=audio', 'm=video'], 'sections in their order (RFC 3264 §6)');
    assert.match(body.slice(body.indexOf('m=video')), /a=inactive/);
    assert.equal(call.state, 'confirmed');
  });

  it('CALL-21: on hold here, a re-INVITE of the peer with sendrecv is answered sendonly', async () => {
    const stage = await talking();
    const held = stage.call.hold();
    await accept(stage, await stage.server.request('INVITE'), 2, 'recvonly');
    await held;
    stage.server.send(inDialog('INVITE', stage.ok, 2, {}, peerOffer('sendrecv', 3)));
    assert.include(String((await stage.server.response(200)).body), 'a=sendonly');
  });

  it('a cancelled re-INVITE leaves the media as they were (RFC 6141 §3.4)', async () => {
    const { call, server, ok } = await talking();
    const before = call.peerConnection?.remoteDescription?.sdp;
    const via = { Via: 'SIP/2.0/WS edge.example;branch=z9hG4bKagain' };
    server.send(inDialog('INVITE', ok, 2, via, peerOffer('sendonly', 2)));
    server.send(inDialog('CANCEL', ok, 2, via));
    await server.response(200);
    await server.response(487);
    assert.equal(call.peerConnection?.signalingState, 'stable');
    assert.equal(call.peerConnection?.remoteDescription?.sdp, before);
    assert.isFalse(call.remoteHold);
  });

  it('RFC 6141 §3.4: a CANCEL that comes when our answer is in force comes too late: the re-INVITE gets its 200', async () => {
    const { call, server, ok } = await talking();
    const via = { Via: 'SIP/2.0/WS edge.example;branch=z9hG4bKagain' };
    server.send(inDialog('INVITE', ok, 2, via, peerOffer('sendonly', 2)));
    const pc = call.peerConnection!;
    for (let i = 0; i < 100 && pc.currentRemoteDescription?.sdp.includes('a=sendonly') !== true; i++)
      await Promise.resolve();
    server.send(inDialog('CANCEL', ok, 2, via));
    await server.response(200);
    const accepted = await server.response(200);
    assert.equal(headerValue(accepted, 'CSeq'), '2 INVITE');
    assert.isTrue(call.remoteHold);
  });

  it('an offer of ours in the 200 to a re-INVITE without one: another offer gets 491 until the ACK has answered it', async () => {
    const { call, server, ok } = await talking();
    server.send(inDialog('INVITE', ok, 2));
    const response = await server.response(200);
    assert.match(String(response.body), /a=setup:actpass/);
    server.send(inDialog('UPDATE', ok, 3, { 'Content-Type': 'application/sdp' }, peerOffer('sendrecv', 2)));
    await server.response(491);
    server.send(inDialog('ACK', response, 2, { 'Content-Type': 'application/sdp' }, peerSdp('sendrecv', 3)));
    await settle();
    assert.equal(call.peerConnection?.signalingState, 'stable');
  });

  it('RFC 5407 §3.1.4: a re-INVITE that overtakes the ACK is answered, and each 200 is repeated until its own ACK', async () => {
    const { call, server, clock, ok } = await talking();
    server.send(inDialog('INVITE', ok, 2, {}, peerOffer('sendrecv', 2)));
    const first = await server.response(200);
    server.send(inDialog('INVITE', ok, 3, {}, peerOffer('sendrecv', 3)));
    const second = await server.response(200);
    server.send(inDialog('ACK', second, 3));
    await clock.advance(500);
    assert.deepEqual(await server.response(200), first);
    server.send(inDialog('ACK', first, 2));
    await clock.advance(64_000);
    await server.nothing();
    assert.equal(call.state, 'confirmed');
  });

  it('… and where that never comes, as its sender has lost the connection it was answered on, the later ACK shows that the peer is there', async () => {
    const stage = await talking();
    const { call, server, clock, ok } = stage;
    server.send(inDialog('INVITE', ok, 2, {}, peerOffer('sendrecv', 2)));
    await server.response(200);
    server.send(inDialog('INVITE', ok, 3, {}, peerOffer('sendrecv', 3)));
    server.send(inDialog('ACK', await server.response(200), 3));
    await server.skip();
    const held = call.hold();
    await accept(stage, await server.request('INVITE'), 4, 'recvonly');
    await held;
    await clock.advance(64_000);
    assert.equal(call.state, 'confirmed');
    assert.equal(clock.pending, 0);
  });
});

describe('requests of the app in the dialog', () => {
  it('CALL-14: sent in the dialog, with a body and headers; resolves with the final response, whatever its status', async () => {
    const { call, server } = await talkingTo();
    const sent = call.sendRequest('INFO', {
      headers: [{ name: 'Content-Type', value: 'application/json' }],
      body: '{}',
    });
    const info = await server.request('INFO');
    assert.equal(info.body, '{}');
    server.respond(info, 486);
    assert.equal((await sent).status, 486);
    assert.equal(call.state, 'confirmed');
  });

  it('CALL-14: in an early dialog too; before there is one it rejects', async () => {
    const { call, server, invite } = await calling();
    assert.throws(() => void call.sendRequest('INFO'), /calling/);
    server.respond(invite, 180);
    await settle();
    void call.sendRequest('INFO');
    assert.equal(read(await server.request('INFO'), CSeq)!.sequence, read(invite, CSeq)!.sequence + 1);
  });

  it('CALL-14: methods that have verbs of their own, and line breaks in headers, are refused', async () => {
    const { call, server } = await talkingTo();
    for (const method of ['INVITE', 'BYE', 'UPDATE', 'info', ''])
      assert.throws(() => void call.sendRequest(method), /method/);
    const headers = [{ name: 'X-A', value: 'b\r\nX-C: d' }];
    assert.throws(() => void call.sendRequest('INFO', { headers }), /X-A/);
    await server.nothing();
  });

  it('an AbortSignal ends the wait', async () => {
    const { call, server } = await talkingTo();
    const abort = new AbortController();
    const sent = call.sendRequest('INFO', { signal: abort.signal }).catch((error: unknown) => error);
    await server.request('INFO');
    abort.abort();
    assert.propertyVal(await sent, 'code', 'aborted');
    assert.equal(call.state, 'confirmed');
  });

  for (const isOwner of [true, false])
    it(`a change of ours that waits where the peer was before it moved makes way for the peer's, and is made after it${isOwner ? '' : ': half a second later where the Call-ID is not ours'}`, async () => {
      const stage = isOwner ? await talkingTo() : await talking();
      const { call, server, clock } = stage;
      const send = (method: string, sequence: number, body = ''): void => {
        if ('invite' in stage) server.send(towards(method, stage.invite, sequence, {}, body));
        else server.send(inDialog(method, (stage as { ok: SipResponse }).ok, sequence, {}, body));
      };
      const held = call.hold();
      const lost = await server.request('INVITE');
      server.respond(lost, 100);
      await clock.advance(1001);
      send('INVITE', 2, peerOffer('sendrecv', 2));
      await server.response(100);
      if (!isOwner) await clock.advance(500);
      await server.request('CANCEL');
      const ok = await server.response(200);
      assert.include(String(ok.body), 'a=sendonly');
      send('ACK', 2);
      await clock.advance(999);
      await server.nothing();
      await clock.advance(1);
      await accept(stage, await server.request('INVITE'), 3, 'recvonly');
      await held;
      assert.isTrue(call.localHold);
    });

  it('an offer that comes within the second, or when the peer has said something, meets a 491 as ever (§14.2)', async () => {
    const { call, server, clock, invite } = await talkingTo();
    void call.hold().catch(() => undefined);
    const ours = await server.request('INVITE');
    server.respond(ours, 100);
    server.send(towards('INVITE', invite, 1, {}, peerOffer('sendrecv', 2)));
    await server.response(491);
    server.respond(ours, 183, { toTag: 'peer' });
    await clock.advance(5000);
    server.send(towards('INVITE', invite, 2, {}, peerOffer('sendrecv', 2)));
    await server.response(491);
    await server.nothing();
  });

  for (const status of [408, undefined])
    it(`${status ?? 'no answer'} to a change of ours, while the peer has told where it is now: asked again there, and the call goes on`, async () => {
      const stage = await talking();
      const { call, server, clock, ok } = stage;
      const held = call.hold();
      const lost = await server.request('INVITE');
      await clock.advance(20_000);
      server.send(inDialog('UPDATE', ok, 2, { Contact: '<sip:bob@moved.invalid;transport=ws>' }));
      await server.response(200);
      if (status) {
        server.respond(lost, status);
        await server.request('ACK');
      } else {
        await clock.advance(12_000);
      }
      const again = await server.request('INVITE');
      assert.include(again.uri, 'moved.invalid');
      await accept(stage, again, 2, 'recvonly');
      await held;
      assert.equal(call.state, 'confirmed');
    });

  it('§15.1.2: hung up by the peer, a re-INVITE of ours is given up, although it gets no final response', async () => {
    const { call, server, clock, ok } = await talking();
    const held = call.hold().catch((error: unknown) => error);
    const invite = await server.request('INVITE');
    server.respond(invite, 183);
    server.send(inDialog('BYE', ok, 2));
    assert.propertyVal(await held, 'code', 'cancelled');
    await server.response(200);
    server.respond(await server.request('CANCEL'), 200);
    server.respond(invite, 200, { headers: described, body: peerSdp() });
    await server.request('ACK');
    await clock.advance(64 * 500);
    await server.nothing();
    assert.equal(clock.pending, 0);
  });

  it('J4: a call that ends while a 491 is waited out is offered nothing any more', async () => {
    const { call, server, clock, ok } = await talking({}, { random: unhurried });
    const held = call.hold().catch((error: unknown) => error);
    server.respond(await server.request('INVITE'), 491);
    await server.request('ACK');
    server.send(inDialog('BYE', ok, 2));
    await server.response(200);
    await clock.advance(4000);
    await server.nothing();
    assert.instanceOf(await held, EvercallError);
  });

  it('J8: media that fail do not end the call: there are ways back', async () => {
    const { call, server, media } = await talking();
    media.connections[0]!.become('failed');
    assert.equal(call.mediaState, 'failed');
    assert.equal(call.state, 'confirmed');
    await server.request('INVITE');
  });

  it('S7, CALL-21: held by both sides, resume offers sendrecv, and what the peer still holds back is its own', async () => {
    const stage = await talking();
    const { call, server } = stage;
    const held = call.hold();
    await accept(stage, await server.request('INVITE'), 2, 'recvonly');
    await held;
    server.send(inDialog('INVITE', stage.ok, 2, {}, peerOffer('sendonly', 3)));
    const both = await server.response(200);
    assert.include(String(both.body), 'a=inactive');
    server.send(inDialog('ACK', both, 2));
    assert.isTrue(call.localHold && call.remoteHold);
    const resumed = call.resume();
    const invite = await server.request('INVITE');
    assert.include(String(invite.body), 'a=sendrecv');
    await accept(stage, invite, 4, 'sendonly');
    await resumed;
    assert.isFalse(call.localHold);
    assert.isTrue(call.remoteHold);
    server.send(inDialog('INVITE', stage.ok, 3, {}, peerOffer('sendrecv', 5)));
    assert.include(String((await server.response(200)).body), 'a=sendrecv');
  });
});
