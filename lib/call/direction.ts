/** Which way audio and video may flow: a change like any other, in its turn, that lasts (RFC 3264 §8.4). */
import { checkOneOf } from '../base/options.js';
import { quiet } from '../base/quiet.js';
import type { Direction } from '../media/direction.js';
import type { Leg } from './leg.js';

export function setDirection(leg: Leg, kind: 'audio' | 'video', direction: Direction): Promise<void> {
  checkOneOf('kind', kind, ['audio', 'video']);
  checkOneOf('direction', direction, ['sendrecv', 'sendonly', 'recvonly', 'inactive']);
  if (leg.incoming && leg.state === 'incoming') {
    leg.media.session.setDirection(kind, direction);
    return Promise.resolve();
  }
  const session = leg.mustBeConfirmed('setDirection');
  const change = session.change(async () => {
    const media = leg.media.session;
    const former = media.directionLimit(kind);
    if (former === direction) return;
    media.setDirection(kind, direction);
    try {
      await session.renegotiate();
    } catch (error) {
      media.setDirection(kind, former);
      throw error;
    }
    leg.onRenegotiated();
  });
  return quiet(change);
}
