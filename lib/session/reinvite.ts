/** re-INVITE in both directions, and glare: the only home of 491 (RFC 3261 §14). */
import { sleep } from '../base/clock.js';
import { EvercallError, rejected } from '../base/errors.js';
import { CSeq, read } from '../parser/index.js';
import type { SipRequest, SipResponse } from '../parser/index.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { OfferWish } from './negotiator.js';
import { LateAnswers } from './late-answers.js';
import { repeatUntilAck } from './repeat-until-ack.js';
import type { Session } from './session.js';
import { sdpHeader, sessionDescription } from './session-description.js';

const glareRetries = 3;

/** Offers a change; a refusal leaves the session as it was (§14.1). Glare is retried, each time with a fresh offer. */
export async function reinvite(session: Session, wish: OfferWish): Promise<void> {
  const { negotiator, clock, core } = session.context;
  for (let attempt = 0; ; attempt++) {
    if (session.exchange !== 'stable')
      throw new EvercallError('invalidState', 'another offer is under way', { status: 491 });
    session.exchange = 'localOffer';
    let response: SipResponse;
    try {
      const offer = await negotiator.createOffer(wish);
      response = await sendInvite(session, offer);
      if (response.status < 300) {
        await applyAnswer(session, response);
        return;
      }
      await negotiator.rollback();
    } catch (error) {
      if (!session.isOver) await negotiator.rollback();
      throw error;
    } finally {
      session.exchange = 'stable';
    }
    session.endIfGone(response);
    if (response.status !== 491 || attempt === glareRetries || session.isOver) throw rejected(response);
    await sleep(
      clock,
      glareDelay(session.ownsCallId, () => core.random.number()),
    );
  }
}

/** The owner of the Call-ID waits 2.1-4 s and the peer 0-2 s, so that the retries do not meet again (§14.1). Milliseconds. */
export function glareDelay(ownsCallId: boolean, random: () => number): number {
  const [from, to] = ownsCallId ? [2100, 4000] : [0, 2000];
  return from + 10 * Math.round((random() * (to - from)) / 10);
}

/** Sends the INVITE, acknowledges its 2xx at once, resolves with the final response. */
function sendInvite(session: Session, offer: string): Promise<SipResponse> {
  const { core, flow, authenticator } = session.context;
  const plan = session.dialog.plan('INVITE', [...session.targetHeaders(), sdpHeader], offer);
  return new Promise((resolve, reject) => {
    const request = core.request(
      plan,
      { flow, authenticator },
      {
        onFinal: (response) => {
          if (response.status < 300) {
            session.dialog.refreshTarget(response); // §12.2.1.2
            const ack = session.acknowledge(read(response, CSeq)!.sequence);
            request.handOver(new LateAnswers(session.context, { remoteTag: session.dialog.remoteTag, ack }));
          }
          resolve(response);
        },
        onFailure: reject,
      },
    );
  });
}

async function applyAnswer(session: Session, response: SipResponse): Promise<void> {
  const answer = sessionDescription(response);
  if (answer === undefined) throw new EvercallError('protocol', 'a 2xx without an answer to our offer');
  await session.context.negotiator.applyAnswer(answer);
}

/** §14.2. A peer that offers while our own offer is out gets a 491; one that has an offer under way already, a 500. */
export function answerReinvite(session: Session, request: SipRequest, transaction: ServerTransaction): void {
  const { core } = session.context;
  if (session.exchange === 'localOffer') {
    core.respond(transaction, 491);
  } else if (session.exchange === 'remoteOffer') {
    const seconds = Math.floor(core.random.number() * 10);
    core.respond(transaction, 500, { headers: [{ name: 'Retry-After', value: String(seconds) }] });
  } else {
    void answer(session, request, transaction);
  }
}

async function answer(session: Session, request: SipRequest, transaction: ServerTransaction): Promise<void> {
  const { core, negotiator, clock, timers, log } = session.context;
  session.exchange = 'remoteOffer';
  transaction.user = {
    onCancel: () => {
      core.respond(transaction, 487);
    },
  };
  const offer = sessionDescription(request);
  let body: string;
  try {
    body = offer === undefined ? await negotiator.createOffer() : await negotiator.createAnswer(offer);
  } catch (error) {
    log.warn(`re-INVITE refused: ${String(error)}`);
    session.exchange = 'stable';
    // §14.2: the session goes on as before; §15.1.2: after a BYE what is pending gets a 487
    core.respond(transaction, session.isOver ? 487 : 488);
    return;
  }
  if (session.isOver || transaction.isAnswered) {
    session.exchange = 'stable';
    if (!transaction.isAnswered) core.respond(transaction, 487);
    return;
  }
  session.dialog.refreshTarget(request);
  core.respond(transaction, 200, { headers: [...session.targetHeaders(), sdpHeader], body });
  const stop = repeatUntilAck(transaction, transaction.lastResponse!, clock, timers, () => {
    session.onNoAck();
  });
  const onAck = (ack: SipRequest): void => {
    stop();
    if (offer === undefined) void applyLateAnswer(session, ack);
    else settle(session);
  };
  session.awaitAck(request, onAck, stop);
  if (offer !== undefined) session.exchange = 'stable';
}

/** The offer was in our 2xx, so the answer is in the ACK (§13.2.1). */
async function applyLateAnswer(session: Session, ack: SipRequest): Promise<void> {
  const { negotiator, log } = session.context;
  const sdp = sessionDescription(ack);
  try {
    if (sdp === undefined) throw new EvercallError('protocol', 'an ACK without an answer to our offer');
    await negotiator.applyAnswer(sdp);
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
