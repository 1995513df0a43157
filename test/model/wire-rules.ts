// A witness on the wire: what RFC 3261, 3262 and 3264 demand of messages, checked for each that leaves either phone.
import type { Clock } from '../../lib/base/clock.js';
import {
  CSeq,
  From,
  ParseError,
  To,
  Via,
  headerValue,
  isRequest,
  parseMessage,
  read,
  readAll,
} from '../../lib/parser/index.js';
import type { SipMessage, SipRequest, SipResponse } from '../../lib/parser/index.js';
import { other } from './link.js';
import type { LinkUser, Side } from './link.js';

/** 64·T1: what has no answer by then is over for its sender. */
const patience = 32_000;

interface Transaction {
  readonly request: SipRequest;
  readonly from: Side;
  /** -Infinity when its sender's connection is another one now. */
  sentAt: number;
  /** What the server side has said, and what of it has reached the client side. */
  hasFinal: boolean;
  hasProvisional: boolean;
  sawProvisional: boolean;
  sawFinal: boolean;
  final: SipResponse | undefined;
  isAcknowledged: boolean;
  /** Its reliable provisional response with an offer has arrived; those that follow repeat it. */
  isOffered: boolean;
  /** When its sender took it back. */
  cancelledAt: number;
}

/** One side's view of offers in one call (RFC 3264 §4): what it has sent and what it has received without an answer yet. */
interface View {
  out: Transaction | undefined;
  in: Transaction | undefined;
}

export class WireRules implements LinkUser {
  readonly violations: string[] = [];
  readonly #clock: Clock;
  readonly #transactions = new Map<string, Transaction>();
  /** The last CSeq of each sender in each dialog. */
  readonly #sequences = new Map<string, number>();
  readonly #views = new Map<string, View>();
  readonly #sections = new Map<string, readonly string[]>();
  /** Frames were lost, doubled, held back or answered by the network: some rules cannot be checked from outside. */
  isDisturbed = false;

  readonly #trace: ((line: string) => void) | undefined;

  constructor(clock: Clock, trace?: (line: string) => void) {
    this.#clock = clock;
    this.#trace = trace;
  }

  onSent(side: Side, frame: string): void {
    const message = this.#parse(frame);
    if (!message) return;
    this.#trace?.(`${this.#clock.now()} ${side} → ${summary(message)}`);
    if (isRequest(message)) this.#onRequestSent(side, message);
    else this.#onResponseSent(side, message);
    this.#checkSections(side, message);
  }

  onDelivered(side: Side, frame: string): void {
    const message = this.#parse(frame);
    if (!message) return;
    this.#trace?.(`${this.#clock.now()}   → ${side} ${summary(message)}`);
    const transaction = this.#transactions.get(keyOf(message));
    if (isRequest(message)) {
      // an ACK without the answer leaves none to wait for
      const isSettled = message.method === 'ACK' || (message.method === 'PRACK' && hasBody(message));
      if (isSettled) this.#view(message, side).out = undefined;
      if (transaction && !transaction.hasFinal && isOffer(message, transaction))
        this.#view(message, side).in = transaction;
      return;
    }
    if (!transaction) return;
    const view = this.#view(message, side);
    if (message.status < 200) {
      transaction.sawProvisional = true;
      if (isReliable(message) && hasBody(message)) this.#onDescription(view, transaction, message);
      return;
    }
    transaction.sawFinal = true;
    if (view.out === transaction) view.out = undefined;
    if (message.status < 300 && !transaction.isAcknowledged && isOffer(message, transaction)) view.in = transaction;
  }

  onConnected(side: Side): void {
    for (const transaction of this.#transactions.values()) {
      if (transaction.from !== side || transaction.sawFinal) continue;
      transaction.sentAt = -Infinity;
      this.isDisturbed = true;
    }
  }

  /** Requests that never got a final response, though nothing disturbed the network. */
  get unanswered(): string[] {
    return [...this.#transactions.values()]
      .filter(({ hasFinal, request }) => !hasFinal && request.method !== 'ACK')
      .map(({ request }) => summary(request));
  }

  #parse(frame: string): SipMessage | undefined {
    const message = parseMessage(frame);
    if (!(message instanceof ParseError)) return message;
    this.#report(`unparsable: ${message.message}`);
    return undefined;
  }

  #onRequestSent(side: Side, request: SipRequest): void {
    const { sequence, method } = read(request, CSeq)!;
    if (method !== request.method) this.#report(`${summary(request)}: CSeq of another method (§8.1.1.5)`);
    if (request.method === 'ACK') this.#onAckSent(side, request);
    else if (request.method === 'CANCEL') this.#onCancelSent(side, request);
    else this.#onOtherSent(side, request, sequence);
  }

  #onOtherSent(side: Side, request: SipRequest, sequence: number): void {
    const half = `${headerValue(request, 'Call-ID')} ${read(request, From)!.params.get('tag')} ${side}`;
    const dialog = `${half} ${read(request, To)!.params.get('tag') ?? ''}`;
    const last = this.#sequences.get(dialog) ?? this.#sequences.get(`${half} `); // at least that of the first INVITE
    if (last !== undefined && sequence <= last)
      this.#report(`${summary(request)}: CSeq does not rise, was ${last} (§12.2.1.1)`);
    this.#sequences.set(dialog, sequence);
    const key = keyOf(request);
    if (this.#transactions.has(key)) {
      this.#report(`${summary(request)}: its branch was used before (§8.1.1.7)`);
      return;
    }
    const transaction = this.#newTransaction(side, request);
    if (request.method === 'INVITE') this.#checkInvites(side, request);
    this.#transactions.set(key, transaction);
    this.#checkOffer(side, request, transaction);
  }

  #newTransaction(from: Side, request: SipRequest): Transaction {
    return {
      request,
      from,
      sentAt: this.#clock.now(),
      hasFinal: false,
      hasProvisional: false,
      sawProvisional: false,
      sawFinal: false,
      final: undefined,
      isAcknowledged: false,
      isOffered: false,
      cancelledAt: Infinity,
    };
  }

  /** §14.1: no INVITE in a dialog where another is in progress in either direction. */
  #checkInvites(side: Side, invite: SipRequest): void {
    const callId = headerValue(invite, 'Call-ID');
    for (const { request, from, hasFinal, sawFinal, sentAt, cancelledAt } of this.#transactions.values()) {
      if (request.method !== 'INVITE' || headerValue(request, 'Call-ID') !== callId) continue;
      const isOpen = from === side ? !sawFinal && this.#clock.now() - sentAt < patience : false;
      if (this.#isTakenBack(cancelledAt)) continue;
      if (isOpen && from === side && !hasFinal)
        this.#report(`${summary(invite)} while ${summary(request)} is in progress (§14.1)`);
    }
  }

  /** And whoever has it does not say so: a dead flow, which a proxy waits for. */
  #isTakenBack(cancelledAt: number): boolean {
    return this.#clock.now() - cancelledAt >= 1000;
  }

  #onAckSent(side: Side, ack: SipRequest): void {
    const { sequence } = read(ack, CSeq)!;
    const invite = [...this.#transactions.values()].find(
      ({ request, from }) =>
        from === side &&
        request.method === 'INVITE' &&
        read(request, CSeq)!.sequence === sequence &&
        headerValue(request, 'Call-ID') === headerValue(ack, 'Call-ID'),
    );
    if (!invite?.final) {
      this.#report(`${summary(ack)}: an ACK to nothing (§13.2.2.4, §17.1.1.3)`);
      return;
    }
    if (invite.isAcknowledged) return; // said once more: the first may be lost
    invite.isAcknowledged = true;
    const isAnswer = invite.final.status < 300 && !hasBody(invite.request);
    if (isAnswer && this.#view(ack, side).in === invite) this.#view(ack, side).in = undefined;
    if (hasBody(ack) && !isAnswer)
      this.#report(`${summary(ack)}: describes a session that is described already (§13.2.2.4)`);
  }

  #onCancelSent(side: Side, cancel: SipRequest): void {
    const invite = this.#transactions.get(keyOf(cancel, 'INVITE'));
    if (invite?.from !== side) this.#report(`${summary(cancel)}: cancels nothing (§9.1)`);
    else if (!invite.sawProvisional && invite.sentAt !== -Infinity)
      // one that is lost with its connection is taken back, whatever it has become
      this.#report(`${summary(cancel)}: before any provisional response (§9.1)`);
    if (invite) invite.cancelledAt = this.#clock.now();
    if (this.#transactions.has(keyOf(cancel))) this.#report(`${summary(cancel)}: twice`);
    this.#transactions.set(keyOf(cancel), this.#newTransaction(side, cancel));
  }

  #onResponseSent(side: Side, response: SipResponse): void {
    const transaction = this.#transactions.get(keyOf(response));
    if (transaction?.from !== other(side)) {
      this.#report(`${summary(response)}: answers nothing (§17.2)`);
      return;
    }
    const { request } = transaction;
    if (response.status < 200) {
      transaction.hasProvisional = true;
      if (transaction.hasFinal && !this.isDisturbed)
        this.#report(`${summary(response)}: after a final response (§17.2.1)`);
      if (isReliable(response) && hasBody(response)) this.#onOwnDescription(side, transaction, response);
      return;
    }
    const repeats = transaction.hasFinal && transaction.final?.status === response.status && response.status < 300;
    if (transaction.hasFinal && !(repeats && request.method === 'INVITE') && !this.isDisturbed)
      this.#report(`${summary(response)}: a second final response after ${transaction.final?.status} (§17.2)`);
    transaction.hasFinal = true;
    const isLost = (transaction.final?.status ?? 300) < 300 && response.status >= 300; // RFC 6026 §7.2: a 2xx stays
    if (!isLost) transaction.final = response;
    if (request.method === 'INVITE' && response.status < 300 && headerValue(response, 'Contact') === undefined)
      this.#report(`${summary(response)}: without Contact (§12.1.1)`);
    if (
      headerValue(request, 'To')?.includes(';tag=') === true &&
      headerValue(request, 'To') !== headerValue(response, 'To')
    )
      this.#report(`${summary(response)}: another To (§8.2.6.2)`);
    const view = this.#view(response, side);
    if (view.in === transaction) view.in = undefined;
    if (response.status < 300 && !repeats && isOffer(response, transaction)) this.#offer(side, response, transaction);
  }

  /** A description in a reliable response counts (RFC 3262 §5): of the peer's … */
  #onDescription(view: View, transaction: Transaction, response: SipResponse): void {
    if (!isOffer(response, transaction)) {
      if (view.out === transaction) view.out = undefined;
    } else if (!transaction.isOffered) {
      transaction.isOffered = true;
      view.in = transaction;
    }
  }

  /** … and of ours. */
  #onOwnDescription(side: Side, transaction: Transaction, response: SipResponse): void {
    const view = this.#view(response, side);
    if (isOffer(response, transaction)) view.out = transaction;
    else if (view.in === transaction) view.in = undefined;
  }

  #checkOffer(side: Side, request: SipRequest, transaction: Transaction): void {
    if (!isOffer(request, transaction)) {
      if (request.method === 'PRACK' && hasBody(request)) this.#view(request, side).in = undefined;
      return;
    }
    this.#offer(side, request, transaction);
  }

  #offer(side: Side, message: SipMessage, transaction: Transaction): void {
    const view = this.#view(message, side);
    const stale = (pending: Transaction | undefined): boolean =>
      pending === undefined ||
      pending === transaction ||
      isOfAnotherFork(pending, transaction) ||
      this.#isTakenBack(pending.cancelledAt) ||
      this.#clock.now() - pending.sentAt >= patience;
    if (!stale(view.out))
      this.#report(`${summary(message)}: a second offer beside that of ${summary(view.out!.request)} (RFC 3264 §4)`);
    if (!stale(view.in) && !this.isDisturbed)
      this.#report(
        `${summary(message)}: an offer while that of ${summary(view.in!.request)} is not answered (RFC 3264 §4)`,
      );
    view.out = transaction;
  }

  /** RFC 3264 §8: sections keep their places; their number never falls. Of one connection: its o= line names it. */
  #checkSections(side: Side, message: SipMessage): void {
    if (!hasBody(message)) return;
    const origin = /^o=\S+ (\S+)/m.exec(String(message.body))?.[1];
    const key = `${headerValue(message, 'Call-ID')} ${side} ${origin}`;
    const kinds = [...String(message.body).matchAll(/^m=(\S+)/gm)].map(([, kind]) => kind!);
    const before = this.#sections.get(key) ?? [];
    if (before.some((kind, index) => kinds[index] !== kind))
      this.#report(`${summary(message)}: sections were ${before.join(', ')} and are ${kinds.join(', ')} (RFC 3264 §8)`);
    this.#sections.set(key, kinds);
  }

  #view(message: SipMessage, side: Side): View {
    const key = `${headerValue(message, 'Call-ID')} ${side}`;
    let view = this.#views.get(key);
    if (!view) this.#views.set(key, (view = { out: undefined, in: undefined }));
    return view;
  }

  #report(what: string): void {
    this.violations.push(what);
  }
}

/** Each early dialog has an exchange of its own. */
function isOfAnotherFork(one: Transaction, other: Transaction): boolean {
  const [a, b] = [one, other].map(({ request }) => read(request, To)!.params.get('tag'));
  return one.from === other.from && a !== undefined && b !== undefined && a !== b;
}

const hasBody = (message: SipMessage): boolean =>
  message.body.length > 0 && headerValue(message, 'Content-Type') === 'application/sdp';
const isReliable = (response: SipResponse): boolean => headerValue(response, 'RSeq') !== undefined;

/** Whether the description in a message asks; the other ones answer (RFC 3261 §13.2.1, RFC 3262 §5, RFC 3311 §5.1). */
function isOffer(message: SipMessage, { request }: Transaction): boolean {
  if (!hasBody(message)) return false;
  if (isRequest(message)) return message.method === 'INVITE' || message.method === 'UPDATE';
  return request.method === 'INVITE' && !hasBody(request);
}

/** §17.1.3, §17.2.3; a CANCEL has the branch of its INVITE. */
function keyOf(message: SipMessage, method = read(message, CSeq)!.method): string {
  return `${readAll(message, Via)[0]!.params.get('branch')} ${method === 'ACK' ? 'INVITE' : method}`;
}

export function summary(message: SipMessage): string {
  const { sequence, method } = read(message, CSeq)!;
  const callId = headerValue(message, 'Call-ID')!.slice(0, 4);
  const sdp = hasBody(message) ? ' sdp' : '';
  const what = isRequest(message) ? message.method : `${message.status} to ${method}`;
  return `${what} ${sequence} [${callId}]${sdp}`;
}
