/**
 * A registration: our binding at a registrar, kept fresh until it is removed (RFC 3261 §10).
 *
 *   none ──register──▶ registering ──2xx with our Contact──▶ registered ◀──2xx── refreshing
 *                          └──other──▶ failed                    └───── refresh ────▲
 *   any ──unregister──▶ unregistered
 */
import type { Clock } from '../base/clock.js';
import { Deferred } from '../base/deferred.js';
import { EvercallError, invalidOption, rejected } from '../base/errors.js';
import type { Logger } from '../base/log.js';
import { newCallId, newTag } from '../base/random.js';
import type { Authenticator } from '../core/authenticator.js';
import type { Core } from '../core/core.js';
import { optional } from '../core/optional.js';
import { MinExpires, RetryAfter } from '../parser/index.js';
import type { Header, SipResponse } from '../parser/index.js';
import type { Flow } from '../transport/flow.js';
import { ownBinding } from './bindings.js';
import type { Binding } from './bindings.js';
import { at } from './refresh-timer.js';
import { registerPlan } from './register-request.js';
import type { RegistrationIdentity } from './register-request.js';

/** Linphone's None, Progress, Refreshing, Ok, Cleared and Failed. */
export type RegistrationState = 'none' | 'registering' | 'refreshing' | 'registered' | 'unregistered' | 'failed';

export interface RegistrationChange {
  readonly state: RegistrationState;
  readonly previous: RegistrationState;
  /** Of the response behind the change, or what a failure equates to (RFC 3261 §8.1.3.1). */
  readonly status: number | undefined;
  readonly reason: string | undefined;
  /** Seconds granted. */
  readonly expires: number | undefined;
  readonly response: SipResponse | undefined;
}

export interface RegistrationUser {
  /** Every change, and every repeat of success. */
  onRegistrationChange(change: RegistrationChange): void;
}

export interface RegistrationConfig extends RegistrationIdentity {
  /** Seconds asked for. */
  readonly expires: number;
  readonly routes: readonly string[];
  readonly headers: readonly Header[];
}

export interface RegistrationContext {
  readonly core: Core;
  readonly flow: Flow;
  readonly authenticator: Authenticator;
  readonly clock: Clock;
  readonly log: Logger;
  readonly user: RegistrationUser;
}

/** What is wanted of the registrar; the last wish counts. */
interface Wish {
  readonly expires: number;
  readonly all: boolean;
  readonly outcome: Deferred<void>;
}

/** After these a later try may succeed (ACC-31); after all others only a change of ours helps. */
const temporary = new Set([408, 480, 500, 502, 503, 504]);

export class Registration {
  readonly #config: RegistrationConfig;
  readonly #context: RegistrationContext;
  readonly #callId: string;
  readonly #fromTag: string;
  #sequence = 0;
  #expires: number;
  #state: RegistrationState = 'none';
  #binding: Binding | undefined;
  /** Wall time at which the binding ends. */
  #expiry = 0;
  #failures = 0;
  #cancelTimer: (() => void) | undefined;
  /** In flight. */
  #current: Wish | undefined;
  /** Waits until the one in flight is answered: there is never a second REGISTER beside it (§10.2). */
  #next: Wish | undefined;
  /** The registrar's final word: only a wish of the app's makes us ask again. */
  #isRefused = false;
  #isDiscarded = false;

  constructor(config: RegistrationConfig, context: RegistrationContext) {
    this.#config = config;
    this.#context = context;
    this.#expires = config.expires;
    this.#callId = newCallId(context.core.random);
    this.#fromTag = newTag(context.core.random);
  }

  get state(): RegistrationState {
    return this.#state;
  }

  /** The strict rule: our own Contact in the 2xx, time granted, and not yet over. */
  get isRegistered(): boolean {
    return this.#binding !== undefined && this.#context.clock.wallTime() < this.#expiry;
  }

  get binding(): Binding | undefined {
    return this.#binding;
  }

  /** Resolves when the registrar has confirmed our binding. */
  register(options: { readonly expires?: number | undefined } = {}): Promise<void> {
    const { expires = this.#config.expires } = options;
    if (!(Number.isInteger(expires) && expires > 0))
      throw invalidOption('expires', 'takes whole seconds above 0', expires);
    this.#expires = expires;
    return this.#wish(expires, false);
  }

  /** Resolves when the registrar has removed our binding, or with `all` every binding of the address (§10.2.2). */
  unregister(options: { readonly all?: boolean | undefined } = {}): Promise<void> {
    return this.#wish(0, options.all ?? false);
  }

  /** Ends without a word on the wire: no timer, no traffic, and a late answer changes nothing. */
  discard(): void {
    this.#isDiscarded = true;
    this.#cancelTimer?.();
    const error = new EvercallError('aborted', 'the account was disposed');
    this.#current?.outcome.reject(error);
    this.#next?.outcome.reject(error);
    this.#current = this.#next = undefined;
  }

  /** A new flow: the binding names the old one and must be made anew (RFC 5626 §4.2). */
  onFlowOpen(): void {
    const isWanted = this.#state !== 'none' && this.#state !== 'unregistered' && !this.#isRefused;
    if (isWanted && !this.#current) void this.#wish(this.#expires, false);
  }

  #wish(expires: number, all: boolean): Promise<void> {
    if (this.#isDiscarded) throw new EvercallError('invalidState', 'the account was disposed');
    const wish: Wish = { expires, all, outcome: new Deferred() };
    const { outcome } = wish;
    const current = this.#current;
    if (current && current.expires === expires && current.all === all && !this.#next) return current.outcome.promise;
    this.#enqueue(wish);
    return outcome.promise;
  }

  /** At most one REGISTER in flight and one wish behind it: the later one counts (ACC-39). */
  #enqueue(wish: Wish): void {
    if (!this.#current) {
      this.#start(wish);
      return;
    }
    this.#next?.outcome.reject(new EvercallError('aborted', 'a later register or unregister took its place'));
    this.#next = wish;
  }

  #start(wish: Wish): void {
    this.#current = wish;
    this.#cancelTimer?.();
    if (wish.expires > 0) this.#enter(this.isRegistered ? 'refreshing' : 'registering');
    this.#send(wish);
  }

  #send(wish: Wish, expires = wish.expires): void {
    const { core, flow, authenticator } = this.#context;
    const plan = registerPlan(this.#config, {
      expires,
      all: wish.all,
      callId: this.#callId,
      fromTag: this.#fromTag,
      nextSequence: () => ++this.#sequence,
      routes: this.#config.routes,
      headers: this.#config.headers,
    });
    core.request(
      plan,
      { flow, authenticator },
      {
        onFinal: (response) => {
          if (!this.#isDiscarded) this.#onFinal(wish, expires, response);
        },
        onFailure: (error) => {
          if (!this.#isDiscarded) this.#onFailure(wish, error, undefined);
        },
      },
    );
  }

  #onFinal(wish: Wish, expires: number, response: SipResponse): void {
    if (response.status >= 300) {
      const minimum = optional(response, MinExpires);
      // §10.2.8: once, with what the registrar asks for
      if (response.status === 423 && minimum !== undefined && minimum > expires && expires === wish.expires) {
        this.#send(wish, minimum);
      } else {
        this.#onFailure(wish, rejected(response), response);
      }
    } else if (wish.expires === 0) {
      this.#binding = undefined;
      this.#settle(wish, 'unregistered', response);
    } else {
      const binding = ownBinding(response, this.#config);
      if (binding) this.#onBound(wish, binding, response);
      else this.#onFailure(wish, new EvercallError('protocol', 'the registrar does not list our Contact'), response);
    }
  }

  #onBound(wish: Wish, binding: Binding, response: SipResponse): void {
    const { clock, core } = this.#context;
    const now = clock.wallTime();
    this.#binding = binding;
    this.#failures = 0;
    this.#expiry = now + binding.expires * 1000;
    // min(90 %, 5 s before the end), up to 5 % earlier so that many clients do not come in step (ACC-30)
    const share = Math.min(binding.expires * 0.9, Math.max(binding.expires - 5, binding.expires / 2));
    const delay = share * (1 - core.random.number() * 0.05);
    this.#cancelTimer = at(clock, now + delay * 1000, () => {
      void this.#wish(this.#expires, false);
    });
    this.#settle(wish, 'registered', response);
  }

  #onFailure(wish: Wish, error: EvercallError, response: SipResponse | undefined): void {
    this.#context.log.warn(`registration failed: ${error.message}`);
    if (wish.expires === 0) {
      this.#binding = undefined; // it ends by itself; we keep it no longer
      this.#settle(wish, 'unregistered', response, error);
      return;
    }
    this.#isRefused = response !== undefined && !temporary.has(response.status);
    if (this.#isRefused) this.#binding = undefined;
    else this.#retryLater(response);
    this.#settle(wish, 'failed', response, error);
  }

  /** RFC 5626 §4.5: 30 s, doubled up to half an hour, times 0.5 to 1; the server's own word goes before. */
  #retryLater(response: SipResponse | undefined): void {
    const { clock, core } = this.#context;
    const asked = response && optional(response, RetryAfter)?.seconds;
    const backoff = Math.min(1800, 30 * 2 ** this.#failures++) * (0.5 + core.random.number() / 2);
    this.#cancelTimer = at(clock, clock.wallTime() + (asked ?? backoff) * 1000, () => {
      void this.#wish(this.#expires, false);
    });
  }

  #settle(wish: Wish, state: RegistrationState, response?: SipResponse, error?: EvercallError): void {
    const next = this.#next;
    this.#current = this.#next = undefined;
    if (error && wish.expires > 0) wish.outcome.reject(error);
    else wish.outcome.resolve();
    if (next) this.#enqueue(next);
    else this.#enter(state, response, error);
  }

  #enter(state: RegistrationState, response?: SipResponse, error?: EvercallError): void {
    const previous = this.#state;
    this.#state = state;
    this.#context.user.onRegistrationChange({
      state,
      previous,
      status: response?.status ?? error?.status,
      reason: response?.reason ?? error?.message,
      expires: state === 'registered' ? this.#binding?.expires : undefined,
      response,
    });
  }
}
