// How a media session begins and ends: the microphone that is refused, the offer that is wrong, close() at any moment.
import { assert } from 'chai';
import { EvercallError } from '../../../lib/base/errors.js';
import { closeAll, connectedPair, direction, Ear, lines, makeEnd, negotiate, toneTrack, until } from './ends.js';

describe('MediaSession: life and errors', () => {
  afterEach(closeAll);

  for (const [name, message, code] of [
    ['NotAllowedError', 'Permission denied', 'mediaDenied'],
    ['NotAllowedError', 'Permission dismissed', 'mediaDismissed'],
    ['NotFoundError', 'Requested device not found', 'mediaAbsent'],
    ['NotReadableError', 'Could not start audio source', 'mediaBusy'],
  ] as const) {
    const refuse = { getUserMedia: () => Promise.reject(new DOMException(message, name)) };

    it(`${name} (${message}): the offer rejects with ${code}, and nothing is left`, async () => {
      const { session, connections, states } = makeEnd({}, refuse);
      const error = await errorOf(session.createOffer());
      assert.equal(error.code, code);
      assert.instanceOf(error.cause, DOMException);
      assert.equal(connections[0]?.signalingState, 'closed');
      assert.isUndefined(session.peerConnection);
      assert.isEmpty(states);
    });

    it(`${name} (${message}): the call goes on receive-only when the option says so`, async () => {
      const config = { receiveOnlyWithoutMicrophone: true };
      const [caller, callee] = [makeEnd(config, refuse), makeEnd({ track: toneTrack(880) })];
      const { offer, answer } = await negotiate(caller.session, callee.session);
      assert.deepEqual([direction(offer), direction(answer)], ['recvonly', 'sendonly']);
      assert.isNotEmpty(lines(offer, 'a=candidate:'));
      await new Ear(caller.session.remoteStream).hears(880);
      const [other, answering] = [makeEnd({ track: toneTrack(880) }), makeEnd(config, refuse)];
      const incoming = await negotiate(other.session, answering.session);
      assert.equal(direction(incoming.answer), 'recvonly');
      await new Ear(answering.session.remoteStream).hears(880);
    });
  }

  it('a microphone that fails when answering rejects the answer, and the next try may succeed', async () => {
    let works = false;
    const callee = makeEnd(
      {},
      {
        getUserMedia: (constraints) =>
          works
            ? navigator.mediaDevices.getUserMedia(constraints)
            : Promise.reject(new DOMException('', 'NotReadableError')),
      },
    );
    const offer = await makeEnd().session.createOffer();
    assert.equal((await errorOf(callee.session.createAnswer(offer))).code, 'mediaBusy');
    works = true;
    assert.equal(direction(await callee.session.createAnswer(offer)), 'sendrecv');
  });

  it('close() while the user is asked for the microphone: the track that comes later is stopped at once', async () => {
    let asked = false;
    let allow = (): void => undefined;
    const allowed = new Promise<void>((resolve) => (allow = resolve));
    const { session, microphones } = makeEnd(
      {},
      {
        getUserMedia: async (constraints) => {
          asked = true;
          await allowed;
          return navigator.mediaDevices.getUserMedia(constraints);
        },
      },
    );
    const offering = errorOf(session.createOffer());
    await until(() => asked, 'the user is asked');
    session.close();
    assert.equal((await offering).code, 'aborted');
    assert.isEmpty(microphones);
    allow();
    await until(() => microphones[0]?.readyState === 'ended', 'the track is stopped');
  });

  it('an offer aborted by its signal leaves the session as it was', async () => {
    const { caller, callee } = await connectedPair();
    const controller = new AbortController();
    const offering = errorOf(caller.session.createOffer({ signal: controller.signal, iceRestart: true }));
    controller.abort();
    assert.equal((await offering).code, 'aborted');
    await negotiate(caller.session, callee.session);
    await new Ear(callee.session.remoteStream).hears(440);
  });

  it('close() stops what was opened, ends the connection and rejects what waits; twice is fine', async () => {
    const [caller, callee] = [makeEnd(), makeEnd()];
    await negotiate(caller.session, callee.session);
    const waiting = [errorOf(caller.session.createOffer()), errorOf(caller.session.createOffer({ iceRestart: true }))];
    caller.session.close();
    caller.session.close();
    assert.deepEqual(
      (await Promise.all(waiting)).map(({ code }) => code),
      ['aborted', 'aborted'],
    );
    assert.equal(caller.microphones[0]?.readyState, 'ended');
    await until(() => caller.connections[0]?.signalingState === 'closed', 'it is closed with its next event');
    assert.equal(caller.states.at(-1), 'closed');
    assert.equal(caller.states.filter((state) => state === 'closed').length, 1);
    assert.equal(caller.session.state, 'closed');
    assert.equal((await errorOf(caller.session.rollback())).code, 'aborted');
    assert.equal((await caller.session.getStats()).inbound.packets, 0);
  });

  for (const [what, spoil] of [
    ['is no SDP', () => 'hello'],
    ['is empty', () => ''],
    ['is cut short', (sdp: string) => sdp.slice(0, sdp.indexOf('a=ice-pwd'))],
    ['has plain RTP/AVP', (sdp: string) => sdp.replace('UDP/TLS/RTP/SAVPF', 'RTP/AVP')],
    ['has its audio refused', (sdp: string) => sdp.replace(/m=audio \d+/, 'm=audio 0')],
    ['has no fingerprint', (sdp: string) => sdp.replace(/a=fingerprint:.*\r\n/g, '')],
    ['has no ICE', (sdp: string) => sdp.replace(/a=ice-(ufrag|pwd):.*\r\n/g, '')],
  ] as const) {
    it(`an offer that ${what} is refused as negotiation, and the call goes on as it was`, async () => {
      const { caller, callee } = await connectedPair();
      const offer = await caller.session.createOffer();
      assert.equal((await errorOf(callee.session.createAnswer(spoil(offer)))).code, 'negotiation');
      assert.equal(callee.connections[0]?.signalingState, 'stable');
      await caller.session.applyAnswer(await callee.session.createAnswer(offer));
      await new Ear(callee.session.remoteStream).hears(440);
    });

    it(`an answer that ${what} is refused as negotiation, and a better one is taken`, async () => {
      const [caller, callee] = [makeEnd({ track: toneTrack(440) }), makeEnd({ track: toneTrack(880) })];
      const answer = await callee.session.createAnswer(await caller.session.createOffer());
      assert.equal((await errorOf(caller.session.applyAnswer(spoil(answer)))).code, 'negotiation');
      await caller.session.applyAnswer(answer);
      await new Ear(callee.session.remoteStream).hears(440);
    });
  }

  it('an answer without an offer is an invalid state', async () => {
    const { caller } = await connectedPair();
    const answer = caller.connections[0]!.remoteDescription!.sdp;
    assert.equal((await errorOf(caller.session.applyAnswer(answer))).code, 'invalidState');
  });

  it('ICE servers that the browser refuses are an invalid option', async () => {
    const { session } = makeEnd({ iceServers: [{ urls: 'nonsense:' }] });
    assert.equal((await errorOf(session.createOffer())).code, 'invalidOption');
  });

  it('a function gives the ICE servers, anew for each ICE restart; if it fails, the call goes on without', async () => {
    const answers = [[], [{ urls: 'stun:127.0.0.1:34789' }]];
    const caller = makeEnd({
      iceServers: () => {
        const servers = answers.shift();
        return servers ? Promise.resolve(servers) : Promise.reject(new Error('503'));
      },
    });
    const callee = makeEnd();
    await negotiate(caller.session, callee.session);
    await caller.session.createOffer({ iceRestart: true });
    assert.equal([caller.connections[0]!.getConfiguration().iceServers?.[0]?.urls].flat()[0], 'stun:127.0.0.1:34789');
    await caller.session.createOffer({ iceRestart: true });
    assert.equal(caller.connections[0]!.getConfiguration().iceServers?.length, 1);
  });

  it('a STUN server that never answers does not keep the offer', async () => {
    const { session, connections } = makeEnd({ iceServers: [{ urls: 'stun:127.0.0.1:34789' }] });
    const offer = await session.createOffer();
    assert.isNotEmpty(lines(offer, 'a=candidate:'));
    assert.equal(connections[0]?.iceGatheringState, 'gathering');
  });
});

describe('play-out', () => {
  afterEach(closeAll);

  it('one element plays the call, and lets go of it at the end', async () => {
    const elements: HTMLAudioElement[] = [];
    const createAudioElement = (): HTMLAudioElement => {
      elements.push(new Audio());
      return elements.at(-1)!;
    };
    const [caller, callee] = [makeEnd({ playout: true }, { createAudioElement }), makeEnd({ track: toneTrack(880) })];
    await negotiate(caller.session, callee.session);
    await negotiate(caller.session, callee.session);
    assert.equal(elements.length, 1);
    assert.isFalse(elements[0]!.muted);
    await until(() => elements[0]!.currentTime > 0, 'it plays');
    assert.isTrue(await caller.session.resumePlayout());
    caller.session.close();
    assert.isTrue(elements[0]!.paused);
    assert.isNull(elements[0]!.srcObject);
    assert.isFalse(await caller.session.resumePlayout());
  });

  it('an autoplay policy that forbids it is told, never thrown, and a gesture can make up for it', async () => {
    let allowed = false;
    const element = new Audio();
    const play = element.play.bind(element);
    element.play = () => (allowed ? play() : Promise.reject(new DOMException('no gesture', 'NotAllowedError')));
    let blocked = 0;
    const caller = makeEnd(
      { playout: true },
      { createAudioElement: () => element },
      { onPlayoutBlocked: () => blocked++ },
    );
    const callee = makeEnd({ track: toneTrack(880) });
    await negotiate(caller.session, callee.session);
    await until(() => blocked === 1, 'it is told');
    allowed = true;
    assert.isTrue(await caller.session.resumePlayout());
  });
});

async function errorOf(promise: Promise<unknown>): Promise<EvercallError> {
  const outcome = await promise.then(
    (value) => value,
    (error: unknown) => error,
  );
  assert.instanceOf(outcome, EvercallError);
  return outcome;
}
