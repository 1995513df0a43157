/** What it means for a session that the peer is silent, or knows nothing of the dialog (RFC 3261 §12.2.1.2). */
import type { Clock } from '../base/clock.js';
import { Deferred } from '../base/deferred.js';
import { EvercallError, rejected } from '../base/errors.js';
import type { SipResponse } from '../parser/index.js';
import type { Session } from './session.js';

/**
 * The peer knows nothing of this dialog any more, or is not to be had for it: unless it has told since, when `located` was
 * counted, that it is somewhere else, or can be reached by another dialog, or has another in its place already. A 408 to an INFO is the INFO's alone.
 */
export function endIfGone(session: Session, response: SipResponse, method: string, located: number): void {
  const { status, reason } = response;
  const end = { by: 'remote', status, reason, message: response, error: rejected(response) } as const;
  if (status === 481 && !session.isRecovering && !session.succession) session.end(end);
  else if (status === 430 && isSilent(session, located)) session.user.onUnreachable(status);
  else if (status === 408 && (method === 'INVITE' || method === 'UPDATE') && isSilent(session, located))
    if (!session.user.onUnreachable(status)) session.bye([], end);
}

/** Sends what stands for the session: no response is as good as a 408, unless it is the connection that fell silent. */
export async function vitally<T>(session: Session, send: () => Promise<T>): Promise<T> {
  const { flow } = session.context;
  const { sentBy } = flow; // another one with each connection
  const { located } = session;
  try {
    return await send();
  } catch (error) {
    const isTimeout = error instanceof EvercallError && error.code === 'timeout';
    if (isTimeout && flow.isOpen && flow.sentBy === sentBy && isSilent(session, located))
      if (!session.user.onUnreachable(408))
        session.bye([], { by: 'network', status: 408, reason: error.message, error });
    throw error;
  }
}

/** Whoever says nothing for that long has not heard us. */
export async function unlessSilent<T>(clock: Clock, patience: number | undefined, sent: Promise<T>): Promise<T> {
  if (patience === undefined) return sent;
  const silence = new Deferred<never>();
  const cancel = clock.after(patience, () => {
    silence.reject(new EvercallError('timeout', `not a word of the peer within ${patience} ms`, { status: 408 }));
  });
  return Promise.race([sent, silence.promise]).finally(cancel);
}

const isSilent = (session: Session, located: number): boolean => !session.isRecovering && session.located === located;
