/** Offers a change by re-INVITE or UPDATE, and offers it again where glare got in the way (RFC 3261 §14, RFC 3311 §5). */
import { sleep } from '../base/clock.js';
import { EvercallError, rejected } from '../base/errors.js';
import type { Header, SipResponse } from '../parser/index.js';
import { busyFor, glareDelay } from './glare.js';
import type { OfferWish } from './negotiator.js';
import { sendInvite } from './outgoing-reinvite.js';
import type { Session } from './session.js';
import { sdpHeader, sessionDescription } from './session-description.js';
import { changingHeaders } from './session-headers.js';
import { endIfGone, unlessSilent, vitally } from './silence.js';

const retries = 3;

/** What a change is made with. */
export interface ChangeOptions extends OfferWish {
  /** @default 'INVITE' */
  readonly method?: 'INVITE' | 'UPDATE';
  readonly headers?: readonly Header[];
  /** Where this INVITE goes instead of the remote target; what that is from then on, its 2xx says (RFC 3261 §12.2.1.2). */
  readonly target?: string | undefined;
  /** Milliseconds after which one without an answer is given up. @default as long as its transaction lasts */
  readonly patience?: number;
}

/** A refusal leaves the session as it was (§14.1). Glare is retried, each time with a fresh offer. */
export async function renegotiate(session: Session, wish: ChangeOptions): Promise<void> {
  const { negotiator, clock } = session.context;
  const { method = 'INVITE', headers = [], patience } = wish;
  for (let attempt = 0; ; attempt++) {
    await session.whenConnected(); // what we say of ourselves is of the present connection
    if (patience !== undefined) await unlessSilent(clock, patience, session.whenAcknowledged());
    do {
      await session.succession; // one may begin while the other is waited for
      await session.whenStable(method);
    } while (session.succession);
    session.exchange = 'localOffer';
    const { located } = session;
    let response: SipResponse | undefined;
    let cancel: (() => void) | undefined;
    try {
      const offer = await unlessGivenUp(session, negotiator.createOffer(wish));
      const all = [...changingHeaders(session), ...headers, sdpHeader];
      if (patience !== undefined)
        cancel = clock.after(patience, () => session.giveUpInvite?.(`no answer to a re-INVITE within ${patience} ms`));
      response = await vitally(session, () =>
        method === 'INVITE' ? sendInvite(session, all, offer, wish.target) : sendUpdate(session, all, offer, wish),
      );
      if (response.status < 300) return;
      if (!session.isOver) await negotiator.rollback(); // else another dialog may have the media
    } catch (error) {
      if (!session.isOver) await negotiator.rollback();
      if (session.isOver || attempt === retries || !isToBeRepeated(session, error, located)) throw error;
    } finally {
      cancel?.();
      session.exchange = 'stable';
    }
    if (response) {
      endIfGone(session, response, method, located);
      const wait = session.isOver || attempt === retries ? undefined : retryDelay(session, response, located);
      if (wait === undefined) throw rejected(response);
      if (wait > 0) await sleep(clock, wait);
    } else {
      await session.yielded;
    }
  }
}

/** It went where the peer was before it moved, or has made way for an offer of the peer's that does not bring it about. */
function isToBeRepeated(session: Session, error: unknown, located: number): boolean {
  const { code } = error as Partial<EvercallError>;
  const hasYielded = code === 'cancelled' && session.yielded !== undefined;
  return (code === 'timeout' && session.located !== located) || (hasYielded && !session.isRecovering);
}

/** While the offer is being made the peer's may come, and have the way. */
async function unlessGivenUp(session: Session, made: Promise<string>): Promise<string> {
  let error: EvercallError | undefined;
  session.giveUpInvite = (why) => {
    error = new EvercallError('cancelled', why, { status: 487 });
  };
  try {
    const offer = await made;
    if (error) throw error;
    return offer;
  } finally {
    session.giveUpInvite = undefined;
  }
}

async function sendUpdate(
  session: Session,
  headers: readonly Header[],
  offer: string,
  { patience }: ChangeOptions,
): Promise<SipResponse> {
  const response = await unlessSilent(session.context.clock, patience, session.request('UPDATE', headers, offer));
  if (response.status < 300) {
    session.onRefreshed(response);
    await session.applyAnswer(sessionDescription(response));
  }
  return response;
}

/** Milliseconds after which the same change may be tried again; nothing when it is refused for good. */
function retryDelay(session: Session, response: SipResponse, located: number): number | undefined {
  const { status } = response;
  if (status === 408 && session.located !== located) return 0;
  if (status === 491) return glareDelay(session.ownsCallId, () => session.context.core.random.number());
  if (status === 422 && session.timer?.onTooSmall(response)) return 0; // RFC 4028 §7.3
  return busyFor(response);
}
