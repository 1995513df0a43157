/** What an account subscribes to, and its mailbox: loaded with the first subscription (RFC 6665, RFC 3842). */
import { Emitter } from '../base/emitter.js';
import { EvercallError } from '../base/errors.js';
import { appearance } from '../call/privacy.js';
import type { SipRequest } from '../parser/index.js';
import { messageSummaryOf, messageSummaryType } from '../subscription/message-summary.js';
import type { MessageSummary } from '../subscription/message-summary.js';
import { Subscriber } from '../subscription/subscriber.js';
import type { SubscribeWish, Way } from '../subscription/subscribe-request.js';
import type { SubscriptionEvents } from '../subscription/subscription.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { MessageWaitingConfig } from './account-config.js';
import type { SubscriptionHost } from './account-subscriptions.js';
import { isSame } from './changes.js';

/** Milliseconds that the last word of the notifiers is waited for (PJSIP's unpublish_max_wait). */
const farewell = 2000;

/** How many are asked for at a time: a page that watches a hundred colleagues must not look like a flood to its server. */
const atOnce = 8;

export class Subscriptions {
  /** Which messages wait, as we were told last. */
  messageWaiting: MessageSummary | undefined;
  readonly #host: SubscriptionHost;
  readonly #all = new Set<Subscriber>();
  readonly #lifetime = new AbortController();
  /** Of the mailbox, where the account wants to know of it. */
  #mailbox: { readonly config: MessageWaitingConfig; readonly subscriber: Subscriber } | undefined;
  /** The app has unregistered the account. */
  #isUnregistered = false;

  constructor(host: SubscriptionHost) {
    this.#host = host;
  }

  add(wish: SubscribeWish, emitter: Emitter<SubscriptionEvents>): Subscriber {
    const { core, clock, log, timers } = this.#host;
    const subscriber = new Subscriber(
      {
        core,
        clock,
        log,
        timers,
        signal: this.#lifetime.signal,
        way: () => this.#way(),
        isReady: () => this.#isReady,
        hasTurn: () => [...this.#all].filter(({ isAsked }) => isAsked).length < atOnce,
        onAnswered: () => {
          this.#goOn();
        },
        onOver: (over) => {
          this.#all.delete(over);
          this.#goOn();
        },
      },
      wish,
      emitter,
    );
    this.#all.add(subscriber);
    return subscriber;
  }

  /** Connected, registered, or of other options. */
  onChange(): void {
    if (this.#host.identity().state === 'registered') this.#isUnregistered = false;
    this.#watchMailbox();
    for (const subscriber of [...this.#all]) subscriber.onReady();
  }

  #goOn(): void {
    for (const subscriber of [...this.#all]) subscriber.onTurn();
  }

  suspend(isUnregistered: boolean): void {
    this.#isUnregistered = isUnregistered;
    for (const subscriber of this.#all) subscriber.suspend();
  }

  async end(isTold: boolean): Promise<void> {
    const { clock, identity } = this.#host;
    if (isTold && this.#all.size > 0) {
      const wait = Math.min(farewell, identity().config.unregisterTimeout);
      const done = Promise.all([...this.#all].map((subscriber) => subscriber.unsubscribe()));
      await new Promise<unknown>((resolve) => {
        const cancel = clock.after(wait, () => {
          resolve(undefined);
        });
        void done.then(cancel).then(resolve);
      });
    }
    const error = new EvercallError('aborted', 'the account was disposed');
    for (const subscriber of [...this.#all]) subscriber.discard(error);
    this.#lifetime.abort(error);
  }

  /** A server that knows whom it tells without having been asked (RFC 3842, as PBXs do it). */
  onUnsolicited(request: SipRequest, transaction: ServerTransaction): void {
    const { core } = this.#host;
    const summary = messageSummaryOf(request);
    const accept = [{ name: 'Accept', value: messageSummaryType }];
    core.respond(transaction, summary ? 200 : 415, summary ? {} : { headers: accept });
    if (summary) this.#onSummary(summary);
  }

  /** Before the account is where it wants to be, a notifier could not reach us. */
  get #isReady(): boolean {
    const { state, hasRegistrar, config, branch } = this.#host.identity();
    if (!branch.flow.isOpen || this.#isUnregistered) return false;
    const isAwaited = config.register || state === 'registering' || state === 'refreshing';
    return state === 'registered' || !hasRegistrar || !isAwaited;
  }

  #way(): Way {
    const { config, branch, authenticator, routes } = this.#host.identity();
    const { from, headers, isAnonymous } = appearance(config.privacy, config.address);
    return {
      flow: branch.flow,
      authenticator,
      routes,
      from,
      headers,
      contact: branch.contact.value({ anonymous: isAnonymous }),
      retry: config.retry,
      refreshBefore: config.refreshBefore,
    };
  }

  #watchMailbox(): void {
    const { messageWaiting: config, uri } = this.#host.identity().config;
    if (this.#mailbox && isSame(this.#mailbox.config, config)) return;
    void this.#mailbox?.subscriber.unsubscribe();
    this.#mailbox = undefined;
    if (!config || !this.#isReady) return;
    const emitter = new Emitter<SubscriptionEvents>();
    emitter.on('notified', ({ request }) => {
      const summary = messageSummaryOf(request);
      if (summary) this.#onSummary(summary);
    });
    emitter.on('terminated', ({ reason, error }) => {
      if (error) this.#host.log.warn(`messages that wait are not told: ${reason}`);
    });
    const { target = uri, expires } = config;
    const wish = { target, expires, event: 'message-summary', accept: messageSummaryType, body: '', headers: [] };
    const subscriber = this.add(wish, emitter);
    this.#mailbox = { config, subscriber };
    subscriber.start();
  }

  #onSummary(summary: MessageSummary): void {
    if (this.messageWaiting && isSame(this.messageWaiting, summary)) return; // each refresh says it anew
    this.messageWaiting = summary;
    this.#host.onMessageWaiting(summary);
  }
}
