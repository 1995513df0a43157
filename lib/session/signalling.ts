/** What a call says and answers: through the core, with what each message of it carries (RFC 7989) and what the app adds. */
import type { Random } from '../base/random.js';
import type { ClientRequest, RequestOptions, RequestUser } from '../core/client-request.js';
import type { Core } from '../core/core.js';
import type { DialogTable } from '../core/dialog-table.js';
import type { RequestPlan } from '../core/requests.js';
import type { Header, SipRequest, SipResponse } from '../parser/index.js';
import type { ResponseOptions } from '../transaction/responses.js';
import { invites } from '../transaction/invites.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import { senderUuid, sessionIdHeader } from '../transaction/session-id.js';
import type { Flow } from '../transport/flow.js';

/** What the app makes of a request before it leaves. */
export type Dress = (plan: RequestPlan) => RequestPlan;

export class Signalling {
  /** Our half of the Session-ID: one for the call, through all of its dialogs. */
  readonly uuid: string | undefined;
  readonly #core: Core;
  readonly #dress: Dress | undefined;

  constructor(core: Core, uuid: string | undefined, dress: Dress | undefined) {
    this.#core = core;
    this.uuid = uuid;
    this.#dress = dress;
  }

  get dialogs(): DialogTable {
    return this.#core.dialogs;
  }

  get random(): Random {
    return this.#core.random;
  }

  /** As `Core.request`. */
  request(plan: RequestPlan, options: RequestOptions, user: RequestUser): ClientRequest {
    return this.#core.request(this.#dressed(plan), this.#marked(options, plan), user);
  }

  /** As `Core.exchange`. */
  exchange(plan: RequestPlan, options: RequestOptions): Promise<SipResponse> {
    return this.#core.exchange(this.#dressed(plan), this.#marked(options, plan));
  }

  /** As `Core.sendAck`. */
  sendAck(plan: RequestPlan, flow: Flow): SipRequest {
    return this.#core.sendAck(this.#dressed(plan), flow, this.#mark(plan.peerUuid));
  }

  /** Headers of the CANCEL of a request: its Session-ID is the request's (RFC 7989 §6). */
  cancelling(plan: RequestPlan, headers: readonly Header[]): readonly Header[] {
    return this.#dress ? this.#dress({ ...plan, method: 'CANCEL', headers, body: '' }).headers : headers;
  }

  /** As `Core.respond`. */
  respond(transaction: ServerTransaction, status: number, options?: ResponseOptions): void {
    this.#core.respond(transaction, status, options, this.#markTo(transaction.request));
  }

  respondOptions(transaction: ServerTransaction, abilities: readonly Header[]): void {
    this.#core.respondOptions(transaction, 200, abilities, this.#markTo(transaction.request));
  }

  #dressed(plan: RequestPlan): RequestPlan {
    return this.#dress ? this.#dress(plan) : plan;
  }

  /** Field by field: a copy of an object in whatever shape has one of its own, which takes more memory than the rest. */
  #marked(
    { flow, authenticator, signal, patience }: RequestOptions,
    { method, peerUuid }: RequestPlan,
  ): RequestOptions {
    const sessionId = this.#mark(peerUuid);
    return { flow, authenticator, signal, patience, sessionId, invites: method === 'INVITE' ? invites : undefined };
  }

  #mark(peer: string | undefined): Header | undefined {
    return this.uuid === undefined ? undefined : sessionIdHeader(this.uuid, peer);
  }

  #markTo(request: SipRequest): Header | undefined {
    if (this.uuid === undefined) return undefined;
    return sessionIdHeader(this.uuid, senderUuid(request) ?? this.dialogs.find(request)?.peerUuid);
  }
}
