/** A client transaction: its request, its state, its timers. The machines decide, this obeys (RFC 3261 §17.1). */
import type { Clock } from '../base/clock.js';
import type { SipRequest, SipResponse } from '../parser/index.js';
import type { Flow } from '../transport/flow.js';
import type { ClientEvent, Effect, Step } from './effects.js';
import type { InviteClientState } from './invite-client.js';
import type { Invites } from './invites.js';
import { clientKey, ownBranch } from './matching.js';
import { nonInviteClient } from './non-invite-client.js';
import type { NonInviteClientState } from './non-invite-client.js';
import type { Timers } from './timers.js';

export interface ClientTransactionUser {
  onResponse(response: SipResponse): void;
  /** §8.1.3.1: to be taken as a 408 or a 503. */
  onFailure(reason: 'timeout' | 'transport'): void;
}

/** What all client transactions share. */
export interface ClientEnvironment {
  readonly clock: Clock;
  readonly timers: Timers;
  /** One is over. */
  readonly ended: (transaction: ClientTransaction) => void;
}

export type ClientState = InviteClientState | NonInviteClientState;

export class ClientTransaction {
  /** By it responses find it. */
  readonly key: string;
  readonly flow: Flow;
  /** Of the connection it was sent on. */
  readonly sentBy: string;
  /** What had come on the flow when it was sent. */
  readonly #framesReceived: number;
  readonly #user: ClientTransactionUser;
  /** For an INVITE. */
  readonly #invites: Invites | undefined;
  readonly #env: ClientEnvironment;
  #request: SipRequest;
  #state: ClientState;
  #cancelTimer: (() => void) | undefined;

  constructor(
    request: SipRequest,
    flow: Flow,
    user: ClientTransactionUser,
    invites: Invites | undefined,
    env: ClientEnvironment,
  ) {
    this.key = clientKey(ownBranch(request), request.method);
    this.#request = request;
    this.#invites = invites;
    this.flow = flow;
    this.sentBy = flow.sentBy;
    this.#framesReceived = flow.framesReceived;
    this.#user = user;
    this.#env = env;
    this.#state = invites ? 'calling' : 'trying';
  }

  /** As it was sent; once a 2xx has come, only what a further one has to be held against (§13.2.2.4). */
  get request(): SipRequest {
    return this.#request;
  }

  get isUnanswered(): boolean {
    return this.#state === 'calling' || this.#state === 'trying';
  }

  /** Its user has its outcome; what still comes is for the sake of an ACK. */
  get isLingering(): boolean {
    return this.#state === 'accepted' || this.#state === 'lost';
  }

  get state(): ClientState {
    return this.#state;
  }

  /** One step: the next state is stored before any effect, for the user may call back into us. */
  feed(event: ClientEvent, response?: SipResponse): void {
    const before = this.#state;
    const [next, effects] = this.#step(event);
    this.#state = next;
    if (next === 'accepted' && before !== next) this.#request = this.#invites!.essence(this.#request);
    if (next === 'terminated' && before !== 'terminated') this.#end();
    for (const effect of effects) this.#run(effect, response);
  }

  #step(event: ClientEvent): Step<ClientState> {
    return this.#invites
      ? this.#invites.step(this.#state as InviteClientState, event)
      : nonInviteClient(this.#state as NonInviteClientState, event);
  }

  #run(effect: Effect, response: SipResponse | undefined): void {
    const { timers } = this.#env;
    switch (effect) {
      case 'sendRequest':
        if (this.flow.send(this.request)) return;
        this.#startTimer(0, 'transportError'); // the user hears of it when it holds the transaction
        return;
      case 'sendAck':
        this.flow.send(this.#invites!.buildAck(this.request, response!));
        return;
      case 'deliver':
        this.#user.onResponse(response!);
        return;
      case 'startB':
        this.#startTimer(timers.B, 'timeout');
        return;
      case 'startF':
        this.#startTimer(timers.F, 'timeout');
        return;
      case 'startM':
        this.#startTimer(timers.M, 'linger');
        return;
      case 'startGiveUp':
        this.#startTimer(timers.B, 'giveUp');
        return;
      case 'failTimeout':
        this.#user.onFailure('timeout');
        this.flow.onUnanswered(this.#framesReceived);
        return;
      case 'failTransport':
        this.#user.onFailure('transport');
        return;
      default: // the others are a server's
    }
  }

  /** One timer at a time: each machine starts its next one only when the former means nothing any more. */
  #startTimer(ms: number, event: ClientEvent): void {
    if (this.#cancelTimer && (event === 'timeout' || event === 'transportError')) return; // an immediate error outranks B and F
    this.#cancelTimer?.();
    this.#cancelTimer = this.#env.clock.after(ms, () => {
      this.feed(event);
    });
  }

  #end(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#env.ended(this);
  }
}
