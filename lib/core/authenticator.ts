/** Answers challenges and remembers nonces: 401, 407, stale, nextnonce, pre-emptive authorization (RFC 3261 §22, RFC 7616, RFC 8760). */
import type { Random } from '../base/random.js';
import {
  AuthenticationInfo,
  Authorization,
  ProxyAuthenticate,
  ProxyAuthorization,
  WWWAuthenticate,
  header,
} from '../parser/index.js';
import type { Body, Challenge, Header, SipResponse } from '../parser/index.js';
import { optional, optionalAll } from './optional.js';
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
  /** Whose 401 it was: what the registrar may see is none of the callee's business. A 407 is for whatever passes the proxy. */
  readonly scope: string;
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

const maxSpaces = 16;

export class Authenticator {
  readonly #random: Random;
  readonly #credentials: readonly Credentials[];
  readonly #spaces = new Map<string, Space>();

  constructor(credentials: readonly Credentials[], random: Random) {
    this.#credentials = credentials;
    this.#random = random;
  }

  /** Authorization for spaces that have challenged us before, so that no round trip is lost (RFC 7616 §3.6). */
  preempt(request: Protected): Header[] {
    const headers: Header[] = [];
    if (this.#spaces.size === 0) return headers;
    const scope = scopeOf(request);
    for (const space of this.#spaces.values()) {
      if (space.proxy || space.scope === scope) headers.push(this.#authorization(space, request));
    }
    return headers;
  }

  /**
   * Learns from a 401 or 407. True when a further attempt makes sense: every realm that challenges has credentials, and
   * none of them was refused already in this operation (`tried`), unless only its nonce was stale.
   */
  learn(response: SipResponse, request: Protected, tried: Set<string>): boolean {
    const scope = scopeOf(request);
    const proxy = response.status === 407;
    const challenges = strongestByRealm(optionalAll(response, proxy ? ProxyAuthenticate : WWWAuthenticate));
    if (challenges.length === 0) return false;
    for (const challenge of challenges) {
      const key = `${proxy ? 'proxy' : scope} ${challenge.params.get('realm') ?? ''}`;
      const stale = challenge.params.get('stale')?.toLowerCase() === 'true';
      if (tried.has(key) && !stale) return false;
      if (stale && tried.has(`${key} stale`)) return false; // one more for a stale nonce, not one more for ever
      if (stale) tried.add(`${key} stale`);
      const space = this.#space(challenge, proxy, scope, this.#spaces.get(key));
      if (!space) return false;
      this.#remember(key, space);
      tried.add(key);
    }
    return true;
  }

  /** RFC 7616 §3.5: the server may name the nonce for next time. */
  onSuccess(response: SipResponse, request: Protected): void {
    const next = optional(response, AuthenticationInfo)?.get('nextnonce');
    if (!next) return;
    const scope = scopeOf(request);
    for (const space of this.#spaces.values()) {
      if (space.proxy || space.scope !== scope) continue;
      space.nonce = next;
      space.count = 0;
    }
  }

  /** Callees that challenge are forgotten again, oldest first: every request looks at all that is kept. */
  #remember(key: string, space: Space): void {
    this.#spaces.delete(key);
    this.#spaces.set(key, space);
    if (this.#spaces.size <= maxSpaces) return;
    for (const [oldest, { proxy, scope }] of this.#spaces) {
      if (proxy || scope.startsWith('registrar ')) continue;
      this.#spaces.delete(oldest);
      return;
    }
  }

  #space(challenge: Challenge, proxy: boolean, scope: string, former: Space | undefined): Space | undefined {
    const { params } = challenge;
    const realm = params.get('realm');
    const nonce = params.get('nonce');
    const parsed = parseAlgorithm(params.get('algorithm'));
    if (realm === undefined || !nonce || !parsed) return undefined;
    const credentials = findCredentials(this.#credentials, realm);
    // the credentials are the same as long as the space is remembered
    const secret =
      former?.algorithm === parsed.algorithm
        ? former.ha1
        : credentials && secretFor(credentials, realm, parsed.algorithm);
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
      scope,
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

/** RFC 3261 §22.1: a 401 comes from the registrar, or from the user agent (or server in its place) that a request is for. */
function scopeOf({ method, uri }: Protected): string {
  return method === 'REGISTER' ? `registrar ${uri}` : uri;
}

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
