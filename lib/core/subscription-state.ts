/** What a NOTIFY says of the subscription it belongs to: Subscription-State (RFC 6665 §4.1.3, §8.2.3). */
import { SubscriptionState } from '../parser/index.js';
import type { SipRequest } from '../parser/index.js';
import { optional } from './optional.js';

export interface StateOfSubscription {
  readonly isTerminated: boolean;
  /** The notifier has not decided yet whether we may know. */
  readonly isPending: boolean;
  /** Seconds that are left of it. */
  readonly expires: number | undefined;
  /** Why it is terminated, where that is said. */
  readonly reason: string | undefined;
  /** Seconds after which another one may be asked for. */
  readonly retryAfter: number | undefined;
}

/** Nothing where the header is missing or cannot be read. */
export function stateOfSubscription(notify: SipRequest): StateOfSubscription | undefined {
  const value = optional(notify, SubscriptionState);
  if (!value) return undefined;
  const { state, params } = value;
  const isTerminated = state === 'terminated';
  return {
    isTerminated,
    isPending: state === 'pending',
    expires: isTerminated ? undefined : seconds(params.get('expires')), // §4.1.3: it means nothing there
    reason: params.get('reason')?.toLowerCase(),
    retryAfter: seconds(params.get('retry-after')),
  };
}

/** RFC 3261 §20.19: what is above 2^32-1 is as good as that. */
const seconds = (text: string | null | undefined): number | undefined =>
  text && /^\d+$/.test(text) ? Math.min(Number(text), 2 ** 32 - 1) : undefined;
