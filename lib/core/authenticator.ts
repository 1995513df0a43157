/** Answers challenges and remembers nonces: 401, 407, stale, nextnonce, pre-emptive authorization (RFC 3261 §22, RFC 7616, RFC 8760). */
import type { Random } from '../base/random.js';
import {
  AuthenticationInfo,
  Authorization,
  ProxyAuthenticate,
  ProxyAuthorization,
  WWWAuthenticate,
  header,
  headerValue,
  read,
  readAll,
} from '../parser/index.js';
import type { Body, Challenge, Header, SipResponse } from '../parser/index.js';
import { findCredentials, secretFor } from './credentials.js';
import type { Credentials } from './credentials.js';
import { digestAlgorithms, digestResponse, parseAlgorithm } from './digest.js';
import type { DigestAlgorithm } from './digest.js';

/** What a response is computed over. */
export interface Protected {
  readonly method: string;
  readonly uri: string;
  readonly body: Body;
}

/** One protection space: what a challenge of it said last. */
interface Space {
  readonly realm: string;
  readonly proxy: boolean;
  readonly algorithm: DigestAlgorithm;
  readonly session: boolean;
  readonly qop: 'auth' | 'auth-int' | undefined;
  readonly opaque: string | undefined;
  /** As the server spelt it; left out where it left it out. */
  readonly algorithmName: string | undefined;
  readonly username: string;
  readonly ha1: string;
  /** RFC 7616 §3.4.2: with -sess it stays for the session, and any reuse is allowed. */
  readonly cnonce: string;
  nonce: string;
  /** How often `nonce` has been used. */
  count: number;
}

export class Authenticator {
  readonly #random: Random;
  #credentials: readonly Credentials[];
  readonly #spaces = new Map<string, Space>();

  constructor(credentials: readonly Credentials[], random: Random) {
    this.#credentials = credentials;
    this.#random = random;
  }

  /** Other credentials from now on; what was remembered of the former ones is dropped. */
  setCredentials(credentials: readonly Credentials[]): void {
    this.#credentials = credentials;
    this.#spaces.clear();
  }

  /** Authorization for spaces that have challenged us before, so that no round trip is lost (RFC 7616 §3.6). */
  preempt(request: Protected): Header[] {
    const headers: Header[] = [];
    for (const space of this.#spaces.values()) headers.push(this.#authorization(space, request));
    return headers;
  }

  /**
   * Learns from a 401 or 407. True when a further attempt makes sense: every realm that challenges has credentials, and
   * none of them was refused already in this operation (`tried`), unless only its nonce was stale.
   */
  learn(response: SipResponse, tried: Set<string>): boolean {
    const proxy = response.status === 407;
    const challenges = strongestByRealm(readAll(response, proxy ? ProxyAuthenticate : WWWAuthenticate));
    if (challenges.length === 0) return false;
    for (const challenge of challenges) {
      const key = spaceKey(proxy, challenge.params.get('realm') ?? '');
      const stale = challenge.params.get('stale')?.toLowerCase() === 'true';
      if (tried.has(key) && !stale) return false;
      if (stale && tried.has(`${key} stale`)) return false; // one more for a stale nonce, not one more for ever
      if (stale) tried.add(`${key} stale`);
      const space = this.#space(challenge, proxy);
      if (!space) return false;
      this.#spaces.set(key, space);
      tried.add(key);
    }
    return true;
  }

  /** RFC 7616 §3.5: the server may name the nonce for next time. */
  onSuccess(response: SipResponse): void {
    if (headerValue(response, AuthenticationInfo.name) === undefined) return;
    const next = read(response, AuthenticationInfo)?.get('nextnonce');
    if (!next) return;
    for (const space of this.#spaces.values()) {
      if (space.proxy) continue;
      space.nonce = next;
      space.count = 0;
    }
  }

  /** Forgets what a realm said: its next request starts without authorization. */
  forget(): void {
    this.#spaces.clear();
  }

  #space(challenge: Challenge, proxy: boolean): Space | undefined {
    const { params } = challenge;
    const realm = params.get('realm');
    const nonce = params.get('nonce');
    const parsed = parseAlgorithm(params.get('algorithm'));
    if (realm === undefined || !nonce || !parsed) return undefined;
    const credentials = findCredentials(this.#credentials, realm);
    const secret = credentials && secretFor(credentials, realm, parsed.algorithm);
    if (!credentials || !secret) return undefined;
    const qops = params
      .get('qop')
      ?.toLowerCase()
      .split(/[\s,]+/);
    if (qops && !qops.includes('auth') && !qops.includes('auth-int')) return undefined;
    return {
      ...parsed,
      realm,
      proxy,
      nonce,
      qop: qops && (qops.includes('auth') ? 'auth' : 'auth-int'),
      opaque: params.get('opaque'),
      algorithmName: params.get('algorithm'),
      username: credentials.username,
      ha1: secret,
      cnonce: this.#random.token(16),
      count: 0,
    };
  }

  #authorization(space: Space, request: Protected): Header {
    const { realm, nonce, cnonce, qop } = space;
    const nc = (++space.count).toString(16).padStart(8, '0');
    const body = typeof request.body === 'string' ? request.body : new TextDecoder().decode(request.body);
    const response = digestResponse({ ...space, method: request.method, uri: request.uri, nc, body });
    const params = new Map([
      ['username', space.username],
      ['realm', realm],
      ['nonce', nonce],
      ['uri', request.uri],
      ['response', response],
    ]);
    if (space.algorithmName !== undefined) params.set('algorithm', space.algorithmName);
    if (space.opaque !== undefined) params.set('opaque', space.opaque);
    if (qop || space.session) params.set('cnonce', cnonce);
    if (qop) params.set('qop', qop).set('nc', nc);
    return header(space.proxy ? ProxyAuthorization : Authorization, { scheme: 'Digest', params });
  }
}

const spaceKey = (proxy: boolean, realm: string): string => `${proxy ? 'proxy' : 'server'} ${realm}`;

/** RFC 8760 §2.4: of several challenges for one realm the strongest one we have is answered. */
function strongestByRealm(challenges: readonly Challenge[]): Challenge[] {
  const best = new Map<string, { challenge: Challenge; rank: number }>();
  for (const challenge of challenges) {
    if (challenge.scheme.toLowerCase() !== 'digest') continue;
    const parsed = parseAlgorithm(challenge.params.get('algorithm'));
    if (!parsed) continue;
    const rank = digestAlgorithms.indexOf(parsed.algorithm);
    const realm = challenge.params.get('realm') ?? '';
    const known = best.get(realm);
    if (!known || rank < known.rank) best.set(realm, { challenge, rank });
  }
  return [...best.values()].map(({ challenge }) => challenge);
}
