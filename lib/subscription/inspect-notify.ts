/** Whether a NOTIFY is for a subscription, and what it says of it (RFC 6665 §4.1.3, §8.2.1). */
import type { Refusal } from '../core/inspect.js';
import { optional } from '../core/optional.js';
import { stateOfSubscription } from '../core/subscription-state.js';
import type { StateOfSubscription } from '../core/subscription-state.js';
import { Event } from '../parser/index.js';
import type { SipRequest, TypeWithParams } from '../parser/index.js';

/** The only package that we are a notifier of (§4.4.4). */
const allowEvents = { name: 'Allow-Events', value: 'refer' };

const refuse = (status: number, ...headers: Refusal['headers']): Refusal => ({ status, headers });

/** What it says, or how it is refused; in the dialog of a subscription there is nothing but NOTIFYs (RFC 5057 §5). */
export function inspectNotify(request: SipRequest, event: TypeWithParams): StateOfSubscription | Refusal {
  if (request.method !== 'NOTIFY') return refuse(481);
  const named = optional(request, Event);
  if (named?.type !== event.type) return refuse(489, allowEvents);
  if (named.params.get('id') !== event.params.get('id')) return refuse(481);
  return stateOfSubscription(request) ?? refuse(400);
}
