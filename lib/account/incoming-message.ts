/** The MESSAGE that comes outside of any call (RFC 3428). */
import type { Core } from '../core/core.js';
import { optional } from '../core/optional.js';
import { ContentType, From } from '../parser/index.js';
import type { SipRequest } from '../parser/index.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { IncomingMessage } from './account-events.js';

/** A MESSAGE as the app gets it. */
export function incomingMessage(
  core: Core,
  request: SipRequest,
  transaction: ServerTransaction,
): Omit<IncomingMessage, 'account'> {
  return {
    from: optional(request, From)?.uri ?? '',
    contentType: optional(request, ContentType)?.type ?? 'text/plain',
    body: request.body,
    request,
    respond: (status, reason) => {
      if (!transaction.isAnswered) core.respond(transaction, status, reason === undefined ? {} : { reason });
    },
  };
}
