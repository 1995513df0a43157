/**
 * A registration over one flow: our binding at a registrar, kept fresh until it is removed (RFC 3261 §10, RFC 5626 §4.2).
 *
 *   none ──register──▶ registering ──2xx with our Contact──▶ registered ◀──2xx── refreshing
 *                       │  ▲  └───────other───────▶ failed       │  └──── refresh ────▲
 *                       ▼  └──a later try may help, or a new flow┘
 *   any ──unregister──▶ unregistered, or none when the registrar did not confirm it
 */
import type { Clock } from '../base/clock.js';
import { Deferred } from '../base/deferred.js';
import { EvercallError, invalidOption } from '../base/errors.js';
import type { ErrorCode } from '../base/errors.js';
import type { Logger } from '../base/log.js';
import { newCallId, newTag } from '../base/random.js';
import type { Authenticator } from '../core/authenticator.js';
import type { Core } from '../core/core.js';
import { optional, optionalAll } from '../core/optional.js';
import { FlowTimer, ServiceRoute, Via, writeAddress } from '../parser/index.js';
import type { Header, SipResponse } from '../parser/index.js';
import type { Flow } from '../transport/flow.js';
import type { Binding } from './bindings.js';
import type { LocalContact } from './contact.js';
import { at } from '../base/alarm.js';
import { registerPlan } from './register-request.js';
import type { RegistrationIdentity } from './register-request.js';
import { refreshDelay, retryDelay } from '../base/schedule.js';
import type { RetryConfig } from '../base/schedule.js';
import { judge } from './verdict.js';
import type { Attempt } from './verdict.js';

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
  /** Why it failed; `dependency` when the account it depends on did. */
  readonly cause: ErrorCode | 'dependency' | undefined;
  /** When it is tried again, in milliseconds since 1970; at the next connection where that is missing, if not permanent. */
  readonly retryAt: number | undefined;
  /** Nothing follows by itself: only a wish or a change of the app's does. */
  readonly isPermanent: boolean;
  /** Which flow (RFC 5626 §4.2). */
  readonly regId: number;
}

export interface RegistrationUser {
  /** Every change, and every repeat of success. */
  onRegistrationChange(change: RegistrationChange, registration: Registration): void;
}

/** How a new connection's address takes the place of the old one's (PJSIP's contact_rewrite_method). */
export type ContactUpdate = 'no-unregister' | 'unregister' | 'off';

/** Read anew for each REGISTER: a change takes effect with the next one. */
export interface RegistrationConfig extends RegistrationIdentity {
  readonly registrar: string;
  /** Seconds asked for. */
  readonly expires: number;
  /** Seconds: less is not asked for. */
  readonly minExpires: number;
  /** Seconds before the end at which a binding is refreshed, at the latest. */
  readonly refreshBefore: number;
  readonly retry: RetryConfig | undefined;
  readonly routes: readonly string[];
  readonly headers: () => readonly Header[];
  readonly supported: readonly string[];
  readonly outbound: boolean;
  readonly extraContacts: readonly string[];
  readonly contactUpdate: ContactUpdate;
  /** Our Contact takes the address that the registrar saw us at (ACC-22). */
  readonly isRewritten: boolean;
}

export interface RegistrationContext {
  readonly core: Core;
  readonly flow: Flow;
  readonly contact: LocalContact;
  readonly authenticator: Authenticator;
  readonly clock: Clock;
  readonly log: Logger;
  readonly user: RegistrationUser;
}

export interface RegisterOptions {
  /** Seconds, from now on; 0 unregisters. */
  readonly expires?: number | undefined;
  /** Further headers of this REGISTER. */
  readonly headers?: readonly Header[] | undefined;
}

/** What is wanted of the registrar; the last wish counts. */
interface Wish {
  readonly expires: number;
  readonly all: boolean;
  readonly headers: readonly Header[];
  /** What it was sent with. */
  readonly config: RegistrationConfig;
  readonly outcome: Deferred<void>;
}

/** The Contacts of one REGISTER: its answer speaks of them, whatever ours are by then. */
interface Sent {
  readonly contact: string;
  readonly extra: readonly string[];
  readonly leaving: readonly string[];
}

/** A registrar that sees us at another address each time must not make us register each time (ACC-28). Milliseconds. */
const rewritePause = 60_000;

export class Registration {
  config: RegistrationConfig;
  readonly #context: RegistrationContext;
  readonly #fromTag: string;
  #callId: string;
  #sequence = 0;
  #expires: number;
  #state: RegistrationState = 'none';
  #binding: Binding | undefined;
  /** Wall time at which the binding ends. */
  #expiry = 0;
  #failures = 0;
  #cancelTimer: (() => void) | undefined;
  /** Wall time of the next try of its own. */
  #retryAt: number | undefined;
  /** In flight. */
  #current: Wish | undefined;
  /** Waits until the one in flight is answered: there is never a second REGISTER beside it (§10.2). */
  #next: Wish | undefined;
  /** Our former Contacts, until a 2xx has confirmed that they are gone. */
  #leaving: readonly string[] = [];
  /** The extra Contacts that the registrar lists. */
  #extra: readonly string[] = [];
  #serviceRoute: readonly string[] = [];
  #lastResponse: SipResponse | undefined;
  #rewrittenAt = -rewritePause;
  /** `retryAt` is the registrar's doing, not the network's. */
  #isTold = false;
  /** On this connection the registrar has no flows (RFC 5626 §4.2.1). */
  #isPlain = false;
  /** Only the app's word sets us going again: it paused us, unregistered us, or the registrar's answer was final. */
  #isResting = true;
  #isDiscarded = false;

  constructor(config: RegistrationConfig, context: RegistrationContext) {
    this.config = config;
    this.#context = context;
    this.#expires = config.expires;
    this.#callId = newCallId(context.core.random);
    this.#fromTag = newTag(context.core.random);
  }

  get state(): RegistrationState {
    return this.#state;
  }

  /** The strict rule: our own Contact in the 2xx, time granted and not yet over, and the flow it leads to still open. */
  get isRegistered(): boolean {
    return this.#binding !== undefined && this.#expiresIn() > 0 && this.#context.flow.isOpen;
  }

  /** Whether the registrar may list us, or is being asked to. */
  get isActive(): boolean {
    return this.#binding !== undefined || (this.#current?.expires ?? 0) > 0;
  }

  get contact(): LocalContact {
    return this.#context.contact;
  }

  /** Seconds granted last, and those that are left. */
  get expires(): number | undefined {
    return this.#binding?.expires;
  }

  get expiresIn(): number {
    return Math.max(0, Math.floor(this.#expiresIn() / 1000));
  }

  /** Header values of the route that the registrar wants our requests to take (RFC 3608). */
  get serviceRoute(): readonly string[] {
    return this.#serviceRoute;
  }

  get lastResponse(): SipResponse | undefined {
    return this.#lastResponse;
  }

  /** Resolves when the registrar has confirmed our binding. */
  register({ expires = this.#expires, headers = [] }: RegisterOptions = {}): Promise<void> {
    if (!(Number.isInteger(expires) && expires >= 0)) throw invalidOption('expires', 'takes whole seconds', expires);
    if (expires === 0) return this.unregister();
    this.#isResting = false;
    this.#expires = expires;
    return this.#wish(expires, false, headers);
  }

  /** Resolves when the registrar has removed our binding, or with `all` every binding of the address (§10.2.2). */
  unregister({ all = false }: { readonly all?: boolean | undefined } = {}): Promise<void> {
    this.#isResting = true;
    return this.#wish(0, all);
  }

  /** A push asks for it, whenever the next was due (RFC 8599 §4.1.3); not where only the app's word counts, or one is under way. */
  refresh(): void {
    if (!this.#isResting && !this.#current) void this.#wish(this.#expires, false);
  }

  /** Takes over other values; nothing is sent. A Contact that they replace goes with the next REGISTER. */
  reconfigure(config: RegistrationConfig, change: (contact: LocalContact) => void): void {
    if (config.expires !== this.config.expires) this.#expires = config.expires;
    this.config = config;
    const former = this.contact.registerUri;
    change(this.contact);
    if (!this.#binding || this.#binding.isOutbound || former === this.contact.registerUri) return;
    this.contact.renew(); // to some registrars a parameter makes another URI, to others it does not (§19.1.4)
    this.#leave(former);
  }

  /** No refresh and no further try, until the app registers again; the binding is left to run out. */
  pause(): void {
    this.#isResting = true;
    this.#stopTimer();
  }

  /** Ends without a word on the wire: no timer, no traffic, and a late answer changes nothing. */
  discard(): void {
    this.#isDiscarded = true;
    this.#stopTimer();
    const error = new EvercallError('aborted', 'the account was disposed');
    this.#current?.outcome.reject(error);
    this.#next?.outcome.reject(error);
    this.#current = this.#next = undefined;
  }

  /** A new flow: the binding names the old one and must be made anew (RFC 5626 §4.2). */
  onFlowOpen(): void {
    if (this.#isResting || this.#current) return;
    if (this.#retryAt !== undefined && this.#isTold) return; // the registrar is up, and has said no
    this.#isPlain = false;
    void this.#renew();
  }

  /** The flow is gone, and with it the use of our binding. */
  onFlowLost(reason: string): void {
    if (this.#context.flow.isSuspended && !this.#isResting && !this.#current) {
      this.#stopTimer();
      this.#enter('none', undefined, new EvercallError('transport', reason, { status: 503 }));
      return;
    }
    if (this.#isResting || this.#current || !this.#binding) return;
    if (!this.#isTold || this.#retryAt === undefined) this.#stopTimer(); // the registrar's own word outlives the connection
    this.#enter('registering', undefined, new EvercallError('transport', reason, { status: 503 }));
  }

  /** What the master of a dependent account went through. */
  mirror(change: RegistrationChange): void {
    this.pause();
    if (this.#binding) this.#leave();
    this.#bind(undefined);
    const previous = this.#state;
    this.#state = change.state;
    this.#context.user.onRegistrationChange(
      { ...change, previous, cause: 'dependency', regId: this.config.regId },
      this,
    );
  }

  /** Registers on a new connection, with a Contact of its own where that matters (ACC-20, ACC-21). */
  async #renew(): Promise<void> {
    const update = this.#binding && this.contact.isMovable ? this.config.contactUpdate : 'off';
    if (update === 'unregister') {
      await this.#wish(0, false).catch(() => undefined); // it runs out by itself
      if (this.#isResting) return;
      this.#startDialog();
    } else if (update === 'no-unregister') {
      this.#leave();
    }
    if (update !== 'off') this.contact.renew();
    void this.#wish(this.#expires, false);
  }

  #startDialog(): void {
    this.#callId = newCallId(this.#context.core.random);
    this.#sequence = 0;
  }

  #wish(wanted: number, all: boolean, headers: readonly Header[] = []): Promise<void> {
    if (this.#isDiscarded) throw new EvercallError('invalidState', 'the account was disposed');
    const expires = wanted === 0 ? 0 : Math.max(wanted, this.config.minExpires);
    const { config } = this;
    const current = this.#current;
    if (current?.expires === expires && current.all === all && current.config === config && headers.length === 0) {
      this.#supersede(); // what is in flight is what is wanted
      return current.outcome.promise;
    }
    const wish: Wish = { expires, all, headers, config, outcome: new Deferred() };
    if (current) {
      this.#supersede(); // at most one REGISTER in flight and one wish behind it: the later one counts (ACC-39)
      this.#next = wish;
    } else {
      this.#start(wish);
    }
    return wish.outcome.promise;
  }

  #supersede(): void {
    this.#next?.outcome.reject(new EvercallError('aborted', 'a later register or unregister took its place'));
    this.#next = undefined;
  }

  #start(wish: Wish): void {
    this.#current = wish;
    this.#stopTimer();
    const isUp = this.#state === 'registered' || this.#state === 'refreshing';
    if (wish.expires > 0) this.#enter(isUp ? 'refreshing' : 'registering');
    const { registrar, outbound, extraContacts } = this.config;
    this.#send(wish, {
      expires: wish.expires,
      registrar,
      // RFC 5626 §6: with several Contacts that stay, none may have a reg-id
      outbound: outbound && !this.#isPlain && extraContacts.length === 0 && !this.contact.isShared,
    });
  }

  #send(wish: Wish, attempt: Attempt): void {
    const { core, flow, authenticator, contact } = this.#context;
    const { config } = this;
    const sent: Sent = { contact: contact.registerUri, extra: config.extraContacts, leaving: this.#leaving };
    const gone = this.#extra.filter((value) => !sent.extra.includes(value));
    const plan = registerPlan(config, contact, {
      ...attempt,
      all: wish.all,
      extra: sent.extra,
      // an equal one is replaced by ours (RFC 3261 §10.3)
      leaving: [...sent.leaving.filter((uri) => !core.isSameUri(uri, sent.contact)).map((uri) => `<${uri}>`), ...gone],
      callId: this.#callId,
      fromTag: this.#fromTag,
      nextSequence: () => ++this.#sequence,
      routes: config.routes,
      supported: config.supported,
      headers: [...config.headers(), ...wish.headers],
    });
    core.request(
      plan,
      { flow, authenticator },
      {
        onFinal: (response) => {
          if (!this.#isDiscarded) this.#onFinal(wish, attempt, sent, response);
        },
        onFailure: (error) => {
          if (!this.#isDiscarded) this.#onFailure(wish, error);
        },
      },
    );
  }

  #onFinal(wish: Wish, attempt: Attempt, sent: Sent, response: SipResponse): void {
    this.#lastResponse = response;
    const verdict = judge(response, attempt, this.config, sent.contact);
    switch (verdict.type) {
      case 'again':
        if (verdict.attempt.isFresh && !attempt.isFresh) this.#startDialog();
        this.#send(wish, verdict.attempt);
        return;
      case 'failed':
        this.#onFailure(wish, verdict.error, response, verdict.isFinal, verdict.after);
        return;
      case 'removed':
        this.#forget();
        this.#settle(wish, 'unregistered', response);
        return;
      case 'bound':
        this.#onBound(wish, verdict.binding, sent, response);
    }
  }

  #onBound(wish: Wish, binding: Binding, sent: Sent, response: SipResponse): void {
    const { clock, core, contact, flow } = this.#context;
    const now = clock.wallTime();
    this.#bind(binding);
    this.#isPlain = !binding.isOutbound;
    this.#failures = 0;
    this.#leaving = this.#leaving.filter((uri) => !sent.leaving.includes(uri));
    this.#extra = sent.extra;
    const isReplaced = sent.contact !== contact.registerUri && !binding.isOutbound;
    if (isReplaced && !this.#leaving.includes(sent.contact)) this.#leave(sent.contact);
    this.#expiry = now + binding.expires * 1000;
    // RFC 3608 §6.1: each 2xx says it anew
    this.#serviceRoute = optionalAll(response, ServiceRoute).map((route) => writeAddress(route));
    flow.setFlowTimer(optional(response, FlowTimer));
    const seen = this.config.isRewritten ? reflexive(response) : undefined;
    const isElsewhere = seen !== undefined && contact.isElsewhere(seen) && now >= this.#rewrittenAt + rewritePause;
    if (!this.#isResting) {
      this.#plan(now + (isElsewhere ? 0 : refreshDelay(binding.expires, this.config.refreshBefore, core.random)));
      if (isElsewhere) {
        this.#rewrittenAt = now;
        this.#leave();
        contact.renew(seen);
      }
    }
    this.#settle(wish, 'registered', response);
  }

  #onFailure(wish: Wish, error: EvercallError, response?: SipResponse, isFinal = false, after?: number): void {
    const { clock, core, flow, log } = this.#context;
    this.#serviceRoute = [];
    log.warn(`${wish.expires ? 'registration' : 'unregistration'} failed: ${error.message}`);
    if (wish.expires === 0) {
      this.#forget(); // it runs out by itself; we keep it no longer
      this.#settle(wish, 'none', response, error);
      return;
    }
    const { retry } = this.config;
    const isUnavailable = response?.status === 503 && after === undefined;
    if (isFinal || (!retry && after === undefined)) {
      this.#isResting = true;
      this.#forget();
    } else if (response !== undefined || flow.isOpen) {
      this.#failures++;
      this.#isTold = response !== undefined;
      const delay = after === undefined ? retryDelay(this.#failures, retry!, core.random) : after * 1000;
      this.#retryAt = clock.wallTime() + delay;
      if (!this.#isResting) this.#plan(this.#retryAt, isUnavailable);
    } // else the flow is being mended, and `onFlowOpen` comes
    const isListed = this.#binding !== undefined && this.#expiresIn() > 0;
    const isSuspended = response === undefined && flow.isSuspended;
    this.#settle(wish, isSuspended ? 'none' : isListed ? 'registering' : 'failed', response, error);
    if (isUnavailable && this.#failures === 1) this.#moveOn();
  }

  /** Registers anew at a moment of the wall clock; `elsewhere`, if there is another server. */
  #plan(moment: number, elsewhere = false): void {
    this.#cancelTimer = at(this.#context.clock, moment, () => {
      if (!elsewhere || !this.#moveOn()) void this.#wish(this.#expires, false);
    });
  }

  /** RFC 3263 §4.3: a 503 without a time is a reason to try the next server; we register when it is connected. */
  #moveOn(): boolean {
    const hasMoved = !this.#isResting && this.#context.flow.moveOn('503 to REGISTER');
    if (hasMoved) this.#isTold = false;
    return hasMoved;
  }

  #stopTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#retryAt = undefined;
  }

  #bind(binding: Binding | undefined): void {
    this.#binding = binding;
    this.contact.bind(binding);
  }

  #forget(): void {
    this.#bind(undefined);
    this.#leaving = this.#extra = [];
  }

  /** A Contact of ours that goes with the next 2xx; one that a lost REGISTER brought along may be listed too. */
  #leave(uri = this.contact.registerUri): void {
    this.#leaving = [...this.#leaving, uri].slice(-4);
  }

  #expiresIn(): number {
    return this.#expiry - this.#context.clock.wallTime();
  }

  #settle(wish: Wish, state: RegistrationState, response?: SipResponse, error?: EvercallError): void {
    const next = this.#next;
    this.#current = this.#next = undefined;
    if (error) wish.outcome.reject(error);
    else wish.outcome.resolve();
    if (next) this.#start(next);
    else this.#enter(state, response, error);
  }

  #enter(state: RegistrationState, response?: SipResponse, error?: EvercallError): void {
    const previous = this.#state;
    this.#state = state;
    this.#context.user.onRegistrationChange(
      {
        state,
        previous,
        status: response?.status ?? error?.status,
        reason: response?.reason ?? error?.message,
        expires: state === 'registered' ? this.#binding?.expires : undefined,
        response,
        cause: error?.code,
        retryAt: this.#retryAt,
        isPermanent: error !== undefined && this.#isResting,
        regId: this.config.regId,
      },
      this,
    );
  }
}

/** The address and port that the registrar saw our REGISTER come from (RFC 3261 §18.2.1, RFC 3581 §4). */
function reflexive(response: SipResponse): string | undefined {
  const via = optional(response, Via);
  const received = via?.params.get('received');
  const port = via?.params.get('rport');
  return received ? (port ? `${received}:${port}` : received) : undefined;
}
