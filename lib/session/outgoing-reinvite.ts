/** A re-INVITE of ours, to its ACK; given up, or lost with its connection, it may be agreed to all the same (RFC 3261 §14.1). */
import { Deferred } from '../base/deferred.js';
import { EvercallError } from '../base/errors.js';
import type { ClientRequest } from '../core/client-request.js';
import { CSeq, read } from '../parser/index.js';
import type { Header, SipResponse } from '../parser/index.js';
import { LateAnswers } from './late-answers.js';
import { acknowledge } from './own-acks.js';
import { Prack } from './prack.js';
import type { Session } from './session.js';
import { sessionDescription } from './session-description.js';

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
      leave(session, request, heard > 0);
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
            confirm(session, request, final);
          }
          resolve(final);
        },
        onFailure: (error) => {
          if (error.code === 'transport') lose(session, request);
          reject(error);
        },
      },
    );
  }).finally(() => (session.giveUpInvite = session.isInviteStuck = undefined));
  if (response.status < 300) await (early ?? session.applyAnswer(sessionDescription(response)));
  return response;
}

/** §13.2.2.4: its 2xx gets an ACK, and whatever comes for it later. */
function confirm(session: Session, request: ClientRequest, final: SipResponse): void {
  const ack = acknowledge(session, read(final, CSeq)!.sequence);
  request.handOver(new LateAnswers(session.context, { remoteTag: session.dialog.remoteTag, ack }));
}

/** Given up: there is no other before it has come to its end. */
function leave(session: Session, request: ClientRequest, isHeard: boolean): void {
  const over = new Deferred<void>();
  session.leaveInvite(over.promise);
  // once it is taken back it has its end within a second, or is where nobody is
  const onCancelled = (): void => {
    if (!session.isOver) void over.promise.then(session.context.clock.after(travelTime, over.resolve));
  };
  if (isHeard) onCancelled();
  hearLate(session, request, { onOver: over.resolve, ...(!isHeard && { onCancelled }) });
  request.cancel(); // a peer that was hung up on should say 487 by itself (§15.1.2), and need not
}

/** Its connection is gone: the peer may have it, and think about it. */
function lose(session: Session, request: ClientRequest): void {
  session.isInviteLost = true;
  session.takeBackInvite = () => {
    request.cancelLost();
  };
  hearLate(session, request);
}

/** Whoever has given it up. */
interface LateUser {
  readonly onOver?: () => void;
  readonly onCancelled?: () => void;
}

/**
 * One that was lost with its connection, or given up: a 2xx to it is acknowledged all the same, for the peer ends the call without
 * (§13.3.1.4). One that was given up, for the peer's offer or for good, has a user.
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
      confirm(session, request, final);
      if (session.isOver || !onOver) return; // what brings the call back makes another offer
      session.crossings++;
      session.user.onCrossed();
    },
    onFailure: () => onOver?.(),
  });
}
