/** UPDATE: a change, or a sign of life, before the INVITE is answered and after (RFC 3311 §5). */
import { sleep } from '../base/clock.js';
import { mustSucceed } from '../base/errors.js';
import type { Header, SipRequest, SipResponse } from '../parser/index.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import { refuseInterval } from './extension-tags.js';
import { busyFor, consider, refuseGlare } from './glare.js';
import type { Session } from './session.js';
import { sdpHeader, sessionDescription } from './session-description.js';
import { agreedChangeHeaders, changingHeaders } from './session-headers.js';
import { unlessSilent, vitally } from './silence.js';

/** An UPDATE of ours that changes nothing but our target and the time of the session: a sign of life (§5.1). */
export async function sendUpdate(session: Session, headers: readonly Header[], patience?: number): Promise<void> {
  const { clock } = session.context;
  const send = (): Promise<SipResponse> => {
    const all = [...changingHeaders(session), ...headers];
    const sent = vitally(session, () => session.request('UPDATE', all));
    return unlessSilent(clock, patience, sent);
  };
  await session.whenConnected();
  let response = await send();
  if (response.status === 422 && session.timer?.onTooSmall(response)) response = await send();
  const wait = busyFor(response);
  if (wait !== undefined) {
    await sleep(clock, wait);
    response = await send();
  }
  mustSucceed(response);
  session.onRefreshed(response);
}

/** The peer's (§5.2): one without an offer changes nothing that is under way, and fits beside it. */
export function answerUpdate(session: Session, request: SipRequest, transaction: ServerTransaction): void {
  const { core, extensions } = session.context;
  const offer = sessionDescription(request);
  const isBusy = offer !== undefined || session.exchange === 'remoteUpdate';
  if (isBusy && refuseGlare(session, transaction)) return;
  const refusal = session.timer && refuseInterval(request, extensions);
  if (refusal) core.respond(transaction, refusal.status, refusal);
  else if (offer === undefined) accept(session, request, transaction);
  else void answer(session, request, transaction, offer);
}

async function answer(
  session: Session,
  request: SipRequest,
  transaction: ServerTransaction,
  offer: string,
): Promise<void> {
  const { core, negotiator, log } = session.context;
  session.exchange = 'remoteUpdate';
  let refusal: number | undefined;
  try {
    const considered = consider(session, transaction, offer, 'UPDATE');
    const verdict = considered && (await considered);
    if (verdict === 'later') {
      session.exchange = 'stable';
      return;
    }
    refusal = verdict?.refusal;
    if (refusal !== undefined) throw new Error('by the app');
    const body = await negotiator.createAnswer(offer);
    if (session.isOver) core.respond(transaction, 487);
    else accept(session, request, transaction, body);
  } catch (error) {
    log.warn(`UPDATE refused: ${String(error)}`);
    core.respond(transaction, session.isOver ? 487 : (refusal ?? 488)); // the session goes on as before
  }
  session.exchange = 'stable';
  if (!session.isOver) session.user.onRenegotiated();
}

function accept(session: Session, request: SipRequest, transaction: ServerTransaction, body = ''): void {
  session.onAgreed(request);
  const headers = [...agreedChangeHeaders(session, request), ...(body ? [sdpHeader] : [])];
  session.context.core.respond(transaction, 200, { headers, body });
}
