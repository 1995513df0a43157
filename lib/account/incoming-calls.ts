/** The INVITEs that come for an account: refused at once, a call, or one that takes the place of another. */
import type { Logger } from '../base/log.js';
import { Call } from '../call/call.js';
import type { CallContext } from '../call/call-context.js';
import type { IncomingRefer } from '../call/incoming-refer.js';
import { loadReplacement } from '../call/load-replacement.js';
import { refuse } from '../call/refusal.js';
import type { Replaceable } from '../call/replacement.js';
import type { Core } from '../core/core.js';
import type { Refusal } from '../core/inspect.js';
import { headerValue } from '../parser/index.js';
import type { SipRequest } from '../parser/index.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { Flow } from '../transport/flow.js';
import type { AccountConfig } from './account-config.js';

export interface IncomingCallsHost {
  readonly core: Core;
  readonly log: Logger;
  /** The account's, of which one may be replaced. */
  readonly calls: Replaceable;
  readonly config: () => AccountConfig;
  /** What the calls of a flow share. */
  readonly context: (flow: Flow) => CallContext;
  /** A call has begun. */
  readonly adopt: (call: Call) => Call;
  /** Shows the app a call; false where nobody looks. */
  readonly announce: (call: Call) => boolean;
  /** An INVITE was refused before the app heard of it. */
  readonly onRefused: (request: SipRequest, status: number) => void;
}

export class IncomingCalls {
  readonly #host: IncomingCallsHost;

  constructor(host: IncomingCallsHost) {
    this.#host = host;
  }

  onInvite(request: SipRequest, transaction: ServerTransaction): void {
    if (headerValue(request, 'Replaces') !== undefined) {
      void this.#replace(request, transaction);
      return;
    }
    const refusal = this.#refusal(request);
    if (refusal) {
      this.#refuse(transaction, refusal);
      return;
    }
    const call = this.#take(request, transaction);
    if (this.#host.announce(call)) {
      if (call.state === 'incoming') void call.ring();
      return;
    }
    call.reject(480); // a page that takes no calls
    this.#host.onRefused(request, 480);
  }

  /** Somebody without a call with us wants us to call someone else. */
  onRefer(transaction: ServerTransaction, announce: (refer: IncomingRefer) => void): void {
    const { core, log, context } = this.#host;
    import('../call/incoming-refer.js')
      .then(({ takeReferOfStranger }) => {
        takeReferOfStranger(context(transaction.flow), transaction, announce);
      })
      .catch((error: unknown) => {
        log.error('a REFER could not be taken', error);
        core.respond(transaction, 500);
      });
  }

  /** It is to take the place of a call of ours. */
  async #replace(request: SipRequest, transaction: ServerTransaction): Promise<void> {
    const { core, log, context, calls, onRefused } = this.#host;
    transaction.user = {
      onCancel: () => {
        core.respond(transaction, 487);
      },
    };
    const replacement = await loadReplacement().catch((error: unknown) => {
      log.error('a call could not be replaced', error);
    });
    const isCancelled = (): boolean => transaction.isAnswered;
    if (isCancelled()) return;
    if (!replacement) {
      this.#refuse(transaction, { status: 500, headers: [] });
      return;
    }
    const { acceptSuccession, isPeers, replacedBy, takeOver } = replacement;
    const old = this.#refusal(request) ?? (await replacedBy(request, context(transaction.flow), calls));
    if (isCancelled()) return;
    if ('status' in old) {
      this.#refuse(transaction, old);
      return;
    }
    if (isPeers(old, request)) {
      await acceptSuccession(old, request, transaction);
      return;
    }
    const call = this.#take(request, transaction);
    try {
      await takeOver(old, call);
    } catch (error) {
      log.warn(`a call was not replaced: ${String(error)}`);
      if (call.end?.by === 'local') onRefused(request, call.end.status);
    }
  }

  #refusal(request: SipRequest): Refusal | undefined {
    const { media, extensions } = this.#host.config();
    return refuse(request, media, extensions);
  }

  #refuse(transaction: ServerTransaction, refusal: Refusal): void {
    this.#host.core.respond(transaction, refusal.status, refusal);
    this.#host.onRefused(transaction.request, refusal.status);
  }

  #take(request: SipRequest, transaction: ServerTransaction): Call {
    const { adopt, context } = this.#host;
    return adopt(new Call(context(transaction.flow), { direction: 'incoming', request, transaction }));
  }
}
