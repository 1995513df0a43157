/** What the peer asks for in the dialog of a session that is not over, by its method (RFC 3261 §12.2.2). */
import type { SipRequest } from '../parser/index.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import { onOtherRequest } from './other-requests.js';
import { answerReinvite } from './incoming-reinvite.js';
import type { Session } from './session.js';
import { answerUpdate } from './update.js';

export function takeRequest(session: Session, request: SipRequest, transaction: ServerTransaction): void {
  const { core } = session.context;
  switch (request.method) {
    case 'INVITE':
      session.located++;
      answerReinvite(session, request, transaction);
      return;
    case 'UPDATE':
      session.located++;
      answerUpdate(session, request, transaction);
      return;
    case 'PRACK':
      if (!session.onPrack?.(request, transaction)) core.respond(transaction, 481); // RFC 3262 §3
      return;
    case 'BYE':
      core.respond(transaction, 200);
      session.end({ by: 'remote', status: 200, reason: 'OK', message: request });
      return;
    case 'REFER':
      session.user.onRefer(session, transaction);
      return;
    case 'NOTIFY':
      if (session.refers) session.refers.onNotify(request, transaction);
      else core.respond(transaction, 481); // RFC 6665 §4.1.3
      return;
    default:
      onOtherRequest(session, request, transaction);
  }
}
