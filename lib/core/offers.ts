/** What the challenges of a 401 or 407 offer, realm by realm (RFC 7616 §3.3, RFC 8760 §2.4, RFC 8898 §4). */
import type { Challenge } from '../parser/index.js';
import { digestAlgorithms } from './credentials.js';
import type { DigestAlgorithm } from './credentials.js';
import { parseAlgorithm } from './digest.js';

/** One challenge that we know how to answer. */
export interface Offer {
  readonly params: Challenge['params'];
  /** Absent for a bearer token. */
  readonly algorithm: DigestAlgorithm | undefined;
  readonly session: boolean;
  readonly qop: 'auth' | 'auth-int' | undefined;
}

/** By realm; of each realm the strongest first, a token before all digests. What we cannot answer is left out. */
export function offersByRealm(
  challenges: readonly Challenge[],
  algorithms: readonly DigestAlgorithm[],
): Map<string, Offer[]> {
  const byRealm = new Map<string, Offer[]>();
  for (const challenge of challenges) {
    const offer = readOffer(challenge);
    if (!offer || (offer.algorithm && !algorithms.includes(offer.algorithm))) continue;
    const realm = challenge.params.get('realm') ?? '';
    const offers = byRealm.get(realm);
    if (offers) offers.push(offer);
    else byRealm.set(realm, [offer]);
  }
  for (const offers of byRealm.values()) offers.sort((a, b) => strength(a) - strength(b));
  return byRealm;
}

const strength = ({ algorithm }: Offer): number => (algorithm ? digestAlgorithms.indexOf(algorithm) : -1);

function readOffer({ scheme, params }: Challenge): Offer | undefined {
  const name = scheme.toLowerCase();
  if (name === 'bearer') return { params, algorithm: undefined, session: false, qop: undefined };
  if (name !== 'digest' || params.get('realm') === undefined || !params.get('nonce')) return undefined;
  const parsed = parseAlgorithm(params.get('algorithm'));
  const qops = params
    .get('qop')
    ?.toLowerCase()
    .split(/[\s,]+/);
  const qop = qops && (['auth', 'auth-int'] as const).find((known) => qops.includes(known));
  return parsed && (!qops || qop) ? { params, ...parsed, qop } : undefined;
}
