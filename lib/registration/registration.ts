/**
 * A registration over one flow: our binding at a registrar, kept fresh until it is removed (RFC 3261 §10, RFC 5626 §4.2).
 *
 *   none ──register──▶ registering ──2xx with our Contact──▶ registered ◀──2xx── refreshing
 *                       │  ▲  └───────other───────▶ failed       │  └──── refresh ────▲
 *                       ▼  └──a later try may help, or a new flow┘
 *   any ──unregister──▶ unregistered, or none when the registrar did not confirm it
 */
import { EvercallError, invalidOption } from '../base/errors.js';
import { newCallId, newTag } from '../base/random.js';
import { optional, optionalAll } from '../core/optional.js';
import { FlowTimer, ServiceRoute, writeAddress } from '../parser/index.js';
import type { Header, SipResponse } from '../parser/index.js';
import { reflexiveAddress } from './bindings.js';
import type { Binding } from './bindings.js';
import type { LocalContact } from './contact.js';
import { at } from '../base/alarm.js';
import { registerPlan } from './register-request.js';
import type {
  RegisterOptions,
  RegistrationChange,
  RegistrationConfig,
  RegistrationContext,
  RegistrationState,
} from './registration-context.js';
import { refreshDelay, retryDelay } from '../base/schedule.js';
import { judge } from './verdict.js';
import type { Attempt } from './verdict.js';
import { Wishes } from './wishes.js';
import type { Wish } from './wishes.js';

/** The Contacts of one REGISTER: its answer speaks of them, whatever ours are by then. */
interface Sent {
  readonly contact: string;
  readonly extra: readonly string[];
  readonly leaving: readonly string[];
  /** Which it went out on; undefined where it had to wait for one. */
  readonly connection: number | undefined;
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
  /** Wall time at which the binding ends. */
  #expiry = 0;
  #failures = 0;
  #cancelTimer: (() => void) | undefined;
  /** Wall time of the next try of its own. */
  #retryAt: number | undefined;
  readonly #wishes = new Wishes();
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
    return this.contact.binding !== undefined && this.#expiresIn() > 0 && this.#context.flow.isOpen;
  }

  /** Whether the registrar may list us, or is being asked to. */
  get isActive(): boolean {
    return this.contact.binding !== undefined || (this.#wishes.current?.expires ?? 0) > 0;
  }

  get contact(): LocalContact {
    return this.#context.contact;
  }

  /** Seconds granted last, and those that are left. */
  get expires(): number | undefined {
    return this.contact.binding?.expires;
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
    if (!this.#isResting && !this.#wishes.current) void this.#wish(this.#expires, false);
  }

  /** Takes over other values; nothing is sent. A Contact that they replace goes with the next REGISTER. */
  reconfigure(config: RegistrationConfig, change: (contact: LocalContact) => void): void {
    if (config.expires !== this.config.expires) this.#expires = config.expires;
    this.config = config;
    const former = this.contact.registerUri;
    change(this.contact);
    if (!this.contact.binding || this.contact.isOutbound || former === this.contact.registerUri) return;
    this.contact.renew(); // to some registrars a parameter makes another URI, to others it does not (§19.1.4)
    this.contact.leave(former);
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
    this.#wishes.giveUp(new EvercallError('aborted', 'the account was disposed'));
  }

  /** A new flow: the binding names the old one and must be made anew (RFC 5626 §4.2). */
  onFlowOpen(): void {
    if (this.#isResting || this.#wishes.current) return;
    if (this.#retryAt !== undefined && this.#isTold) return; // the registrar is up, and has said no
    this.#isPlain = false;
    void this.#renew();
  }

  /** The flow is gone, and with it the use of our binding. */
  onFlowLost(reason: string): void {
    const { isSuspended } = this.#context.flow;
    if (this.#isResting || this.#wishes.current || !(isSuspended || this.contact.binding)) return;
    if (isSuspended || !this.#isTold || this.#retryAt === undefined) this.#stopTimer(); // else the registrar's own word outlives the connection
    const error = new EvercallError('transport', reason, { status: 503 });
    this.#enter(isSuspended ? 'none' : 'registering', undefined, error);
  }

  /** What the master of a dependent account went through. */
  mirror(change: RegistrationChange): void {
    this.pause();
    if (this.contact.binding) this.contact.leave();
    this.contact.binding = undefined;
    const previous = this.#state;
    this.#state = change.state;
    this.#context.user.onRegistrationChange(
      { ...change, previous, cause: 'dependency', regId: this.config.regId },
      this,
    );
  }

  /** Registers on a new connection, with a Contact of its own where that matters (ACC-20, ACC-21). */
  async #renew(): Promise<void> {
    const update = this.contact.binding && this.contact.isMovable ? this.config.contactUpdate : 'off';
    if (update === 'unregister') {
      await this.#wish(0, false).catch(() => undefined); // it runs out by itself
      if (this.#isResting) return;
      this.#startDialog();
    } else if (update === 'no-unregister') {
      this.contact.leave();
    }
    if (update !== 'off') this.contact.renew();
    void this.#wish(this.#expires, false);
  }

  /** We have moved, make before break, while it was under way: what it has bound leads to where we were. */
  #catchUp({ connection }: Sent): void {
    const { flow } = this.#context;
    const hasMoved = connection !== undefined && flow.isOpen && flow.connectionId !== connection;
    if (hasMoved && !this.#isDiscarded) this.onFlowOpen();
  }

  #startDialog(): void {
    this.#callId = newCallId(this.#context.core.random);
    this.#sequence = 0;
  }

  #wish(wanted: number, all: boolean, headers: readonly Header[] = []): Promise<void> {
    if (this.#isDiscarded) throw new EvercallError('invalidState', 'the account was disposed');
    const expires = wanted === 0 ? 0 : Math.max(wanted, this.config.minExpires);
    return this.#wishes.add({ expires, all, headers, config: this.config }, (wish) => this.#start(wish));
  }

  #start(wish: Wish): void {
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
    const sent: Sent = {
      contact: contact.registerUri,
      extra: config.extraContacts,
      leaving: contact.leaving,
      connection: flow.isOpen ? flow.connectionId : undefined,
    };
    const gone = this.#extra.filter((value) => !sent.extra.includes(value));
    const plan = registerPlan(config, contact, {
      registrar: attempt.registrar,
      expires: attempt.expires,
      outbound: attempt.outbound,
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
          this.#onFinal(wish, attempt, sent, response);
          this.#catchUp(sent);
        },
        onFailure: (error) => {
          this.#onFailure(wish, error);
          this.#catchUp(sent);
        },
      },
    );
  }

  #onFinal(wish: Wish, attempt: Attempt, sent: Sent, response: SipResponse): void {
    if (this.#isDiscarded) return;
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
        this.#settle('unregistered', response);
        return;
      case 'bound':
        this.#onBound(wish, verdict.binding, sent, response);
    }
  }

  #onBound(wish: Wish, binding: Binding, sent: Sent, response: SipResponse): void {
    const { clock, core, contact, flow } = this.#context;
    const now = clock.wallTime();
    contact.binding = binding;
    this.#isPlain = !binding.isOutbound;
    this.#failures = 0;
    contact.leaving = contact.leaving.filter((uri) => !sent.leaving.includes(uri));
    this.#extra = sent.extra;
    const isReplaced = sent.contact !== contact.registerUri && !binding.isOutbound;
    if (isReplaced && !contact.leaving.includes(sent.contact)) contact.leave(sent.contact);
    this.#expiry = now + binding.expires * 1000;
    // RFC 3608 §6.1: each 2xx says it anew
    this.#serviceRoute = optionalAll(response, ServiceRoute).map((route) => writeAddress(route));
    flow.setFlowTimer(optional(response, FlowTimer));
    const seen = this.config.isRewritten ? reflexiveAddress(response) : undefined;
    const isElsewhere = seen !== undefined && contact.isElsewhere(seen) && now >= this.#rewrittenAt + rewritePause;
    if (!this.#isResting) {
      this.#plan(now + (isElsewhere ? 0 : refreshDelay(binding.expires, this.config.refreshBefore, core.random)));
      if (isElsewhere) {
        this.#rewrittenAt = now;
        contact.leave();
        contact.renew(seen);
      }
    }
    this.#settle('registered', response);
  }

  #onFailure(wish: Wish, error: EvercallError, response?: SipResponse, isFinal = false, after?: number): void {
    if (this.#isDiscarded) return;
    const { clock, core, flow, log } = this.#context;
    this.#serviceRoute = [];
    log.warn(`${wish.expires ? 'registration' : 'unregistration'} failed: ${error.message}`);
    if (wish.expires === 0) {
      this.#forget(); // it runs out by itself; we keep it no longer
      this.#settle('none', response, error);
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
    const isListed = this.contact.binding !== undefined && this.#expiresIn() > 0;
    const isSuspended = response === undefined && flow.isSuspended;
    this.#settle(isSuspended ? 'none' : isListed ? 'registering' : 'failed', response, error);
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

  #forget(): void {
    this.contact.binding = undefined;
    this.contact.leaving = this.#extra = [];
  }

  #expiresIn(): number {
    return this.#expiry - this.#context.clock.wallTime();
  }

  #settle(state: RegistrationState, response?: SipResponse, error?: EvercallError): void {
    const next = this.#wishes.settle(error);
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
        expires: state === 'registered' ? this.contact.binding?.expires : undefined,
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
