// A call rings here as its connection is lost: it rings on, and is missed where nobody can hear the answer any more.
import { assert } from 'chai';
import type { Call } from '../../lib/index.js';
import { headerValue, isRequest } from '../../lib/parser/index.js';
import type { SipResponse } from '../../lib/parser/index.js';
import { inDialog, peerCalls, peerOffer } from '../support/calls.js';
import { settle } from '../support/fake-clock.js';
import { peerRequest, peerSdp } from '../support/phone.js';
import type { Phone } from '../support/phone.js';

interface Ringing extends Phone {
  readonly call: Call;
  readonly ringing: SipResponse;
}

/** It rings, and no server can be reached from now on. */
async function cutOff(): Promise<Ringing> {
  const stage = await peerCalls();
  const ringing = await stage.server.response(180);
  stage.server.refused.add('ws://server.example/ws');
  stage.server.socket.drop();
  return { ...stage, ringing };
}

/** The server is back, and has not heard anything yet. */
async function back({ server, clock }: Phone): Promise<void> {
  server.refused.clear();
  const { length } = server.sockets;
  for (let turn = 0; turn < 100 && server.sockets.slice(length).every(({ isClosed }) => isClosed); turn++)
    await clock.advance(100);
  assert.isAbove(server.sockets.length, length);
}

/** Whom nobody has called anew asks, after a 180 that makes sure of the dialog. */
async function asks({ server, clock }: Phone): Promise<void> {
  await clock.advance(2000);
  await server.response(180);
  await server.nothing();
  await clock.advance(1000);
}

describe('a call rings here, and the connection that its INVITE came by is gone', () => {
  it('IPC-18: it rings on for 32 s; after that it has ended, once, as missed', async () => {
    const { ua, call, clock, server } = await cutOff();
    const ends: unknown[] = [];
    call.on('ended', (end) => ends.push(end));
    await clock.advance(31_999);
    assert.equal(call.state, 'incoming');
    await clock.advance(1);
    assert.lengthOf(ends, 1);
    assert.deepInclude(call.end, { cause: 'transport', status: 480, by: 'network', stage: 'incoming' });
    assert.equal(ua.callLog.entries[0]?.status, 'missed');
    assert.equal(ua.callLog.missedCount, 1);
    await server.nothing();
  });

  it('IPC-18: … also where the app has said that there is no network', async () => {
    const { ua, call, clock, server } = await peerCalls();
    await server.response(180);
    ua.setNetworkReachable(false);
    await clock.advance(31_999);
    assert.equal(call.state, 'incoming');
    await clock.advance(1);
    assert.equal(call.end?.cause, 'transport');
  });

  it('with another connection in time it rings on, and the answer goes out there', async () => {
    const stage = await cutOff();
    const { call, clock, server, ringing } = stage;
    await clock.advance(10_000);
    await back(stage);
    await asks(stage);
    const asked = await server.request('OPTIONS');
    assert.equal(headerValue(asked, 'From'), headerValue(ringing, 'To'), 'in the dialog');
    assert.equal(headerValue(asked, 'Call-ID'), 'call-1');
    server.respond(asked, 200);
    await clock.advance(60_000);
    await server.nothing();
    assert.equal(call.state, 'incoming');
    const answered = call.answer();
    const ok = await server.response(200);
    server.send(inDialog('ACK', ok, 1));
    await answered;
  });

  it('RFC 3262 §3: what the caller has acknowledged by PRACK is not said anew, and so no offer of ours twice', async () => {
    const stage = await peerCalls({ Require: '100rel' }, '');
    const { call, clock, server } = stage;
    void call.ring({ earlyMedia: true });
    const early = await server.response(183);
    const rack = `${headerValue(early, 'RSeq')} 1 INVITE`;
    const sdp = { 'Content-Type': 'application/sdp' };
    server.send(inDialog('PRACK', early, 2, { RAck: rack, ...sdp }, peerSdp()));
    await server.response(200);
    server.socket.drop();
    await clock.advance(1000);
    await clock.advance(3000);
    const asked = await server.request('OPTIONS'); // and nothing before it
    assert.equal(headerValue(asked, 'From'), headerValue(early, 'To'));
  });

  it('a caller who has given up meanwhile knows nothing of it: it is missed', async () => {
    const stage = await cutOff();
    const { ua, call, clock, server } = stage;
    await back(stage);
    await asks(stage);
    server.respond(await server.request('OPTIONS'), 481);
    await server.response(487);
    assert.deepInclude(call.end, { cause: 'dialogGone', status: 481, by: 'remote' });
    assert.equal(ua.callLog.entries[0]?.status, 'missed');
    server.send(peerRequest('ACK', { Via: headerValue(stage.ringing, 'Via')!, To: headerValue(stage.ringing, 'To')! }));
    assert.equal(clock.pending, 0);
  });

  for (const [what, answer] of [
    ['is refused', 405],
    ['cannot be delivered: its flow failed', 430],
    ['is not answered', undefined],
  ] as const)
    it(`… and where the question ${what}, it rings on`, async () => {
      const stage = await cutOff();
      const { call, clock, server } = stage;
      await back(stage);
      await asks(stage);
      const asked = await server.request('OPTIONS');
      if (answer) server.respond(asked, answer);
      await clock.advance(60_000);
      assert.equal(call.state, 'incoming');
    });

  it('… and where the connection is lost as we ask, we ask on the next', async () => {
    const stage = await cutOff();
    const { call, server } = stage;
    await back(stage);
    await asks(stage);
    await server.request('OPTIONS');
    server.socket.drop();
    await back(stage);
    await asks(stage);
    server.respond(await server.request('OPTIONS'), 481);
    await settle();
    assert.equal(call.end?.cause, 'dialogGone');
  });

  it('whom the proxy has forked anew is not asked', async () => {
    const stage = await cutOff();
    const { call, clock, server } = stage;
    await back(stage);
    server.send(peerRequest('INVITE', { Via: 'SIP/2.0/WS edge.example;branch=z9hG4bKagain' }, peerOffer()));
    await server.response(487);
    await server.response(180);
    await clock.advance(60_000);
    await server.nothing();
    assert.equal(call.state, 'incoming');
  });

  it('who has moved, make before break, asks as well', async () => {
    let moved: ((evidence: 'moved') => void) | undefined;
    const network = { watch: (listener: typeof moved) => ((moved = listener), () => undefined) };
    const { call, clock, server } = await peerCalls({}, peerOffer(), { network, ipChange: { monitor: 'auto' } });
    await server.response(180);
    moved!('moved');
    await clock.advance(4000);
    assert.lengthOf(server.sockets, 2);
    await server.response(180);
    server.respond(await server.request('OPTIONS'), 481);
    await settle();
    assert.equal(call.end?.cause, 'dialogGone');
  });

  it('who is answered as he is about to be asked is not asked', async () => {
    const stage = await cutOff();
    const { call, clock, server } = stage;
    await back(stage);
    await clock.advance(2000);
    await server.response(180);
    void call.answer();
    const ok = await server.response(200);
    await clock.advance(1000);
    assert.isTrue(server.received.slice(-2).every((message) => !isRequest(message)));
    server.send(inDialog('ACK', ok, 1));
  });

  it('what is answered or refused during the outage is not given up, nor asked about; nothing is left behind', async () => {
    const answered = await cutOff();
    void answered.call.answer().catch(() => undefined);
    await answered.clock.advance(31_000);
    assert.equal(answered.call.state, 'connecting');

    const refused = await cutOff();
    refused.call.reject();
    await refused.clock.advance(1000);
    await back(refused);
    await refused.clock.advance(120_000);
    await refused.server.nothing();
    assert.equal(refused.clock.pending, 0);
  });
});
