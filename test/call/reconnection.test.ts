import { assert } from 'chai';
import { Deferred } from '../../lib/base/deferred.js';
import { systemRandom } from '../../lib/base/random.js';
import type { Call, OfferEvent } from '../../lib/index.js';
import { CSeq, headerValue, isRequest, read } from '../../lib/parser/index.js';
import type { SipRequest, SipResponse } from '../../lib/parser/index.js';
import { calling, described, inDialog, peerCalls, peerOffer, talking, talkingTo, towards } from '../support/calls.js';
import { settle } from '../support/fake-clock.js';
import type { FakeClock } from '../support/fake-clock.js';
import type { FakePeerConnection } from '../support/fake-media.js';
import { peerRequest, peerSdp, toTagOf } from '../support/phone.js';
import type { Phone } from '../support/phone.js';

const updates = { headers: ['Allow: INVITE, ACK, BYE, UPDATE'] };
const ufrag = (sdp: unknown): string => /a=ice-ufrag:(\S+)/.exec(String(sdp))![1]!;
const fingerprint = (sdp: unknown): string => /a=fingerprint:(.*)/.exec(String(sdp))![1]!;

/** Each change of the connection, from here on. */
function connections(call: Call): string[] {
  const seen: string[] = [];
  call.on('connectionChanged', ({ connection }) => seen.push(connection));
  return seen;
}

/** What the browser says of what comes: packets, each 20 ms. */
function hears(connection: FakePeerConnection, clock: FakeClock, rate = 50): void {
  const heard = (): number => Math.floor((clock.now() * rate) / 1000);
  connection.getStats = () =>
    Promise.resolve(new Map<string, unknown>([['in', { type: 'inbound-rtp', packetsReceived: heard() }]]));
}

async function loseConnection({ server, clock }: Phone): Promise<void> {
  server.socket.drop();
  await clock.advance(1000);
}

/** The next INVITE, before which the one that was lost with its connection is taken back; the peer knows nothing of that. */
async function afterCancelOf(lost: SipRequest, { server }: Phone): Promise<SipRequest> {
  const cancel = await server.request('CANCEL');
  assert.equal(headerValue(cancel, 'Via'), headerValue(lost, 'Via'), 'the branch of the INVITE (§9.1)');
  server.respond(cancel, 481);
  return server.request('INVITE');
}

/** ICE begins anew at the peer where it does here, and only there. */
const seen: string[] = [];
function versionFor({ body }: SipRequest): number {
  if (!seen.includes(ufrag(body))) seen.push(ufrag(body));
  return seen.indexOf(ufrag(body)) + 2;
}

async function accept({ server }: Phone, invite: SipRequest, direction = 'sendrecv'): Promise<void> {
  server.respond(invite, 200, { headers: described, body: peerSdp(direction, versionFor(invite)) });
  await server.request('ACK');
}

describe('a call that two have answered', () => {
  for (const isWell of [false, true]) {
    it(`J1: a second later its media are ${isWell ? 'well: nothing is done' : 'not there yet: the one who is talked to gets another connection'}`, async () => {
      const stage = await talkingTo();
      const { call, server, media, clock, invite } = stage;
      media.connections[0]!.become('connecting');
      server.respond(invite, 200, { headers: described, body: peerSdp(), toTag: 'second' });
      await server.request('ACK');
      server.respond(await server.request('BYE'), 200);
      if (isWell) media.connections[0]!.become('connected');
      await clock.advance(999);
      await server.nothing();
      await clock.advance(1);
      if (isWell) {
        await server.nothing();
        return;
      }
      const again = await server.request('INVITE');
      assert.equal(toTagOf(again), 'peer');
      assert.notEqual(fingerprint(again.body), fingerprint(invite.body));
      await accept(stage, again);
      media.connections[1]!.become('connected');
      await settle();
      assert.equal(call.connection, 'connected');
      media.connections[0]!.become('failed');
      assert.equal(media.connections[0]!.connectionState, 'closed');
    });
  }

  it('J1: hung up within this second, nothing is left', async () => {
    const { call, server, clock, invite } = await talkingTo();
    server.respond(invite, 200, { headers: described, body: peerSdp(), toTag: 'second' });
    await server.request('ACK');
    server.respond(await server.request('BYE'), 200);
    call.hangup();
    server.respond(await server.request('BYE'), 200);
    await clock.advance(32_000); // timer M
    assert.equal(clock.pending, 0);
    await server.nothing();
  });
});

describe('a call that loses its connection', () => {
  it('IPC-30: media that are well stay as they are: an UPDATE without a description says where we are', async () => {
    const stage = await talkingTo(updates);
    const { call, server, media } = stage;
    const seen = connections(call);
    await loseConnection(stage);
    const update = await server.request('UPDATE');
    assert.equal(update.body, '');
    assert.equal(call.connection, 'reconnecting');
    server.respond(update, 200, { headers: described.slice(1) });
    await settle();
    assert.deepEqual(seen, ['reconnecting', 'connected']);
    assert.lengthOf(media.connections, 1);
    await server.nothing();
  });

  it('IPC-30, IPC-26: and where the peer takes none, a re-INVITE with the same ufrag, the next CSeq, another Via', async () => {
    const stage = await talkingTo();
    const { call, server, invite } = stage;
    await loseConnection(stage);
    const again = await server.request('INVITE');
    assert.equal(ufrag(again.body), ufrag(invite.body));
    assert.equal(headerValue(again, 'Call-ID'), headerValue(invite, 'Call-ID'));
    assert.equal(read(again, CSeq)!.sequence, read(invite, CSeq)!.sequence + 1);
    assert.notEqual(/\S+\.invalid/.exec(headerValue(again, 'Via')!)![0], /\S+\.invalid/.exec(headerValue(invite, 'Via')!)![0]); // prettier-ignore
    await accept(stage, again);
    assert.equal(call.connection, 'connected');
  });

  it('LIN-31, IPC-10, IPC-25: media that are lost too are offered with an ICE restart: new ufrag, same fingerprint, on the new connection', async () => {
    const stage = await talkingTo(updates);
    const { call, server, invite, media } = stage;
    const seen = connections(call);
    media.connections[0]!.become('disconnected');
    await loseConnection(stage);
    const again = await server.request('INVITE');
    assert.notEqual(ufrag(again.body), ufrag(invite.body));
    assert.equal(fingerprint(again.body), fingerprint(invite.body));
    assert.include(String(again.body), 'a=setup:actpass');
    await accept(stage, again);
    assert.equal(call.connection, 'reconnecting', 'promises are not packets');
    media.connections[0]!.become('connected');
    await settle();
    assert.deepEqual(seen, ['reconnecting', 'connected']);
  });

  it('IPC-10: the ICE servers are asked for anew, then one re-INVITE goes out in the dialog: its route, its tags, the next CSeq, new ufrag and password', async () => {
    const servers = ['turn:first.example', 'turn:second.example'].map((urls) => ({ urls, username: 'u', credential: 'c' })); // prettier-ignore
    const route = '<sip:edge.example;lr>';
    let asked = 0;
    const iceServers = (): Promise<RTCIceServer[]> => Promise.resolve([servers[asked++]!]);
    const stage = await talkingTo({ headers: [`Record-Route: ${route}`] }, {}, { media: { iceServers } });
    const { server, invite, media, clock } = stage;
    const [pc] = media.connections;
    const order: string[] = [];
    const offer = pc!.createOffer.bind(pc);
    pc!.createOffer = (options) => (order.push(String(pc!.getConfiguration().iceServers?.[0]?.urls)), offer(options));
    pc!.become('failed');
    await loseConnection(stage);
    const again = await server.request('INVITE');
    assert.deepEqual(order, ['turn:second.example']);
    assert.equal(asked, 2);
    assert.lengthOf(media.connections, 1);
    assert.include(String(server.sockets[1]!.sent.at(-1)), 'INVITE');
    for (const name of ['Call-ID', 'From']) assert.equal(headerValue(again, name), headerValue(invite, name));
    assert.equal(headerValue(again, 'To'), `${headerValue(invite, 'To')};tag=peer`);
    assert.equal(headerValue(again, 'Route'), route);
    assert.equal(read(again, CSeq)!.sequence, read(invite, CSeq)!.sequence + 1);
    const password = (sdp: unknown): string => /a=ice-pwd:(\S+)/.exec(String(sdp))![1]!;
    assert.notEqual(password(again.body), password(invite.body));
    assert.equal(fingerprint(again.body), fingerprint(invite.body));
    await accept(stage, again);
    await clock.advance(10_000);
    await server.nothing();
  });

  it('IPC-11: a held call stays held', async () => {
    const stage = await talkingTo();
    const held = stage.call.hold();
    await accept(stage, await stage.server.request('INVITE'), 'recvonly');
    await held;
    await loseConnection(stage);
    const again = await stage.server.request('INVITE');
    assert.include(String(again.body), 'a=sendonly');
    await accept(stage, again, 'recvonly');
    assert.isTrue(stage.call.localHold);
  });

  it('IPC-11: … one that both hold is offered as we wish it (RFC 6337 §5.3), answered inactive, and not a sound leaves', async () => {
    const stage = await talkingTo();
    const { call, server, media, invite } = stage;
    const held = call.hold();
    await accept(stage, await server.request('INVITE'), 'recvonly');
    await held;
    server.send(towards('INVITE', invite, 1, {}, peerOffer('sendonly', 2)));
    assert.include(String((await server.response(200)).body), 'a=inactive');
    server.send(towards('ACK', invite, 1));
    media.connections[0]!.become('failed');
    await loseConnection(stage);
    const again = await server.request('INVITE');
    assert.include(String(again.body), 'a=sendonly');
    await accept(stage, again, 'inactive');
    media.connections[0]!.become('connected');
    await settle();
    assert.isTrue(call.localHold && call.remoteHold);
    assert.equal(media.connections[0]!.getTransceivers()[0]!.currentDirection, 'inactive');
    assert.isFalse(media.microphones[0]!.enabled);
  });

  it('IPC-6: the restart is not remembered: the next change has the ufrag of this one', async () => {
    const stage = await talkingTo();
    stage.media.connections[0]!.become('failed');
    const again = await stage.server.request('INVITE');
    await accept(stage, again);
    stage.media.connections[0]!.become('connected');
    await settle();
    void stage.call.hold();
    assert.equal(ufrag((await stage.server.request('INVITE')).body), ufrag(again.body));
  });

  it('IPC-12: hold that was on its way is in effect afterwards, by one re-INVITE', async () => {
    const stage = await talkingTo();
    const { call, server } = stage;
    const held = call.hold();
    const lost = await server.request('INVITE');
    await loseConnection(stage);
    const again = await afterCancelOf(lost, stage);
    assert.include(String(again.body), 'a=sendonly');
    await accept(stage, again, 'recvonly');
    await held;
    assert.isTrue(call.localHold);
    await server.nothing();
  });

  for (const [what, refusal] of [
    ['491', { status: 491, headers: [], wait: 4000 }],
    ['500 with Retry-After', { status: 500, headers: ['Retry-After: 3'], wait: 3000 }],
  ] as const)
    it(`IPC-12: … where the peer still thinks about the one that was lost (${what}), it is made once that is over; never are there two of ours`, async () => {
      const stage = await talkingTo();
      const { call, server, clock, media } = stage;
      const held = call.hold();
      let former = await server.request('INVITE');
      await loseConnection(stage);
      for (let turn = 0; turn < 3; turn++) {
        const again = turn === 0 ? await afterCancelOf(former, stage) : await server.request('INVITE');
        assert.equal(read(again, CSeq)!.sequence, read(former, CSeq)!.sequence + 1);
        assert.equal(media.connections[0]!.signalingState, 'have-local-offer');
        former = again;
        server.respond(again, refusal.status, { headers: refusal.headers });
        await server.request('ACK');
        assert.equal(media.connections[0]!.signalingState, 'stable', 'rolled back');
        await server.nothing();
        await clock.advance(refusal.wait);
      }
      const again = await server.request('INVITE');
      assert.include(String(again.body), 'a=sendonly');
      await accept(stage, again, 'recvonly');
      await held;
      assert.isTrue(call.localHold);
      await clock.advance(40_000);
      await server.nothing();
    });

  it('what is wanted during the outage is done once, afterwards, in its order', async () => {
    const stage = await talkingTo(updates);
    const { call, server, clock } = stage;
    server.refused.add('ws://server.example/ws');
    server.socket.drop();
    await clock.advance(3000);
    const held = call.hold();
    const sent = call.sendMessage('still here');
    await clock.advance(10_000);
    await server.skip();
    server.refused.clear();
    const seen: string[] = [];
    let known = server.received.length;
    for (let i = 0; i < 60; i++) {
      await clock.advance(500);
      for (; known < server.received.length; known++) {
        const request = server.received[known] as SipRequest;
        if (request.method === 'ACK') continue;
        const isInvite = request.method === 'INVITE';
        seen.push(`${request.method}${String(request.body).includes('a=sendonly') ? ' sendonly' : ''}`);
        server.respond(request, 200, { headers: described, body: isInvite ? peerSdp('recvonly', 2) : '' });
      }
    }
    await Promise.all([held, sent]);
    // where we are goes out with what waits for nothing; what is offered has its turn after it
    assert.deepEqual(seen, ['UPDATE', 'MESSAGE', 'INVITE sendonly']);
  });

  it('IPC-5: hung up meanwhile, it is over at once, and the BYE goes out on the next connection', async () => {
    const stage = await talkingTo(updates);
    const { call, server, clock } = stage;
    server.refused.add('ws://server.example/ws');
    server.socket.drop();
    await clock.advance(20_000);
    call.hangup();
    assert.equal(call.state, 'disconnected');
    server.refused.clear();
    await clock.advance(40_000);
    server.respond(await server.request('BYE'), 200);
    await server.nothing();
  });

  it('a BYE that was lost with its connection is said again on the next', async () => {
    const { call, server, clock } = await talkingTo(updates);
    call.hangup();
    await server.request('BYE');
    server.socket.drop();
    await clock.advance(1000);
    server.respond(await server.request('BYE'), 481);
    await server.nothing();
  });

  it('§13.3.1.4: a re-INVITE that was lost with its connection may have been agreed to: it is offered anew, and a 200 to it acknowledged, or the peer would hang up', async () => {
    const stage = await talkingTo(updates);
    const { call, server, invite, clock } = stage;
    const failed = call.reinvite({ iceRestart: true }).catch((error: unknown) => error);
    const lost = await server.request('INVITE');
    await loseConnection(stage);
    assert.propertyVal(await failed, 'code', 'transport');
    const again = await afterCancelOf(lost, stage); // and no UPDATE
    assert.equal(ufrag(again.body), ufrag(invite.body), 'its media are well');
    server.respond(lost, 200, { headers: described, body: peerSdp('sendrecv', 2) });
    const ack = await server.request('ACK');
    assert.equal(headerValue(ack, 'CSeq'), headerValue(lost, 'CSeq')!.replace('INVITE', 'ACK'));
    server.respond(lost, 200, { headers: described, body: peerSdp('sendrecv', 2) });
    assert.deepEqual(await server.request('ACK'), ack, 'the same, for the 2xx that came once more');
    await accept(stage, again);
    await clock.advance(40_000);
    await server.nothing();
    assert.equal(call.connection, 'connected');
    await loseConnection(stage);
    await server.request('UPDATE');
  });

  it('a change that the app asks for may wait for its answer, but not while the call is brought back', async () => {
    const stage = await talkingTo(updates);
    const { server, media, clock } = stage;
    const failed = stage.call.reinvite().catch((error: unknown) => error);
    const slow = await server.request('INVITE');
    server.respond(slow, 100);
    await clock.advance(20_000);
    media.connections[0]!.become('failed');
    await clock.advance(3999);
    await server.nothing();
    await clock.advance(1);
    server.respond(await server.request('CANCEL'), 200);
    server.respond(slow, 487);
    await server.request('ACK');
    await failed;
    assert.notEqual(ufrag((await server.request('INVITE')).body), ufrag(slow.body));
  });

  it('IPC-17: lost once more while it refreshes, it refreshes on the newest: two INVITEs, and no third', async () => {
    const stage = await talkingTo();
    stage.media.connections[0]!.become('disconnected');
    await loseConnection(stage);
    const lost = await stage.server.request('INVITE');
    await loseConnection(stage);
    await accept(stage, await afterCancelOf(lost, stage));
    stage.media.connections[0]!.become('connected');
    await stage.clock.advance(10_000);
    await stage.server.nothing();
    assert.equal(stage.call.connection, 'connected');
  });

  for (const method of ['INVITE', 'UPDATE'])
    it(`bad input: a 500 with Retry-After to ${method} is waited out, and no other dialog sought (§14.2, RFC 3311 §5.2)`, async () => {
      const stage = await talkingTo(method === 'UPDATE' ? updates : {});
      const { call, server, clock } = stage;
      await loseConnection(stage);
      for (const seconds of [7, 3]) {
        server.respond(await server.request(method), 500, { headers: [`Retry-After: ${seconds}`] });
        if (method === 'INVITE') await server.request('ACK');
        await clock.advance(seconds * 1000 - 1);
        await server.nothing();
        await clock.advance(1);
        if (method === 'UPDATE') break;
      }
      const again = await server.request(method);
      if (method === 'INVITE') await accept(stage, again);
      else server.respond(again, 200, { headers: described.slice(1) });
      await settle();
      assert.equal(call.connection, 'connected');
      await server.nothing();
    });

  it('IPC-45: after the restart only addresses of now are told: an IPv4 network that has become an IPv6 one', async () => {
    const stage = await talkingTo(updates);
    const { server, media, invite } = stage;
    const candidates = ({ body }: SipRequest): string[] =>
      [...String(body).matchAll(/^a=candidate:\S+ \S+ \S+ \S+ (\S+)/gm)].map(([, address]) => address!);
    const [former] = candidates(invite);
    assert.isDefined(former);
    const [connection] = media.connections;
    Object.assign(connection!, { addresses: () => ['2001:db8::7'] });
    connection!.become('failed');
    assert.deepEqual(candidates(await server.request('INVITE')), ['2001:db8::7']);
  });

  for (const [peer, line] of [
    ['a browser', 'a=ice-options:trickle\r\na=mid:0'],
    ['another phone', 'a=mid:0'],
  ] as const)
    it(`IPC-11: an address that comes up after the restart is told ${peer} ${line === 'a=mid:0' ? 'as one more of its candidates' : 'with another restart, since Chromium checks no pair that ranks below a dead one'}`, async () => {
      const stage = await talkingTo();
      const { server, media, clock } = stage;
      const connection = media.connections[0]!;
      hears(connection, clock, 0);
      Object.assign(connection, { addresses: () => [], endless: true });
      const take = async (invite: SipRequest): Promise<string> => {
        const body = peerSdp('sendrecv', versionFor(invite)).replace('a=mid:0', line);
        server.respond(invite, 200, { headers: described, body });
        await server.request('ACK');
        return String(invite.body);
      };
      connection.become('failed');
      await clock.advance(100);
      const restart = await take(await server.request('INVITE'));
      assert.notInclude(restart, 'a=candidate');
      const known = '1 1 udp 2122260223 127.0.0.1 30000 typ host';
      connection.gather(known, 'host');
      await clock.advance(200);
      const same = await take(await server.request('INVITE'));
      assert.equal(ufrag(same), ufrag(restart), 'the address of before is no news');
      Object.assign(connection, { addresses: () => ['10.10.2.2'] });
      connection.gather('2 1 udp 2122260223 10.10.2.2 30000 typ host', 'host');
      await clock.advance(200);
      const told = await take(await server.request('INVITE'));
      assert.include(told, ' 10.10.2.2 ');
      assert.equal(ufrag(told) === ufrag(restart), line === 'a=mid:0');
      assert.equal(told.includes(known), line === 'a=mid:0');
      hears(connection, clock);
      connection.become('connected');
      await clock.advance(1000);
      await server.nothing();
    });

  for (const status of [403, 480, 500, 503]) {
    it(`a ${status} may be a proxy that has not got our REGISTER yet: asked again`, async () => {
      const stage = await talkingTo(updates);
      const { call, server, clock } = stage;
      await loseConnection(stage);
      server.respond(await server.request('UPDATE'), status);
      await clock.advance(200);
      server.respond(await server.request('UPDATE'), 200, { headers: described.slice(1) });
      await settle();
      assert.equal(call.connection, 'connected');
      assert.equal(call.state, 'confirmed');
    });
  }

  it('IPC-21: a 481 ends it, when no other dialog can be had: the peer knows nothing of it any more', async () => {
    const stage = await talkingTo(updates);
    const ends: unknown[] = [];
    stage.call.on('ended', (end) => ends.push(end));
    await loseConnection(stage);
    stage.server.respond(await stage.server.request('UPDATE'), 481);
    for (const _ of ['registered', 'contact']) {
      stage.server.respond(await stage.server.request('INVITE'), 481);
      await stage.server.request('ACK');
    }
    const { status, recoveries } = await stage.call.ended;
    assert.equal(status, 481);
    assert.deepEqual(recoveries, [{ rung: 'replace', ok: false, status: undefined }]);
    await stage.clock.advance(40_000);
    await stage.server.nothing(); // no BYE
    assert.lengthOf(ends, 1);
    assert.propertyVal(ends[0], 'cause', 'dialogGone');
    assert.isTrue(stage.media.microphones.every(({ readyState }) => readyState === 'ended'));
  });

  it('the end of a call says how it was brought back before', async () => {
    const stage = await talkingTo(updates);
    const { call, server } = stage;
    await loseConnection(stage);
    server.respond(await server.request('UPDATE'), 200, { headers: described.slice(1) });
    await settle();
    call.hangup();
    assert.deepEqual((await call.ended).recoveries, [{ rung: 'dialog', ok: true, status: undefined }]);
    const calm = await talkingTo();
    calm.call.hangup();
    assert.isEmpty((await calm.call.ended).recoveries);
  });

  it('a 503 does not end it while it is on its way back', async () => {
    const stage = await talkingTo(updates);
    const { call, server, clock } = stage;
    await loseConnection(stage);
    server.respond(await server.request('UPDATE'), 503);
    await clock.advance(200);
    server.respond(await server.request('UPDATE'), 200, { headers: described.slice(1) });
    await settle();
    assert.equal(call.state, 'confirmed');
  });

  it('… but one that has told meanwhile where it is now, is asked there', async () => {
    const stage = await talking({ Allow: 'INVITE, ACK, BYE, UPDATE' });
    const { call, server, clock, ok } = stage;
    await loseConnection(stage);
    server.respond(await server.request('UPDATE'), 480);
    await clock.advance(200);
    await server.request('UPDATE');
    await clock.advance(3000);
    server.send(inDialog('UPDATE', ok, 2, { Contact: '<sip:bob@moved.invalid;transport=ws>' }));
    await server.response(200);
    await clock.advance(1200);
    const again = await server.request('UPDATE');
    assert.include(again.uri, 'moved.invalid');
    server.respond(again, 200, { headers: described.slice(1) });
    await settle();
    assert.equal(call.connection, 'connected');
  });

  it('a peer that never answers, while the server does, is given up in the end', async () => {
    const stage = await talkingTo(updates);
    const { call, server, clock, media } = stage;
    media.connections[0]!.become('disconnected');
    await loseConnection(stage);
    for (let second = 0; second < 120 && !call.end; second++) {
      server.send('\r\n');
      await clock.advance(1000);
    }
    assert.deepInclude(call.end, { cause: 'timeout', status: 408 });
    const sent = server.received.filter((message) => 'method' in message && message.method === 'INVITE').length;
    assert.isAtLeast(sent, 3);
    assert.isAtMost(sent, 20);
  });
});

describe('what the peer asks, and a call that is sent elsewhere', () => {
  it('IPC-13: a re-INVITE of the peer that the app has not decided on gets its answer on the next connection; then comes ours', async () => {
    const stage = await talking();
    const { call, server, clock, ok } = stage;
    const decision = new Deferred<void>();
    call.on('offer', ({ waitUntil }) => {
      waitUntil(decision.promise);
    });
    const asked = call.once('offer');
    server.send(inDialog('INVITE', ok, 2, {}, peerOffer('sendrecv', 2)));
    await asked;
    await loseConnection(stage);
    await clock.advance(2000);
    await server.response(100);
    await server.nothing();
    decision.resolve();
    await settle();
    const answer = await server.response(200);
    server.send(inDialog('ACK', answer, 2));
    await accept(stage, await server.request('INVITE'));
    assert.equal(call.connection, 'connected');
  });

  for (const method of ['INVITE', 'UPDATE'] as const)
    it(`IPC-13: the app may think about the ${method} of the peer’s, but not while nothing is heard: 500 with Retry-After, then ours, then the peer’s once more`, async () => {
      const stage = await talking({ Allow: 'INVITE, ACK, BYE, UPDATE' });
      const { call, server, clock, ok, media } = stage;
      let asked: OfferEvent | undefined;
      const offer = { 'Content-Type': 'application/sdp' };
      call.on('offer', (event) => {
        asked ??= event;
        event.waitUntil(new Promise(() => undefined));
      });
      const heard = call.once('offer');
      server.send(inDialog(method, ok, 2, offer, peerOffer('sendrecv', 2)));
      await heard;
      await clock.advance(5000);
      if (method === 'INVITE') await server.response(100);
      await server.nothing();
      media.connections[0]!.become('failed');
      await clock.advance(200);
      const later = await server.response(500);
      assert.match(headerValue(later, 'CSeq')!, new RegExp(`^2 ${method}`));
      assert.isAtMost(Number(headerValue(later, 'Retry-After')), 10);
      if (method === 'INVITE') server.send(inDialog('ACK', ok, 2, { Via: headerValue(later, 'Via')! }));
      const again = await server.request('INVITE');
      assert.notEqual(ufrag(again.body), ufrag(ok.body));
      await accept(stage, again);
      media.connections[0]!.become('connected');
      await settle();
      assert.equal(call.connection, 'connected');
      assert.throws(() => {
        asked!.accept();
      }, /answered/);
      const heardAgain = call.once('offer');
      server.send(inDialog(method, ok, 3, offer, peerOffer('sendonly', 3)));
      (await heardAgain).accept();
      assert.include(String((await server.response(200)).body), 'a=recvonly');
    });

  it('IPC-13: … nor for more than 4 s where all are heard, and the peer does not know where we are', async () => {
    const stage = await talking();
    const { call, server, clock, ok } = stage;
    const asked = call.once('offer');
    call.on('offer', ({ waitUntil }) => {
      waitUntil(new Promise(() => undefined));
    });
    server.send(inDialog('INVITE', ok, 2, {}, peerOffer('sendrecv', 2)));
    await asked;
    await clock.advance(1000);
    await server.response(100);
    server.socket.drop();
    while (server.sockets.length === 1) await clock.advance(10);
    await clock.advance(3990);
    await server.nothing();
    await clock.advance(20);
    await server.response(500);
    await accept(stage, await server.request('INVITE'));
    assert.equal(call.connection, 'connected');
  });

  it('IPC-27: reinvite({ target }) goes there once; where the peer is from then on, its 200 says', async () => {
    const stage = await talkingTo();
    const { call, server } = stage;
    const sent = call.reinvite({ target: 'sip:elsewhere@other.example' });
    const invite = await server.request('INVITE');
    assert.equal(invite.uri, 'sip:elsewhere@other.example');
    assert.equal(headerValue(invite, 'To'), '<sip:bob@example.com>;tag=peer');
    const contact = 'Contact: <sip:bob@new.invalid;transport=ws>';
    server.respond(invite, 200, { headers: [described[0]!, contact], body: peerSdp('sendrecv', 2) });
    assert.include((await server.request('ACK')).uri, 'bob@new.invalid');
    await sent;
    void call.reinvite();
    assert.include((await server.request('INVITE')).uri, 'bob@new.invalid');
    let wrong: unknown;
    await call.reinvite({ target: 'sip:' }).catch((error: unknown) => (wrong = error));
    assert.propertyVal(wrong, 'code', 'invalidTarget');
  });
});

describe('a call that is being answered', () => {
  it('an ACK that may be lost with its connection is said again when the peer is reached: its 2xx, which asks for it, may not find us', async () => {
    const { server, invite, clock } = await calling();
    server.respond(invite, 200, { headers: [...described, ...updates.headers], body: peerSdp() });
    await server.request('ACK');
    server.socket.drop();
    await clock.advance(1000);
    server.respond(await server.request('UPDATE'), 480); // not back yet
    await clock.advance(200);
    assert.equal(server.repeatedAcks, 0);
    server.respond(await server.request('UPDATE'), 200, { headers: described.slice(1) });
    await settle();
    assert.equal(server.repeatedAcks, 1);
    server.socket.drop();
    await clock.advance(1000);
    server.respond(await server.request('UPDATE'), 200, { headers: described.slice(1) });
    await settle();
    assert.equal(server.repeatedAcks, 1, 'once');
  });

  it('… and half a minute later no more', async () => {
    const { server, clock } = await talkingTo(updates);
    await clock.advance(33_000);
    server.socket.drop();
    await clock.advance(1000);
    server.respond(await server.request('UPDATE'), 200, { headers: described.slice(1) });
    await settle();
    assert.equal(server.repeatedAcks, 0);
  });

  it('whoever changes the call has taken our answer, though the ACK that says so never came', async () => {
    const { server, call } = await peerCalls();
    const answered = call.answer();
    await server.response(180);
    const ok = await server.response(200);
    server.send(inDialog('INVITE', ok, 2, {}, peerOffer('sendrecv', 2)));
    server.send(inDialog('ACK', await server.response(200), 2));
    await answered;
    assert.equal(call.state, 'confirmed');
  });

  it('… half a minute later, too: it is the ACK of the change that counts then', async () => {
    const { server, call, clock } = await peerCalls();
    const answered = call.answer();
    await server.response(180);
    const ok = await server.response(200);
    await clock.advance(31_000);
    await server.skip();
    server.send(inDialog('INVITE', ok, 2, {}, peerOffer('sendrecv', 2)));
    const changed = await server.response(200);
    await clock.advance(1000);
    await answered;
    await server.skip();
    server.send(inDialog('ACK', changed, 2));
    await clock.advance(40_000);
    await server.nothing();
    assert.equal(call.state, 'confirmed');
  });

  it('IPC-19: our 200 is repeated on the next connection until its ACK comes; then the peer learns where we are', async () => {
    const stage = await peerCalls();
    const { server, call, clock } = stage;
    const answered = call.answer();
    await server.response(180);
    const ok = await server.response(200);
    await clock.advance(600);
    assert.deepEqual(await server.response(200), ok);
    server.socket.drop();
    await clock.advance(100);
    assert.deepEqual(await server.response(200), ok, 'at once');
    await clock.advance(800);
    assert.deepEqual(await server.response(200), ok, 'in its time');
    server.send(inDialog('ACK', ok, 1));
    await answered;
    const again = await server.request('INVITE');
    assert.equal(ufrag(again.body), ufrag(ok.body), 'its media are well');
    await accept(stage, again);
    await server.nothing();
    assert.equal(call.connection, 'connected');
  });

  it('IPC-19: half a minute without an ACK ends it, but not one without a connection', async () => {
    const { server, call, clock } = await peerCalls();
    const answered = call.answer().catch((error: unknown) => error);
    await server.response(180);
    await server.response(200);
    server.refused.add(server.socket.url);
    server.socket.drop();
    await clock.advance(30_000);
    server.refused.clear();
    await clock.advance(20_000);
    assert.equal(call.state, 'connecting');
    await clock.advance(20_000);
    assert.propertyVal(await answered, 'code', 'timeout');
    assert.equal(call.end?.status, 408);
  });

  for (const state of ['disconnected', 'failed'] as const)
    it(`IPC-19: media that were ${state} by then are sought anew`, async () => {
      const { server, call, clock, media } = await peerCalls();
      const answered = call.answer();
      await server.response(180);
      const ok = await server.response(200);
      media.connections[0]!.become(state);
      server.send(inDialog('ACK', ok, 1));
      await answered;
      await clock.advance(1000);
      assert.notEqual(ufrag((await server.request('INVITE')).body), ufrag(ok.body));
    });

  it('a call that was placed while there was no connection tells where we are when it is answered', async () => {
    const stage = await talkingTo();
    const { server, clock, account } = stage;
    stage.call.hangup();
    server.respond(await server.request('BYE'), 200);
    await clock.advance(32_000);
    server.socket.drop();
    const call = account.call('bob');
    await clock.advance(1000);
    server.respond(await server.request('INVITE'), 200, { headers: described, body: peerSdp() });
    await server.request('ACK');
    await call.answered;
    await server.request('INVITE');
  });

  it('… and one that was placed before the first connection was there has nothing to add', async () => {
    const { server, call, invite, clock } = await calling();
    server.respond(invite, 200, { headers: described, body: peerSdp() });
    await server.request('ACK');
    await call.answered;
    await clock.advance(2000);
    await server.nothing();
  });
});

describe('a call that loses the path of its media', () => {
  it('IPC-40: ICE that fails is restarted at once', async () => {
    const stage = await talkingTo();
    stage.media.connections[0]!.become('failed');
    const again = await stage.server.request('INVITE');
    assert.notEqual(ufrag(again.body), ufrag(stage.invite.body));
  });

  it('IPC-40: a path that is lost for a moment comes back by itself; one that stays away for a second is sought anew', async () => {
    const { media, server, clock, call } = await talkingTo();
    const [pc] = media.connections;
    pc!.become('disconnected');
    await clock.advance(900);
    pc!.become('connected');
    await clock.advance(5000);
    await server.nothing();
    assert.equal(call.connection, 'connected');
    pc!.become('disconnected');
    await clock.advance(1000);
    await server.request('INVITE');
  });

  for (const status of [488, 606]) {
    it(`IPC-22: a ${status} to the restart leaves the session as it was; another connection is offered once, then the call is left as it is`, async () => {
      const stage = await talkingTo();
      const { call, server, media, invite } = stage;
      media.connections[0]!.become('failed');
      server.respond(await server.request('INVITE'), status);
      await server.request('ACK');
      const rebuilt = await server.request('INVITE');
      assert.notEqual(fingerprint(rebuilt.body), fingerprint(invite.body));
      server.respond(rebuilt, status);
      await server.request('ACK');
      await stage.clock.advance(9_000);
      await server.nothing();
      assert.equal(call.state, 'confirmed');
      assert.deepEqual(media.connections.map(({ signalingState }) => signalingState), ['stable', 'closed']); // prettier-ignore
    });

    it(`IPC-22: … a report of it says so: refreshCall, ${status}`, async () => {
      const { server, ua, call, media } = await talkingTo();
      const report = ua.handleIpChange({ reconnect: false });
      for (const _ of ['restarted', 'rebuilt']) {
        server.respond(await server.request('INVITE'), status);
        await server.request('ACK');
      }
      const { steps } = await report;
      assert.deepInclude(steps.at(-1), { step: 'refreshCall', call, rung: 'rebuild', ok: false, status });
      assert.equal(media.connections[0]!.signalingState, 'stable');
      assert.equal(call.state, 'confirmed');
    });
  }

  it('IPC-28: a restart that brings no path within 5 s is followed by another connection, once', async () => {
    const stage = await talkingTo();
    const { server, media, clock, invite } = stage;
    media.connections[0]!.become('failed');
    await accept(stage, await server.request('INVITE'));
    await clock.advance(5000);
    const rebuilt = await server.request('INVITE');
    assert.notEqual(fingerprint(rebuilt.body), fingerprint(invite.body));
    await accept(stage, rebuilt);
    await clock.advance(10_000);
    await server.nothing();
    assert.lengthOf(media.connections, 2);
    assert.equal(stage.call.connection, 'connected');
  });

  describe('IPC-23: a peer that ignores the restart: its answer has the ufrag of before', () => {
    it('gets another connection at once, and the former goes on until that is answered', async () => {
      const stage = await talkingTo();
      const { call, server, media } = stage;
      const states: string[] = [];
      call.on('mediaStateChanged', ({ state }) => states.push(state));
      media.ice.findsPath = false;
      media.connections[0]!.become('failed');
      server.respond(await server.request('INVITE'), 200, { headers: described, body: peerSdp() });
      await server.request('ACK');
      const again = await server.request('INVITE');
      assert.notEqual(fingerprint(again.body), fingerprint(stage.invite.body));
      assert.equal(media.connections[0]!.signalingState, 'stable', 'IPC-24: which goes on until then');
      await accept(stage, again);
      media.connections[1]!.become('connected');
      await settle();
      assert.equal(media.connections[0]!.signalingState, 'closed');
      assert.equal(call.connection, 'connected');
      assert.notInclude(states, 'closed', 'they are the call’s no longer');
      assert.equal(states.at(-1), 'connected');
    });

    it('IPC-24: what comes by it is told when it is the call’s: who takes `remoteStream` then has the right one', async () => {
      const stage = await talkingTo();
      const { call, server, media } = stage;
      const heard: boolean[] = [];
      call.on('remoteTrack', ({ track }) => heard.push(call.remoteStream!.getTracks().includes(track)));
      media.connections[0]!.become('failed');
      server.respond(await server.request('INVITE'), 200, { headers: described, body: peerSdp() });
      await server.request('ACK');
      await accept(stage, await server.request('INVITE'));
      await settle();
      assert.deepEqual(heard, [true]);
      assert.equal(call.remoteStream!.getTracks()[0], media.connections[1]!.getTransceivers()[0]!.receiver.track as unknown as MediaStreamTrack); // prettier-ignore
    });

    it('… which goes on, too, where the other is refused', async () => {
      const stage = await talkingTo();
      const { call, server, media } = stage;
      media.connections[0]!.become('failed');
      server.respond(await server.request('INVITE'), 200, { headers: described, body: peerSdp() });
      await server.request('ACK');
      server.respond(await server.request('INVITE'), 488);
      await server.request('ACK');
      await settle();
      assert.deepEqual(media.connections.map(({ signalingState }) => signalingState), ['stable', 'closed']); // prettier-ignore
      media.connections[0]!.become('connected');
      assert.equal(call.connection, 'connected');
      assert.lengthOf(media.microphones.filter(({ readyState }) => readyState === 'live'), 1); // prettier-ignore
    });

    it('… hung up meanwhile, nothing of either is left', async () => {
      const stage = await talkingTo();
      const { call, server, media, clock } = stage;
      media.connections[0]!.become('failed');
      server.respond(await server.request('INVITE'), 200, { headers: described, body: peerSdp() });
      await server.request('ACK');
      await server.request('INVITE');
      call.hangup();
      await clock.advance(40_000);
      assert.isTrue(media.connections.every(({ signalingState }) => signalingState === 'closed'));
      assert.isTrue(media.microphones.every(({ readyState }) => readyState === 'ended'));
    });

    it('is left alone where the path is well: something comes by it', async () => {
      const stage = await talkingTo();
      const { call, server, media, clock, ua } = stage;
      hears(media.connections[0]!, clock);
      const report = ua.handleIpChange({ reconnect: false });
      server.respond(await server.request('INVITE'), 200, { headers: described, body: peerSdp() });
      await server.request('ACK');
      await clock.advance(10_000);
      await server.nothing();
      await report;
      assert.lengthOf(media.connections, 1);
      assert.equal(call.connection, 'connected');
    });

    it('… and where it only seems so, gets another connection 0.4 s later', async () => {
      const stage = await talkingTo();
      const { server, media, clock, ua } = stage;
      hears(media.connections[0]!, clock, 0);
      void ua.handleIpChange({ reconnect: false });
      server.respond(await server.request('INVITE'), 200, { headers: described, body: peerSdp() });
      await server.request('ACK');
      await clock.advance(350);
      await server.nothing();
      await clock.advance(150);
      assert.notEqual(fingerprint((await server.request('INVITE')).body), fingerprint(stage.invite.body));
    });

    it('one that restarts unasked has a path to find, too, or gets another connection', async () => {
      const stage = await talkingTo();
      const { server, media, clock } = stage;
      await loseConnection(stage);
      media.ice.findsPath = false;
      media.connections[0]!.become('connecting');
      server.respond(await server.request('INVITE'), 200, { headers: described, body: peerSdp('sendrecv', 99) });
      await server.request('ACK');
      await clock.advance(5000);
      assert.notEqual(fingerprint((await server.request('INVITE')).body), fingerprint(stage.invite.body));
    });
  });

  for (const owner of ['ours', 'the peer’s'] as const)
    for (const [draw, wait] of owner === 'ours'
      ? ([
          [0, 2100],
          [0.5, 3050],
          [0.9999, 4000],
        ] as const)
      : ([
          [0, 0],
          [0.5, 1000],
          [0.9999, 2000],
        ] as const))
      it(`IPC-20: a 491 is waited out as §14.1 says where the Call-ID is ${owner}: ${wait} ms at ${draw}; three times and more`, async () => {
        const random = { ...systemRandom, number: (): number => draw };
        const stage = owner === 'ours' ? await talkingTo({}, {}, { random }) : await talking({}, { random });
        const { call, server, media, clock } = stage;
        media.connections[0]!.become('failed');
        let last: string | undefined;
        for (let time = 0; time < 3; time++) {
          const restart = await server.request('INVITE');
          assert.notEqual(ufrag(restart.body), last);
          last = ufrag(restart.body);
          server.respond(restart, 491);
          await server.request('ACK');
          if (wait > 0) await clock.advance(wait - 1);
          if (wait > 0) await server.nothing();
          await clock.advance(1);
        }
        await accept(stage, await server.request('INVITE'));
        media.connections[0]!.become('connected');
        await settle();
        assert.equal(call.connection, 'connected');
      });

  it('IPC-20: 491 ten times is no refusal: it is asked on for half a minute, and no other connection made', async () => {
    const stage = await talkingTo();
    const { call, server, media, clock } = stage;
    media.connections[0]!.become('failed');
    let refused = 0;
    for (let tenth = 0; tenth < 600 && refused < 10; tenth++) {
      for (; server.isNext('INVITE'); refused++) {
        server.respond(await server.request('INVITE'), 491);
        await server.request('ACK');
      }
      await clock.advance(100);
    }
    assert.equal(refused, 10);
    assert.equal(call.connection, 'reconnecting');
    for (let tenth = 0; tenth < 100 && !server.isNext('INVITE'); tenth++) await clock.advance(100);
    await accept(stage, await server.request('INVITE'));
    media.connections[0]!.become('connected');
    await settle();
    assert.equal(call.connection, 'connected');
    assert.lengthOf(media.connections, 1);
  });

  it('a path that cannot be found is sought again, less and less often, and the call says so meanwhile', async () => {
    const stage = await talkingTo();
    const { call, server, media, clock } = stage;
    media.ice.findsPath = false;
    media.connections[0]!.become('failed');
    const offers: number[] = [];
    for (let tenth = 0; tenth < 3000; tenth++) {
      for (; server.isNext('INVITE'); offers.push(clock.now())) {
        await accept(stage, await server.request('INVITE'));
      }
      await clock.advance(100);
    }
    const pauses = offers.slice(1).map((at, index) => Math.round((at - offers[index]!) / 1000));
    assert.deepEqual(pauses.slice(0, 6), [5, 15, 5, 25, 5, 45], 'ICE restart, another connection, and so on');
    assert.isAtMost(offers.length, 12, 'bounded traffic');
    assert.equal(call.connection, 'reconnecting');
    media.connections.at(-1)!.become('connected');
    await clock.advance(6000);
    assert.equal(call.connection, 'connected');
  });

  it('an answered re-INVITE of the peer during all that finds us as always', async () => {
    const stage = await talking();
    stage.media.connections[0]!.become('disconnected');
    stage.server.send(inDialog('OPTIONS', stage.ok, 2));
    await stage.server.response(200);
  });
});

describe('when both sides have moved', () => {
  const restarting = peerSdp('sendrecv', 2).replace('ice-ufrag:peer', 'ice-ufrag:moved').replace('setup:active', 'setup:actpass'); // prettier-ignore
  const lastVia = 'SIP/2.0/WS edge.example;branch=z9hG4bKrival';
  const offered = { Via: lastVia, 'Content-Type': 'application/sdp', Contact: '<sip:bob@moved.invalid;transport=ws>' };

  it('IPC-20: the caller’s re-INVITE, which no answer comes to, makes way for that of the peer, and its work is done by the answer', async () => {
    const stage = await talkingTo();
    const { call, server, media, invite } = stage;
    media.connections[0]!.become('failed');
    const ours = await server.request('INVITE');
    server.respond(ours, 100);
    server.send(towards('INVITE', invite, 1, offered, restarting));
    await server.response(100);
    const cancel = await server.request('CANCEL');
    server.respond(cancel, 200);
    const ok = await server.response(200);
    assert.notEqual(ufrag(ok.body), ufrag(ours.body));
    assert.notEqual(ufrag(ok.body), ufrag(invite.body));
    server.send(towards('ACK', invite, 1));
    assert.equal(call.connection, 'reconnecting');
    media.connections[0]!.become('connected');
    await settle();
    assert.equal(call.connection, 'connected');
    server.respond(ours, 487);
    await server.request('ACK');
    await stage.clock.advance(10_000);
    await server.nothing();
    call.hangup();
    assert.equal((await server.request('BYE')).uri, 'sip:bob@moved.invalid;transport=ws');
  });

  it('… as it does while its offer is still being made', async () => {
    const stage = await talkingTo();
    const { server, media, invite } = stage;
    const pc = media.connections[0]!;
    pc.become('failed');
    while (pc.signalingState === 'stable') await Promise.resolve();
    server.send(towards('INVITE', invite, 1, offered, restarting));
    await server.response(100);
    await server.response(200);
    server.send(towards('ACK', invite, 1));
    pc.become('connected');
    await stage.clock.advance(10_000);
    await server.nothing();
    assert.equal(stage.call.connection, 'connected');
  });

  it('… and what the peer’s offer did not do is done afterwards', async () => {
    const stage = await talkingTo();
    const { server, media, invite } = stage;
    media.connections[0]!.become('failed');
    const ours = await server.request('INVITE');
    server.respond(ours, 100);
    server.send(towards('INVITE', invite, 1, offered, peerSdp('sendonly')));
    await server.response(100);
    server.respond(await server.request('CANCEL'), 200);
    await server.response(200);
    server.send(towards('ACK', invite, 1));
    await server.nothing();
    server.respond(ours, 487);
    await server.request('ACK');
    const again = await server.request('INVITE');
    assert.notEqual(ufrag(again.body), ufrag(ours.body));
    assert.equal(again.uri, 'sip:bob@moved.invalid;transport=ws');
  });

  it('the callee waits for the caller to make way: the CANCEL of the one and the answer to the other come', async () => {
    const stage = await talking();
    const { server, media, ok, clock } = stage;
    media.connections[0]!.become('failed');
    const ours = await server.request('INVITE');
    server.send(inDialog('INVITE', ok, 2, offered, restarting));
    await server.response(100);
    await clock.advance(400);
    await server.nothing();
    server.send(inDialog('CANCEL', ok, 2, { Via: lastVia }));
    await server.response(200);
    await server.response(487);
    server.respond(ours, 200, { headers: described, body: restarting.replace('actpass', 'active') });
    await server.request('ACK');
    media.connections[0]!.become('connected');
    await settle();
    assert.equal(stage.call.connection, 'connected');
    await clock.advance(10_000);
    await server.nothing();
  });

  it('… but not for ever: half a second later it makes way itself', async () => {
    const stage = await talking();
    const { server, media, ok, clock } = stage;
    media.connections[0]!.become('failed');
    const ours = await server.request('INVITE');
    server.respond(ours, 100);
    server.send(inDialog('INVITE', ok, 2, offered, restarting));
    await server.response(100);
    await clock.advance(500);
    server.respond(await server.request('CANCEL'), 200);
    await server.response(200);
    server.send(inDialog('ACK', ok, 2));
    media.connections[0]!.become('connected');
    await settle();
    assert.equal(stage.call.connection, 'connected');
  });

  it('ours that is answered after all is acknowledged, and told anew: which of the two the peer follows is not known', async () => {
    const stage = await talkingTo();
    const { server, media, invite } = stage;
    media.connections[0]!.become('failed');
    const ours = await server.request('INVITE');
    server.send(towards('INVITE', invite, 1, offered, restarting));
    await server.response(100);
    const ok = await server.response(200);
    server.send(towards('ACK', invite, 1));
    server.respond(ours, 200, { headers: described, body: peerSdp('sendrecv', 2) });
    await server.request('ACK');
    media.connections[0]!.become('connected');
    const again = await server.request('INVITE');
    assert.notEqual(ufrag(again.body), ufrag(ok.body));
  });

  it('the callee whose re-INVITE is agreed to refuses that of the caller, which was given up', async () => {
    const stage = await talking();
    const { server, media, ok } = stage;
    media.connections[0]!.become('failed');
    const ours = await server.request('INVITE');
    server.send(inDialog('INVITE', ok, 2, offered, restarting));
    await server.response(100);
    server.respond(ours, 200, { headers: described, body: restarting.replace('actpass', 'active') });
    await server.request('ACK');
    await server.response(491);
  });
});

describe('a call whose dialog cannot be reached any more', () => {
  const peers = { tag: 'again', contact: '<sip:bob@elsewhere.invalid;transport=ws>' };

  /** The INVITE that is to bring another dialog. */
  async function succeeding(stage: Phone & { call: Call; invite: SipRequest }, status: number): Promise<SipRequest> {
    const { server } = stage;
    await loseConnection(stage);
    server.respond(await server.request('UPDATE'), status);
    return server.request('INVITE');
  }

  for (const status of [430, 481, 404])
    it(`IPC-22: ${status}: INVITE with Replaces to where the peer is registered, and the call goes on in the new dialog`, async () => {
      const stage = await talkingTo(updates);
      const { call, server, media, invite } = stage;
      const seen: unknown[] = [];
      call.on('stateChanged', ({ state }) => seen.push(state));
      const next = await succeeding(stage, status);
      assert.equal(next.uri, 'sip:bob@example.com');
      assert.equal(headerValue(next, 'Require'), 'replaces');
      assert.equal(
        headerValue(next, 'Replaces'),
        `${headerValue(invite, 'Call-ID')};to-tag=peer;from-tag=${/tag=(\S+)/.exec(headerValue(invite, 'From')!)![1]}`,
      );
      assert.notEqual(headerValue(next, 'Call-ID'), headerValue(invite, 'Call-ID'));
      assert.notEqual(fingerprint(next.body), fingerprint(invite.body), 'the peer has nothing of the former media');
      assert.equal(media.connections[0]!.signalingState, 'stable', 'which go on until there are others');
      server.respond(next, 200, {
        headers: [described[0]!, `Contact: ${peers.contact}`],
        body: peerSdp(),
        toTag: peers.tag,
      });
      await server.request('ACK');
      media.connections[1]!.become('connected');
      await settle();
      assert.equal(media.connections[0]!.signalingState, 'closed');
      assert.equal(call.connection, 'connected');
      assert.deepEqual(seen, []);
      call.hangup();
      const bye = await server.request('BYE');
      assert.equal(headerValue(bye, 'Call-ID'), headerValue(next, 'Call-ID'));
      assert.equal(bye.uri, 'sip:bob@elsewhere.invalid;transport=ws');
      server.respond(bye, 200);
      await stage.clock.advance(40_000);
      await server.nothing();
      assert.isTrue(media.microphones.every(({ readyState }) => readyState === 'ended'));
    });

  it('IPC-11: one that is held is held in the new dialog, too', async () => {
    const stage = await talkingTo(updates);
    const held = stage.call.hold();
    await accept(stage, await stage.server.request('INVITE'), 'recvonly');
    await held;
    assert.include(String((await succeeding(stage, 481)).body), 'a=sendonly');
  });

  it('RFC 3323 §4.2: one that is anonymous is so in the new dialog, too', async () => {
    const stage = await talkingTo(updates, { privacy: ['user', 'id'] });
    const next = await succeeding(stage, 481);
    for (const name of ['From', 'Privacy', 'P-Preferred-Identity'])
      assert.equal(headerValue(next, name)?.split(';tag')[0], headerValue(stage.invite, name)?.split(';tag')[0]);
    assert.include(headerValue(next, 'From'), 'anonymous');
    assert.isDefined(headerValue(next, 'Privacy'));
  });

  it('the peer that cannot be reached where it is registered is tried where it was last', async () => {
    const stage = await talkingTo(updates);
    const { server } = stage;
    server.respond(await succeeding(stage, 430), 480);
    await server.request('ACK');
    assert.equal((await server.request('INVITE')).uri, 'sip:bob@bob.invalid;transport=ws');
  });

  it('… and a GRUU finds that very phone, and no other', async () => {
    const stage = await talkingTo({ headers: [...updates.headers] });
    const { server } = stage;
    const gruu = 'sip:bob@example.com;gr=urn:uuid:f81d4fae';
    await loseConnection(stage);
    server.respond(await server.request('UPDATE'), 200, { headers: [`Contact: <${gruu}>`] });
    await loseConnection(stage);
    server.respond(await server.request('UPDATE'), 430);
    const next = await server.request('INVITE');
    assert.equal(next.uri, gruu);
  });

  it('a re-INVITE that is not answered within 4 s was not heard: it is given up, and another dialog sought', async () => {
    const stage = await talkingTo();
    const { server, clock } = stage;
    await loseConnection(stage);
    const again = await server.request('INVITE');
    server.respond(again, 100);
    await clock.advance(4000);
    server.respond(await server.request('CANCEL'), 200);
    const next = await server.request('INVITE');
    assert.isDefined(headerValue(next, 'Replaces'));
  });

  it('§13.3.1.4: one that was given up and is answered all the same is the call’s dialog from then on, for the peer ends the former', async () => {
    const stage = await talkingTo(updates);
    const { call, server, media, clock } = stage;
    const next = await succeeding(stage, 430);
    await clock.advance(4000);
    const second = await server.request('INVITE'); // to where it was last
    server.respond(next, 200, { headers: [described[0]!, `Contact: ${peers.contact}`, ...updates.headers], body: peerSdp(), toTag: peers.tag }); // prettier-ignore
    assert.equal(headerValue(await server.request('ACK'), 'Call-ID'), headerValue(next, 'Call-ID'));
    media.connections[1]!.become('connected');
    await clock.advance(2000); // if the second has come there, it is the one that counts
    const update = await server.request('UPDATE');
    assert.equal(update.uri, 'sip:bob@elsewhere.invalid;transport=ws');
    server.respond(update, 200, { headers: described.slice(1) });
    await settle();
    assert.equal(call.callId, headerValue(next, 'Call-ID'));
    server.respond(second, 100);
    await server.request('CANCEL');
    server.respond(second, 603);
    await server.request('ACK');
    await clock.advance(40_000);
    await server.nothing();
    assert.equal(call.connection, 'connected');
    assert.deepEqual(media.connections.map(({ signalingState }) => signalingState), ['closed', 'stable', 'closed']); // prettier-ignore
  });

  it('… unless a later one has come there meanwhile (seed 777004337): the peer has given up the earlier for it', async () => {
    const stage = await talkingTo(updates);
    const { call, server, clock } = stage;
    const next = await succeeding(stage, 430);
    await clock.advance(4000);
    const second = await server.request('INVITE');
    const ok = { headers: [described[0]!, `Contact: ${peers.contact}`, ...updates.headers], body: peerSdp() };
    server.respond(next, 200, { ...ok, toTag: 'earlier' });
    assert.equal(headerValue(await server.request('ACK'), 'Call-ID'), headerValue(next, 'Call-ID'));
    await clock.advance(500);
    server.respond(second, 200, { ...ok, toTag: 'later' });
    assert.equal(headerValue(await server.request('ACK'), 'Call-ID'), headerValue(second, 'Call-ID'));
    assert.equal(headerValue(await server.request('BYE'), 'Call-ID'), headerValue(next, 'Call-ID'));
    assert.equal(call.callId, headerValue(second, 'Call-ID'));
    assert.equal(call.state, 'confirmed');
  });

  it('… unless the call is over, or another dialog was faster: then it is hung up', async () => {
    for (const isOver of [true, false]) {
      const stage = await talkingTo(updates);
      const { call, server, media, clock } = stage;
      const next = await succeeding(stage, 430);
      await clock.advance(4000);
      const second = await server.request('INVITE');
      if (isOver) {
        call.hangup();
        await server.skip();
      } else {
        server.respond(second, 200, { headers: described, body: peerSdp(), toTag: 'second' });
        await server.request('ACK');
        media.connections[2]!.become('connected');
      }
      server.respond(next, 200, { headers: described, body: peerSdp(), toTag: peers.tag });
      assert.equal(headerValue(await server.request('ACK'), 'Call-ID'), headerValue(next, 'Call-ID'));
      assert.equal(headerValue(await server.request('BYE'), 'Call-ID'), headerValue(next, 'Call-ID'));
      await settle();
      assert.equal(media.connections[1]!.signalingState, 'closed');
      if (!isOver) assert.equal(call.callId, headerValue(second, 'Call-ID'));
    }
  });

  it('… once: where the call ends as it is answered, its 200 that comes again gets the same ACK, and no other BYE', async () => {
    const stage = await talkingTo(updates);
    const { call, server, clock } = stage;
    const next = await succeeding(stage, 430);
    const answer = { headers: described, body: peerSdp(), toTag: peers.tag };
    await clock.advance(4000);
    await server.skip();
    server.respond(next, 200, answer);
    call.hangup();
    await settle();
    const said = (): string[] => {
      const requests = server.received.filter(isRequest);
      const callId = headerValue(next, 'Call-ID');
      return requests.filter((one) => headerValue(one, 'Call-ID') === callId).map(({ method }) => method);
    };
    assert.deepEqual(said(), ['INVITE', 'ACK', 'BYE']);
    server.respond(next, 200, answer);
    await settle();
    assert.deepEqual(said(), ['INVITE', 'ACK', 'BYE', 'ACK']);
  });

  it('… and what nobody has answered within half a minute is forgotten', async () => {
    const stage = await talkingTo(updates);
    const { server, media, clock } = stage;
    await succeeding(stage, 430);
    await clock.advance(4000);
    await server.skip();
    assert.equal(media.connections[1]!.signalingState, 'have-local-offer');
    await clock.advance(32_000);
    assert.equal(media.connections[1]!.signalingState, 'closed');
  });

  it('a 603 to it says that the peer has hung up, and its BYE did not find us (RFC 3891 §3)', async () => {
    const stage = await talkingTo(updates);
    const { call, server, media } = stage;
    server.respond(await succeeding(stage, 430), 603);
    await server.request('ACK');
    await server.nothing();
    assert.deepInclude(call.end, { by: 'remote', status: 603 });
    assert.isTrue(media.microphones.every(({ readyState }) => readyState === 'ended'));
  });

  for (const isHeard of [false, true])
    it(`IPC-21: whoever is registered for the peer knows nothing of the call (481), and where it was last nobody is (480): half a minute later it ${isHeard ? 'goes on all the same, for its media do' : 'is over'}`, async () => {
      const stage = await talkingTo(updates);
      const { call, server, media, clock } = stage;
      media.ice.findsPath = false;
      if (!isHeard) media.connections[0]!.become('disconnected');
      const ends: unknown[] = [];
      call.on('ended', (end) => ends.push(end));
      await loseConnection(stage);
      const began = clock.now();
      while (!call.end && clock.now() < began + 60_000) {
        while (server.isNext('INVITE') || server.isNext('UPDATE')) {
          const message = await server.request(server.isNext('INVITE') ? 'INVITE' : 'UPDATE');
          const isReplacing = headerValue(message, 'Replaces') !== undefined;
          server.respond(message, !isReplacing ? 430 : message.uri.includes('.invalid') ? 480 : 481);
          if (message.method === 'INVITE') await server.request('ACK');
        }
        await clock.advance(100);
      }
      assert.equal(call.state, isHeard ? 'confirmed' : 'disconnected');
      if (isHeard) return;
      assert.isAtLeast(clock.now() - began, 30_000, 'the peer may come back');
      assert.lengthOf(ends, 1);
      assert.deepInclude(call.end, { cause: 'dialogGone', status: 481 });
      assert.isTrue(media.microphones.every(({ readyState }) => readyState === 'ended'));
    });

  it('a peer without Replaces refuses it with 420: media that are well go on, and the dialog is tried again', async () => {
    const stage = await talkingTo(updates);
    const { call, server, media, clock } = stage;
    let refusals = 0;
    server.respond(await succeeding(stage, 430), 420);
    for (; refusals < 20; refusals++) {
      await clock.advance(7000);
      const request = server.received.at(-1) as SipRequest;
      if (request.method === 'ACK') continue;
      await server.skip();
      server.respond(request, request.method === 'INVITE' ? 420 : 430);
    }
    assert.equal(call.state, 'confirmed');
    assert.equal(media.connections[0]!.signalingState, 'stable');
  });

  it('a re-INVITE that is taken back as soon as a proxy has it, stands in the way no longer than a second', async () => {
    const stage = await talkingTo();
    const { server, clock } = stage;
    await loseConnection(stage);
    const slow = await server.request('INVITE');
    await clock.advance(4000);
    server.respond(await server.request('INVITE'), 480); // another dialog
    await server.request('ACK');
    server.respond(await server.request('INVITE'), 480);
    await server.request('ACK');
    server.respond(slow, 100);
    server.respond(await server.request('CANCEL'), 200);
    await clock.advance(999);
    await server.nothing();
    await clock.advance(1);
    assert.equal(headerValue(await server.request('INVITE'), 'Call-ID'), headerValue(slow, 'Call-ID'));
  });

  it('hung up meanwhile, it is over at once: the INVITE is taken back', async () => {
    const stage = await talkingTo(updates);
    const { call, server, media } = stage;
    const next = await succeeding(stage, 430);
    server.respond(next, 100);
    call.hangup();
    await server.request('BYE');
    await server.request('CANCEL');
    assert.isTrue(media.microphones.every(({ readyState }) => readyState === 'ended'));
  });
});

describe('a peer that what we say does not reach, although it is there', () => {
  for (const status of [430, 408])
    it(`a ${status} to hold, while its media come: another dialog is made, and the hold is in it`, async () => {
      const stage = await talkingTo(updates);
      const { call, server, media } = stage;
      media.connections[0]!.become('connected');
      const held = call.hold();
      server.respond(await server.request('INVITE'), status);
      await server.request('ACK');
      const next = await server.request('INVITE');
      assert.isDefined(headerValue(next, 'Replaces'));
      assert.include(String(next.body), 'a=sendonly');
      server.respond(next, 200, { headers: [described[0]!, 'Contact: <sip:bob@elsewhere.invalid;transport=ws>'], body: peerSdp('recvonly') }); // prettier-ignore
      await server.request('ACK');
      media.connections[1]!.become('connected');
      await held;
      await server.nothing();
      assert.isTrue(call.localHold);
      assert.equal(call.state, 'confirmed');
    });

  it('… and it is left alone where none can be had: its media go on', async () => {
    const stage = await talkingTo(updates);
    const { call, server, media, clock } = stage;
    media.connections[0]!.become('connected');
    const failed = call.sendMessage('hello').catch((error: unknown) => error);
    server.respond(await server.request('MESSAGE'), 430);
    assert.propertyVal(await failed, 'status', 430);
    let asked = 0;
    for (let second = 0; second < 120; second++) {
      for (; server.isNext('INVITE') || server.isNext('UPDATE') || server.isNext('ACK');) {
        const method = server.isNext('INVITE') ? 'INVITE' : server.isNext('UPDATE') ? 'UPDATE' : 'ACK';
        const request = await server.request(method);
        if (method === 'ACK') continue;
        asked++;
        server.respond(request, 430);
        await settle();
      }
      await clock.advance(1000);
    }
    await server.nothing();
    assert.isBelow(asked, 40);
    assert.equal(call.state, 'confirmed');
    assert.equal(call.connection, 'connected');
  });

  it('an ACK that does not come is not waited for when the call is brought back: another dialog is sought', async () => {
    const stage = await talkingTo();
    const { server, invite, clock } = stage;
    server.send(towards('INVITE', invite, 1, {}, peerOffer('sendrecv', 1)));
    await server.response(200);
    await loseConnection(stage);
    await clock.advance(2900);
    await server.skip();
    await clock.advance(200);
    assert.isDefined(headerValue(await server.request('INVITE'), 'Replaces'));
  });

  it('one that has moved before our ACK was there gets it where it is now, for as often as it repeats its 200', async () => {
    const { call, server, clock, invite } = await talkingTo(updates);
    const held = call.hold();
    const reinvite = await server.request('INVITE');
    const answer = { headers: described, body: peerSdp('recvonly', 2) };
    server.respond(reinvite, 200, answer);
    assert.equal((await server.request('ACK')).uri, 'sip:bob@bob.invalid;transport=ws');
    await held;
    server.send(towards('UPDATE', invite, 1, { Contact: '<sip:bob@moved.invalid;transport=ws>' }));
    await server.response(200);
    for (const _ of ['once', 'twice']) {
      await clock.advance(500);
      server.respond(reinvite, 200, answer);
      await settle();
      const ack = String(server.socket.sent.at(-1));
      assert.match(ack, /^ACK sip:bob@moved\.invalid;transport=ws /);
      assert.include(ack, `CSeq: ${read(reinvite, CSeq)!.sequence} ACK`);
    }
    await server.nothing();
  });

  it('one that repeats its 200 although it was acknowledged does not hear us: it is asked whether it does', async () => {
    const stage = await talkingTo(updates);
    const { server, clock, invite } = stage;
    const repeat = async (): Promise<void> => {
      server.respond(invite, 200, { headers: [...described, ...updates.headers], body: peerSdp() });
      await server.request('ACK');
    };
    await clock.advance(1500);
    await repeat(); // our ACK may not have been there yet
    await server.nothing();
    await clock.advance(2000);
    await repeat();
    server.respond(await server.request('UPDATE'), 430);
    assert.isDefined(headerValue(await server.request('INVITE'), 'Replaces'));
  });
});

describe('an INVITE with Replaces of the peer itself', () => {
  const offer = (ok: SipResponse): string =>
    peerRequest(
      'INVITE',
      { 'Call-ID': 'call-2', From: '<sip:bob@example.com>;tag=bobtag2', Contact: '<sip:bob@moved.invalid;transport=ws>', Replaces: `call-1;to-tag=${toTagOf(ok)};from-tag=bobtag`, Require: 'replaces' },
      peerOffer(),
    ); // prettier-ignore

  it('is answered at once, and is the same call: the former dialog gets a BYE, the app hears of nothing', async () => {
    const stage = await talking();
    const { call, server, media, ok, ua, account } = stage;
    ua.on('incomingCall', () => assert.fail('an incoming call'));
    call.on('replaced', () => assert.fail('another call'));
    const off = call.on('stateChanged', () => assert.fail('another state'));
    server.send(offer(ok));
    await server.arrival();
    const second = await server.response(200);
    server.send(inDialog('ACK', second, 1, { 'Call-ID': 'call-2', From: '<sip:bob@example.com>;tag=bobtag2' }));
    const bye = await server.request('BYE');
    assert.equal(headerValue(bye, 'Call-ID'), 'call-1');
    server.respond(bye, 200);
    await settle();
    assert.deepEqual([...account.calls], [call]);
    assert.equal(media.connections[0]!.signalingState, 'closed');
    off();
    call.hangup();
    assert.equal((await server.request('BYE')).uri, 'sip:bob@moved.invalid;transport=ws');
  });

  it('one that comes before the ACK to our 200 says that the 200 has come: it is the same call all the same', async () => {
    const { server, call, account } = await peerCalls();
    const answered = call.answer();
    await server.response(180);
    const ok = await server.response(200);
    server.send(offer(ok));
    await server.arrival();
    const second = await server.response(200);
    await answered;
    server.send(inDialog('ACK', second, 1, { 'Call-ID': 'call-2', From: '<sip:bob@example.com>;tag=bobtag2' }));
    assert.equal(headerValue(await server.request('BYE'), 'Call-ID'), 'call-1');
    await settle();
    assert.deepEqual([...account.calls], [call]);
    assert.equal(call.state, 'confirmed');
  });

  it('one that replaces the dialog which we have just agreed to, says that our 200 has come, and its ACK is lost', async () => {
    const { server, call, account, ok } = await talking();
    server.send(offer(ok));
    await server.arrival();
    const second = await server.response(200);
    server.send(
      peerRequest(
        'INVITE',
        { Via: 'SIP/2.0/WS edge.example;branch=z9hG4bKthird', 'Call-ID': 'call-3', From: '<sip:bob@example.com>;tag=bobtag3', Replaces: `call-2;to-tag=${toTagOf(second)};from-tag=bobtag2`, Require: 'replaces' },
        peerOffer(),
      ),
    ); // prettier-ignore
    assert.equal(headerValue(await server.request('BYE'), 'Call-ID'), 'call-1');
    const third = await server.response(200);
    server.send(inDialog('ACK', third, 1, { 'Call-ID': 'call-3', From: '<sip:bob@example.com>;tag=bobtag3' }));
    assert.equal(headerValue(await server.request('BYE'), 'Call-ID'), 'call-2');
    await settle();
    assert.equal(call.callId, 'call-3');
    assert.deepEqual([...account.calls], [call]);
  });

  it('… but not when it has had time for its ACK: the peer has lost its way once more', async () => {
    const { server, ok, clock, call, account } = await talking();
    server.send(offer(ok));
    await server.arrival();
    const second = await server.response(200);
    await clock.advance(2100);
    await server.skip();
    const from = { 'Call-ID': 'call-3', From: '<sip:bob@example.com>;tag=bobtag3' };
    server.send(
      peerRequest('INVITE', { ...from, Via: 'SIP/2.0/WS edge.example;branch=z9hG4bKthird', Replaces: `call-1;to-tag=${toTagOf(ok)};from-tag=bobtag`, Require: 'replaces' }, peerOffer()),
    ); // prettier-ignore
    const third = await server.response(200);
    server.send(inDialog('ACK', third, 1, from));
    assert.equal(headerValue(await server.request('BYE'), 'Call-ID'), 'call-1');
    await settle();
    assert.equal(call.callId, 'call-3');
    server.send(inDialog('ACK', second, 1, { 'Call-ID': 'call-2', From: '<sip:bob@example.com>;tag=bobtag2' }));
    assert.equal(headerValue(await server.request('BYE'), 'Call-ID'), 'call-2');
    await clock.advance(40_000);
    assert.equal(call.state, 'confirmed');
    assert.deepEqual([...account.calls], [call]);
  });

  it('… as is what has waited for its turn when it came', async () => {
    const { server, call, ok } = await talking();
    server.send(inDialog('INVITE', ok, 2, {}, peerOffer('sendrecv', 1)));
    const changed = await server.response(200);
    const held = call.hold();
    await server.nothing();
    server.send(offer(ok));
    await server.arrival();
    const second = await server.response(200);
    server.send(inDialog('ACK', changed, 2));
    await server.nothing();
    server.send(inDialog('ACK', second, 1, { 'Call-ID': 'call-2', From: '<sip:bob@example.com>;tag=bobtag2' }));
    assert.equal(headerValue(await server.request('BYE'), 'Call-ID'), 'call-1');
    await held;
    assert.include(String(second.body), 'a=sendonly', 'our answer has told it already');
    await server.nothing();
  });

  it('what the user wishes meanwhile is told in the new dialog, and spoils nothing of its media', async () => {
    const { server, call, media, ok } = await talking();
    server.send(offer(ok));
    await server.arrival();
    const second = await server.response(200);
    const held = call.hold();
    await server.nothing();
    server.send(inDialog('ACK', second, 1, { 'Call-ID': 'call-2', From: '<sip:bob@example.com>;tag=bobtag2' }));
    assert.equal(headerValue(await server.request('BYE'), 'Call-ID'), 'call-1');
    const invite = await server.request('INVITE');
    assert.equal(headerValue(invite, 'Call-ID'), 'call-2');
    assert.include(String(invite.body), 'a=sendonly');
    server.respond(invite, 200, { headers: described, body: peerSdp('recvonly', 2) });
    await server.request('ACK');
    await held;
    assert.equal(media.connections.at(-1)!.signalingState, 'stable');
  });

  it('a second one beside it is refused with 491', async () => {
    const { server, ok } = await talking();
    server.send(offer(ok));
    await server.arrival();
    await server.response(200);
    server.send(
      offer(ok)
        .replaceAll('call-2', 'call-3')
        .replace(/branch=\S+/, 'branch=z9hG4bKthird'),
    );
    await server.response(491);
  });

  it('one that is hung up in the moment of its ACK leaves the former dialog as it was, and its media are made anew', async () => {
    const stage = await talking();
    const { call, server, ok } = stage;
    const from = { 'Call-ID': 'call-2', From: '<sip:bob@example.com>;tag=bobtag2' };
    server.send(offer(ok));
    await server.arrival();
    const second = await server.response(200);
    server.send(inDialog('ACK', second, 1, from));
    server.send(inDialog('BYE', second, 2, from));
    await server.response(200);
    const again = await server.request('INVITE');
    assert.equal(headerValue(again, 'Call-ID'), 'call-1');
    assert.equal(call.state, 'confirmed');
  });

  it('… and the callee gives up its own for it; the caller refuses it with 491 while its own is under way', async () => {
    const stage = await talking(updates.headers.length > 0 ? { Allow: 'INVITE, ACK, BYE, UPDATE' } : {});
    const { server, ok } = stage;
    await loseConnection(stage);
    server.respond(await server.request('UPDATE'), 430);
    server.respond(await server.request('INVITE'), 100);
    server.send(offer(ok));
    server.respond(await server.request('CANCEL'), 200);
    await server.response(200);
  });
});
