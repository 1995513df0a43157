/** REFER: what one asks for, and how we ask (RFC 3515 §2.4, RFC 3892 §3, RFC 4488 §4). */
import type { Refusal } from '../core/inspect.js';
import { optional } from '../core/optional.js';
import {
  ParseError,
  ReferTo,
  ReferredBy,
  Replaces,
  canonicalName,
  headerValue,
  headerValues,
  isSipUri,
  isTelUri,
  parseUri,
  writeAddress,
  writeUri,
} from '../parser/index.js';
import type { Address, Header, ReplacesValue, SipMessage, SipRequest, SipUri, Uri } from '../parser/index.js';
import { requestUri, requestedHeaders, requestedMethod } from './uri-headers.js';

/** What a REFER asks for. */
export interface Referral {
  /** Whom to call. */
  readonly target: string;
  readonly displayName: string | undefined;
  /** Who asks, by their own word (RFC 3892). */
  readonly referredBy: Address | undefined;
  /** The call of theirs whose place ours is to take (RFC 3891). */
  readonly replaces: ReplacesValue | undefined;
  /** Headers of the INVITE: those that the target's URI asks for, and Referred-By. */
  readonly headers: readonly Header[];
  /** Nobody wants to hear how it goes (RFC 4488). */
  readonly isSilent: boolean;
}

const refuse = (status: number): Refusal => ({ status, headers: [] });

/** What a REFER asks for, or how it is refused. */
export function readRefer(request: SipRequest): Referral | Refusal {
  const referTo = headerValues(request, 'Refer-To').length === 1 ? optional(request, ReferTo) : undefined;
  const uri = referTo && parsed(referTo.uri);
  if (!referTo || !uri) return refuse(400); // RFC 3515 §2.4.2: neither none nor more than one
  if (!isSipUri(uri) && !isTelUri(uri)) return refuse(416);
  if (isSipUri(uri) && requestedMethod(uri) !== 'INVITE') return refuse(603); // RFC 3515 §2.4.2: nothing but calls
  const asked = isSipUri(uri) ? requestedHeaders(uri.headers) : [];
  if (!asked || headerValues(request, 'Referred-By').length > 1) return refuse(400);
  const replaces = readReplaces(asked);
  if (replaces === malformed) return refuse(400);
  const referredBy = optional(request, ReferredBy);
  return {
    target: isSipUri(uri) ? writeUri(requestUri(uri)) : referTo.uri,
    displayName: referTo.displayName,
    referredBy,
    replaces,
    headers: [...asked, ...(referredBy ? [copied(referredBy)] : [])],
    isSilent: isFalse(request),
  };
}

const malformed = Symbol('malformed');

function readReplaces(headers: readonly Header[]): ReplacesValue | undefined | typeof malformed {
  const value = headers.find(({ name }) => name === 'Replaces')?.value;
  try {
    return value === undefined ? undefined : Replaces.parse(value);
  } catch (error) {
    if (error instanceof ParseError) return malformed;
    throw error;
  }
}

/** RFC 3892 §2.1; `cid` names a body part that does not come along. */
function copied({ displayName, uri, params }: Address): Header {
  const kept = new Map([...params].filter(([name]) => name !== 'cid'));
  return { name: 'Referred-By', value: writeAddress({ displayName, uri, params: kept }) };
}

function parsed(text: string): Uri | undefined {
  try {
    return parseUri(text);
  } catch (error) {
    if (error instanceof ParseError) return undefined;
    throw error;
  }
}

/** Whether a REFER, or the 2xx to one, does without a subscription (RFC 4488 §4). */
export const isFalse = (message: SipMessage): boolean =>
  /^\s*false\s*(?:;|$)/i.test(headerValue(message, 'Refer-Sub') ?? '');

export const referSubFalse: Header = { name: 'Refer-Sub', value: 'false' };

/** Headers that the INVITE to `uri` is to have, in a Refer-To. */
export function referTo(uri: string, headers: readonly Header[] = []): Header {
  const target = parseUri(uri);
  const asked = new Map(headers.map(({ name, value }) => [canonicalName(name), value]));
  const text = asked.size > 0 && isSipUri(target) ? writeUri({ ...target, headers: asked } satisfies SipUri) : uri;
  return { name: 'Refer-To', value: `<${text}>` };
}
