/** A re-INVITE of the peer's, to its ACK (RFC 3261 §14.2). */
import type { SipRequest } from '../parser/index.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import { refuseInterval } from './extension-tags.js';
import { consider, makeWay, refuseGlare, refuseSecondInvite } from './glare.js';
import { repeatUntilAck } from './repeat-until-ack.js';
import type { Session } from './session.js';
import { sdpHeader, sessionDescription } from './session-description.js';
import { agreedChangeHeaders } from './session-headers.js';

export function answerReinvite(session: Session, request: SipRequest, transaction: ServerTransaction): void {
  if (refuseSecondInvite(session, transaction)) return;
  const isInTheWay = session.giveUpInvite !== undefined && (session.isRecovering || session.isInviteStuck?.() === true);
  const hasOffer = sessionDescription(request) !== undefined;
  const isRivalry = isInTheWay && hasOffer;
  if (!isRivalry && refuseGlare(session, transaction)) return;
  if (session.isLeavingInvite && !hasOffer) {
    session.context.core.respond(transaction, 491); // the offer would be a second one of ours (§14.2)
    return;
  }
  const refusal = refuseInterval(request, session.context.extensions);
  const cancelled = new AbortController();
  if (refusal) session.context.core.respond(transaction, refusal.status, refusal);
  else if (isRivalry) session.yielded = answerRival(session, request, transaction, cancelled);
  else void answer(session, request, transaction, cancelled);
}

/** Both sides have moved: ours makes way, or has come through before. */
async function answerRival(
  session: Session,
  request: SipRequest,
  transaction: ServerTransaction,
  cancelled: AbortController,
): Promise<void> {
  const { core } = session.context;
  hearCancel(transaction, cancelled);
  core.respond(transaction, 100); // only then a proxy may pass the CANCEL on (§9.1)
  const hasWay = await makeWay(session, cancelled.signal);
  if (cancelled.signal.aborted || session.isOver) core.respond(transaction, 487);
  else if (!hasWay) core.respond(transaction, 491);
  else if (!refuseGlare(session, transaction)) await answer(session, request, transaction, cancelled);
}

function hearCancel(transaction: ServerTransaction, cancelled: AbortController): void {
  transaction.user = {
    onCancel: () => {
      cancelled.abort();
    },
  };
}

async function answer(
  session: Session,
  request: SipRequest,
  transaction: ServerTransaction,
  cancelled: AbortController,
): Promise<void> {
  const isWanted = (): boolean => !cancelled.signal.aborted && !session.isOver;
  session.exchange = 'remoteOffer';
  hearCancel(transaction, cancelled);
  const offer = sessionDescription(request);
  const said = await describe(session, transaction, offer, cancelled.signal, isWanted);
  if (typeof said === 'string' && !session.isOver) {
    agree(session, request, transaction, said);
    return;
  }
  session.exchange = 'stable';
  // §14.2: the session goes on as before; §15.1.2: after a BYE what is pending gets a 487
  if (said !== undefined)
    session.context.core.respond(transaction, typeof said === 'number' && isWanted() ? said : 487);
}

/** Our side of it, or the status that refuses it; nothing where it is put off. */
async function describe(
  session: Session,
  transaction: ServerTransaction,
  offer: string | undefined,
  signal: AbortSignal,
  isWanted: () => boolean,
): Promise<string | number | undefined> {
  const { negotiator, log } = session.context;
  try {
    const considered = offer === undefined ? undefined : consider(session, transaction, offer, 'INVITE', signal);
    const verdict = considered && (await considered);
    if (verdict === 'later') return undefined;
    if (verdict?.refusal !== undefined) {
      log.info(`re-INVITE refused by the app: ${verdict.refusal}`);
      return verdict.refusal;
    }
    // RFC 6141 §3.4: an answer that is in force cannot be taken back, and a CANCEL comes too late for it
    if (offer !== undefined) return (await negotiator.createAnswer(offer, isWanted)) || 488;
    const own = await negotiator.createOffer();
    if (isWanted()) return own || 488;
    await negotiator.rollback();
  } catch (error) {
    if (isWanted()) log.warn(`re-INVITE refused: ${String(error)}`);
  }
  return 488;
}

/** Sends the 200, again and again until its ACK comes. */
function agree(session: Session, request: SipRequest, transaction: ServerTransaction, body: string): void {
  const { core, clock, timers } = session.context;
  const isOffer = sessionDescription(request) === undefined;
  session.onAgreed(request);
  const headers = [...agreedChangeHeaders(session, request), sdpHeader];
  core.respond(transaction, 200, { headers, body });
  const stop = repeatUntilAck(transaction, transaction.lastResponse!, clock, timers, () => {
    session.onNoAck(request);
  });
  const onAck = (ack?: SipRequest): void => {
    stop();
    transaction.onAcknowledged();
    if (isOffer) void applyLateAnswer(session, ack);
  };
  const repeat = (): void => {
    transaction.respond(transaction.lastResponse!);
  };
  session.awaitAck(request, { onAck, onGone: stop, repeat });
  session.exchange = isOffer ? 'localOffer' : 'stable';
  if (!isOffer) settle(session); // what was agreed on holds with our answer, and needs no ACK
}

/** The offer was in our 2xx, so the answer is in the ACK (§13.2.1). */
async function applyLateAnswer(session: Session, ack: SipRequest | undefined): Promise<void> {
  const { negotiator, log } = session.context;
  try {
    await session.applyAnswer(ack && sessionDescription(ack), 'an ACK');
  } catch (error) {
    log.warn(`late answer: ${String(error)}`);
    await negotiator.rollback();
  }
  session.exchange = 'stable';
  settle(session);
}

function settle(session: Session): void {
  if (!session.isOver) session.user.onRenegotiated();
}
