/** Glare: both sides offer at once (RFC 3261 §14.1, §14.2, RFC 3311 §5.2). */
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { Session } from './session.js';

/** The owner of the Call-ID waits 2.1-4 s and the peer 0-2 s, so that the retries do not meet again (§14.1). Milliseconds. */
export function glareDelay(ownsCallId: boolean, random: () => number): number {
  const [from, to] = ownsCallId ? [2100, 4000] : [0, 2000];
  return from + 10 * Math.round((random() * (to - from)) / 10);
}

/** A peer that offers while our own offer is out gets a 491; one that has an offer under way already, a 500 (§14.2, RFC 3311 §5.2). */
export function refuseGlare(session: Session, transaction: ServerTransaction): boolean {
  const { core } = session.context;
  if (session.exchange === 'stable') return false;
  if (session.exchange === 'localOffer') {
    core.respond(transaction, 491);
  } else {
    const seconds = Math.floor(core.random.number() * 10);
    core.respond(transaction, 500, { headers: [{ name: 'Retry-After', value: String(seconds) }] });
  }
  return true;
}
