// Nothing leaks, whenever a session ends: each step of each exchange is a moment to close it at.
import { assert } from 'chai';
import { silentLogger } from '../../lib/base/log.js';
import { MediaSession } from '../../lib/media/media-session.js';
import { FakeClock } from '../support/fake-clock.js';
import type { FakeMedia } from '../support/fake-media.js';
import { fakeMediaEnvironment } from '../support/fake-media.js';

/** More turns of the microtask queue than any exchange takes: the test checks that. */
const turns = 120;

class Rig {
  readonly env: FakeMedia = fakeMediaEnvironment();
  readonly clock = new FakeClock();
  readonly heard: string[] = [];
  readonly session = new MediaSession(
    {
      iceServers: () => Promise.resolve([{ urls: 'stun:stun.example' }]),
      iceTransportPolicy: 'all',
      gatheringTimeout: 100,
      audio: true,
      receiveOnlyWithoutMicrophone: false,
      playout: true,
      holdStyle: 'sendonly',
    },
    this.env,
    this.clock,
    silentLogger,
    { onMediaState: (state) => this.heard.push(state), onRemoteTrack: () => this.heard.push('track') },
  );

  assertNothingLeft(moment: string): void {
    assert.equal(this.clock.pending, 0, `${moment}: timers`);
    for (const pc of this.env.connections) {
      assert.equal(pc.signalingState, 'closed', `${moment}: connection`);
      assert.equal(pc.listenerCount, 0, `${moment}: listeners`);
    }
    for (const track of this.env.microphones) assert.equal(track.readyState, 'ended', `${moment}: microphone`);
  }
}

const outcome = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    (error: unknown) => (error as { code: string }).code,
  );

async function turn(times: number): Promise<void> {
  for (let i = 0; i < times; i++) await Promise.resolve();
}

describe('MediaSession in Node', () => {
  const exchanges: [string, (rig: Rig, peer: Rig) => Promise<() => Promise<unknown>>][] = [
    ['the first offer', (rig) => Promise.resolve(() => rig.session.createOffer())],
    [
      'the first answer',
      async (rig, peer) => {
        const offer = await peer.session.createOffer();
        return () => rig.session.createAnswer(offer);
      },
    ],
    [
      'taking the answer',
      async (rig, peer) => {
        const answer = await peer.session.createAnswer(await rig.session.createOffer());
        return () => rig.session.applyAnswer(answer);
      },
    ],
    [
      'an ICE restart',
      async (rig, peer) => {
        await rig.session.applyAnswer(await peer.session.createAnswer(await rig.session.createOffer()));
        return () => rig.session.createOffer({ iceRestart: true });
      },
    ],
  ];

  for (const [what, prepare] of exchanges) {
    it(`close() at any moment of ${what} leaves nothing behind`, async () => {
      const outcomes = new Set<string>();
      for (let moment = 0; moment < turns; moment++) {
        const [rig, peer] = [new Rig(), new Rig()];
        const exchange = await prepare(rig, peer);
        const running = outcome(exchange());
        await turn(moment);
        rig.session.close();
        const heard = rig.heard.length;
        outcomes.add(await running);
        await turn(turns);
        rig.assertNothingLeft(`after ${moment} turns`);
        assert.equal(rig.heard.length, heard, 'the user hears nothing more');
        assert.equal(rig.heard.at(-1), 'closed');
      }
      assert.sameMembers([...outcomes], ['aborted', 'done']);
    });
  }

  it('an abort at any moment of the first offer leaves a session that can offer again', async () => {
    const outcomes = new Set<string>();
    for (let moment = 0; moment < turns; moment++) {
      const [rig, peer] = [new Rig(), new Rig()];
      const controller = new AbortController();
      const running = outcome(rig.session.createOffer({ signal: controller.signal }));
      await turn(moment);
      controller.abort();
      outcomes.add(await running);
      await rig.session.applyAnswer(await peer.session.createAnswer(await rig.session.createOffer()));
      assert.equal(rig.session.peerConnection?.signalingState, 'stable');
      rig.session.close();
      rig.assertNothingLeft(`after ${moment} turns`);
    }
    assert.sameMembers([...outcomes], ['aborted', 'done']);
  });
});
