// What the fake media of the unit tests can do: no more than a browser, and quickly.
import { assert } from 'chai';
import { systemClock } from '../../lib/base/clock.js';
import type { EvercallError } from '../../lib/base/errors.js';
import { silentLogger } from '../../lib/base/log.js';
import { MediaSession } from '../../lib/media/media-session.js';
import type { FakeMedia } from '../support/fake-media.js';
import { fakeMediaEnvironment } from '../support/fake-media.js';

function makeSession(env: FakeMedia): { session: MediaSession; states: string[] } {
  const states: string[] = [];
  const config = {
    iceServers: [],
    iceTransportPolicy: 'all',
    gatheringTimeout: 100,
    audio: true,
    receiveOnlyWithoutMicrophone: false,
    playout: true,
    holdStyle: 'sendonly',
  } as const;
  const session = new MediaSession(config, env, systemClock, silentLogger, {
    onMediaState: (state) => states.push(state),
    onRemoteTrack: () => undefined,
  });
  return { session, states };
}

async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return (error as EvercallError).code;
  }
}

describe('the fake media environment', () => {
  const env = fakeMediaEnvironment();

  async function connected(): Promise<[ReturnType<typeof makeSession>, ReturnType<typeof makeSession>]> {
    const [caller, callee] = [makeSession(env), makeSession(env)];
    await caller.session.applyAnswer(await callee.session.createAnswer(await caller.session.createOffer()));
    return [caller, callee];
  }

  it('connects two sessions', async () => {
    const [caller, callee] = await connected();
    assert.deepEqual(caller.states, ['connecting', 'connected']);
    assert.deepEqual(callee.states, ['connecting', 'connected']);
    assert.isTrue(caller.session.canSendDtmf);
    await caller.session.sendDtmf('12#', { duration: 100, gap: 50 });
    assert.equal(env.connections.at(-2)?.getSenders()[0]?.dtmf?.played, '12#');
  });

  it('holds by direction, and the ICE credentials stay', async () => {
    const [caller, callee] = await connected();
    const before = env.connections.at(-2)!.localDescription!.sdp;
    caller.session.setHold(true);
    const offer = await caller.session.createOffer();
    assert.include(offer, 'a=sendonly');
    assert.include(offer, /a=ice-ufrag:.*/.exec(before)![0]);
    const answer = await callee.session.createAnswer(offer);
    assert.include(answer, 'a=recvonly');
    assert.isTrue(callee.session.remoteHold);
    await caller.session.applyAnswer(answer);
    assert.isFalse(caller.session.remoteHold);
  });

  it('rolls back, and restarts ICE with other credentials', async () => {
    const [caller] = await connected();
    const ufrag = (sdp: string): string | undefined => /a=ice-ufrag:.*/.exec(sdp)?.[0];
    const before = ufrag(env.connections.at(-2)!.localDescription!.sdp);
    assert.notEqual(ufrag(await caller.session.createOffer({ iceRestart: true })), before);
    await caller.session.rollback();
    assert.equal(ufrag(await caller.session.createOffer()), before);
  });

  it('refuses what a browser refuses', async () => {
    const [caller, callee] = await connected();
    assert.equal(await codeOf(caller.session.applyAnswer('v=0\r\n')), 'invalidState');
    assert.equal(await codeOf(callee.session.createAnswer('no SDP at all')), 'negotiation');
    caller.session.close();
    assert.equal(await codeOf(caller.session.createOffer()), 'aborted');
  });

  it('a refused microphone leaves nothing behind', async () => {
    const env = fakeMediaEnvironment();
    env.microphoneError = new DOMException('Permission denied', 'NotAllowedError');
    const { session } = makeSession(env);
    assert.equal(await codeOf(session.createOffer()), 'mediaDenied');
    assert.isUndefined(session.peerConnection);
    assert.equal(env.connections[0]?.connectionState, 'closed');
    assert.equal(env.connections[0]?.listenerCount, 0);
  });

  it('after close() no track is live and nobody listens', async () => {
    const env = fakeMediaEnvironment();
    const { session, states } = makeSession(env);
    await session.createOffer();
    session.close();
    session.close();
    assert.deepEqual(
      env.microphones.map(({ readyState }) => readyState),
      ['ended'],
    );
    assert.equal(env.connections[0]?.listenerCount, 0);
    assert.deepEqual(states, ['closed']);
  });
});
