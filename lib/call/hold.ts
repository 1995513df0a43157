/** Hold, and the way back: a change like any other, in its turn (RFC 3264 §8.4). */
import { EvercallError } from '../base/errors.js';
import { quiet } from '../base/quiet.js';
import type { Leg } from './leg.js';
import type { Recovery } from './reconnection.js';

/** Whoever is heard meanwhile is put on hold first. */
export function resume(leg: Leg): Promise<void> {
  leg.mustBeConfirmed('resume');
  const way = leg.context.policy?.makeWay(leg.call);
  return way ? quiet(way.then(() => setHold(leg, false))) : setHold(leg, false);
}

export function setHold(leg: Leg, held: boolean): Promise<void> {
  const session = leg.mustBeConfirmed(held ? 'hold' : 'resume');
  let former = held;
  /** The connection was lost on the way: what brings the call back tells the peer, too. */
  let carried: Promise<Recovery> | undefined;
  const change = async (): Promise<void> => {
    const media = leg.media.session;
    former = media.localHold;
    if (former === held) return;
    media.setHold(held);
    try {
      await session.renegotiate();
    } catch (error) {
      if (!leg.end && leg.media.session.isHoldAgreed === held) return; // our answer to an offer of the peer's has told it meanwhile
      const isRefused = leg.connection === 'connected' && leg.session === session; // not cut off, nor in another dialog
      if (leg.end || isRefused) {
        leg.media.session.setHold(former);
        throw error;
      }
      carried = leg.reconnection.climb('offer');
    }
  };
  const told = session.change(change).then(async () => {
    const recovery = await carried;
    if (recovery && !recovery.ok) {
      if (!leg.end) leg.media.session.setHold(former);
      throw lost(recovery);
    }
    if (former !== held) leg.onRenegotiated();
  });
  return quiet(told);
}

const lost = ({ status }: Recovery): EvercallError =>
  new EvercallError('rejected', 'the peer could not be told when the connection was back', status ? { status } : {});
