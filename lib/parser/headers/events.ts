/** What a subscription is to, and how it stands: RFC 6665 §8.2. */
import { type Params, parseParams, writeParams } from '../params.js';
import { safeToken } from '../scanner.js';
import { codec } from './field.js';
import { typed } from './typed.js';

/** RFC 6665 §8.2.1. Event types are case-sensitive in theory only. */
export const Event = /* @__PURE__ */ typed('Event');

export interface SubscriptionStateValue {
  /** active, pending, terminated … in lower case. */
  readonly state: string;
  /** reason, expires, retry-after … */
  readonly params: Params;
}

/** RFC 6665 §8.2.3. */
export const SubscriptionState = /* @__PURE__ */ codec<SubscriptionStateValue>(
  'Subscription-State',
  (scanner) => ({ state: scanner.token('state').toLowerCase(), params: parseParams(scanner) }),
  ({ state, params }, what) => safeToken(state, what) + writeParams(params, what),
);
