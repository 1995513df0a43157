/** The subscriptions of an account (RFC 6665); what they are made of is loaded with the first. */
import type { Clock } from '../base/clock.js';
import { EvercallError, invalidOption } from '../base/errors.js';
import type { Logger } from '../base/log.js';
import { OnDemand } from '../base/on-demand.js';
import { checkLine, orElse, readOptions } from '../base/options.js';
import { quiet } from '../base/quiet.js';
import { checkHeaders } from '../call/call-options.js';
import type { Core } from '../core/core.js';
import { headerValue } from '../parser/index.js';
import type { Body, SipRequest } from '../parser/index.js';
import type { MessageSummary } from '../subscription/message-summary.js';
import { Subscription } from '../subscription/subscription.js';
import type { SubscribeOptions } from '../subscription/subscription.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { Timers } from '../transaction/timers.js';
import type { Identity } from './identity.js';
import type { Subscriptions } from './subscriptions.js';

/** One for all accounts of the page. */
export const subscriptionParts = new OnDemand(() => import('./subscriptions.js'));

export interface SubscriptionHost {
  readonly core: Core;
  readonly clock: Clock;
  readonly log: Logger;
  readonly timers: Timers;
  /** The identity in force. */
  readonly identity: () => Identity;
  /** The mailbox has changed. */
  readonly onMessageWaiting: (summary: MessageSummary) => void;
}

export class AccountSubscriptions {
  readonly #host: SubscriptionHost;
  #all: Subscriptions | undefined;
  #isOver = false;

  constructor(host: SubscriptionHost) {
    this.#host = host;
  }

  /** Which messages wait, as we were told last. */
  get messageWaiting(): MessageSummary | undefined {
    return this.#all?.messageWaiting;
  }

  /** Throws `invalidOption`. */
  subscribe(target: string, options: SubscribeOptions): Subscription {
    const wish = { ...readOptions(options, readers), target };
    return new Subscription(target, wish.event, async (emitter) => (await this.#load()).add(wish, emitter));
  }

  /** Connected, registered, or of other options: what waits for that goes on. */
  onChange(): void {
    if (this.#all) this.#all.onChange();
    else if (this.#host.identity().config.messageWaiting) void quiet(this.#load().then((all) => all.onChange()));
  }

  /** The account signs off, or is to be another: they end, and begin anew when it is registered again. */
  suspend(isUnregistered = true): void {
    this.#all?.suspend(isUnregistered);
  }

  /** Ends all, with a word to their notifiers or without. */
  async end(isTold: boolean): Promise<void> {
    this.#isOver = true;
    await this.#all?.end(isTold);
  }

  /** A NOTIFY outside of any dialog; false where it is none of ours. */
  onNotify(request: SipRequest, transaction: ServerTransaction): boolean {
    const isSummary = /^\s*message-summary\s*(?:;|$)/i.test(headerValue(request, 'Event') ?? '');
    if (!isSummary || this.#host.identity().config.messageWaiting === false) return false;
    this.#load().then(
      (all) => {
        all.onUnsolicited(request, transaction);
      },
      () => {
        this.#host.core.respond(transaction, 480);
      },
    );
    return true;
  }

  async #load(): Promise<Subscriptions> {
    const { Subscriptions: Keeper } = await subscriptionParts.load();
    if (this.#isOver) throw new EvercallError('aborted', 'the account was disposed');
    return (this.#all ??= new Keeper(this.#host));
  }
}

/** A token, and parameters that are tokens (RFC 6665 §8.4). */
const eventName = /^[\w.!%*+`'~-]+(?:;[\w.!%*+`'~-]+(?:=[\w.!%*+`'~-]+)?)*$/;

const readers = {
  event: (event: string | undefined, option: string): string => {
    if (typeof event !== 'string' || !eventName.test(event))
      throw invalidOption(option, 'takes the name of an event package', event);
    return event;
  },
  accept: (accept: string | readonly string[] = [], option: string): string => {
    const types = [accept].flat().join(', ');
    checkLine(option, types);
    return types;
  },
  expires: orElse(3600, (option, seconds) => {
    if (!Number.isInteger(seconds) || (seconds as number) < 0)
      throw invalidOption(option, 'takes whole seconds', seconds);
  }),
  body: (body: Body = ''): Body => body,
  headers: checkHeaders,
  signal: (signal: AbortSignal | undefined): AbortSignal | undefined => signal,
};
