/** One SUBSCRIBE: its final response, and the NOTIFY that must follow within timer N (RFC 6665 §4.1.2.4). */
import type { Clock } from '../base/clock.js';
import type { EvercallError } from '../base/errors.js';
import type { ClientRequest } from '../core/client-request.js';
import type { RequestPlan } from '../core/requests.js';
import type { SipResponse } from '../parser/index.js';
import type { Timers } from '../transaction/timers.js';
import { subscribeHeaders } from './subscribe-request.js';
import type { SubscribeCore, SubscribeWish, Way } from './subscribe-request.js';

export interface SubscribeExchangeContext {
  readonly core: Pick<SubscribeCore, 'request'>;
  readonly clock: Clock;
  readonly timers: Timers;
}

export interface SubscribeExchangeUser {
  onFinal(response: SipResponse, exchange: SubscribeExchange): void;
  onFailure(error: EvercallError, exchange: SubscribeExchange): void;
  /** Timer N has run out, and there was no NOTIFY. */
  onTimerN(): void;
}

/** What a SUBSCRIBE asks for. */
export interface Asked {
  /** Seconds. */
  readonly expires: number;
  /** In the dialog of a subscription that there is. */
  readonly isRefresh: boolean;
  /** For longer than at first, as a 423 wanted it. */
  readonly isProlonged: boolean;
}

export class SubscribeExchange {
  readonly asked: Asked;
  /** A NOTIFY has come since it left, and has said for how long. */
  isNotified = false;
  isTimed = false;
  readonly #context: SubscribeExchangeContext;
  readonly #user: SubscribeExchangeUser;
  /** Our end of the connection by which it left, and the Contact in it. */
  readonly #sentBy: string;
  readonly #contact: string;
  #request: ClientRequest | undefined;
  #isInFlight = true;
  #sentAt: number;
  #cancelTimerN: (() => void) | undefined;

  constructor(context: SubscribeExchangeContext, asked: Asked, { flow, contact }: Way, user: SubscribeExchangeUser) {
    this.#context = context;
    this.asked = asked;
    this.#user = user;
    this.#sentBy = flow.sentBy;
    this.#contact = contact;
    this.#sentAt = context.clock.now();
  }

  /** Whether there is no final response yet. */
  get isInFlight(): boolean {
    return this.#isInFlight;
  }

  /** Whether we are somewhere else by now. */
  hasMoved({ flow, contact }: Way): boolean {
    return flow.sentBy !== this.#sentBy || contact !== this.#contact;
  }

  send(plan: RequestPlan, wish: SubscribeWish, way: Way): void {
    const { core, clock } = this.#context;
    const headers = [...plan.headers, ...subscribeHeaders(wish, way, this.asked.expires)];
    const nextSequence = (): number => {
      this.#sentAt = clock.now();
      return plan.nextSequence();
    };
    this.#request = core.request({ ...plan, headers, nextSequence }, way, {
      onFinal: (response) => {
        this.#isInFlight = false;
        this.#user.onFinal(response, this);
      },
      onFailure: (error) => {
        this.#isInFlight = false;
        this.#user.onFailure(error, this);
      },
    });
  }

  onNotify(): void {
    this.isNotified = true;
    this.#cancelTimerN?.();
  }

  /** After the 2xx. §4.1.2.4: timer N began when the SUBSCRIBE left; until the 2xx it was timer F of the transaction. */
  awaitNotify(): void {
    const { clock, timers } = this.#context;
    this.#cancelTimerN = clock.after(Math.max(this.#sentAt + timers.F - clock.now(), 0), () => this.#user.onTimerN());
  }

  /** Nothing is awaited any longer. */
  stop(): void {
    this.#cancelTimerN?.();
    if (this.#isInFlight) this.#request?.abandon();
    this.#isInFlight = false;
  }
}
