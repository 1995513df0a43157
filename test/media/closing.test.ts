// What becomes of a connection when its call ends: closed, and when.
import { assert } from 'chai';
import { closeConnection } from '../../lib/media/closing.js';
import { FakeClock } from '../support/fake-clock.js';
import { FakePeerConnection } from '../support/fake-media.js';

interface Closing {
  readonly pc: FakePeerConnection;
  readonly clock: FakeClock;
}

/** With both descriptions, on its way to the peer, and told to close. */
async function closingOnItsWay(): Promise<Closing> {
  const [pc, peer, clock] = [new FakePeerConnection(), new FakePeerConnection(), new FakeClock()];
  pc.addTransceiver('audio');
  await pc.setLocalDescription();
  await peer.setRemoteDescription(pc.localDescription!);
  await peer.setLocalDescription();
  await pc.setRemoteDescription(peer.localDescription!);
  pc.connectionState = 'connecting';
  close(pc, clock);
  return { pc, clock };
}

function close(pc: FakePeerConnection, clock: FakeClock): void {
  closeConnection(pc as unknown as RTCPeerConnection, clock);
}

describe('the end of a connection', () => {
  it('one that offers, and one that is connected, are closed at once', async () => {
    const clock = new FakeClock();
    const offering = new FakePeerConnection();
    await offering.setLocalDescription();
    const connected = new FakePeerConnection();
    connected.connectionState = 'connected';
    for (const pc of [offering, connected]) {
      close(pc, clock);
      assert.equal(pc.signalingState, 'closed');
    }
    assert.equal(clock.pending, 0);
  });

  for (const state of ['connected', 'failed'] as const) {
    it(`one on its way is closed when it is ${state}, within the event: Chromium would keep it for ever`, async () => {
      const { pc, clock } = await closingOnItsWay();
      assert.equal(pc.signalingState, 'stable');
      pc.become(state);
      assert.equal(pc.signalingState, 'closed');
      assert.equal(pc.listenerCount, 0);
      assert.equal(clock.pending, 0);
    });
  }

  it('one on its way to nobody is closed after a second', async () => {
    const { pc, clock } = await closingOnItsWay();
    await clock.advance(999);
    assert.equal(pc.signalingState, 'stable');
    await clock.advance(1);
    assert.equal(pc.signalingState, 'closed');
    assert.equal(pc.listenerCount, 0);
  });

  it('one that has its answer, and is about to set out, is closed with its first step', () => {
    const [pc, clock] = [new FakePeerConnection(), new FakeClock()];
    pc.currentRemoteDescription = { type: 'answer', sdp: '' };
    close(pc, clock);
    pc.become('connecting');
    assert.equal(pc.signalingState, 'closed');
    assert.equal(clock.pending, 0);
  });
});
