/** Hold, and the way back: a change like any other, in its turn (RFC 3264 §8.4). */
import { quiet } from '../base/quiet.js';
import type { Leg } from './leg.js';

/** Whoever is heard meanwhile is put on hold first. */
export function resume(leg: Leg): Promise<void> {
  leg.mustBeConfirmed('resume');
  const way = leg.context.policy?.makeWay(leg.call);
  return way ? quiet(way.then(() => setHold(leg, false))) : setHold(leg, false);
}

export function setHold(leg: Leg, held: boolean): Promise<void> {
  const session = leg.mustBeConfirmed(held ? 'hold' : 'resume');
  const change = session.change(async () => {
    const media = leg.media.session;
    const former = media.localHold;
    if (former === held) return;
    media.setHold(held);
    try {
      await session.renegotiate();
    } catch (error) {
      media.setHold(former);
      throw error;
    }
    leg.onRenegotiated();
  });
  return quiet(change);
}
