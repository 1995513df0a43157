/** re-INVITE in both directions, to its ACK (RFC 3261 §14). */
import { Deferred } from '../base/deferred.js';
import { EvercallError } from '../base/errors.js';
import type { ClientRequest } from '../core/client-request.js';
import { CSeq, read } from '../parser/index.js';
import type { Header, SipRequest, SipResponse } from '../parser/index.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import { refuseInterval } from './extension-tags.js';
import { LateAnswers } from './late-answers.js';
import { acknowledge } from './own-acks.js';
import { Prack } from './prack.js';
import { consider, makeWay, refuseGlare, refuseSecondInvite } from './glare.js';
import { repeatUntilAck } from './repeat-until-ack.js';
import type { Session } from './session.js';
import { sdpHeader, sessionDescription } from './session-description.js';
import { agreedChangeHeaders } from './session-headers.js';

/** Milliseconds within which a request and the first word of the peer have crossed the network. */
const travelTime = 1000;

/** Sends the INVITE, acknowledges its 2xx at once, and resolves with the final response when the answer is applied. */
export async function sendInvite(
  session: Session,
  headers: readonly Header[],
  offer: string,
  target?: string,
): Promise<SipResponse> {
  const { core, flow, authenticator, clock } = session.context;
  const sentAt = clock.now();
  let heard = 0;
  session.isInviteStuck = () => heard === 100 && clock.now() - sentAt > travelTime;
  const prack = new Prack(session);
  // the peer may still think about one that was lost with its connection: it is to have no two (§14.1, RFC 6141 §5.5)
  session.takeBackInvite?.();
  session.takeBackInvite = undefined;
  /** In a reliable provisional response it counts as much as in the 2xx (RFC 3262 §5). */
  let early: Promise<void> | undefined;
  const response = await new Promise<SipResponse>((resolve, reject) => {
    session.giveUpInvite = (why) => {
      const over = new Deferred<void>();
      session.leaveInvite(over.promise);
      // once it is taken back it has its end within a second, or is where nobody is
      const onCancelled = (): void => {
        if (!session.isOver) void over.promise.then(clock.after(travelTime, over.resolve));
      };
      if (heard > 0) onCancelled();
      hearLate(session, request, { onOver: over.resolve, ...(heard === 0 && { onCancelled }) });
      request.cancel(); // a peer that was hung up on should say 487 by itself (§15.1.2), and need not
      reject(new EvercallError('cancelled', why, { status: 487 }));
    };
    const request = core.request(
      { ...session.dialog.plan('INVITE', headers, offer), ...(target !== undefined && { uri: target }) },
      { flow, authenticator },
      {
        onProvisional: (provisional) => {
          heard = Math.max(heard, provisional.status);
          if (prack.judge(provisional) !== 'acknowledge') return;
          void prack.acknowledge(provisional);
          const answer = sessionDescription(provisional);
          if (answer === undefined || early) return;
          early = session.applyAnswer(answer);
          early.catch(() => undefined); // heard with the final response
        },
        onFinal: (final) => {
          if (final.status < 300) {
            session.onRefreshed(final);
            session.isInviteLost = false;
            const ack = acknowledge(session, read(final, CSeq)!.sequence);
            request.handOver(new LateAnswers(session.context, { remoteTag: session.dialog.remoteTag, ack }));
          }
          resolve(final);
        },
        onFailure: (error) => {
          if (error.code === 'transport') {
            session.isInviteLost = true;
            session.takeBackInvite = () => {
              request.cancelLost();
            };
            hearLate(session, request);
          }
          reject(error);
        },
      },
    );
  }).finally(() => (session.giveUpInvite = session.isInviteStuck = undefined));
  if (response.status < 300) await (early ?? session.applyAnswer(sessionDescription(response)));
  return response;
}

/**
 * A re-INVITE that was lost with its connection, or given up: a 2xx to it is acknowledged all the same (§13.2.2.4), for the peer
 * ends the call without (§13.3.1.4). One that was given up, for the peer's offer or for good, has a user.
 */
function hearLate(session: Session, request: ClientRequest, { onOver, onCancelled }: LateUser = {}): void {
  request.handOver({
    onProvisional: () => {
      onCancelled?.(); // only then a CANCEL may go out (§9.1)
      onCancelled = undefined;
    },
    onFinal: (final) => {
      onOver?.();
      if (final.status >= 300) return;
      const ack = acknowledge(session, read(final, CSeq)!.sequence);
      request.handOver(new LateAnswers(session.context, { remoteTag: session.dialog.remoteTag, ack }));
      if (session.isOver || !onOver) return; // what brings the call back makes another offer
      session.crossings++;
      session.user.onCrossed();
    },
    onFailure: () => onOver?.(),
  });
}

/** Whoever has given it up. */
interface LateUser {
  readonly onOver?: () => void;
  readonly onCancelled?: () => void;
}

/** §14.2. */
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
  const { core, negotiator, clock, timers, log } = session.context;
  const isWanted = (): boolean => !cancelled.signal.aborted && !session.isOver;
  session.exchange = 'remoteOffer';
  hearCancel(transaction, cancelled);
  const offer = sessionDescription(request);
  let body = '';
  let refusal: number | undefined;
  try {
    const considered =
      offer === undefined ? undefined : consider(session, transaction, offer, 'INVITE', cancelled.signal);
    const verdict = considered && (await considered);
    if (verdict === 'later') {
      session.exchange = 'stable';
      return;
    }
    refusal = verdict?.refusal;
    if (refusal !== undefined) {
      log.info(`re-INVITE refused by the app: ${refusal}`);
    } else if (offer !== undefined) {
      // RFC 6141 §3.4: an answer that is in force cannot be taken back, and a CANCEL comes too late for it
      body = await negotiator.createAnswer(offer, isWanted);
    } else {
      body = await negotiator.createOffer();
      if (!isWanted()) {
        body = '';
        await negotiator.rollback();
      }
    }
  } catch (error) {
    if (isWanted()) log.warn(`re-INVITE refused: ${String(error)}`);
  }
  if (!body || session.isOver) {
    session.exchange = 'stable';
    // §14.2: the session goes on as before; §15.1.2: after a BYE what is pending gets a 487
    core.respond(transaction, isWanted() ? (refusal ?? 488) : 487);
    return;
  }
  session.onAgreed(request);
  const headers = [...agreedChangeHeaders(session, request), sdpHeader];
  core.respond(transaction, 200, { headers, body });
  const stop = repeatUntilAck(transaction, transaction.lastResponse!, clock, timers, () => {
    session.onNoAck(request);
  });
  const onAck = (ack?: SipRequest): void => {
    stop();
    transaction.onAcknowledged();
    if (offer === undefined) void applyLateAnswer(session, ack);
  };
  const repeat = (): void => {
    transaction.respond(transaction.lastResponse!);
  };
  session.awaitAck(request, { onAck, onGone: stop, repeat });
  session.exchange = offer === undefined ? 'localOffer' : 'stable';
  if (offer !== undefined) settle(session); // what was agreed on holds with our answer, and needs no ACK
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
