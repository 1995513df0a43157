/** A server transaction: its request, its last response, its timers. The machines decide, this obeys (RFC 3261 §17.2). */
import type { Clock } from '../base/clock.js';
import { detached } from '../base/detached.js';
import type { SipRequest, SipResponse } from '../parser/index.js';
import type { Flow } from '../transport/flow.js';
import type { Effect, ServerEvent } from './effects.js';
import { inviteServer } from './invite-server.js';
import type { InviteServerState } from './invite-server.js';
import { nonInviteServer } from './non-invite-server.js';
import type { NonInviteServerState } from './non-invite-server.js';
import { buildResponse } from './responses.js';
import type { Timers } from './timers.js';

/** What the user of an INVITE hears besides the request itself. */
export interface InviteUser {
  /** A CANCEL asks to end it (§9.2); its own 200 is sent already. */
  onCancel(cancel: SipRequest): void;
  /** No ACK came for the final response of 300 or above (timer H). */
  onNoAck?(): void;
  /** The same INVITE has come by another way, and the connection of this one is gone: what is to be said, is said there. */
  onAgain?(transaction: ServerTransaction): void;
}

/** What all server transactions share. */
export interface ServerEnvironment {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly deliver: (request: SipRequest, transaction: ServerTransaction) => void;
  /** One is over. */
  readonly ended: (transaction: ServerTransaction) => void;
}

export type ServerState = InviteServerState | NonInviteServerState;

export class ServerTransaction {
  /** By it requests find it. */
  readonly key: string;
  /** What it has in common with the same INVITE that comes by another way (§8.2.2.2). */
  readonly merge: string | undefined;
  /** Where the request came from, and where responses go; after a reconnect that is another connection. */
  readonly flow: Flow;
  /** Set by the floor above while it works on an INVITE. */
  user: InviteUser | undefined;
  #request: SipRequest;
  readonly #env: ServerEnvironment;
  readonly #origin: Flow['origin'];
  #state: ServerState | undefined;
  #last: SipResponse | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(request: SipRequest, flow: Flow, key: string, merge: string | undefined, env: ServerEnvironment) {
    this.#request = request;
    this.key = key;
    this.merge = merge;
    this.flow = flow;
    this.#origin = flow.origin;
    this.#env = env;
  }

  /** As it came; once its ACK has come, nothing but its method. */
  get request(): SipRequest {
    return this.#request;
  }

  get state(): ServerState | undefined {
    return this.#state;
  }

  /** The last response sent. */
  get lastResponse(): SipResponse | undefined {
    return this.#last;
  }

  /** Whether the connection that the request came on is gone: whoever waits for a response may wait elsewhere by now. */
  get isCutOff(): boolean {
    return !this.flow.isUsable(this.#origin);
  }

  /** Whether a final response has been given. */
  get isAnswered(): boolean {
    return this.#state !== 'proceeding' && this.#state !== 'trying';
  }

  /** Sends a response. Once a final one is given, others are ignored, save repeats of a 2xx to INVITE (RFC 6026 §8.5). */
  respond(response: SipResponse): void {
    const { status } = response;
    this.feed(status < 200 ? 'sendProvisional' : status < 300 ? 'sendSuccess' : 'sendFailure', undefined, response);
  }

  /** The ACK of our 2xx has come: what lingers for half a minute must not keep the call, nor its messages. */
  onAcknowledged(): void {
    this.user = undefined;
    this.#request = acknowledged;
    const { status, reason, headers } = this.#last!;
    // a CANCEL that comes now is answered with our tag (§9.2)
    const kept = headers.filter(({ name }) => name === 'To' || name === 'Session-ID');
    this.#last = { status, reason, headers: detached(kept), body: '' };
  }

  feed(event: ServerEvent, request?: SipRequest, response?: SipResponse): void {
    const before = this.#state;
    const [next, effects] =
      this.request.method === 'INVITE'
        ? inviteServer(before as InviteServerState | undefined, event)
        : nonInviteServer(before as NonInviteServerState | undefined, event);
    this.#state = next;
    if (next === 'terminated' && before !== 'terminated') this.#end();
    for (const effect of effects) this.#run(effect, request, response);
    if (before === undefined) this.#startTrying();
  }

  #run(effect: Effect, request: SipRequest | undefined, response: SipResponse | undefined): void {
    const { timers } = this.#env;
    switch (effect) {
      case 'deliver':
        this.#env.deliver(request!, this);
        return;
      case 'sendResponse':
        if (!this.#last) this.#stopTimer(); // no 100 is due any more
        this.#last = response;
        this.flow.send(response!, this.#origin);
        return;
      case 'resendResponse':
        if (this.#last) this.flow.send(this.#last, this.#origin);
        return;
      case 'startH':
        this.#startTimer(timers.H, 'timeout');
        return;
      case 'startL':
        this.#startTimer(timers.L, 'linger');
        return;
      case 'failNoAck':
        this.user?.onNoAck?.();
        return;
      default: // the others are a client's
    }
  }

  /** Sends 100 at once: whoever is to answer will take its time. */
  trying(): void {
    this.respond(buildResponse(this.request, 100));
  }

  /** §17.2.1: a 100 goes out when the user has answered nothing within 200 ms; not needed when it answers at once. */
  #startTrying(): void {
    if (this.request.method !== 'INVITE' || this.#last || this.#state !== 'proceeding') return;
    this.#cancelTimer = this.#env.clock.after(this.#env.timers.trying, () => {
      this.trying();
    });
  }

  #startTimer(ms: number, event: ServerEvent): void {
    this.#stopTimer();
    this.#cancelTimer = this.#env.clock.after(ms, () => {
      this.feed(event);
    });
  }

  #stopTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #end(): void {
    this.#stopTimer();
    this.#env.ended(this);
  }
}

/** All that is left of an INVITE. */
const acknowledged: SipRequest = { method: 'INVITE', uri: '', headers: [], body: '' };
