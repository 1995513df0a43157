/** Glare: both sides offer at once (RFC 3261 §14.1, §14.2, RFC 3311 §5.2), and what is done about it when both have moved. */
import { sleep } from '../base/clock.js';
import { optional } from '../core/optional.js';
import { RetryAfter } from '../parser/index.js';
import type { SipResponse } from '../parser/index.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { Consideration } from './negotiator.js';
import type { Session } from './session.js';

/** The owner of the Call-ID waits 2.1-4 s and the peer 0-2 s, so that the retries do not meet again (§14.1). Milliseconds. */
export function glareDelay(ownsCallId: boolean, random: () => number): number {
  const [from, to] = ownsCallId ? [2100, 4000] : [0, 2000];
  return from + 10 * Math.round((random() * (to - from)) / 10);
}

/** Milliseconds that a peer asks for who is at work on something else: §14.2 and RFC 3311 §5.2, seen from here. */
export function busyFor(response: SipResponse): number | undefined {
  const after = response.status === 500 ? optional(response, RetryAfter)?.seconds : undefined;
  return after !== undefined && after <= 10 ? after * 1000 : undefined;
}

/** A peer that offers while our own offer is out gets a 491; one that has an offer under way already, a 500 (§14.2, RFC 3311 §5.2). */
export function refuseGlare(session: Session, transaction: ServerTransaction): boolean {
  if (session.exchange === 'stable') return false;
  refuse(session, transaction, session.exchange === 'localOffer');
  return true;
}

/** An INVITE beside the one that makes the session, whose final response is still to come: ours, or the peer's (§14.2). */
export function refuseSecondInvite(session: Session, transaction: ServerTransaction): boolean {
  if (!session.isEarly) return false;
  refuse(session, transaction, session.ownsCallId);
  return true;
}

/** The app's word on an offer of the peer's; nothing, at once, where nobody has a say. `later`: it has been put off. */
export function consider(
  session: Session,
  transaction: ServerTransaction,
  offer: string,
  method: 'INVITE' | 'UPDATE',
  cancelled?: AbortSignal,
): Promise<Consideration | 'later'> | undefined {
  const { negotiator, log } = session.context;
  const putOff = new AbortController();
  const signal = cancelled ? AbortSignal.any([cancelled, putOff.signal]) : putOff.signal;
  const considered = negotiator.consider?.(offer, method, signal);
  if (!considered) return undefined;
  session.putOff = () => {
    putOff.abort();
  };
  return considered
    .finally(() => (session.putOff = undefined))
    .then((verdict) => {
      if (!putOff.signal.aborted || session.isOver || cancelled?.aborted) return verdict;
      log.info(`${method} put off: there is no waiting for the app`);
      refuse(session, transaction, false); // as if an offer of its own had been under way (§14.2): it will come again
      return 'later';
    });
}

function refuse({ context: { core } }: Session, transaction: ServerTransaction, isOurs: boolean): void {
  const seconds = Math.floor(core.random.number() * 10);
  if (isOurs) core.respond(transaction, 491);
  else core.respond(transaction, 500, { headers: [{ name: 'Retry-After', value: String(seconds) }] });
}

/** Milliseconds that the callee of old waits for the caller to make way; longer where that has turned out to take longer. */
const courtesy = 500;
const longestCourtesy = 8000;

/**
 * Both sides come back at once, and what each says goes to where the other was: an answer may never come. So our re-INVITE is
 * given up for that of the peer, which does its work, too. The owner of the Call-ID does so at once, the other only when he has
 * not heard of that in time: they never do so both. Resolves with whether the peer's may be answered now; not when ours was
 * agreed on meanwhile.
 *
 * Deviation from §14.2: the peer has no 491, for by the time it is answered ours is not in progress any more.
 */
export async function makeWay(session: Session, signal: AbortSignal): Promise<boolean> {
  const { agreements } = session;
  const stable = session.whenStable().catch(() => undefined); // it is over
  if (!session.ownsCallId) {
    const wait = Math.min(longestCourtesy, courtesy * 2 ** session.crossings);
    const enough = sleep(session.context.clock, wait, signal).catch(() => undefined);
    await Promise.race([stable, enough]);
  }
  if (signal.aborted || session.agreements > agreements) return false;
  session.giveUpInvite?.('the peer offers the same at the same time');
  await stable;
  return session.agreements === agreements;
}
