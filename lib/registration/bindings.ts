/** Reads the 200 to a REGISTER: which of its bindings is ours, for how long, and where we were seen (RFC 3261 §10.2.4, §10.3). */
import { optional, optionalAll } from '../core/optional.js';
import { Contact, Expires, ParseError, Require, Via, isSipUri, parseUri } from '../parser/index.js';
import type { Address, SipResponse } from '../parser/index.js';
import type { RegistrationIdentity } from './register-request.js';

/** Our binding as the registrar granted it. */
export interface Binding {
  /** Seconds from the response on. */
  readonly expires: number;
  /** RFC 5627 §4.2. */
  readonly publicGruu: string | undefined;
  readonly temporaryGruu: string | undefined;
  /** The registrar keeps one binding per flow (RFC 5626 §4.2.1). */
  readonly isOutbound: boolean;
}

/**
 * Our own binding in the response; nothing when the registrar lists only others, which is no registration. It is known
 * by its URI, or where the registrar rewrote that by instance-id and reg-id; its own `expires` goes before the header's
 * (§10.2.4).
 */
export function ownBinding(
  response: SipResponse,
  identity: RegistrationIdentity,
  contact: string,
): Binding | undefined {
  const contacts = optionalAll(response, Contact).filter((contact) => contact !== '*');
  const own = contacts.find((c) => isSameUri(c.uri, contact)) ?? contacts.find((c) => isSameFlow(c, identity));
  if (!own) return undefined;
  const expires = seconds(own.params.get('expires')) ?? optional(response, Expires);
  if (expires === undefined || expires <= 0) return undefined;
  return {
    expires,
    publicGruu: own.params.get('pub-gruu') ?? undefined,
    temporaryGruu: own.params.get('temp-gruu') ?? undefined,
    isOutbound: optionalAll(response, Require).some((tag) => tag.toLowerCase() === 'outbound'),
  };
}

/** The address and port that the registrar saw our REGISTER come from (RFC 3261 §18.2.1, RFC 3581 §4). */
export function reflexiveAddress(response: SipResponse): string | undefined {
  const via = optional(response, Via);
  const received = via?.params.get('received');
  const port = via?.params.get('rport');
  return received ? (port ? `${received}:${port}` : received) : undefined;
}

function isSameFlow({ params }: Address, { instanceId, regId }: RegistrationIdentity): boolean {
  const instance = params.get('+sip.instance')?.toLowerCase();
  const id = params.get('reg-id');
  return instance === `<urn:uuid:${instanceId.toLowerCase()}>` && (id === undefined || id === String(regId));
}

/** User and host of our Contact are random: who has them is us, however the registrar spells the rest. */
function isSameUri(a: string, b: string): boolean {
  if (a === b) return true;
  try {
    const [one, other] = [parseUri(a), parseUri(b)];
    return isSipUri(one) && isSipUri(other) && one.user === other.user && one.host === other.host;
  } catch (error) {
    if (error instanceof ParseError) return false;
    throw error;
  }
}

/** §20.10: whole seconds; a value that is none is as good as absent, one beyond 2^32-1 is that. */
function seconds(value: string | null | undefined): number | undefined {
  return value && /^\d+$/.test(value) ? Math.min(Number(value), 2 ** 32 - 1) : undefined;
}
