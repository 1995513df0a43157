/** A call takes the place of another: an INVITE with Replaces that came (RFC 3891 §3). */
import type { Refusal } from '../core/inspect.js';
import type { SipRequest } from '../parser/index.js';
import { findReplaced, readReplaces, refuseReplacement } from '../session/replaces.js';
import type { SessionEnd, SessionUser } from '../session/session-context.js';
import type { Call } from './call.js';
import type { CallContext } from './call-context.js';
import type { Leg } from './leg.js';

import { Nobody } from './succession.js';
export { claimEarlyDialog } from './early-succession.js';
export { acceptSuccession, isPeers, succeedDialog } from './succession.js';

/** The calls of an account. */
export interface Replaceable {
  has(call: Call): boolean;
  /** Whether a call with this dialog has ended of late. */
  hasEnded(callId: string, localTag: string, remoteTag: string): boolean;
}

const refuse = (status: number): Refusal => ({ status, headers: [] });

/** The leg whose place the INVITE takes, or why there is none. */
export async function replacedBy(
  invite: SipRequest,
  { core }: CallContext,
  calls: Replaceable,
): Promise<Leg | Refusal> {
  const asked = readReplaces(invite);
  if ('status' in asked) return asked;
  const session = findReplaced(asked, core.dialogs);
  if (session?.user instanceof Nobody && !session.isOver && session.exchange === 'stable') {
    session.takeAsAcknowledged(); // the dialog that we have agreed to, and whose ACK is lost
    await session.user.leg.succession;
  }
  const leg = session?.user;
  if (!session || session.isOver || !leg || !isLeg(leg) || !calls.has(leg.call))
    return refuse(calls.hasEnded(asked.callId, asked.toTag, asked.fromTag) ? 603 : 481);
  const isConfirmed = leg.state === 'confirmed' || leg.state === 'connecting';
  return refuseReplacement(session, isConfirmed, asked) ?? leg;
}

const isLeg = (user: SessionUser): user is Leg => 'call' in user;

/**
 * Answers at once, as the old call would go on, and ends that with the 200. Rejects when the new one cannot be had: it is
 * refused, and the old one stays.
 */
export async function takeOver(old: Leg, next: Call): Promise<void> {
  next.data = old.call.data;
  if (old.media.session.muted) next.mute();
  void old.context.policy?.makeWay(next, old.call);
  void old.ended.then(() => {
    if (next.state === 'incoming') next.reject(603); // it ended meanwhile: nobody is to be surprised
  });
  const off = next.on('stateChanged', ({ state }) => {
    if (state !== 'connecting') return;
    off();
    old.tell('replaced', { call: next });
    end(old);
  });
  await next.answer(old.media.options);
}

const replaced: SessionEnd = { by: 'remote', status: 200, reason: 'replaced by another call', cause: 'replaced' };

function end(leg: Leg): void {
  const { session, outgoing } = leg;
  if (session) {
    session.bye([], replaced);
  } else {
    outgoing?.cancel(); // RFC 3891 §3: an early dialog that we began
    leg.onEnded({ ...replaced, status: 487 });
  }
}
