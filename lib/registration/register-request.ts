/** The REGISTER itself: Contact with instance-id and reg-id, Expires, option tags (RFC 3261 §10.2, RFC 5626 §4.2). */
import { Contact, header } from '../parser/index.js';
import type { Header } from '../parser/index.js';
import type { RequestPlan } from '../core/requests.js';

/** What identifies a binding, and to whom. */
export interface RegistrationIdentity {
  /** The registrar's URI: the domain, without a user (RFC 3261 §10.2). */
  readonly registrar: string;
  /** From and To values without tags. */
  readonly address: string;
  /** Our Contact URI. */
  readonly contact: string;
  /** A UUID that stays over reloads (RFC 5626 §4.1). */
  readonly instanceId: string;
  /** Which of our flows this is (RFC 5626 §4.2). */
  readonly regId: number;
}

/** What differs between one REGISTER and the next. */
export interface RegisterRequest {
  /** Seconds asked for; 0 removes. */
  readonly expires: number;
  /** Every binding of the address, not ours alone; only with `expires` 0 (§10.2.2). */
  readonly all?: boolean | undefined;
  readonly callId: string;
  readonly fromTag: string;
  readonly nextSequence: () => number;
  readonly routes: readonly string[];
  readonly headers: readonly Header[];
}

export function registerPlan(identity: RegistrationIdentity, request: RegisterRequest): RequestPlan {
  const { address, registrar, contact, instanceId, regId } = identity;
  const { all, expires } = request;
  const binding = {
    uri: contact,
    params: new Map([
      ['+sip.instance', `<urn:uuid:${instanceId}>`],
      ['reg-id', String(regId)],
      ['expires', String(expires)],
    ]),
  };
  return {
    method: 'REGISTER',
    uri: registrar,
    from: `${address};tag=${request.fromTag}`,
    to: address,
    callId: request.callId,
    routes: request.routes,
    nextSequence: request.nextSequence,
    headers: [
      header(Contact, all ? '*' : binding),
      { name: 'Expires', value: String(expires) },
      { name: 'Supported', value: 'path, outbound, gruu' },
      ...request.headers,
    ],
    body: '',
  };
}
