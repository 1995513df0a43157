/** What an INVITE, an UPDATE and a 2xx to one say of us: where and how we can be reached, and for how long (RFC 3261 §12.1.1, §13.3.1.4, RFC 4028). */
import { headerValue } from '../parser/index.js';
import type { Header, SipRequest } from '../parser/index.js';
import type { SessionContext } from './session-context.js';
import type { Session } from './session.js';

/** Of a request that may change the session. */
export function changingHeaders({ context, timer }: Session): Header[] {
  return [context.contact(), ...context.extensions.abilities, ...(timer?.headers() ?? [])];
}

/** Of a 2xx, which tells of info packages only whoever asked (RFC 6086 §5.2.3). */
export function agreedHeaders({ contact, extensions }: SessionContext, request: SipRequest): Header[] {
  return [contact(), extensions.allow, extensions.supported, ...infoHeaders(extensions, request)];
}

/** Of a 2xx to one that may change the session. */
export function agreedChangeHeaders({ context, timer }: Session, request: SipRequest): Header[] {
  return [...agreedHeaders(context, request), ...(timer?.answer(request) ?? [])];
}

export function infoHeaders({ recvInfo }: SessionContext['extensions'], request: SipRequest): Header[] {
  return recvInfo && headerValue(request, 'Recv-Info') !== undefined ? [recvInfo] : [];
}
