/** The UA core: takes a request to its dialog or up, sends requests out (RFC 3261 §8, §12.2.2). */
import type { Logger } from '../base/log.js';
import type { OnDemand } from '../base/on-demand.js';
import type { Random } from '../base/random.js';
import { newTag } from '../base/random.js';
import { unlessAborted } from '../base/unless-aborted.js';
import { ParseError } from '../parser/index.js';
import type { Header, SipRequest, SipResponse } from '../parser/index.js';
import { firstPhrase } from '../transaction/first-phrases.js';
import { buildResponse, toTag } from '../transaction/responses.js';
import type { ResponseOptions } from '../transaction/responses.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { TransactionLayer, TransactionUser } from '../transaction/transaction-layer.js';
import { newBranch } from '../base/random.js';
import type { Flow } from '../transport/flow.js';
import { ClientRequest } from './client-request.js';
import type { RequestContext, RequestOptions, RequestUser } from './client-request.js';
import type { Dialog } from './dialog.js';
import { DialogTable } from './dialog-table.js';
import { buildRequest } from './requests.js';
import type { RequestPlan } from './requests.js';

/** What comes with the first account. */
export type CoreParts = typeof import('./parts.js');

/** What sits on the core: whoever owns the accounts. */
export interface CoreUser {
  /** A request outside of any dialog that passed inspection; must be answered through its transaction. */
  onNewRequest(request: SipRequest, transaction: ServerTransaction): void;
  /** What requests are answered with is not there yet: this one is to come again when it is, or to be refused. */
  onTooEarly(request: SipRequest, transaction: ServerTransaction): void;
  /** An INVITE outside of any dialog was refused by inspection. */
  onRefused(request: SipRequest, status: number, transaction: ServerTransaction): void;
  /** One whose method is not ours, outside of any dialog; true when it was answered. */
  onOtherRequest(request: SipRequest, transaction: ServerTransaction): boolean;
}

export interface CoreConfig {
  /** Product tokens for User-Agent and Server (RFC 3261 §20.41); empty for none. */
  readonly userAgent: string;
}

export class Core implements TransactionUser {
  readonly dialogs = new DialogTable();
  readonly random: Random;
  readonly #parts: OnDemand<CoreParts>;
  readonly #transactions: TransactionLayer;
  readonly #log: Logger;
  readonly #config: CoreConfig;
  /** What every request of ours is sent with. */
  readonly #context: RequestContext;
  #user: CoreUser | undefined;

  constructor(
    transactions: TransactionLayer,
    parts: OnDemand<CoreParts>,
    random: Random,
    log: Logger,
    config: CoreConfig,
  ) {
    this.#parts = parts;
    this.#transactions = transactions;
    this.random = random;
    this.#log = log;
    this.#config = config;
    const { userAgent } = config;
    const product = userAgent ? { name: 'User-Agent', value: userAgent } : undefined;
    this.#context = { transactions, random, product };
    transactions.attach(this);
  }

  attach(user: CoreUser): void {
    this.#user = user;
  }

  /** Sends a request; its user hears of every response, or why there is none. */
  request(plan: RequestPlan, options: RequestOptions, user: RequestUser): ClientRequest {
    return new ClientRequest(this.#context, plan, options, user).start();
  }

  /**
   * As `request`, for what has one final response: resolves with it, whatever its status. Aborted, it waits no longer:
   * what has been sent cannot be called back (§9.1).
   */
  exchange(plan: RequestPlan, options: RequestOptions): Promise<SipResponse> {
    const answer = new Promise<SipResponse>((onFinal, onFailure) => {
      this.request(plan, options, { onFinal, onFailure });
    });
    return unlessAborted(options.signal, answer);
  }

  /** Sends the ACK of a 2xx, which no transaction carries (§13.2.2.4); returns it for repeats. */
  sendAck(plan: RequestPlan, flow: Flow, sessionId?: Header): SipRequest {
    const { viaTransport, sentBy } = flow;
    const branch = newBranch(this.random);
    const sequence = plan.nextSequence();
    const ack = buildRequest(plan, { branch, viaTransport, sentBy, sequence, authorization: [], sessionId });
    flow.send(ack);
    return ack;
  }

  /** Whether two URIs of ours mean the same (§19.1.4); at first only where they are written alike. */
  isSameUri(a: string, b: string): boolean {
    return a === b || !!this.#parts.part?.uriEquals(a, b);
  }

  reasonPhrase(status: number): string {
    return (this.#parts.part?.reasonPhrase ?? firstPhrase)(status);
  }

  /** Answers a request, with a To tag of ours unless it has one (§8.2.6.2). */
  respond(transaction: ServerTransaction, status: number, options: ResponseOptions = {}, sessionId?: Header): void {
    const { userAgent } = this.#config;
    const headers = [...(options.headers ?? [])];
    if (sessionId) headers.push(sessionId);
    if (userAgent) headers.push({ name: 'Server', value: userAgent });
    const { toTag: tag = newTag(this.random), reason = this.reasonPhrase(status), body } = options;
    transaction.respond(buildResponse(transaction.request, status, { toTag: tag, reason, body, headers }));
  }

  onRequest(request: SipRequest, transaction: ServerTransaction): void {
    try {
      this.#route(request, transaction);
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      // A header that was needed only now turned out malformed (§21.4.1).
      this.#log.warn(`${request.method} refused: ${error.message}`, error.caret);
      if (!transaction.isAnswered) this.respond(transaction, 400);
    }
  }

  onAck(ack: SipRequest): void {
    const dialog = this.dialogs.find(ack);
    if (dialog) dialog.user?.onAck(ack);
    else this.#log.debug('ACK without a dialog dropped');
  }

  #route(request: SipRequest, transaction: ServerTransaction): void {
    if (request.method === 'CANCEL') {
      this.#onCancel(request, transaction);
      return;
    }
    const { part } = this.#parts;
    if (!part) {
      this.#user!.onTooEarly(request, transaction);
      return;
    }
    const isInside = toTag(request) !== undefined;
    const dialog = isInside ? this.dialogs.find(request) : undefined;
    const refusal = part.inspect(request, dialog?.user?.takes?.(request.method));
    if (refusal) {
      const isOther = (refusal.status === 405 || refusal.status === 501) && !isInside;
      if (isOther && this.#user!.onOtherRequest(request, transaction)) return;
      this.#log.warn(`${request.method} refused with ${refusal.status}`);
      this.respond(transaction, refusal.status, refusal);
      if (request.method === 'INVITE' && toTag(request) === undefined)
        this.#user!.onRefused(request, refusal.status, transaction);
      return;
    }
    if (isInside) {
      this.#toDialog(dialog, request, transaction);
    } else {
      const first = this.#transactions.mergedWith(transaction);
      if (first && first !== transaction) this.#onMerged(transaction, first);
      else this.#user!.onNewRequest(request, transaction);
    }
  }

  /** §8.2.2.2; a proxy that forks the INVITE once more, for the connection it took is gone, means the same call. */
  #onMerged(transaction: ServerTransaction, first: ServerTransaction): void {
    if (!first.isCutOff || !first.user?.onAgain) {
      this.respond(transaction, 482);
      return;
    }
    this.#transactions.supersede(transaction);
    first.user.onAgain(transaction);
  }

  #toDialog(dialog: Dialog | undefined, request: SipRequest, transaction: ServerTransaction): void {
    if (!dialog?.user) {
      const awaited = this.dialogs.expecting(request);
      if (awaited) awaited.onRequest(request, transaction);
      else this.respond(transaction, 481); // §12.2.2
    } else if (!dialog.accept(request)) {
      this.respond(transaction, 500, { headers: [{ name: 'Retry-After', value: '0' }] }); // §12.2.2
    } else {
      dialog.user.onRequest(request, transaction);
    }
  }

  /** §11.2. */
  respondOptions(
    transaction: ServerTransaction,
    status = 200,
    abilities?: readonly Header[],
    sessionId?: Header,
  ): void {
    const { acceptHeader, generalAbilities } = this.#parts.part!;
    this.respond(transaction, status, { headers: [acceptHeader, ...(abilities ?? generalAbilities)] }, sessionId);
  }

  /** §9.2: the CANCEL is answered for itself; what it asks for is up to the INVITE's user. */
  #onCancel(cancel: SipRequest, transaction: ServerTransaction): void {
    const invite = this.#transactions.cancelled(cancel);
    if (!invite) {
      this.respond(transaction, 481);
      return;
    }
    const tag = invite.lastResponse && responseTag(invite.lastResponse);
    const sessionId = invite.lastResponse?.headers.filter(({ name }) => name === 'Session-ID'); // RFC 7989 §6
    this.respond(transaction, 200, { toTag: tag, headers: sessionId }); // §9.2: the tag SHOULD be the INVITE's
    if (!invite.isAnswered) invite.user?.onCancel(cancel);
  }
}

function responseTag(response: SipResponse): string | undefined {
  return toTag({ method: '', uri: '', headers: response.headers, body: '' });
}
