/**
 * A subscription, kept alive until it is given up or its notifier wants no more of it (RFC 6665 §4.1): refreshed in its dialog,
 * and made anew where that is lost.
 *
 *   subscribing ──NOTIFY──▶ pending ──NOTIFY──▶ active
 *     │    ▲  └────────────────▲─────NOTIFY───────▲   │ refused for a time, expired, terminated for now
 *     │    └── due ── waiting ◀───────────────────────┘
 *     └── refused, unsubscribed, terminated for good ──▶ terminated
 *
 * Of the dialogs that a forked SUBSCRIBE makes the first is the one (§5.4.9); the NOTIFYs of the others get 481.
 */
import type { Clock } from '../base/clock.js';
import { Deferred } from '../base/deferred.js';
import type { Emitter } from '../base/emitter.js';
import { EvercallError } from '../base/errors.js';
import type { Logger } from '../base/log.js';
import { newCallId, newTag } from '../base/random.js';
import type { Dialog, DialogUser } from '../core/dialog.js';
import { optional } from '../core/optional.js';
import type { StateOfSubscription } from '../core/subscription-state.js';
import { ContentType, Event } from '../parser/index.js';
import type { SipRequest, SipResponse } from '../parser/index.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { Flow } from '../transport/flow.js';
import { bidFarewell } from './farewell.js';
import type { FarewellContext } from './farewell.js';
import { inspectNotify } from './inspect-notify.js';
import { Setbacks } from './setbacks.js';
import { SubscribeExchange } from './subscribe-exchange.js';
import type { SubscribeExchangeUser } from './subscribe-exchange.js';
import { dialogOfNotify, initialPlan } from './subscribe-request.js';
import type { Attempt, SubscribeWish, Way } from './subscribe-request.js';
import type {
  Notification,
  SubscriptionChange,
  SubscriptionEnd,
  SubscriptionEvents,
  SubscriptionState,
} from './subscription.js';
import { Term } from './term.js';
import type { TermUser } from './term.js';
import { judge, nextAfter } from './verdict.js';

export interface SubscriberContext extends FarewellContext {
  readonly log: Logger;
  readonly clock: Clock;
  readonly way: () => Way;
  /** Connected, and registered where that is wanted. */
  readonly isReady: () => boolean;
  /** Whether not too many others are being asked for. */
  readonly hasTurn: () => boolean;
  /** Another one may have its turn. */
  readonly onAnswered: () => void;
  readonly onOver: (subscriber: Subscriber) => void;
}

/** Why a state is entered. */
type Cause = Partial<Pick<SubscriptionChange, 'reason' | 'status' | 'retryAt'>>;

export class Subscriber implements DialogUser, TermUser, SubscribeExchangeUser {
  readonly #context: SubscriberContext;
  readonly #wish: SubscribeWish;
  /** The app's: nothing comes after `terminated`. */
  readonly #emitter: Emitter<SubscriptionEvents>;
  readonly #accepted = new Deferred<void>();
  #last: Notification | undefined;
  readonly #event;
  #state: SubscriptionState = 'subscribing';
  /** Seconds to ask for: a notifier may have named a minimum. */
  #expires: number;
  #attempt: Attempt | undefined;
  /** The NOTIFY that makes the dialog is awaited no longer. */
  #unexpect: (() => void) | undefined;
  #dialog: Dialog | undefined;
  /** When this one was asked for, by `clock.now()`. */
  #begunAt = 0;
  readonly #term: Term;
  /** The last SUBSCRIBE. */
  #exchange: SubscribeExchange | undefined;
  /** The wait is the notifier's word, not the network's doing. */
  #isTold = false;
  /** To be sent as soon as we are ready. */
  #isDue = false;
  readonly #setbacks = new Setbacks();
  #refreshed: Deferred<void> | undefined;
  #left: Promise<void> | undefined;

  constructor(context: SubscriberContext, wish: SubscribeWish, emitter: Emitter<SubscriptionEvents>) {
    this.#context = context;
    this.#wish = wish;
    this.#emitter = emitter;
    this.#event = Event.parse(wish.event);
    this.#expires = wish.expires;
    this.#term = new Term(context.clock, context.core.random, this);
  }

  get state(): SubscriptionState {
    return this.#state;
  }

  get expiresAt(): number | undefined {
    return this.#dialog && this.#term.expiry;
  }

  get last(): Notification | undefined {
    return this.#last;
  }

  get accepted(): Promise<void> {
    return this.#accepted.promise;
  }

  start(): void {
    const { signal } = this.#wish;
    signal?.addEventListener('abort', this.#onAbort);
    if (signal?.aborted) this.#onAbort();
    if (!this.#isOver) this.#begin();
  }

  readonly #onAbort = (): void => void this.unsubscribe();

  /** Connected or registered, maybe anew: what waited for that goes on, and a notifier learns where we are by now. */
  onReady(): void {
    if (this.#isOver || this.isAsked || !this.#context.isReady()) return;
    if (this.#dialog) {
      if (this.#term.isOver) this.#begin();
      else if (this.#isDue || this.#hasMoved) this.#refresh();
    } else if (this.#isDue || (this.#state === 'waiting' && !this.#isTold)) {
      this.#begin();
    }
  }

  /** Whether an answer is awaited. */
  get isAsked(): boolean {
    return this.#exchange?.isInFlight === true;
  }

  /** Others have been answered: what waited for that goes on. */
  onTurn(): void {
    if (this.#isDue) this.onReady();
  }

  /** Asks for the state, and for time, now. */
  refresh(): Promise<void> {
    if (this.#isOver) throw new EvercallError('invalidState', 'refresh: the subscription is terminated');
    const { promise } = (this.#refreshed ??= new Deferred());
    if (this.isAsked) return promise; // its answer is as good
    if (!this.#dialog || this.#term.isOver) this.#begin();
    else this.#refresh();
    return promise;
  }

  /** Without a dialog nothing need be said: a NOTIFY that comes gets 481, and the notifier forgets us (RFC 6665 §4.2.2). */
  unsubscribe(): Promise<void> {
    if (this.#left || this.#state === 'terminated') return this.#left ?? Promise.resolve();
    const over = (): void => {
      this.#end({ reason: 'unsubscribed' });
    };
    this.#left = this.#leave((notify) => {
      this.#tell(notify);
    }).then(over);
    if (!this.#dialog) over();
    return this.#left;
  }

  /** The account signs off, or becomes another: the notifier is told, and when we are ready again another subscription is made. */
  suspend(): void {
    if (this.#isOver || this.#state === 'waiting') return;
    void this.#leave();
    this.#dialog = undefined;
    this.#isDue = true;
    if (this.#state !== 'subscribing') this.#enter('waiting', { reason: 'unregistered' });
  }

  /** Ends without a word on the wire. */
  discard(error: EvercallError): void {
    if (this.#state !== 'terminated') this.#end({ reason: error.message, error });
  }

  onAck(): void {
    // there is no INVITE here
  }

  onRequest(request: SipRequest, transaction: ServerTransaction): void {
    const { core } = this.#context;
    const state = inspectNotify(request, this.#event);
    if ('status' in state) {
      core.respond(transaction, state.status, state);
    } else {
      core.respond(transaction, 200); // §4.1.3: before anyone looks at it
      this.#onNotify(request, state, transaction);
    }
  }

  onDue(): void {
    if (!this.#dialog) {
      this.#begin();
    } else if (this.#term.isOver) {
      this.#restart(new EvercallError('timeout', 'the subscription has run out', { status: 408 }), 'expired');
    } else if (!this.#refresh()) {
      this.#term.planEnd();
    }
  }

  onExpired(next: number): void {
    this.#drop();
    this.#term.plan(next);
    this.#enter('waiting', { reason: 'expired', retryAt: next });
  }

  get #isOver(): boolean {
    return this.#state === 'terminated' || this.#left !== undefined;
  }

  get #hasMoved(): boolean {
    return this.#exchange!.hasMoved(this.#context.way());
  }

  /** Asks for a subscription, in a dialog to be (§4.1.2.1). */
  #begin(): void {
    this.#drop();
    const { clock, core, isReady } = this.#context;
    this.#isDue = !this.#mayAsk;
    if (this.#isDue) {
      const reason = isReady() ? 'others are asked for first' : 'not connected';
      if (this.#state !== 'subscribing') this.#enter('waiting', { reason });
      return;
    }
    const tag = newTag(core.random);
    const callId = newCallId(core.random);
    this.#attempt = { callId, tag, from: `${this.#context.way().from};tag=${tag}`, sequence: 0 };
    this.#unexpect = core.dialogs.expect(callId, tag, this);
    this.#begunAt = clock.now();
    this.#enter('subscribing');
    this.#send();
  }

  get #mayAsk(): boolean {
    return this.#context.isReady() && this.#context.hasTurn();
  }

  /** In its dialog, or as soon as may be; returns which. */
  #refresh(): boolean {
    this.#isDue = !this.#mayAsk;
    if (!this.#isDue) this.#send();
    return !this.#isDue;
  }

  #send(isProlonged = false): void {
    const way = this.#context.way();
    const plan = this.#dialog?.plan('SUBSCRIBE') ?? initialPlan(this.#wish, way, this.#attempt!);
    const asked = { expires: this.#expires, isRefresh: this.#dialog !== undefined, isProlonged };
    this.#term.pause();
    this.#exchange?.stop();
    this.#isDue = false;
    this.#exchange = new SubscribeExchange(this.#context, asked, way, this);
    this.#exchange.send(plan, this.#wish, way);
  }

  onFinal(response: SipResponse, exchange: SubscribeExchange): void {
    const { expires, isRefresh, isProlonged } = exchange.asked;
    const verdict = judge(response, expires, isRefresh);
    if (verdict.type === 'accepted') {
      if (isRefresh) {
        this.#setbacks.onTaken();
        this.#dialog!.refreshTarget(response); // RFC 3261 §12.2.1.2
      }
      this.#onAccepted(exchange, verdict.expires, verdict.isSilent);
    } else if (verdict.type === 'brief' && !isProlonged) {
      this.#expires = verdict.minimum;
      this.#send(true);
    } else if (!isRefresh && this.#dialog) {
      this.#planRefresh(); // another fork refused; the one that has sent a NOTIFY did not
    } else if (verdict.type === 'gone') {
      this.#restart(verdict.error);
    } else if (verdict.type === 'failed') {
      if (verdict.isOver) this.#drop();
      this.#fail(verdict.error, verdict.after, true);
    } else {
      this.#end({ reason: response.reason, error: verdict.error });
    }
    this.#context.onAnswered();
  }

  #onAccepted(exchange: SubscribeExchange, expires: number, isSilent: boolean): void {
    const isSure = exchange.isNotified || (isSilent && this.#dialog !== undefined);
    if (!exchange.isTimed) this.#term.grant(expires);
    this.#refreshed?.resolve();
    this.#refreshed = undefined;
    if (this.#dialog) this.#planRefresh();
    if (!isSure) exchange.awaitNotify();
    if (this.#dialog && this.#hasMoved) this.onReady();
  }

  onTimerN(): void {
    const error = new EvercallError('timeout', 'the notifier does not say how things are', { status: 408 });
    if (this.#dialog) {
      this.#restart(error);
    } else {
      this.#drop();
      this.#fail(error);
    }
  }

  onFailure(error: EvercallError, { asked }: SubscribeExchange): void {
    const isLost = error.code === 'transport';
    if (!isLost && error.code !== 'timeout') {
      this.#end({ reason: error.message, error });
    } else if (this.#dialog && isLost) {
      this.#isDue = true;
      this.#term.planEnd();
      if (this.#hasMoved) this.onReady();
    } else if (asked.isRefresh) {
      this.#restart(error); // timer N has run out with timer F
    } else if (this.#dialog) {
      this.#planRefresh(); // its NOTIFY came all the same
    } else if (isLost && (this.#hasMoved || !this.#context.isReady())) {
      this.#begin();
    } else {
      this.#drop();
      this.#fail(error);
    }
    this.#context.onAnswered();
  }

  #onNotify(notify: SipRequest, state: StateOfSubscription, { flow }: ServerTransaction): void {
    this.#exchange?.onNotify();
    if (state.isTerminated || state.expires === 0 || this.#wish.expires === 0) {
      this.#drop();
      this.#tell(notify);
      if (!this.#isOver) this.#onTerminated(state.isTerminated ? state : { ...state, reason: 'timeout' });
      return;
    }
    if (this.#dialog) this.#dialog.refreshTarget(notify);
    else this.#establish(notify, flow);
    if (state.expires !== undefined) {
      this.#exchange!.isTimed = true;
      this.#term.grant(state.expires);
    }
    if (!this.isAsked) this.#planRefresh();
    this.#enter(state.isPending ? 'pending' : 'active');
    this.#tell(notify);
  }

  /** §4.4.1: by the first NOTIFY, whoever it is from. */
  #establish(notify: SipRequest, flow: Flow): void {
    const { core } = this.#context;
    this.#dialog = dialogOfNotify(notify, this.#attempt!, this.#wish.target, flow);
    this.#dialog.user = this;
    core.dialogs.add(this.#dialog);
    this.#unexpect?.();
    this.#setbacks.onTaken();
    if (this.isAsked) this.#term.grant(this.#expires); // until the 2xx says for how long
  }

  #onTerminated(state: StateOfSubscription): void {
    const { reason = 'terminated', retryAfter } = state;
    const next = this.#wish.expires === 0 ? 'never' : nextAfter(state);
    const error = new EvercallError('rejected', `the notifier ended the subscription: ${reason}`);
    if (next === 'never') {
      this.#end({ reason, retryAfter, error: this.#wish.expires === 0 ? undefined : error });
    } else if (next === 'at once') {
      this.#restart(error, reason);
    } else {
      this.#setbacks.onEnded(this.#context.clock.now() - this.#begunAt);
      this.#retry(error, next === 'later' ? undefined : next, true, reason);
    }
  }

  /** It has ended: another one, at once where that is no haste. */
  #restart(error: EvercallError, reason?: string): void {
    this.#drop();
    this.#setbacks.onEnded(this.#context.clock.now() - this.#begunAt);
    if (!this.#setbacks.isFirst) {
      this.#retry(error, undefined, true, reason);
      return;
    }
    this.#context.log.info(`subscription to ${this.#wish.event}: anew, for ${error.message}`);
    this.#begin();
  }

  #fail(error: EvercallError, after?: number, isTold = false): void {
    this.#setbacks.onFailed();
    this.#retry(error, after, isTold);
  }

  /** Once more, in so many seconds where that was said; in the dialog as long as there is one. */
  #retry(error: EvercallError, after?: number, isTold = false, reason = error.message): void {
    const { clock, core, log, way } = this.#context;
    this.#refreshed?.reject(error);
    this.#refreshed = undefined;
    const delay = this.#setbacks.delay(after, way().retry, core.random);
    if (delay === undefined) {
      this.#end({ reason, error }); // further tries are the app's
      return;
    }
    log.warn(`subscription to ${this.#wish.event}: ${error.message}`);
    this.#isTold = isTold;
    const retryAt = clock.wallTime() + delay;
    this.#term.plan(retryAt);
    if (!this.#dialog) this.#enter('waiting', { reason, status: error.status, retryAt });
  }

  #planRefresh(): void {
    this.#term.planRefresh(this.#context.way().refreshBefore);
  }

  /** Forgets the dialog, or the hope for one, and every wait. */
  #drop(): void {
    const { core } = this.#context;
    this.#term.clear();
    this.#exchange?.stop();
    this.#unexpect?.();
    if (this.#dialog) core.dialogs.remove(this.#dialog);
    this.#dialog = undefined;
  }

  /** Says goodbye where there is someone to hear it. */
  #leave(hear?: (notify: SipRequest) => void): Promise<void> {
    const { core } = this.#context;
    const dialog = this.#dialog;
    const way = this.#context.way();
    const canTell = dialog !== undefined && !this.#term.isOver && way.flow.isOpen;
    this.#drop();
    if (!canTell) return Promise.resolve();
    this.#dialog = dialog;
    core.dialogs.add(dialog);
    return bidFarewell(this.#context, this.#wish, dialog, way, hear);
  }

  #tell(notify: SipRequest): void {
    if (this.#state === 'terminated') return;
    const { body } = notify;
    const contentType = body.length > 0 ? optional(notify, ContentType)?.type : undefined;
    this.#last = { contentType, body, request: notify };
    this.#accepted.resolve();
    this.#emitter.emit('notified', this.#last);
  }

  #end({ reason, retryAfter, error }: Partial<SubscriptionEnd> & { readonly reason: string }): void {
    if (this.#state === 'terminated') return;
    this.#drop();
    this.#wish.signal?.removeEventListener('abort', this.#onAbort);
    const failure = error ?? new EvercallError('aborted', reason);
    this.#accepted.reject(failure);
    this.#refreshed?.reject(failure);
    this.#refreshed = undefined;
    this.#context.onOver(this);
    this.#enter('terminated', { reason, status: error?.status });
    this.#emitter.emit('terminated', { reason, retryAfter, error });
  }

  #enter(state: SubscriptionState, { reason, status, retryAt }: Cause = {}): void {
    const previous = this.#state;
    if (previous === state) return;
    this.#state = state;
    this.#emitter.emit('stateChanged', { state, previous, reason, status, retryAt });
  }
}
