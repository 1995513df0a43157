/** Who the peer is, by what servers on the way say of it: asserted identities, diversions, history (RFC 3325, RFC 5806, RFC 7044). */
import { optional, optionalAll } from '../core/optional.js';
import {
  Diversion,
  From,
  HistoryInfo,
  PAssertedIdentity,
  ParseError,
  Privacy,
  RemotePartyId,
  isRequest,
  isSipUri,
  parseUri,
} from '../parser/index.js';
import type { Address, SipMessage } from '../parser/index.js';
import { party } from './call-events.js';
import type { RemoteParty } from './call-events.js';

/** Who called, or was reached in the end. All of it is only as true as the server that we are registered at is careful. */
export interface CallIdentity {
  /** P-Asserted-Identity: a SIP URI, a telephone number, or both. */
  readonly asserted: readonly RemoteParty[];
  readonly remotePartyIds: readonly RemotePartyIdentity[];
  /** The latest first (RFC 5806 §4). */
  readonly diversions: readonly CallDiversion[];
  /** In the order of the request's way (RFC 7044 §5). */
  readonly history: readonly HistoryEntry[];
  /** What the caller asked for (RFC 3323): `id`, `user` … */
  readonly privacy: readonly string[];
  /** Whether the caller wants to stay unknown: nothing of the above is to be shown then. */
  readonly isAnonymous: boolean;
}

/** Remote-Party-ID, as gateways send it (draft-ietf-sip-privacy). */
export interface RemotePartyIdentity extends RemoteParty {
  readonly party: string | undefined;
  readonly privacy: string | undefined;
  /** Whether the one who says so has verified it. */
  readonly isScreened: boolean;
}

export interface CallDiversion extends RemoteParty {
  /** `unconditional`, `user-busy`, `no-answer` … */
  readonly reason: string | undefined;
  /** How often, where there were several. */
  readonly counter: number;
  readonly privacy: string | undefined;
}

export interface HistoryEntry extends RemoteParty {
  /** `1`, `1.1` …: whose child it is. */
  readonly index: string | undefined;
  /** The status for which the request went on from there. */
  readonly cause: number | undefined;
}

export function identityOf(message: SipMessage): CallIdentity {
  const privacy = optionalAll(message, Privacy).map((value) => value.toLowerCase());
  const remotePartyIds = optionalAll(message, RemotePartyId).map((address) => ({
    ...party(address),
    party: parameter(address, 'party'),
    privacy: parameter(address, 'privacy'),
    isScreened: parameter(address, 'screen') === 'yes',
  }));
  return {
    asserted: optionalAll(message, PAssertedIdentity).map(party),
    remotePartyIds,
    diversions: optionalAll(message, Diversion).map((address) => ({
      ...party(address),
      reason: parameter(address, 'reason'),
      counter: Number(/^\d{1,4}$/.exec(address.params.get('counter') ?? '1') ?? 1),
      privacy: parameter(address, 'privacy'),
    })),
    history: optionalAll(message, HistoryInfo).map((address) => ({
      ...party(address),
      index: address.params.get('index') ?? undefined,
      cause: causeOf(address.uri),
    })),
    privacy,
    isAnonymous:
      privacy.some((value) => value === 'id' || value === 'user' || value === 'header') ||
      remotePartyIds.some((id) => id.privacy === 'full') ||
      (isRequest(message) && isNobody(optional(message, From))),
  };
}

/** Whether it says something of identities that its From does not. */
export const isTelling = (message: SipMessage): boolean =>
  message.headers.some(({ name }) => name === 'P-Asserted-Identity' || name === 'Remote-Party-ID');

/** Whom the message is shown to be from; by what servers assert only where they are trusted (RFC 3325 §8). */
export function shownParty(message: SipMessage, isTrusted: boolean): RemoteParty {
  if (isTrusted && isTelling(message)) {
    const { asserted, remotePartyIds, isAnonymous } = identityOf(message);
    const known = isAnonymous ? undefined : (asserted[0] ?? remotePartyIds[0]);
    if (known) return { uri: known.uri, displayName: known.displayName };
  }
  return party(optional(message, From));
}

const parameter = ({ params }: Address, name: string): string | undefined => params.get(name)?.toLowerCase();

/** RFC 3323 §4.1.1.3. */
const isNobody = (from: Address | undefined): boolean =>
  from !== undefined && /^sips?:(?:anonymous@|[^@]*@anonymous\.invalid$)/i.test(from.uri);

/** A Reason among the headers of the URI (RFC 7044 §5), or the parameter of RFC 4458. */
function causeOf(text: string): number | undefined {
  try {
    const uri = parseUri(text);
    if (!isSipUri(uri)) return undefined;
    const reason = uri.headers.get('reason') ?? uri.headers.get('Reason') ?? '';
    const cause = /;[ \t]*cause[ \t]*=[ \t]*(\d{3})\b/i.exec(reason)?.[1] ?? uri.params.get('cause');
    return cause ? Number(cause) : undefined;
  } catch (error) {
    if (error instanceof ParseError) return undefined;
    throw error;
  }
}
