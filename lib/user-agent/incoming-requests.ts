/** Requests outside of any dialog: whose they are, and who is told what of them; where what answers them is still on its way, they wait. */
import type { Account } from '../account/account.js';
import type { AccountInbox } from '../account/account-context.js';
import { rejectedCall } from '../account/rejected-call.js';
import { reportBug } from '../base/emitter.js';
import type { Emitter } from '../base/emitter.js';
import type { OnDemand } from '../base/on-demand.js';
import type { Core, CoreUser } from '../core/core.js';
import type { SipRequest } from '../parser/index.js';
import type { ResponseOptions } from '../transaction/responses.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import { findAccount } from './account-routing.js';
import type { AllParts } from './all-parts.js';
import type { UserAgentEvents } from './user-agent-events.js';
import type { UserAgentConfig } from './user-agent-options.js';

export interface IncomingContext {
  readonly core: Core;
  readonly parts: OnDemand<AllParts>;
  readonly config: UserAgentConfig;
  readonly accounts: ReadonlyMap<Account, AccountInbox>;
  readonly emitter: Emitter<UserAgentEvents>;
  readonly callCount: () => number;
}

export class IncomingRequests implements CoreUser {
  readonly context: IncomingContext;

  constructor(context: IncomingContext) {
    this.context = context;
  }

  onNewRequest(request: SipRequest, transaction: ServerTransaction): void {
    this.context.parts.part!.takeRequest(this, request, transaction);
  }

  onTooEarly(request: SipRequest, transaction: ServerTransaction): void {
    void this.#holdBack(request, transaction);
  }

  onRefused(request: SipRequest, status: number, transaction: ServerTransaction): void {
    const account = this.accountFor(request, transaction);
    this.tellRefused(request, status, account && this.context.accounts.get(account));
  }

  onOtherRequest(request: SipRequest, transaction: ServerTransaction): boolean {
    return this.offer(request, transaction, this.accountFor(request, transaction));
  }

  accountFor(request: SipRequest, transaction: ServerTransaction): Account | undefined {
    const { accounts, config } = this.context;
    const found = findAccount(accounts, request, transaction.flow);
    const { routeIncoming } = config;
    try {
      return routeIncoming ? routeIncoming(request, found) : found;
    } catch (error) {
      reportBug(error);
      return found;
    }
  }

  tellRefused(request: SipRequest, status: number, inbox: AccountInbox | undefined): void {
    const { core, emitter } = this.context;
    if (inbox) inbox.onRefused(request, status);
    else emitter.emit('rejectedCall', rejectedCall(core, undefined, request, status));
  }

  /** Offers it to the app; returns whether that has answered. */
  offer(request: SipRequest, transaction: ServerTransaction, account: Account | undefined): boolean {
    const { core, emitter } = this.context;
    const respond = (status: number, options?: ResponseOptions): void => {
      if (!transaction.isAnswered) core.respond(transaction, status, options);
    };
    emitter.emit('request', { request, account, respond });
    return transaction.isAnswered;
  }

  /** What answers it is still on its way here. A caller may give up meanwhile (§9.2); so may we, where it cannot be had. */
  async #holdBack(request: SipRequest, transaction: ServerTransaction): Promise<void> {
    const { core, parts, config } = this.context;
    const isInvite = request.method === 'INVITE';
    const refuse = (status: number): void => {
      if (transaction.isAnswered) return;
      core.respond(transaction, status);
      if (isInvite) this.onRefused(request, status, transaction);
    };
    if (isInvite) {
      transaction.trying();
      transaction.user = {
        onCancel: () => {
          refuse(487);
        },
      };
    }
    try {
      await parts.load();
    } catch (error) {
      config.log.error(`${request.method} cannot be answered`, error);
      refuse(480);
    }
    if (!transaction.isAnswered) core.onRequest(request, transaction);
  }
}
