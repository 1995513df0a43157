/** What calls sound like before and after they are answered: the ring, and the tones of the network where it sends none. */
import type { Call } from '../call/call.js';
import type { Ringer } from './ringer.js';

/** Follows one call to its end; `isTalking`: whether another one is heard. */
export function sound(call: Call, ringer: Ringer, isTalking: () => boolean): void {
  if (call.direction === 'incoming') {
    ringer.ring(call, isTalking());
    call.on('stateChanged', ({ state }) => {
      if (state !== 'early') ringer.stop(call); // answered, or over
    });
    return;
  }
  const update = (): void => {
    if (call.state === 'early' && !call.remoteStream) ringer.playCallTone(call, 'ringback');
    else ringer.stop(call);
  };
  call.on('stateChanged', update);
  call.on('remoteTrack', update);
  call.on('mediaStateChanged', update); // what the network has sent may end before the answer: it is placed anew
  call.on('ended', ({ by, status }) => {
    if (by === 'local' || call.duration > 0) return;
    if (status === 486 || status === 600) ringer.playCallTone(call, 'busy', false);
    else if (status >= 500 && status < 600) ringer.playCallTone(call, 'congestion', false);
  });
  update();
}
