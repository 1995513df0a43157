/** The transactions under way: matches messages to them, feeds their machines, and carries out the effects (RFC 3261 §17). */
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import { CSeq, Via, headerValue, isRequest, read } from '../parser/index.js';
import type { ParseError, SipMessage, SipRequest, SipResponse } from '../parser/index.js';
import type { Flow } from '../transport/flow.js';
import type { FormerWay, TransportUser } from '../transport/flow-context.js';
import { ClientTransaction } from './client-transaction.js';
import type { ClientEnvironment, ClientTransactionUser } from './client-transaction.js';
import type { Invites } from './invites.js';
import { clientKey, mergeKey, serverKey, topBranch } from './matching.js';
import { buildResponse, toTag } from './responses.js';
import { ServerTransaction } from './server-transaction.js';
import type { ServerEnvironment } from './server-transaction.js';
import type { Timers } from './timers.js';

/** RFC 3261 §17: the transaction user, what sits on this floor. */
export interface TransactionUser {
  /** A new request that no transaction knows. */
  onRequest(request: SipRequest, transaction: ServerTransaction): void;
  /** An ACK for a 2xx: it is a transaction of its own and gets no answer (§13.2.2.4). */
  onAck(ack: SipRequest): void;
}

export class TransactionLayer implements TransportUser {
  readonly #log: Logger;
  readonly #clientEnvironment: ClientEnvironment;
  readonly #serverEnvironment: ServerEnvironment;
  readonly #clients = new Map<string, ClientTransaction>();
  readonly #servers = new Map<string, ServerTransaction>();
  /** Of the INVITEs under way: a second one by another way is merged (§8.2.2.2). */
  readonly #merges = new Map<string, ServerTransaction>();
  #user: TransactionUser | undefined;

  constructor(clock: Clock, log: Logger, timers: Timers) {
    this.#log = log;
    this.#clientEnvironment = {
      clock,
      timers,
      ended: ({ key }) => this.#clients.delete(key),
    };
    this.#serverEnvironment = {
      clock,
      timers,
      deliver: (request, transaction) => {
        this.#user!.onRequest(request, transaction);
      },
      ended: (transaction) => {
        const { key, merge } = transaction;
        this.#servers.delete(key);
        if (merge !== undefined && this.#merges.get(merge) === transaction) this.#merges.delete(merge);
      },
    };
  }

  attach(user: TransactionUser): void {
    this.#user = user;
  }

  /**
   * Starts a client transaction; its user hears everything later, never before this returns.
   * @param invites where the request is an INVITE
   */
  request(request: SipRequest, flow: Flow, user: ClientTransactionUser, invites?: Invites): ClientTransaction {
    const transaction = new ClientTransaction(request, flow, user, invites, this.#clientEnvironment);
    this.#clients.set(transaction.key, transaction);
    transaction.feed('start');
    return transaction;
  }

  /** The INVITE that a CANCEL asks to end (§9.2). */
  cancelled(cancel: SipRequest): ServerTransaction | undefined {
    return this.#servers.get(serverKey(cancel, 'INVITE'));
  }

  /** The same request that came by another way before and is still being worked on (§8.2.2.2). */
  mergedWith({ merge }: ServerTransaction): ServerTransaction | undefined {
    return merge === undefined ? undefined : this.#merges.get(merge);
  }

  /** The former one is not what others are merged with any more. */
  supersede(transaction: ServerTransaction): void {
    this.#merges.set(transaction.merge!, transaction);
  }

  /** Whether a transaction on this flow still waits for something. */
  isUsing(flow: Flow): boolean {
    for (const client of this.#clients.values()) if (client.flow === flow && !client.isLingering) return true;
    for (const server of this.#servers.values()) if (server.flow === flow && !server.isAnswered) return true;
    return false;
  }

  /** Nobody is left to hear of repeats: what only waited for them is over. */
  stop(): void {
    for (const transaction of [...this.#clients.values(), ...this.#servers.values()]) transaction.feed('linger');
  }

  onMessage(message: SipMessage, flow: Flow): void {
    if (!isRequest(message)) this.#onResponse(message);
    else if (message.method === 'ACK') this.#onAck(message);
    else this.#onRequest(message, flow);
  }

  /** A request that can still be answered gets its 400, 505 or 513 without a transaction (§8.2.7); the rest is dropped. */
  onMalformed(error: ParseError, flow: Flow): void {
    const { partial, status } = error;
    if (!partial || !isRequest(partial) || partial.method === 'ACK') return;
    const answerable = ['Via', 'From', 'To', 'Call-ID', 'CSeq'].some(
      (name) => headerValue(partial, name) !== undefined,
    );
    if (!answerable || headerValue(partial, 'Via') === undefined) return;
    flow.send(buildResponse(partial, status, { reason: phrase(error), toTag: 'malformed' }), flow.origin);
  }

  onConnectionLost(flow: Flow, former?: FormerWay): void {
    for (const transaction of [...this.#clients.values()]) {
      if (transaction.flow !== flow) continue;
      const isItsWay = !former || transaction.sentBy === former.sentBy;
      if (isItsWay && (!former || former.isDead || transaction.isUnanswered)) transaction.feed('connectionLost');
    }
  }

  #onResponse(response: SipResponse): void {
    const transaction = this.#clients.get(clientKey(topBranch(response), read(response, CSeq)!.method));
    if (!transaction || isForeign(response, transaction)) {
      this.#log.warn(`response without a transaction dropped: ${response.status} ${headerValue(response, 'CSeq')}`);
      return;
    }
    const { status } = response;
    transaction.feed(status < 200 ? 'provisional' : status < 300 ? 'success' : 'failure', response);
  }

  #onAck(ack: SipRequest): void {
    const transaction = this.#servers.get(serverKey(ack));
    // RFC 6026 §7.1: after a 2xx the ACK is the session's, whatever its branch
    if (transaction?.state === 'completed') transaction.feed('ack', ack);
    else this.#user!.onAck(ack);
  }

  #onRequest(request: SipRequest, flow: Flow): void {
    const key = serverKey(request);
    const known = this.#servers.get(key);
    if (known) {
      known.feed('request', request);
      return;
    }
    const merge = request.method === 'INVITE' && toTag(request) === undefined ? mergeKey(request) : undefined;
    const transaction = new ServerTransaction(request, flow, key, merge, this.#serverEnvironment);
    this.#servers.set(key, transaction);
    if (merge !== undefined && !this.#merges.has(merge)) this.#merges.set(merge, transaction);
    transaction.feed('request', request);
  }
}

/** §17.1.3, §18.1.2 and good sense: a response whose method, Call-ID or sent-by is not ours answers someone else. */
function isForeign(response: SipResponse, { request, sentBy }: ClientTransaction): boolean {
  return (
    hasSeveral(response, 'Via') || // §8.1.3.3
    headerValue(response, 'Call-ID') !== headerValue(request, 'Call-ID') ||
    read(response, CSeq)!.method !== request.method ||
    read(response, Via)!.host.toLowerCase() !== sentBy
  );
}

function hasSeveral({ headers }: SipMessage, name: string): boolean {
  let count = 0;
  for (const header of headers) if (header.name === name) count++;
  return count > 1;
}

/** §21.4.1: the reason phrase tells what was wrong. */
const phrase = (error: ParseError): string | undefined =>
  error.status === 400 ? `Bad Request: ${error.message.replace(/[^\x20-\x7e]/g, '?').slice(0, 120)}` : undefined;
