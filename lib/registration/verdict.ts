/** What a final response to a REGISTER means, and what is to be done about it (RFC 3261 §10.2.4-10.2.8, RFC 5626 §4.2.1). */
import { EvercallError, rejected } from '../base/errors.js';
import { optional, optionalAll } from '../core/optional.js';
import { Contact, MinExpires, RetryAfter } from '../parser/index.js';
import type { SipResponse } from '../parser/index.js';
import { ownBinding } from './bindings.js';
import type { Binding } from './bindings.js';
import type { RegistrationIdentity } from './register-request.js';

/** One REGISTER, and what those before it have taught us; each lesson is taken once, so that no two servers can play ball. */
export interface Attempt {
  /** Seconds asked for. */
  readonly expires: number;
  readonly registrar: string;
  readonly outbound: boolean;
  readonly isRedirected?: boolean;
  readonly isProlonged?: boolean;
  /** With a Call-ID of its own, after an answer that forgot us. */
  readonly isFresh?: boolean;
}

export type Verdict =
  | { readonly type: 'bound'; readonly binding: Binding }
  | { readonly type: 'removed' }
  | { readonly type: 'again'; readonly attempt: Attempt }
  /** With `isFinal` only a change of ours helps; without, a later try may. */
  | {
      readonly type: 'failed';
      readonly error: EvercallError;
      readonly isFinal: boolean;
      readonly after: number | undefined;
    };

/** After these, and after any 6xx, a later try may succeed (PJSIP's list, with 480). */
const temporary: ReadonlySet<number> = new Set([408, 430, 480, 500, 502, 503, 504]);

/** RFC 3261 §10.2.8 leaves open what to do about a 423 that names no time: just above an hour satisfies any sane one. */
const anyMinimum = 3601;

export function judge(
  response: SipResponse,
  attempt: Attempt,
  identity: RegistrationIdentity,
  contact: string,
): Verdict {
  const { status } = response;
  if (status >= 300) {
    const next = lesson(response, attempt);
    if (next) return { type: 'again', attempt: next };
    const after = optional(response, RetryAfter)?.seconds;
    const isFinal = after === undefined && status < 600 && !temporary.has(status);
    return { type: 'failed', error: failure(response), isFinal, after };
  }
  if (attempt.expires === 0) return { type: 'removed' };
  const binding = ownBinding(response, identity, contact);
  if (binding) return { type: 'bound', binding };
  if (!attempt.isFresh) return { type: 'again', attempt: { ...attempt, isFresh: true } };
  const error = new EvercallError('bindingMissing', 'the registrar does not list our Contact');
  return { type: 'failed', error, isFinal: false, after: undefined };
}

function lesson(response: SipResponse, attempt: Attempt): Attempt | undefined {
  const { expires } = attempt;
  switch (response.status) {
    case 301:
    case 302: {
      const registrar = optionalAll(response, Contact).find((contact) => contact !== '*')?.uri;
      if (attempt.isRedirected || !registrar || !/^sips?:/i.test(registrar)) return undefined;
      return { ...attempt, registrar, isRedirected: true };
    }
    case 423: {
      const minimum = optional(response, MinExpires) ?? anyMinimum;
      if (attempt.isProlonged || expires === 0 || minimum <= expires) return undefined;
      return { ...attempt, expires: minimum, isProlonged: true };
    }
    case 439: // RFC 5626 §11.6
      return attempt.outbound ? { ...attempt, outbound: false } : undefined;
    default:
      return undefined;
  }
}

function failure(response: SipResponse): EvercallError {
  const { status } = response;
  const isRefused = status === 401 || status === 403 || status === 407;
  return isRefused ? new EvercallError('authentication', response.reason, { status }) : rejected(response);
}
