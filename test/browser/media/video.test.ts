// Video between two media sessions of one page: asked for, added, refused, removed, replaced; and the m-lines stay in their places.
import { assert } from 'chai';
import type { MediaSession } from '../../../lib/media/media-session.js';
import { isTaken } from '../../../lib/media/video-line.js';
import {
  canvasTrack,
  closeAll,
  colourOf,
  Ear,
  endingTrack,
  lines,
  makeEnd,
  negotiate,
  seesVideo,
  toneTrack,
  until,
} from './ends.js';
import type { End } from './ends.js';

/** Kind and direction of each section, and `0` for one that is refused. */
function sections(sdp: string): string[] {
  return sdp
    .split(/^m=/m)
    .slice(1)
    .map((section) => {
      const [kind, port] = section.split(' ');
      const direction = /^a=(sendrecv|sendonly|recvonly|inactive)\r?$/m.exec(section)?.[1];
      return port === '0' && !/^a=bundle-only/m.test(section) ? `${kind!} 0` : `${kind!} ${direction!}`;
    });
}

/** Adds video as a call does: prepared, enlisted, offered. */
async function addVideo(end: MediaSession, track: MediaStreamTrack, isScreen = false): Promise<void> {
  const videos = await end.videos();
  videos.enlist(await videos.prepare(track, isScreen, end.signal));
}

describe('MediaSession: video', () => {
  afterEach(closeAll);

  const audioOnly = (tone: number): End => makeEnd({ track: toneTrack(tone) });

  it('CALL-25: both ask for it: audio first, then video, and frames are decoded both ways', async () => {
    const [caller, callee] = [makeEnd({ video: true }), makeEnd({ video: true })];
    const { offer, answer } = await negotiate(caller.session, callee.session);
    assert.deepEqual(sections(offer), ['audio sendrecv', 'video sendrecv']);
    assert.deepEqual(sections(answer), ['audio sendrecv', 'video sendrecv']);
    await Promise.all([seesVideo(caller), seesVideo(callee)]);
    assert.deepEqual(callee.tracks.map(({ kind }) => kind).sort(), ['audio', 'video']);
    assert.equal(caller.session.localVideo?.getVideoTracks()[0]?.readyState, 'live');
    caller.session.close();
    assert.isTrue(
      caller.microphones.every(({ readyState }) => readyState === 'ended'),
      'the camera is let go',
    );
  });

  it('IPC-29: a whole picture when it is asked for, decoded at the far end within a second, where the browser can do that', async () => {
    const [caller, callee] = [makeEnd({ video: true }), makeEnd({ video: true })];
    await negotiate(caller.session, callee.session);
    await seesVideo(callee);
    const keyFrames = async (): Promise<number> => {
      let sum = 0;
      (await callee.connections[0]!.getStats()).forEach((entry: { type: string; keyFramesDecoded?: number }) => {
        if (entry.type === 'inbound-rtp') sum += entry.keyFramesDecoded ?? 0;
      });
      return sum;
    };
    const before = await keyFrames();
    caller.session.sendKeyFrames();
    const asked = performance.now();
    if (navigator.userAgent.includes('Firefox')) {
      await seesVideo(callee); // it knows nothing of it, and goes on
      return;
    }
    await until(async () => (await keyFrames()) > before, 'another whole picture is decoded');
    assert.isBelow(performance.now() - asked, 1000);
  });

  it('CALL-23: video that nobody wants here is answered inactive, and stays so; the audio flows', async () => {
    const caller = makeEnd({ track: toneTrack(440), video: canvasTrack('red') });
    const callee = audioOnly(880);
    const { answer } = await negotiate(caller.session, callee.session);
    assert.deepEqual(sections(answer), ['audio sendrecv', 'video inactive']);
    await new Ear(callee.session.remoteStream).hears(440);
    const again = await negotiate(caller.session, callee.session);
    assert.deepEqual(sections(again.answer), ['audio sendrecv', 'video inactive']);
    const ours = await negotiate(callee.session, caller.session);
    assert.deepEqual(sections(ours.offer), ['audio sendrecv', 'video inactive']);
    assert.deepEqual(
      callee.session.lines.map(({ kind, status }) => `${kind} ${status}`),
      ['audio active', 'video none'],
    );
  });

  it('CALL-25: added in mid-call and refused; the peer then adds it in the same section, and it is taken', async () => {
    const [caller, callee] = [audioOnly(440), audioOnly(880)];
    await negotiate(caller.session, callee.session);
    const videos = await caller.session.videos();
    const { line, undo } = videos.enlist(await videos.prepare(canvasTrack('red'), false, caller.session.signal));
    const refused = await negotiate(caller.session, callee.session);
    assert.deepEqual(sections(refused.offer), ['audio sendrecv', 'video sendrecv']);
    assert.deepEqual(sections(refused.answer), ['audio sendrecv', 'video inactive']);
    assert.isFalse(isTaken(line));
    undo();
    await addVideo(callee.session, canvasTrack('blue'));
    const offer = await callee.session.createOffer();
    assert.deepEqual(sections(offer), ['audio sendrecv', 'video sendrecv']);
    const answer = await caller.session.createAnswer(offer, { video: canvasTrack('red') });
    await callee.session.applyAnswer(answer);
    assert.deepEqual(sections(answer), ['audio sendrecv', 'video sendrecv']);
    await Promise.all([seesVideo(caller), seesVideo(callee)]);
    assert.equal(await colourOf(caller.tracks.find(({ kind }) => kind === 'video')!), 'blue');
  });

  it('CALL-25: removed is port 0, added again takes the place: the number of m-lines never falls (RFC 3264 §8)', async () => {
    const caller = makeEnd({ track: toneTrack(440), video: canvasTrack('red') });
    const callee = makeEnd({ track: toneTrack(880), video: canvasTrack('blue') });
    await negotiate(caller.session, callee.session);
    await seesVideo(callee);
    (await caller.session.videos()).removeAll();
    const removed = await negotiate(caller.session, callee.session);
    assert.deepEqual(sections(removed.offer), ['audio sendrecv', 'video 0']);
    assert.deepEqual(sections(removed.answer), ['audio sendrecv', 'video 0']);
    assert.deepEqual(
      [caller, callee].map(({ session }) => session.lines.map(({ status }) => status)),
      [
        ['active', 'none'],
        ['active', 'none'],
      ],
    );
    assert.isUndefined(callee.session.localVideo, 'a camera that nobody sees is off');
    await addVideo(caller.session, canvasTrack('green'));
    const offer = await caller.session.createOffer();
    assert.deepEqual(sections(offer), ['audio sendrecv', 'video sendrecv']);
    const answer = await callee.session.createAnswer(offer, { video: 'recvonly' });
    await caller.session.applyAnswer(answer);
    assert.deepEqual(sections(answer), ['audio sendrecv', 'video recvonly']);
    await seesVideo(callee);
    assert.equal(await colourOf(callee.tracks.filter(({ kind }) => kind === 'video').at(-1)!), 'green');
    await new Ear(callee.session.remoteStream).hears(440);
  });

  it('CALL-25: a second section for the screen, which is only sent; each side may offer after it', async () => {
    const caller = makeEnd({ track: toneTrack(440), video: canvasTrack('red') });
    const callee = makeEnd({ track: toneTrack(880), video: true });
    await negotiate(caller.session, callee.session);
    await addVideo(caller.session, canvasTrack('green'), true);
    const offer = await caller.session.createOffer();
    assert.deepEqual(sections(offer), ['audio sendrecv', 'video sendrecv', 'video sendonly']);
    const answer = await callee.session.createAnswer(offer, { video: true });
    await caller.session.applyAnswer(answer);
    assert.deepEqual(sections(answer), ['audio sendrecv', 'video sendrecv', 'video recvonly']);
    await until(() => callee.tracks.length === 3, 'the screen is announced');
    assert.equal(await colourOf(callee.tracks[2]!), 'green');
    assert.deepEqual(
      caller.session.lines.map(({ screen }) => screen),
      [false, false, true],
    );
    const back = await negotiate(callee.session, caller.session);
    assert.deepEqual(sections(back.offer), ['audio sendrecv', 'video sendrecv', 'video recvonly']);
    assert.deepEqual(sections(back.answer), ['audio sendrecv', 'video sendrecv', 'video sendonly']);
  });

  it('CALL-31: the screen in the place of the camera, and another camera, without a word to the peer; its end brings the camera back', async () => {
    const caller = makeEnd({ track: toneTrack(440), video: canvasTrack('red') });
    const callee = makeEnd({ track: toneTrack(880), video: true });
    await negotiate(caller.session, callee.session);
    await seesVideo(callee);
    const [video] = callee.tracks.filter(({ kind }) => kind === 'video');
    const shows = (what: string, isIt: (colour: string) => boolean): Promise<void> =>
      until(async () => isIt(await colourOf(video!)), `${what} is seen`);
    const screens = (): boolean[] => caller.session.lines.map(({ screen }) => screen);
    const { localDescription } = caller.connections[0]!;
    const videos = await caller.session.videos();
    const screen = await endingTrack(canvasTrack('green'));
    await videos.shareInPlace(videos.camera!, screen.track, caller.session.signal);
    await shows('the screen', (colour) => colour === 'green');
    assert.deepEqual(screens(), [false, true]);
    await screen.end(); // as the browser's own button does
    await shows('the camera', (colour) => colour === 'red');
    assert.deepEqual(screens(), [false, false]);
    await videos.replace(canvasTrack('blue'));
    await shows('another camera', (colour) => colour === 'blue');
    assert.equal(caller.connections[0]!.localDescription?.sdp, localDescription?.sdp);
    assert.equal(caller.connections[0]!.signalingState, 'stable');
  });

  it('CALL-24: a direction lasts through offers of either side, through hold and its end', async () => {
    const caller = makeEnd({ track: toneTrack(440), video: canvasTrack('red') });
    const callee = makeEnd({ track: toneTrack(880), video: canvasTrack('blue') });
    await negotiate(caller.session, callee.session);
    caller.session.setDirection('video', 'recvonly');
    const narrowed = await negotiate(caller.session, callee.session);
    assert.deepEqual(sections(narrowed.offer), ['audio sendrecv', 'video recvonly']);
    assert.deepEqual(sections(narrowed.answer), ['audio sendrecv', 'video sendonly']);
    assert.deepEqual(
      callee.session.lines.map(({ status }) => status),
      ['active', 'active'],
      'one way is no hold',
    );
    const theirs = await negotiate(callee.session, caller.session);
    assert.deepEqual(sections(theirs.answer), ['audio sendrecv', 'video recvonly']);
    caller.session.setHold(true);
    const held = await negotiate(caller.session, callee.session);
    assert.deepEqual(sections(held.offer), ['audio sendonly', 'video inactive']);
    assert.deepEqual(
      [caller, callee].map(({ session }) => session.lines.map(({ status }) => status)),
      [
        ['localHold', 'localHold'],
        ['remoteHold', 'remoteHold'],
      ],
    );
    caller.session.setHold(false);
    const resumed = await negotiate(caller.session, callee.session);
    assert.deepEqual(sections(resumed.offer), ['audio sendrecv', 'video recvonly']);
    caller.session.setDirection('video', 'sendrecv');
    const lifted = await negotiate(caller.session, callee.session);
    assert.deepEqual(sections(lifted.offer), ['audio sendrecv', 'video sendrecv']);
    assert.deepEqual(sections(lifted.answer), ['audio sendrecv', 'video sendrecv']);
    await seesVideo(callee);
  });

  it('CALL-27: codecs in the order of the wish, none besides, with telephone-event; what the browser lacks is left out', async () => {
    const codecs = { audio: ['PCMA', 'G.999', 'opus'], video: ['VP8'] };
    const caller = makeEnd({ track: toneTrack(440), video: canvasTrack('red'), codecs });
    const callee = makeEnd({ track: toneTrack(880), video: true });
    const { offer } = await negotiate(caller.session, callee.session);
    const [audio, video] = offer.split(/^m=/m).slice(1);
    const names = (section: string): string[] => {
      const types = /^\S+ \S+ \S+ (.*?)\r?$/m.exec(section)![1]!.split(' ');
      return types.map((type) => lines(section, `a=rtpmap:${type} `)[0]?.split('/')[0] ?? type);
    };
    assert.deepEqual(names(audio!).slice(0, 2), ['PCMA', 'opus']);
    assert.include(names(audio!), 'telephone-event');
    assert.notIncludeMembers(names(audio!), ['PCMU', 'G722']);
    assert.equal(names(video!)[0], 'VP8');
    assert.notIncludeMembers(names(video!), ['H264', 'VP9', 'AV1']);
    await seesVideo(callee);
    assert.deepEqual(
      caller.session.lines.map(({ codec }) => codec),
      ['PCMA/8000', 'VP8/90000'],
    );
    assert.equal((await caller.session.getStats()).codec, 'PCMA/8000');
  });

  it('CALL-27: an offer without any of our codecs fails, and leaves the session free for the next', async () => {
    const caller = makeEnd({ track: toneTrack(440), codecs: { audio: ['PCMU'] } });
    const callee = makeEnd({ track: toneTrack(880), codecs: { audio: ['opus'] } });
    const offer = await caller.session.createOffer();
    const error = await callee.session.createAnswer(offer).then(
      () => assert.fail('answered'),
      (reason: unknown) => reason as { code: string },
    );
    assert.equal(error.code, 'negotiation');
  });

  it('CALL-32: what a peerConnection handler adds is in the offer behind the audio, answered, and stays in its place', async () => {
    let channel: RTCDataChannel | undefined;
    const caller = makeEnd(
      { track: toneTrack(440) },
      {},
      {
        onPeerConnection: (pc) => {
          caller.connections.push(pc);
          assert.lengthOf(pc.getSenders(), 1, 'the place for an encoded transform');
          pc.addTransceiver(canvasTrack('red'), { direction: 'sendonly' });
          channel = pc.createDataChannel('app');
        },
      },
    );
    let peerChannel: RTCDataChannel | undefined; // Firefox closes one that nobody holds
    const callee = makeEnd(
      { track: toneTrack(880), video: 'recvonly' },
      {},
      {
        onPeerConnection: (pc) => {
          callee.connections.push(pc);
          pc.ondatachannel = (event) => (peerChannel = event.channel);
        },
      },
    );
    const { offer, answer } = await negotiate(caller.session, callee.session);
    assert.deepEqual(sections(offer).slice(0, 2), ['audio sendrecv', 'video sendonly']);
    assert.match(sections(offer)[2]!, /^application/);
    assert.deepEqual(sections(answer).slice(0, 2), ['audio sendrecv', 'video recvonly']);
    await seesVideo(callee);
    await until(() => channel!.readyState === 'open', 'the data channel opens');
    await until(() => peerChannel?.readyState === 'open', 'and at the other end');
    const back = await negotiate(callee.session, caller.session);
    assert.deepEqual(sections(back.answer).slice(0, 2), ['audio sendrecv', 'video sendonly']);
    caller.session.setHold(true);
    const held = await negotiate(caller.session, callee.session);
    assert.deepEqual(
      sections(held.offer).slice(0, 2),
      ['audio sendonly', 'video sendonly'],
      'the app’s own is the app’s',
    );
  });

  it('CALL-26: hooks see each description on its way; one that throws, or returns no SDP, fails that change and no more', async () => {
    const seen: string[] = [];
    let hook = (sdp: string): string => sdp.replace(/^s=.*$/m, 's=hooked');
    const caller = makeEnd({
      track: toneTrack(440),
      sdp: {
        outgoing: (sdp, { type }) => {
          seen.push(`out ${type}`);
          return hook(sdp);
        },
        incoming: (sdp, { type }) => {
          seen.push(`in ${type}`);
          return sdp;
        },
      },
    });
    const callee = audioOnly(880);
    const { offer } = await negotiate(caller.session, callee.session);
    assert.deepEqual(lines(offer, 's='), ['hooked']);
    assert.deepEqual(seen, ['out offer', 'in answer']);
    for (const bad of [
      (): string => '',
      (): string => {
        throw new Error('a bug');
      },
    ]) {
      // prettier-ignore
      hook = bad;
      const theirs = await callee.session.createOffer();
      for (const attempt of [caller.session.createOffer(), caller.session.createAnswer(theirs)])
        assert.equal(await attempt.then(() => 'done', (error: unknown) => (error as { code: string }).code), 'negotiation'); // prettier-ignore
      await callee.session.rollback();
    }
    hook = (sdp) => sdp;
    await negotiate(callee.session, caller.session);
    await negotiate(caller.session, callee.session);
    await new Ear(callee.session.remoteStream).hears(440);
  });
});
