/** The REGISTER itself: its Contacts with instance-id and reg-id, Expires, option tags (RFC 3261 §10.2, RFC 5626 §4.2). */
import type { RequestPlan } from '../core/requests.js';
import { writeAddress } from '../parser/index.js';
import type { Header } from '../parser/index.js';
import type { LocalContact } from './contact.js';

/** What identifies a binding, and to whom. */
export interface RegistrationIdentity {
  /** From and To values without tags. */
  readonly address: string;
  /** A UUID that stays over reloads (RFC 5626 §4.1). */
  readonly instanceId: string;
  /** Which of our flows this is (RFC 5626 §4.2). */
  readonly regId: number;
}

/** What differs between one REGISTER and the next. */
export interface RegisterRequest {
  /** The registrar's URI: the domain, without a user (§10.2). */
  readonly registrar: string;
  /** Seconds asked for; 0 removes. */
  readonly expires: number;
  /** Every binding of the address, not ours alone; only with `expires` 0 (§10.2.2). */
  readonly all: boolean;
  /** Asks for a binding per flow (RFC 5626). */
  readonly outbound: boolean;
  /** Contact values of the app's own beside ours. */
  readonly extra: readonly string[];
  /** Contact values of bindings that go. */
  readonly leaving: readonly string[];
  readonly callId: string;
  readonly fromTag: string;
  readonly nextSequence: () => number;
  readonly routes: readonly string[];
  readonly supported: readonly string[];
  readonly headers: readonly Header[];
}

export function registerPlan(
  identity: RegistrationIdentity,
  contact: LocalContact,
  request: RegisterRequest,
): RequestPlan {
  const { address } = identity;
  const { all, expires, outbound } = request;
  const tags = new Set([...(outbound ? ['outbound'] : []), 'path', 'gruu', ...request.supported]);
  const headers = all ? [{ name: 'Contact', value: '*' }] : contacts(identity, contact, request);
  headers.push(
    { name: 'Expires', value: String(expires) },
    { name: 'Supported', value: [...tags].join(', ') },
    ...request.headers,
  );
  return {
    method: 'REGISTER',
    uri: request.registrar,
    from: `${address};tag=${request.fromTag}`,
    to: address,
    callId: request.callId,
    routes: request.routes,
    nextSequence: request.nextSequence,
    headers,
    body: '',
  };
}

/** Ours first, for registrars that look no further; what leaves comes last, and is nothing that equals ours. */
function contacts(identity: RegistrationIdentity, contact: LocalContact, request: RegisterRequest): Header[] {
  const { params, registerParams } = contact.config;
  const own = new Map([...params, ...registerParams]);
  // §4.2.3: an address that is another instance's has neither
  if (!contact.isShared) {
    own.set('+sip.instance', `<urn:uuid:${identity.instanceId}>`);
    if (request.outbound) own.set('reg-id', String(identity.regId));
  }
  own.set('expires', String(request.expires));
  return [
    writeAddress({ uri: contact.registerUri, params: own }, 'Contact'),
    ...request.extra.map((value) => `${value};expires=${request.expires}`),
    ...request.leaving.map((value) => `${value};expires=0`),
  ].map((value) => ({ name: 'Contact', value }));
}
