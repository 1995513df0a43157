/** A subscription as the app holds it: there at once, whatever has to be loaded, and the same over all that it goes through (RFC 6665). */
import { Emitter } from '../base/emitter.js';
import type { EventSource } from '../base/emitter.js';
import type { EvercallError } from '../base/errors.js';
import { quiet } from '../base/quiet.js';
import { unlessAborted } from '../base/unless-aborted.js';
import type { Body, Header, SipRequest } from '../parser/index.js';
import type { Subscriber } from './subscriber.js';

/**
 * `subscribing`: asked for, or to be asked for as soon as the account is there; `pending`: taken, but not decided on;
 * `active`; `waiting`: it is lost, and asked for again; `terminated`: over, for good.
 */
export type SubscriptionState = 'subscribing' | 'pending' | 'active' | 'waiting' | 'terminated';

export interface SubscribeOptions {
  /** The event package, with parameters if there are any: `presence`, `dialog`, `message-summary`, `dialog;id=7`. */
  readonly event: string;
  /** The types of content that are understood. @default what the package defines */
  readonly accept?: string | readonly string[];
  /** Seconds asked for; 0 asks once how things are, and no more (RFC 6665 §4.4.3). @default 3600 */
  readonly expires?: number;
  /** What is to be told, where the package has a word for that: a filter, a list. Its type is a header's to say. */
  readonly body?: Body;
  /** Further headers of each SUBSCRIBE. */
  readonly headers?: readonly Header[];
  /** Unsubscribes when it aborts. */
  readonly signal?: AbortSignal;
}

/** What a NOTIFY says. */
export interface Notification {
  /** In lower case, without parameters; undefined where there is no body. */
  readonly contentType: string | undefined;
  readonly body: Body;
  readonly request: SipRequest;
}

export interface SubscriptionChange {
  readonly state: SubscriptionState;
  readonly previous: SubscriptionState;
  /** Why it is lost, in the notifier's words: `deactivated`, `probation`, `timeout` …; a reason phrase; or ours. */
  readonly reason: string | undefined;
  /** Of the response behind it, or what a failure equates to (RFC 3261 §8.1.3.1). */
  readonly status: number | undefined;
  /** When it is asked for again, in milliseconds since 1970; with the next registration or connection where that is missing. */
  readonly retryAt: number | undefined;
}

/** Why a subscription is over, and will not come back by itself. */
export interface SubscriptionEnd {
  /** `unsubscribed`, `timeout` (of what was asked once), what the notifier says (`rejected`, `noresource`, `invariant`), or a reason phrase. */
  readonly reason: string;
  /** Seconds after which it may be asked for again, where that was said. */
  readonly retryAfter: number | undefined;
  /** Where it was refused or failed. */
  readonly error: EvercallError | undefined;
}

export interface SubscriptionEvents {
  /** The notifier tells how things are. */
  notified: Notification;
  stateChanged: SubscriptionChange;
  terminated: SubscriptionEnd;
}

export class Subscription implements EventSource<SubscriptionEvents> {
  /** Whom or what it is about: a URI. */
  readonly target: string;
  /** The event package, as it was asked for. */
  readonly event: string;
  readonly #emitter = new Emitter<SubscriptionEvents>();
  readonly #loading: Promise<Subscriber>;
  #subscriber: Subscriber | undefined;
  /** Until there is a subscriber, or where there never was. */
  #state: SubscriptionState = 'subscribing';

  /** Subscriptions are made by `account.subscribeTo()`. */
  constructor(target: string, event: string, load: (emitter: Emitter<SubscriptionEvents>) => Promise<Subscriber>) {
    this.target = target;
    this.event = event;
    this.#loading = quiet(load(this.#emitter));
    this.#loading.then(
      (subscriber) => {
        this.#subscriber = subscriber;
        queueMicrotask(() => {
          subscriber.start(); // who waits for it to be given up comes first
        });
      },
      (reason: unknown) => {
        const error = reason as EvercallError;
        this.#state = 'terminated';
        this.#emitter.emit('terminated', { reason: error.message, retryAfter: undefined, error });
      },
    );
  }

  get state(): SubscriptionState {
    return this.#subscriber?.state ?? this.#state;
  }

  /** When it ends unless it is refreshed, which it is: milliseconds since 1970. */
  get expiresAt(): number | undefined {
    return this.#subscriber?.expiresAt;
  }

  /** The latest word of the notifier. */
  get last(): Notification | undefined {
    return this.#subscriber?.last;
  }

  /** Resolves with the first NOTIFY; rejects when it ends before there is one. */
  get accepted(): Promise<void> {
    return quiet(this.#loading.then(({ accepted }) => accepted));
  }

  on<K extends keyof SubscriptionEvents>(event: K, listener: (payload: SubscriptionEvents[K]) => void): () => void {
    return this.#emitter.on(event, listener);
  }

  once<K extends keyof SubscriptionEvents>(
    event: K,
    options?: { readonly signal?: AbortSignal },
  ): Promise<SubscriptionEvents[K]> {
    return this.#emitter.once(event, options);
  }

  /**
   * Asks for the state anew, now: the notifier answers with a NOTIFY (RFC 6665 §4.4.3). Resolves when it has taken that;
   * rejects as a request does, and with `invalidState` when it is terminated. `signal` ends the waiting.
   */
  refresh({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    return quiet(
      unlessAborted(
        signal,
        this.#loading.then((subscriber) => subscriber.refresh()),
      ),
    );
  }

  /**
   * Ends it. Resolves when the notifier has sent its last word (RFC 6665 §4.1.2.3), has refused, or has not answered in
   * time: it is over then in any case. Never rejects.
   */
  unsubscribe(): Promise<void> {
    if (this.#subscriber) return this.#subscriber.unsubscribe();
    return this.#loading.then((subscriber) => subscriber.unsubscribe()).catch(() => undefined);
  }
}
