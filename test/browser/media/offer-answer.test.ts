// Two media sessions of one page talk to each other by offer and answer.
import { assert } from 'chai';
import { closeAll, connectedPair, direction, Ear, lines, makeEnd, negotiate, toneTrack, until } from './ends.js';

describe('MediaSession: offer and answer', () => {
  afterEach(closeAll);

  it('a tone sent at either side is heard at the other', async () => {
    const { caller, callee } = await connectedPair();
    await Promise.all([
      new Ear(callee.session.remoteStream).hears(440),
      new Ear(caller.session.remoteStream).hears(880),
    ]);
    assert.deepEqual(caller.states, ['connecting', 'connected']);
    assert.equal(caller.session.state, 'connected');
    assert.equal(caller.tracks.length, 1);
    assert.equal(callee.tracks.length, 1);
  });

  it('the microphone is opened once and is what is sent', async () => {
    const [caller, callee] = [makeEnd(), makeEnd({ audio: false })];
    await negotiate(caller.session, callee.session);
    await negotiate(caller.session, callee.session);
    assert.equal(caller.microphones.length, 1);
    assert.equal(caller.connections[0]?.getSenders()[0]?.track, caller.microphones[0]);
    assert.isEmpty(callee.microphones);
    await until(async () => (await callee.session.getStats()).inbound.packets > 10, 'packets come');
  });

  it('late offer: who is called without one makes it, and takes the answer (RFC 3261 §13.2.1)', async () => {
    const caller = makeEnd({ track: toneTrack(440) });
    const callee = makeEnd({ track: toneTrack(880) });
    const offer = await callee.session.createOffer();
    await callee.session.applyAnswer(await caller.session.createAnswer(offer));
    await new Ear(callee.session.remoteStream).hears(440);
    await new Ear(caller.session.remoteStream).hears(880);
  });

  it('networkPriority is set on what is sent, in offer and answer, where the browser has it (RFC 8837)', async () => {
    const config = { networkPriority: 'high' } as const;
    const [caller, callee] = [
      makeEnd({ track: toneTrack(440), ...config }),
      makeEnd({ track: toneTrack(880), ...config }),
    ];
    await negotiate(caller.session, callee.session);
    await new Ear(callee.session.remoteStream).hears(440);
    await new Ear(caller.session.remoteStream).hears(880);
    const isFirefox = navigator.userAgent.includes('Firefox');
    for (const { connections } of [caller, callee]) {
      const [encoding] = connections[0]!.getSenders()[0]!.getParameters().encodings;
      assert.equal(encoding?.networkPriority, isFirefox ? undefined : 'high');
    }
  });

  it('the offer carries candidates of ours, and the answer too', async () => {
    const [caller, callee] = [makeEnd(), makeEnd()];
    const { offer, answer } = await negotiate(caller.session, callee.session);
    assert.isNotEmpty(lines(offer, 'a=candidate:'));
    assert.isNotEmpty(lines(answer, 'a=candidate:'));
  });

  it('without microphone, by choice, the call only receives', async () => {
    const caller = makeEnd({ audio: false });
    const callee = makeEnd({ track: toneTrack(880) });
    const { offer, answer } = await negotiate(caller.session, callee.session);
    assert.equal(direction(offer), 'recvonly');
    assert.equal(direction(answer), 'sendonly');
    assert.isFalse(caller.session.remoteHold, 'who is not sent to holds nobody');
    await new Ear(caller.session.remoteStream).hears(880);
  });

  it('offered video is refused, and the audio flows (RFC 3264 §6)', async () => {
    const offerer = new RTCPeerConnection();
    const audio = toneTrack(440);
    offerer.addTrack(audio);
    offerer.addTransceiver('video');
    const callee = makeEnd({ track: toneTrack(880) });
    const answer = await answerTo(offerer, callee.session);
    assert.deepEqual(uses(answer), ['audio', 'no video']);
    assert.equal(direction(answer), 'sendrecv');
    await new Ear(callee.session.remoteStream).hears(440);
    assert.equal(callee.tracks.length, 1);
    offerer.close();
  });

  it('video offered before the audio, and a second audio, are refused; the order of sections stays', async () => {
    const offerer = new RTCPeerConnection();
    offerer.addTransceiver('video');
    offerer.addTrack(toneTrack(440));
    offerer.addTransceiver('audio');
    const callee = makeEnd({ track: toneTrack(880) });
    const answer = await answerTo(offerer, callee.session);
    assert.deepEqual(uses(answer), ['no video', 'audio', 'no audio']);
    await new Ear(callee.session.remoteStream).hears(440);
    const reoffer = await callee.session.createOffer();
    assert.deepEqual(uses(reoffer), ['no video', 'audio', 'no audio']);
    offerer.close();
  });

  it('an ICE restart has a new ufrag and the old fingerprint, and the audio goes on (RFC 8839 §4.4.1.1.1)', async () => {
    const { caller, callee } = await connectedPair();
    const before = caller.connections[0]!.localDescription!.sdp;
    await new Ear(callee.session.remoteStream).hears(440);
    const offer = await caller.session.createOffer({ iceRestart: true });
    assert.notDeepEqual(lines(offer, 'a=ice-ufrag:'), lines(before, 'a=ice-ufrag:'));
    assert.deepEqual(lines(offer, 'a=fingerprint:'), lines(before, 'a=fingerprint:'));
    assert.isNotEmpty(lines(offer, 'a=candidate:'));
    const answer = await callee.session.createAnswer(offer);
    assert.isNotEmpty(lines(answer, 'a=candidate:'));
    await caller.session.applyAnswer(answer);
    await until(async () => (await flows(caller, callee)) > 0, 'packets go on');
    await new Ear(callee.session.remoteStream).hears(440);
    assert.equal(caller.tracks.length, 1);
  });

  it('an offer that got 488 or 491 is rolled back, and the next one works', async () => {
    const { caller, callee } = await connectedPair();
    await new Ear(callee.session.remoteStream).hears(440);
    await caller.session.createOffer();
    await caller.session.rollback();
    const { offer } = await negotiate(caller.session, callee.session);
    assert.equal(direction(offer), 'sendrecv');
    await new Ear(callee.session.remoteStream).hears(440);
  });

  it('an ICE restart that was rolled back leaves the session as it was: audio, and the former ufrag', async () => {
    const { caller, callee } = await connectedPair();
    const before = lines(caller.connections[0]!.localDescription!.sdp, 'a=ice-ufrag:');
    await new Ear(callee.session.remoteStream).hears(440);
    await caller.session.createOffer({ iceRestart: true });
    await caller.session.rollback();
    await until(async () => (await flows(caller, callee)) > 50, 'a second of packets goes on');
    const { offer } = await negotiate(caller.session, callee.session);
    assert.deepEqual(lines(offer, 'a=ice-ufrag:'), before);
    await new Ear(callee.session.remoteStream).hears(440);
    await new Ear(caller.session.remoteStream).hears(880);
  });

  it('glare: the offer of the peer takes the place of our own', async () => {
    const { caller, callee } = await connectedPair();
    const [, theirs] = await Promise.all([caller.session.createOffer(), callee.session.createOffer()]);
    await callee.session.applyAnswer(await caller.session.createAnswer(theirs));
    await new Ear(callee.session.remoteStream).hears(440);
  });

  it('the first offer rolled back, an incoming one can be answered with a single audio section', async () => {
    const caller = makeEnd({ track: toneTrack(440) });
    const callee = makeEnd({ track: toneTrack(880) });
    await caller.session.createOffer();
    await caller.session.rollback();
    await negotiate(callee.session, caller.session);
    await new Ear(callee.session.remoteStream).hears(440);
    const { offer } = await negotiate(caller.session, callee.session);
    assert.equal(lines(offer, 'm=').length, 1);
  });

  it('offers asked for at once are made one after another', async () => {
    const { caller, callee } = await connectedPair();
    const [first, second] = await Promise.all([caller.session.createOffer(), caller.session.createOffer()]);
    assert.equal(direction(first), 'sendrecv');
    await caller.session.applyAnswer(await callee.session.createAnswer(second));
    await new Ear(callee.session.remoteStream).hears(440);
  });
});

/** The sections of an SDP: refused is one of port 0, and in effect one that is inactive. */
function uses(sdp: string): string[] {
  return sdp
    .split(/^m=/m)
    .slice(1)
    .map((section) => {
      const [kind, port] = section.split(' ');
      return port === '0' || /^a=inactive\r?$/m.test(section) ? `no ${kind}` : kind!;
    });
}

async function answerTo(
  offerer: RTCPeerConnection,
  session: { createAnswer(sdp: string): Promise<string> },
): Promise<string> {
  await offerer.setLocalDescription();
  await until(() => offerer.iceGatheringState === 'complete', 'gathering is complete');
  const answer = await session.createAnswer(offerer.localDescription!.sdp);
  await offerer.setRemoteDescription({ type: 'answer', sdp: answer });
  return answer;
}

interface Measured {
  readonly session: { getStats(): Promise<{ readonly inbound: { readonly packets: number } }> };
}

const starts = new WeakMap<object, number>();
/** Packets that both sides have received since this was first asked. */
async function flows(...ends: Measured[]): Promise<number> {
  const counts = await Promise.all(
    ends.map(async ({ session }) => {
      const { packets } = (await session.getStats()).inbound;
      if (!starts.has(session)) starts.set(session, packets);
      return packets - starts.get(session)!;
    }),
  );
  return Math.min(...counts);
}
