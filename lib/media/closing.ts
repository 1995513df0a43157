/** The end of an RTCPeerConnection, so that the browser lets go of it. */
import type { Clock } from '../base/clock.js';

/** Milliseconds that one on its way to the peer may take for its next step. */
const patience = 1000;

/**
 * Chromium (156) never lets go of a connection that is closed between a change of its state and the event which tells it, and
 * makes no more than 500: a call that is hung up as its media connect would cost one of them. So such a connection is closed
 * with its next event.
 */
export function closeConnection(pc: RTCPeerConnection, clock: Clock): void {
  if (!isOnItsWay(pc)) {
    pc.close();
    return;
  }
  const close = (): void => {
    cancel();
    pc.removeEventListener('connectionstatechange', close);
    pc.close();
  };
  const cancel = clock.after(patience, close);
  pc.addEventListener('connectionstatechange', close);
}

const isOnItsWay = ({ connectionState, currentRemoteDescription }: RTCPeerConnection): boolean =>
  connectionState === 'connecting' || (connectionState === 'new' && currentRemoteDescription !== null);
