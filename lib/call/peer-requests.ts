/** What the peer says within a call: messages, the word that one is being written, and the wish that we call someone else. */
import { headerValue } from '../parser/index.js';
import type { SipRequest } from '../parser/index.js';
import type { Session } from '../session/session.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { Leg } from './leg.js';
import { withPart } from './with-part.js';

export function takeMessage(leg: Leg, request: SipRequest, transaction: ServerTransaction): void {
  leg.sessionContext.core.respond(transaction, 200);
  if (/^application\/im-iscomposing\+xml\b/i.test(headerValue(request, 'Content-Type') ?? '')) {
    withPart(import('./composing.js'), leg.context.log, ({ hear }) => {
      hear(leg, request.body);
    });
    return;
  }
  leg.onMessagePassed?.('received');
  leg.tell('message', { body: request.body, request });
}

export function takeRefer(leg: Leg, session: Session, transaction: ServerTransaction): void {
  import('./incoming-refer.js')
    .then(({ takeReferInCall }) => {
      takeReferInCall(leg, session, transaction);
    })
    .catch((error: unknown) => {
      leg.context.log.error('a REFER could not be taken', error);
      leg.sessionContext.core.respond(transaction, 500);
    });
}

/** The user types: the peer is told, now and then. */
export function tellComposing(leg: Leg): void {
  leg.mustBeConfirmed('composing');
  withPart(import('./composing.js'), leg.context.log, ({ write }) => {
    write(leg);
  });
}
