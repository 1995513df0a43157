/** What the app sends within the dialog of a call: changes of the session, and requests of its own. */
import { EvercallError, invalidOption } from '../base/errors.js';
import type { Body, Header, SipResponse } from '../parser/index.js';
import type { Session } from '../session/session.js';
import { checkHeaders } from './call-options.js';

export interface ReinviteOptions {
  /** Further headers of the re-INVITE or UPDATE. */
  readonly headers?: readonly Header[];
  /** Finds the way of the media anew. @default false */
  readonly iceRestart?: boolean;
}

export interface UpdateOptions extends ReinviteOptions {
  /** Without one, nothing changes but the time of the session and where we are reached. @default true */
  readonly offer?: boolean;
}

export interface RequestOptions {
  readonly headers?: readonly Header[];
  /** Its type goes into `headers`. */
  readonly body?: Body;
  readonly signal?: AbortSignal;
}

export async function reinviteCall(session: Session, options: ReinviteOptions): Promise<void> {
  const headers = checkHeaders(options.headers);
  await session.change(() => session.renegotiate({ ...options, headers }));
}

/** One without an offer does not wait for anything. */
export async function updateCall(session: Session, options: UpdateOptions): Promise<void> {
  const headers = checkHeaders(options.headers);
  if (!session.remoteAllows('UPDATE')) throw new EvercallError('invalidState', 'update: the peer does not allow it');
  if (options.offer === false) await session.update(headers);
  else await session.change(() => session.renegotiate({ ...options, headers, method: 'UPDATE' }));
}

/** Methods that have verbs of their own, or whose time only the call knows. */
const own: ReadonlySet<string> = new Set(['INVITE', 'ACK', 'CANCEL', 'BYE', 'PRACK', 'UPDATE']);

export function requestInDialog(session: Session, method: string, options: RequestOptions): Promise<SipResponse> {
  if (own.has(method) || !/^[A-Z]+$/.test(method))
    throw invalidOption('method', 'takes INFO, MESSAGE, OPTIONS …', method);
  return session.request(method, checkHeaders(options.headers), options.body, options.signal);
}
