/** A request outside of any dialog that nothing speaks against goes to its account, or is answered for want of one: 404, 481, 486. */
import type { AccountInbox } from '../account/account-context.js';
import { headerValue } from '../parser/index.js';
import type { SipRequest } from '../parser/index.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { IncomingRequests } from './incoming-requests.js';

export function takeRequest(incoming: IncomingRequests, request: SipRequest, transaction: ServerTransaction): void {
  const { core, accounts } = incoming.context;
  const account = incoming.accountFor(request, transaction);
  const inbox = account && accounts.get(account);
  switch (request.method) {
    case 'OPTIONS': // §11.2: as an INVITE would fare
      core.respondOptions(transaction, inbox ? 200 : 404);
      return;
    case 'INVITE':
      takeInvite(incoming, request, transaction, inbox);
      return;
    case 'MESSAGE':
      if (inbox) inbox.onMessage(request, transaction);
      else core.respond(transaction, 404);
      return;
    case 'REFER':
      if (inbox) inbox.onRefer(transaction);
      else core.respond(transaction, 404);
      return;
    default: // BYE, INFO …: they mean nothing outside of a dialog (§15.1.2)
      if (request.method === 'NOTIFY' && inbox?.onNotify(request, transaction)) return;
      if (!incoming.offer(request, transaction, account)) core.respond(transaction, 481);
  }
}

function takeInvite(
  incoming: IncomingRequests,
  request: SipRequest,
  transaction: ServerTransaction,
  inbox: AccountInbox | undefined,
): void {
  const { core, config, callCount } = incoming.context;
  // one that takes the place of another makes them no more (RFC 3891)
  const isTooMany = callCount() >= config.maxCalls && headerValue(request, 'Replaces') === undefined;
  if (inbox && !isTooMany) {
    inbox.onInvite(request, transaction);
    return;
  }
  const status = inbox ? 486 : 404;
  core.respond(transaction, status);
  incoming.tellRefused(request, status, inbox);
}
