/** A dialog: identity, sequence numbers, route set and remote target (RFC 3261 §12). What it is used for is the floor above's. */
import { detached } from '../base/detached.js';
import { CSeq, CallId, Contact, From, To, headerValue, headerValues, read } from '../parser/index.js';
import type { Body, Header, SipMessage, SipRequest, SipResponse } from '../parser/index.js';
import type { Flow } from '../transport/flow.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import { senderUuid } from '../transaction/session-id.js';
import { optional } from './optional.js';
import type { RequestPlan } from './requests.js';

/** The usage on top of a dialog (RFC 5057): the session. */
export interface DialogUser {
  /** A request of the peer in this dialog, in order (§12.2.2). */
  onRequest(request: SipRequest, transaction: ServerTransaction): void;
  onAck(ack: SipRequest): void;
  /** Another callee has taken the INVITE that made the dialog as well (§13.2.2.4). */
  onRival?(): void;
  /** A 2xx of the peer's comes again and again, though it was acknowledged. */
  onUnheard?(): void;
  /** Whether it takes a method that is none of ours; without, none. */
  takes?(method: string): boolean;
}

export interface DialogState {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  /** From/To values with their tags, as they stand in our requests. */
  readonly local: string;
  readonly remote: string;
  readonly routes: readonly string[];
}

export class Dialog implements DialogState {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  readonly local: string;
  /** May change within the dialog (RFC 4916). */
  remote: string;
  /** Fixed when the dialog is confirmed: never changed by a later request (§12.2). */
  routes: readonly string[];
  readonly flow: Flow;
  user: DialogUser | undefined;
  /** Where the peer wants our requests; a target refresh changes it. */
  remoteTarget: string;
  /** The peer's half of the Session-ID (RFC 7989), once it is known. */
  peerUuid: string | undefined;
  #localSequence: number;
  #remoteSequence: number | undefined;

  constructor(
    state: DialogState & {
      readonly flow: Flow;
      readonly remoteTarget: string;
      readonly localSequence: number;
      readonly remoteSequence: number | undefined;
    },
  ) {
    const { callId, localTag, remoteTag, local, remote, routes, remoteTarget } = state;
    const kept = detached({ callId, localTag, remoteTag, local, remote, routes, remoteTarget });
    this.callId = kept.callId;
    this.localTag = kept.localTag;
    this.remoteTag = kept.remoteTag;
    this.local = kept.local;
    this.remote = kept.remote;
    this.routes = kept.routes;
    this.flow = state.flow;
    this.remoteTarget = kept.remoteTarget;
    this.#localSequence = state.localSequence;
    this.#remoteSequence = state.remoteSequence;
  }

  /** The plan of a request in this dialog (§12.2.1.1). */
  plan(method: string, headers: readonly Header[] = [], body: Body = ''): RequestPlan {
    return {
      method,
      uri: this.remoteTarget,
      from: this.local,
      to: this.remote,
      callId: this.callId,
      routes: this.routes,
      nextSequence: () => ++this.#localSequence,
      headers,
      body,
      peerUuid: this.peerUuid,
    };
  }

  /** The plan of the ACK to a 2xx: same number as its INVITE (§13.2.2.4). */
  planAck(sequence: number, headers: readonly Header[], body: Body): RequestPlan {
    return { ...this.plan('ACK', headers, body), nextSequence: () => sequence };
  }

  /** Counts a request of the peer; false when it is out of order and must get a 500 (§12.2.2). */
  accept(request: SipRequest): boolean {
    const { sequence } = read(request, CSeq)!;
    if (this.#remoteSequence !== undefined && sequence < this.#remoteSequence) return false;
    this.#remoteSequence = sequence;
    this.hear(request);
    return true;
  }

  /** A message without a Session-ID changes nothing (RFC 7989 §6). */
  hear(message: SipMessage): void {
    const uuid = senderUuid(message);
    if (uuid !== undefined && uuid !== this.peerUuid) this.peerUuid = detached(uuid);
  }

  /** An early dialog of ours is confirmed by its 2xx, which has the last word on the route set (§13.2.2.4). */
  confirm(response: SipResponse): void {
    const routes = recordRoutes(response).reverse();
    if (routes.join() !== this.routes.join()) this.routes = detached(routes);
    this.#localSequence = Math.max(this.#localSequence, read(response, CSeq)!.sequence); // the INVITE may have been repeated
    this.refreshTarget(response);
  }

  /** A target refresh by the Contact of a request or response (§12.2.1.2, §12.2.2). */
  refreshTarget(message: SipRequest | SipResponse): void {
    const contact = contactUri(message);
    if (contact !== undefined && contact !== this.remoteTarget) this.remoteTarget = detached(contact);
  }
}

/** A dialog as the UAC sees it, from a response with a To tag (§12.1.2). */
export function dialogOfResponse(request: SipRequest, response: SipResponse, flow: Flow): Dialog {
  const to = read(response, To)!;
  return new Dialog({
    callId: read(request, CallId)!,
    localTag: read(request, From)!.params.get('tag')!,
    remoteTag: to.params.get('tag') ?? '', // a peer of RFC 2543 gives none: null (§12.1.2)
    local: headerValue(request, 'From')!,
    remote: headerValue(response, 'To')!,
    routes: recordRoutes(response).reverse(),
    flow,
    remoteTarget: contactUri(response) ?? request.uri, // §13.2.2.4 needs one; a missing Contact must not end the call
    localSequence: read(request, CSeq)!.sequence,
    remoteSequence: undefined,
  });
}

/** A dialog as the UAS sees it, from a request and the tag of our response (§12.1.1). */
export function dialogOfRequest(request: SipRequest, localTag: string, flow: Flow): Dialog {
  const from = read(request, From)!;
  return new Dialog({
    callId: read(request, CallId)!,
    localTag,
    remoteTag: from.params.get('tag') ?? '',
    local: `${headerValue(request, 'To')!};tag=${localTag}`,
    remote: headerValue(request, 'From')!,
    routes: recordRoutes(request),
    flow,
    remoteTarget: contactUri(request) ?? from.uri,
    localSequence: 0,
    remoteSequence: read(request, CSeq)!.sequence,
  });
}

/** Without a readable Contact the dialog goes on with the target it has. */
export function contactUri(message: SipRequest | SipResponse): string | undefined {
  const contact = optional(message, Contact);
  return contact === undefined || contact === '*' ? undefined : contact.uri;
}

/** Record-Route values one by one, in their order: a line may hold several. */
export function recordRoutes(message: SipRequest | SipResponse): string[] {
  const routes: string[] = [];
  for (const line of headerValues(message, 'Record-Route')) {
    if (line.indexOf(',') < 0) routes.push(line);
    else routes.push(...line.match(/(?:[^,<"]|<[^>]*>|"(?:\\.|[^"\\])*")+/g)!.map((value) => value.trim()));
  }
  return routes;
}
