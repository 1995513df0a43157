/** What a final response to a SUBSCRIBE means, and what the end of a subscription asks for (RFC 6665 §4.1.2, §4.1.3; RFC 5057). */
import { EvercallError, rejected } from '../base/errors.js';
import { optional } from '../core/optional.js';
import type { StateOfSubscription } from '../core/subscription-state.js';
import { Expires, MinExpires, RetryAfter } from '../parser/index.js';
import type { SipResponse } from '../parser/index.js';

export type Verdict =
  /** With the seconds granted, and whether a NOTIFY follows. */
  | { readonly type: 'accepted'; readonly expires: number; readonly isSilent: boolean }
  /** Too short: once more, for so many seconds. */
  | { readonly type: 'brief'; readonly minimum: number; readonly error: EvercallError }
  /** A later try may help, after so many seconds where that is said; with `isOver` there is no subscription meanwhile. */
  | {
      readonly type: 'failed';
      readonly error: EvercallError;
      readonly after: number | undefined;
      readonly isOver: boolean;
    }
  /** The notifier does not know the subscription, and another one may do; or nothing but a change of ours would help. */
  | { readonly type: 'gone' | 'refused'; readonly error: EvercallError };

/** RFC 6665 §4.1.2.2: after these to a refresh there is no subscription any more. */
const ends = (status: number): boolean =>
  [404, 405, 410, 416, 489, 501, 604].includes(status) || (status >= 480 && status <= 485);

/** Of these, what was the subscription's own fault, not the target's: another one is worth a try. */
const gone: ReadonlySet<number> = new Set([404, 410, 481, 482, 483]);

/** After these a later try may succeed. */
const temporary: ReadonlySet<number> = new Set([408, 430, 480, 486, 500, 502, 503, 504, 600]);

/** RFC 3261 §21.4.17: a 423 names a minimum; where it does not, just above an hour satisfies any sane one. */
const anyMinimum = 3601;

/** @param asked seconds @param isRefresh in the dialog of a subscription that there was */
export function judge(response: SipResponse, asked: number, isRefresh: boolean): Verdict {
  const { status } = response;
  if (status < 300) {
    const granted = optional(response, Expires) ?? asked;
    return { type: 'accepted', expires: Math.min(granted, asked), isSilent: status === 204 }; // RFC 5839 §7
  }
  if (status === 423) {
    const minimum = optional(response, MinExpires) ?? anyMinimum;
    if (minimum > asked && asked > 0) return { type: 'brief', minimum, error: rejected(response) };
  }
  const after = optional(response, RetryAfter)?.seconds;
  const error = failure(response);
  if (isRefresh && !ends(status)) return { type: 'failed', error, after, isOver: false }; // what we have is good to its end
  if (after !== undefined || temporary.has(status)) return { type: 'failed', error, after, isOver: true };
  return { type: isRefresh && gone.has(status) ? 'gone' : 'refused', error };
}

function failure(response: SipResponse): EvercallError {
  const { status, reason } = response;
  if (status === 401 || status === 403 || status === 407)
    return new EvercallError('authentication', `${status} ${reason}`, { status });
  return status === 489
    ? new EvercallError('eventUnsupported', 'the notifier does not know the event package', { status })
    : rejected(response);
}

/** RFC 6665 §4.1.3: whether another subscription may be asked for: at once, in so many seconds, some time later, or never. */
export function nextAfter({ reason, retryAfter }: StateOfSubscription): 'at once' | 'later' | 'never' | number {
  switch (reason) {
    case 'rejected':
    case 'noresource':
    case 'invariant':
      return 'never';
    case 'deactivated':
    case 'timeout':
      return 'at once';
    case 'probation':
    case 'giveup': // at once would lead to `pending` again
      return retryAfter ?? 'later';
    default:
      return retryAfter ?? 'at once';
  }
}
