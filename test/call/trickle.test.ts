// Candidates that come one by one, in INFO: ours and the peer's (RFC 8840).
import { assert } from 'chai';
import type { CallOptions } from '../../lib/index.js';
import { headerValue } from '../../lib/parser/index.js';
import type { SipRequest } from '../../lib/parser/index.js';
import { calling, described, inDialog, peerCalls, talking, towards } from '../support/calls.js';
import { imported } from '../support/fake-clock.js';
import type { FakePeerConnection } from '../support/fake-media.js';
import { peerSdp, phone } from '../support/phone.js';
import type { ResponseParts } from '../support/scripted-server.js';

const relay = '2 1 udp 41885439 203.0.113.9 3478 typ relay raddr 0.0.0.0 rport 0';
const media = { iceServers: [{ urls: 'turn:turn.example', username: 'u', credential: 'c' }] };
const trickles = ['Supported: trickle-ice', 'Recv-Info: trickle-ice'];
/** The peer's description, which a browser has made. */
const answer = (version = 1): string =>
  peerSdp('sendrecv', version).replace('a=mid:0', 'a=ice-options:trickle\r\na=mid:0');
const tricklingOffer = answer().replace('a=setup:active', 'a=setup:actpass');

/** An INFO of the peer's. */
const infoHeaders = {
  'Info-Package': 'trickle-ice',
  'Content-Type': 'application/trickle-ice-sdpfrag',
  'Content-Disposition': 'Info-Package',
};
const fragment = (candidates: readonly string[], ufrag = 'peer', end = false): string =>
  [
    ...(end ? ['a=end-of-candidates'] : []),
    'm=audio 9 RTP/AVP 0',
    `a=ice-ufrag:${ufrag}`,
    'a=ice-pwd:0123456789012345678901',
    'a=mid:0',
    ...candidates.map((candidate) => `a=candidate:${candidate}`),
    '',
  ].join('\r\n');

/** What the browser was told of the peer, besides its description. */
const told = (pc: FakePeerConnection): string[] =>
  (pc.remoteDescription?.sdp.split('\r\n') ?? []).filter((line) => /203\.0\.113|end-of/.test(line));

async function outgoing(options: CallOptions = {}): Promise<Awaited<ReturnType<typeof calling>>> {
  const stage = await phone({ media });
  stage.media.gathering.endless = true;
  const call = stage.account.call('bob', options);
  await imported();
  await stage.clock.advance(100);
  return { ...stage, call, invite: await stage.server.request('INVITE') };
}

/** A peer that takes candidates one by one. */
const takes: ResponseParts = { headers: [...described, ...trickles], body: answer() };

/** A call of ours for which a candidate came when the INVITE had left; the peer has answered, and ICE looks for a path. */
async function answeredBy(
  peer: ResponseParts,
): Promise<Awaited<ReturnType<typeof outgoing>> & { pc: FakePeerConnection }> {
  const stage = await outgoing();
  const pc = stage.media.connections[0]!;
  pc.gather(relay, 'relay');
  stage.server.respond(stage.invite, 200, peer);
  await stage.server.request('ACK');
  await stage.call.answered;
  pc.become('connecting');
  await imported();
  return { ...stage, pc };
}

describe('candidates of ours, one by one (RFC 8840 §4.4)', () => {
  before(() => Promise.all([import('../../lib/call/late-candidates.js'), import('../../lib/call/trickle.js')]));

  it('our INVITE says that we take them, and our responses; `off` says nothing, and 420 to who demands it', async () => {
    const { invite } = await calling();
    assert.include(headerValue(invite, 'Supported'), 'trickle-ice');
    assert.equal(headerValue(invite, 'Recv-Info'), 'trickle-ice');
    const { ok } = await talking({ 'Recv-Info': 'trickle-ice' });
    assert.include(headerValue(ok, 'Supported'), 'trickle-ice');
    assert.equal(headerValue(ok, 'Recv-Info'), 'trickle-ice');
    const { server } = await peerCalls({});
    assert.include(headerValue(await server.response(180), 'Supported'), 'trickle-ice');
    const off = await calling({ trickleIce: 'off' });
    assert.notInclude(headerValue(off.invite, 'Supported'), 'trickle-ice');
    assert.isUndefined(headerValue(off.invite, 'Recv-Info'));
    const stage = await phone({ account: { trickleIce: 'off' } });
    stage.server.send(towards('INVITE', invite, 1, { Require: 'trickle-ice', To: '<sip:alice@example.com>' }, ''));
    assert.equal(headerValue(await stage.server.response(420), 'Unsupported'), 'trickle-ice');
  });

  it('one that comes late goes by INFO when the peer has answered, with all that came before it; no other offer is made', async () => {
    const { server, clock, invite } = await answeredBy(takes);
    await clock.advance(20);
    const info = await server.request('INFO');
    assert.equal(headerValue(info, 'Info-Package'), 'trickle-ice');
    assert.equal(headerValue(info, 'Content-Type'), 'application/trickle-ice-sdpfrag');
    assert.equal(headerValue(info, 'Content-Disposition'), 'Info-Package');
    const [ufrag] = /ice-ufrag:.*/.exec(String(invite.body))!;
    assert.match(String(info.body), /a=mid:0\r\na=candidate:.* typ host.*\r\na=candidate:.* typ relay/);
    assert.include(String(info.body), ufrag.trimEnd());
    server.respond(info, 200);
    await clock.advance(5000);
    await server.nothing();
  });

  it('what comes while an INFO is under way waits for its answer, and goes together (§10.9)', async () => {
    const { server, clock, pc } = await answeredBy(takes);
    await clock.advance(20);
    const first = await server.request('INFO');
    for (const port of [4001, 4002]) pc.gather(relay.replace('3478', String(port)), 'relay');
    await clock.advance(100);
    await server.nothing();
    server.respond(first, 200);
    await imported();
    await clock.advance(20);
    const second = await server.request('INFO');
    assert.match(String(second.body), /3478 typ relay[^]*4001 typ relay[^]*4002 typ relay/);
    server.respond(second, 200);
    await clock.advance(5000);
    await server.nothing();
  });

  for (const [what, response] of [
    ['says nothing of it', { headers: described, body: answer() }],
    [
      'has a description that takes none, as an SBC writes it',
      { headers: [...described, ...trickles], body: peerSdp() },
    ],
  ] as const) {
    it(`a peer that ${what} is told by another offer, as before`, async () => {
      const { server, clock } = await answeredBy(response);
      await clock.advance(999);
      await server.nothing();
      await clock.advance(1);
      assert.match(String((await server.request('INVITE')).body), /typ relay/);
    });
  }

  it('a peer that refuses the INFO is told by another offer', async () => {
    const { server, clock } = await answeredBy(takes);
    await clock.advance(20);
    server.respond(await server.request('INFO'), 469, { headers: ['Recv-Info: other'] });
    await imported();
    await clock.advance(1000);
    assert.match(String((await server.request('INVITE')).body), /typ relay/);
  });

  it('they go to each early dialog that takes them, before the answer; where the call is connected, to nobody (RFC 8838 §13)', async () => {
    const { server, media: env, clock, invite } = await outgoing();
    const pc = env.connections[0]!;
    server.respond(invite, 180, { headers: trickles, toTag: 'one' });
    server.respond(invite, 180, { toTag: 'two' });
    await imported();
    pc.gather(relay, 'relay');
    await imported();
    await clock.advance(20);
    const info = await server.request('INFO');
    assert.match(headerValue(info, 'To')!, /;tag=one/);
    server.respond(info, 200);
    server.respond(invite, 200, { headers: [...described, ...trickles], body: answer(), toTag: 'one' });
    await server.request('ACK');
    await imported();
    pc.gather(relay.replace('3478', '4001'), 'relay');
    await imported();
    await clock.advance(100);
    await server.nothing();
  });

  it('an answer in a response that need not arrive is confirmed by an INFO at once, with what the offer said (§4.3.2)', async () => {
    const { server, invite } = await calling();
    server.respond(invite, 183, { headers: [...described, ...trickles], body: answer() });
    await imported();
    const info = await server.request('INFO');
    assert.match(String(info.body), /^a=.*\r\n[^]*a=mid:0\r\na=candidate:.* typ host/);
    assert.include(String(info.body), 'a=end-of-candidates');
  });

  it('the answerer waits for no server where the caller takes them, and tells them when the caller knows of the dialog', async () => {
    const options = { media: { ...media, gatheringTimeout: 5000 } };
    const { call, server, media: env, clock } = await peerCalls({ Supported: 'trickle-ice' }, tricklingOffer, options);
    env.gathering.endless = true;
    const answered = call.answer();
    await imported();
    await clock.advance(10);
    await server.response(180);
    const ok = await server.response(200);
    const pc = env.connections[0]!;
    pc.become('connecting');
    pc.gather(relay, 'relay');
    await imported();
    await clock.advance(100);
    await server.nothing();
    server.send(inDialog('ACK', ok, 1));
    await answered;
    pc.connectionState = 'connecting';
    await imported();
    await clock.advance(20);
    assert.match(String((await server.request('INFO')).body), /typ relay/);
  });

  it('its answer that need not arrive is repeated until the caller says anything in the dialog (§4.3.2)', async () => {
    const { call, server, clock } = await peerCalls({ Supported: 'trickle-ice' }, tricklingOffer);
    await server.response(180);
    void call.ring({ earlyMedia: true, reliable: false });
    const progress = await server.response(183);
    await clock.advance(500);
    assert.equal((await server.response(183)).body, progress.body);
    await clock.advance(1000);
    await server.response(183);
    server.send(inDialog('INFO', progress, 2, infoHeaders, fragment([relay])));
    await server.response(200);
    await clock.advance(10_000);
    await server.nothing();
  });

  it('`required`: the first offer waits for no server, and asks for a peer that takes them', async () => {
    const stage = await phone({ media: { ...media, gatheringTimeout: 5000 } });
    stage.media.gathering.endless = true;
    stage.account.call('bob', { trickleIce: 'required' }).answered.catch(() => undefined);
    await imported();
    await stage.clock.advance(10);
    assert.equal(headerValue(await stage.server.request('INVITE'), 'Require'), 'trickle-ice');
  });
});

describe("the peer's candidates, one by one", () => {
  async function confirmed(): Promise<Awaited<ReturnType<typeof calling>> & { pc: FakePeerConnection; say: Say }> {
    const stage = await calling();
    stage.server.respond(stage.invite, 200, { headers: [...described, ...trickles], body: answer() });
    await stage.server.request('ACK');
    await stage.call.answered;
    return { ...stage, pc: stage.media.connections[0]!, say: sayer(stage) };
  }

  type Say = (body: string, status?: number) => Promise<void>;

  function sayer({
    server,
    invite,
  }: {
    server: Awaited<ReturnType<typeof calling>>['server'];
    invite: SipRequest;
  }): Say {
    let sequence = 0;
    return async (body, status = 200) => {
      server.send(towards('INFO', invite, ++sequence, infoHeaders, body));
      await server.response(status);
      await imported();
    };
  }

  it('are added once each, in their order, and the end of them; the app is not asked', async () => {
    const { call, pc, say } = await confirmed();
    let asked = 0;
    call.on('request', () => asked++);
    const other = relay.replace('3478', '4001');
    await say(fragment([relay]));
    await say(fragment([relay, other], 'peer', true));
    assert.deepEqual(told(pc), [`a=candidate:${relay}`, `a=candidate:${other}`, 'a=end-of-candidates']);
    assert.equal(asked, 0);
  });

  it('of another generation are not taken, nor is what cannot be read; the INFO gets its 200', async () => {
    const { pc, say } = await confirmed();
    await say(fragment([relay], 'former'));
    await say('nonsense');
    await say('');
    assert.isEmpty(told(pc));
  });

  it('ahead of the answer wait for it, and those of the fork that is not heard stay unused', async () => {
    const stage = await calling();
    const { server, invite, media: env } = stage;
    server.respond(invite, 180, { headers: trickles });
    const say = sayer(stage);
    await say(fragment([relay.replace('3478', '4009')], 'elsewhere'));
    await say(fragment([relay]));
    assert.isEmpty(told(env.connections[0]!));
    server.respond(invite, 200, { headers: [...described, ...trickles], body: answer() });
    await server.request('ACK');
    await stage.call.answered;
    await imported();
    assert.deepEqual(told(env.connections[0]!), [`a=candidate:${relay}`]);
  });

  it('while it rings here wait for our answer', async () => {
    const { call, server, media: env } = await peerCalls({ Supported: 'trickle-ice' }, tricklingOffer);
    const ringing = await server.response(180);
    server.send(inDialog('INFO', ringing, 2, infoHeaders, fragment([relay])));
    await server.response(200);
    await imported();
    void call.answer();
    await imported();
    await server.response(200);
    assert.deepEqual(told(env.connections[0]!), [`a=candidate:${relay}`]);
  });

  it('with `off` the INFO gets 469', async () => {
    const { server, ok } = await talking({}, { account: { trickleIce: 'off' } });
    server.send(inDialog('INFO', ok, 2, infoHeaders, fragment([relay])));
    await server.response(469);
  });

  it('of a call that was offered anew belong to the new generation only', async () => {
    const { call, server, pc, say, invite } = await confirmed();
    const restarted = call.reinvite({ iceRestart: true });
    const again = await server.request('INVITE');
    await say(fragment([relay], 'second'));
    server.respond(again, 200, {
      headers: [...described, ...trickles],
      body: answer(2).replace(/ice-ufrag:\S+/, 'ice-ufrag:second'),
    });
    await server.request('ACK');
    await restarted;
    await imported();
    await say(fragment([relay.replace('3478', '4001')], 'peer'));
    assert.deepEqual(told(pc), [`a=candidate:${relay}`]);
    assert.notEqual(invite.body, again.body);
  });
});
