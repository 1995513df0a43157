// Hold, mute and tones on a media session that is connected.
import { assert } from 'chai';
import type { HoldStyle } from '../../../lib/media/restraint.js';
import { closeAll, connectedPair, direction, Ear, makeEnd, negotiate, toneTrack, until } from './ends.js';

describe('MediaSession: hold, mute, DTMF', () => {
  afterEach(closeAll);

  for (const [style, reply] of [
    ['sendonly', 'recvonly'],
    ['inactive', 'inactive'],
  ] as const satisfies [HoldStyle, string][]) {
    it(`hold by ${style} is answered ${reply}: silence both ways, and voices again after it (RFC 3264 §8.4)`, async () => {
      const { caller, callee } = await connectedPair();
      const [atCallee, atCaller] = [new Ear(callee.session.remoteStream), new Ear(caller.session.remoteStream)];
      await Promise.all([atCallee.hears(440), atCaller.hears(880)]);
      caller.session.setHold(true, style);
      assert.isTrue(caller.session.localHold);
      const held = await negotiate(caller.session, callee.session);
      assert.deepEqual([direction(held.offer), direction(held.answer)], [style, reply]);
      assert.isTrue(callee.session.remoteHold);
      assert.isFalse(caller.session.remoteHold);
      await Promise.all([atCallee.hearsNothing(), atCaller.hearsNothing()]);
      caller.session.setHold(false);
      const resumed = await negotiate(caller.session, callee.session);
      assert.deepEqual([direction(resumed.offer), direction(resumed.answer)], ['sendrecv', 'sendrecv']);
      assert.isFalse(callee.session.remoteHold);
      await Promise.all([atCallee.hears(440), atCaller.hears(880)]);
    });
  }

  it('the microphone is silent from the moment hold is wished, not from the answer', async () => {
    const { caller, callee } = await connectedPair();
    const ear = new Ear(callee.session.remoteStream);
    await ear.hears(440);
    caller.session.setHold(true);
    await ear.hearsNothing();
  });

  it('both sides hold: inactive; who resumes first offers sendrecv and gets sendonly (RFC 6337 §5.3)', async () => {
    const { caller, callee } = await connectedPair();
    const [atCallee, atCaller] = [new Ear(callee.session.remoteStream), new Ear(caller.session.remoteStream)];
    caller.session.setHold(true);
    await negotiate(caller.session, callee.session);
    callee.session.setHold(true);
    const both = await negotiate(callee.session, caller.session);
    assert.deepEqual([direction(both.offer), direction(both.answer)], ['sendonly', 'inactive']);
    assert.isTrue(caller.session.remoteHold);
    assert.isTrue(callee.session.remoteHold);
    caller.session.setHold(false);
    const first = await negotiate(caller.session, callee.session);
    assert.deepEqual([direction(first.offer), direction(first.answer)], ['sendrecv', 'sendonly']);
    assert.isTrue(caller.session.remoteHold);
    assert.isFalse(callee.session.remoteHold);
    await Promise.all([atCallee.hearsNothing(), atCaller.hearsNothing()]);
    callee.session.setHold(false);
    await negotiate(callee.session, caller.session);
    await Promise.all([atCallee.hears(440), atCaller.hears(880)]);
  });

  it('IPC-11: held by both, or by us alone, and ICE begins anew: not a packet of the microphone leaves', async () => {
    for (const isBoth of [true, false]) {
      const { caller, callee } = await connectedPair();
      await until(() => caller.session.state === 'connected', 'they are connected');
      const sent = async (): Promise<number> => {
        let packets = 0;
        (await caller.connections[0]!.getStats()).forEach((entry: { type: string; packetsSent?: number }) => {
          if (entry.type === 'outbound-rtp') packets += entry.packetsSent ?? 0;
        });
        return packets;
      };
      await until(async () => (await sent()) > 0, 'packets leave');
      caller.session.setHold(true, 'inactive');
      if (isBoth) callee.session.setHold(true);
      await negotiate(caller.session, callee.session);
      const offer = await caller.session.createOffer({ iceRestart: true });
      const answer = await callee.session.createAnswer(offer);
      await caller.session.applyAnswer(answer);
      assert.equal(direction(answer), 'inactive');
      await until(() => caller.session.state === 'connected', 'they are connected again');
      await new Promise((resolve) => setTimeout(resolve, 300)); // what was on its way
      const before = await sent();
      await new Promise((resolve) => setTimeout(resolve, 500));
      assert.equal(await sent(), before);
    }
  });

  it('a hold stays through offers of either side that are about something else (RFC 6337 §5.3)', async () => {
    const { caller, callee } = await connectedPair();
    caller.session.setHold(true);
    await negotiate(caller.session, callee.session);
    const ours = await negotiate(caller.session, callee.session);
    assert.equal(direction(ours.offer), 'sendonly');
    const theirs = await negotiate(callee.session, caller.session);
    assert.deepEqual([direction(theirs.offer), direction(theirs.answer)], ['sendrecv', 'sendonly']);
    assert.isTrue(callee.session.remoteHold);
  });

  it('hold of a receive-only call is inactive', async () => {
    const caller = makeEnd({ audio: false });
    const callee = makeEnd({ track: toneTrack(880) });
    await negotiate(caller.session, callee.session);
    caller.session.setHold(true);
    const { offer } = await negotiate(caller.session, callee.session);
    assert.equal(direction(offer), 'inactive');
    assert.isTrue(callee.session.remoteHold);
  });

  it('mute sends silence, unmute the voice again, and nothing is negotiated', async () => {
    const { caller, callee } = await connectedPair();
    const ear = new Ear(callee.session.remoteStream);
    await ear.hears(440);
    const { localDescription } = caller.connections[0]!;
    caller.session.setMuted(true);
    assert.isTrue(caller.session.muted);
    await ear.hearsNothing();
    caller.session.setMuted(false);
    await ear.hears(440);
    assert.equal(caller.connections[0]!.localDescription?.sdp, localDescription?.sdp);
  });

  it('muted before there is a microphone, the call starts muted; muted on hold, it stays so after it', async () => {
    const caller = makeEnd();
    const callee = makeEnd({ track: toneTrack(880) });
    caller.session.setMuted(true);
    await negotiate(caller.session, callee.session);
    const [microphone] = caller.microphones;
    assert.deepInclude(microphone, { enabled: false });
    caller.session.setHold(true);
    caller.session.setHold(false);
    assert.deepInclude(microphone, { enabled: false });
    caller.session.setMuted(false);
    assert.deepInclude(microphone, { enabled: true });
  });

  it("a track of the app's own is given back as it was", async () => {
    const track = toneTrack(440);
    const caller = makeEnd({ track });
    await caller.session.createOffer();
    caller.session.setMuted(true);
    caller.session.close();
    assert.isTrue(track.enabled);
    assert.equal(track.readyState, 'live');
  });

  it('DTMF: the promise resolves when the buffer is played out, one order after another (RFC 4733)', async () => {
    const { caller } = await connectedPair();
    await until(() => caller.session.canSendDtmf, 'tones can be sent');
    const sender = caller.connections[0]!.getSenders()[0]!.dtmf!;
    let tones = '';
    sender.addEventListener('tonechange', ({ tone }) => (tones += tone));
    const options = { duration: 70, gap: 50 };
    const first = caller.session.sendDtmf('12', options);
    const second = caller.session.sendDtmf('#', options);
    await first;
    assert.equal(tones, '12');
    await second;
    assert.equal(tones, '12#');
    assert.equal(sender.toneBuffer, '');
  });

  it('DTMF cannot be sent before the answer, nor by who only receives; what waits ends with the call', async () => {
    const caller = makeEnd({ audio: false });
    const callee = makeEnd({ track: toneTrack(880) });
    assert.isFalse(caller.session.canSendDtmf);
    await negotiate(caller.session, callee.session);
    assert.isFalse(caller.session.canSendDtmf);
    assert.equal(await codeOf(caller.session.sendDtmf('1', { duration: 100, gap: 50 })), 'invalidState');
    await until(() => callee.session.canSendDtmf, 'tones can be sent');
    const pending = codeOf(callee.session.sendDtmf('1,,,2', { duration: 100, gap: 50 }));
    callee.session.close();
    assert.equal(await pending, 'aborted');
  });

  it('statistics move: packets and bytes each way, codec, level, candidates', async () => {
    const caller = makeEnd({ track: toneTrack(440) });
    const callee = makeEnd({ track: toneTrack(880), playout: true });
    await negotiate(caller.session, callee.session);
    await until(async () => (await caller.session.getStats()).inbound.packets > 20, 'packets come');
    await until(async () => ((await callee.session.getStats()).inbound.audioLevel ?? 0) > 0.05, 'the level rises');
    const stats = await caller.session.getStats();
    assert.isAbove(stats.inbound.bytes, 0);
    assert.isAbove(stats.outbound.packets, 0);
    assert.isAbove(stats.outbound.bytes, 0);
    assert.equal(stats.inbound.packetsLost, 0);
    assert.equal(stats.codec, 'opus/48000/2');
    assert.oneOf(stats.localCandidate, ['host', 'prflx']);
    assert.isNumber(stats.roundTripTime);
    assert.isNumber(stats.inbound.jitter);
  });
});

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'none';
  } catch (error) {
    return (error as { code: string }).code;
  }
}
