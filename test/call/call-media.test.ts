// What the app sees of the media of a call, and what it may ask of them: status, direction, hooks, quality, late candidates.
import { assert } from 'chai';
import type { CallQuality, EvercallError, MediaLine } from '../../lib/index.js';
import { calling, described, inDialog, peerOffer, sectionsOf, talking, talkingTo } from '../support/calls.js';
import { imported } from '../support/fake-clock.js';
import { peerSdp } from '../support/phone.js';

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    (error: unknown) => (error as EvercallError).code,
  );

const statuses = (media: readonly MediaLine[]): string => media.map(({ status }) => status).join(' ');

describe('media of a call', () => {
  before(() => Promise.all([import('../../lib/call/quality-meter.js'), import('../../lib/call/dump.js')]));

  it('CALL-20: nothing before there is a session; then each section with its direction, status and codec', async () => {
    const { call, server, invite } = await calling();
    assert.isEmpty(call.media);
    server.respond(invite, 200, { headers: described, body: peerSdp() });
    await server.request('ACK');
    await call.answered;
    assert.deepEqual(call.media, [
      { kind: 'audio', mid: '0', direction: 'sendrecv', status: 'active', codec: 'opus/48000/2', screen: false },
    ]);
    assert.equal(call.media, call.media, 'the same list until it changes');
  });

  for (const [how, offer] of [
    ['sendonly', peerOffer('sendonly', 2)],
    ['inactive', peerOffer('inactive', 2)],
    ['c=0.0.0.0', peerOffer('sendrecv', 2).replace('c=IN IP4 127.0.0.1', 'c=IN IP4 0.0.0.0')],
  ] as const) {
    it(`CALL-20: hold by ${how} is remoteHold, told once; its end, too`, async () => {
      const { call, server, ok } = await talking();
      const heard: string[] = [];
      call.on('mediaChanged', ({ media }) => heard.push(statuses(media)));
      for (const [sequence, sdp] of [
        [2, offer],
        [3, offer],
        [4, peerOffer('sendrecv', 3)],
      ] as const) {
        server.send(inDialog('INVITE', ok, sequence, {}, sdp));
        server.send(inDialog('ACK', await server.response(200), sequence));
      }
      await imported();
      assert.deepEqual(heard, ['remoteHold', 'active']);
      assert.equal(statuses(call.getSnapshot().media), 'active');
    });
  }

  it('CALL-20: what is agreed on holds with our answer, before its ACK', async () => {
    const { call, server, ok } = await talking();
    assert.equal(statuses(call.media), 'active');
    server.send(inDialog('INVITE', ok, 2, {}, peerOffer('sendonly', 2)));
    await server.response(200);
    assert.equal(statuses(call.media), 'remoteHold');
  });

  it('CALL-20: localHold; ICE or DTLS that has failed is an error, and is told', async () => {
    const { call, server, media } = await talking();
    const heard: string[] = [];
    call.subscribe(() => heard.push(statuses(call.getSnapshot().media)));
    call.getSnapshot();
    const held = call.hold();
    server.respond(await server.request('INVITE'), 200, { headers: described, body: peerSdp('recvonly', 2) });
    await held;
    assert.equal(statuses(call.media), 'localHold');
    const resumed = call.resume();
    await server.request('ACK');
    server.respond(await server.request('INVITE'), 200, { headers: described, body: peerSdp('sendrecv', 3) });
    await resumed;
    media.connections[0]!.become('failed');
    assert.equal(statuses(call.media), 'error');
    assert.equal(heard.at(-1), 'error');
  });

  it('CALL-24: setDirection() lasts through hold, resume and offers of the peer; inactive is not port 0', async () => {
    const { call, server, ok } = await talking();
    let version = 1;
    const takes = async (wanted: string, answer: string, change: Promise<void>): Promise<void> => {
      const invite = await server.request('INVITE');
      assert.deepEqual(sectionsOf(invite.body), [`audio ${wanted}`]);
      server.respond(invite, 200, { headers: described, body: peerSdp(answer, ++version) });
      await server.request('ACK');
      await change;
    };
    await takes('sendonly', 'recvonly', call.setDirection('audio', 'sendonly'));
    assert.isFalse(call.localHold);
    await takes('sendonly', 'recvonly', call.hold());
    await takes('sendonly', 'recvonly', call.resume());
    server.send(inDialog('INVITE', ok, 2, {}, peerOffer('sendrecv', 9)));
    const response = await server.response(200);
    assert.deepEqual(sectionsOf(response.body), ['audio sendonly']);
    server.send(inDialog('ACK', response, 2));
    await takes('inactive', 'inactive', call.setDirection('audio', 'inactive'));
    await takes('sendrecv', 'sendrecv', call.setDirection('audio', 'sendrecv'));
    await call.setDirection('audio', 'sendrecv');
    await server.nothing();
    assert.throws(() => void call.setDirection('audio', 'both' as never), /direction: takes sendrecv/);
  });

  it('CALL-24: refused, the limit is as it was (J5)', async () => {
    const { call, server } = await talking();
    const limited = codeOf(call.setDirection('audio', 'recvonly'));
    server.respond(await server.request('INVITE'), 488);
    await server.request('ACK');
    assert.equal(await limited, 'rejected');
    void call.reinvite();
    assert.deepEqual(sectionsOf((await server.request('INVITE')).body), ['audio sendrecv']);
  });

  it('CALL-26: what a hook makes of a description is on the wire; one that throws refuses that change, not the call', async () => {
    let isBad = false;
    const outgoing = (sdp: string): string => {
      if (isBad) throw new Error('a bug');
      return `${sdp}a=x-note:hooked\r\n`;
    };
    const { call, server, invite } = await talkingTo({}, { sdp: { outgoing } });
    assert.include(String(invite.body), 'a=x-note:hooked');
    isBad = true;
    assert.equal(await codeOf(call.reinvite()), 'negotiation');
    isBad = false;
    const changed = call.reinvite();
    server.respond(await server.request('INVITE'), 200, { headers: described, body: peerSdp('sendrecv', 2) });
    await changed;
    assert.equal(call.state, 'confirmed');
  });

  it('options that make no sense are refused by name, before anything is sent', async () => {
    const { account, server } = await talking();
    for (const [options, text] of [
      [{ video: 'yes' }, /video: takes/],
      [{ codecs: { audio: 'opus' } }, /codecs.audio: takes a list/],
      [{ codecs: { sound: [] } }, /sound: is no option/],
      [{ sdp: { outgoing: 1 } }, /sdp.outgoing: takes a function/],
    ] as const)
      assert.throws(() => account.call('bob', options as never), text);
    await server.nothing();
  });

  it('CALL-30: quality is measured while someone listens, and only then; dump() has no secret', async () => {
    const { call, media, clock } = await talking();
    const heard: CallQuality[] = [];
    let packets = 0;
    media.connections[0]!.getStats = () =>
      Promise.resolve(
        new Map([['a', { id: 'a', type: 'inbound-rtp', packetsReceived: (packets += 100), packetsLost: 0 }]]),
      );
    const idle = clock.pending;
    const off = call.on('qualityChanged', (quality) => heard.push(quality));
    await imported();
    await clock.advance(4000);
    assert.lengthOf(heard, 2);
    assert.isAbove(heard[1]!.mos, 4);
    assert.equal(call.quality, heard[1]);
    off();
    await clock.advance(2000);
    assert.lengthOf(heard, 2);
    assert.equal(clock.pending, idle, 'no timer is left');
    const text = await call.dump();
    assert.match(text, /m-line 0: audio, mid 0, sendrecv, active, opus/);
    assert.notInclude(text, '0123456789012345678901');
    assert.include(text, 'a=ice-pwd:…');
  });
});

describe('candidates that come late', () => {
  before(() => import('../../lib/call/late-candidates.js'));

  const options = { media: { iceServers: [{ urls: 'turn:turn.example', username: 'u', credential: 'c' }] } };

  it('are told by another offer when the call is confirmed and not connected; once they are told, no more', async () => {
    const { call, server, media, clock, invite } = await lateStage();
    server.respond(invite, 200, { headers: described, body: peerSdp() });
    await server.request('ACK');
    await call.answered;
    media.connections[0]!.become('connecting');
    await imported();
    await clock.advance(999);
    await server.nothing();
    await clock.advance(1);
    const again = await server.request('INVITE');
    assert.match(String(again.body), /typ relay/);
    server.respond(again, 200, { headers: described, body: peerSdp('sendrecv', 2) });
    await server.request('ACK');
    await clock.advance(5000);
    await server.nothing();
  });

  it('are left unsaid where the call is connected without them', async () => {
    const { call, server, clock, invite } = await lateStage();
    server.respond(invite, 200, { headers: described, body: peerSdp() });
    await server.request('ACK');
    await call.answered;
    await imported();
    await clock.advance(5000);
    await server.nothing();
    assert.equal(call.mediaState, 'connected');
  });

  /** A call whose relay has come after its INVITE. */
  async function lateStage(): Promise<Awaited<ReturnType<typeof calling>>> {
    const { phone } = await import('../support/phone.js');
    const stage = await phone(options);
    const { gathering } = stage.media;
    gathering.endless = true;
    const call = stage.account.call('bob');
    await imported();
    await stage.clock.advance(100);
    const invite = await stage.server.request('INVITE');
    stage.media.connections[0]!.gather('1 1 udp 1 127.0.0.1 3478 typ relay raddr 0.0.0.0 rport 0', 'relay');
    return { ...stage, call, invite };
  }
});
