// Who sends a request: digest challenges and their answers, seen from the server (RFC 7616, RFC 8760, RFC 3261 §22).
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../lib/base/clock.js';
import { digestAlgorithms } from '../../lib/core/credentials.js';
import { digestResponse, ha1, loadAlgorithm, parseAlgorithm } from '../../lib/core/digest.js';
import {
  Authorization,
  ParseError,
  ProxyAuthenticate,
  ProxyAuthorization,
  WWWAuthenticate,
  header,
  readAll,
  uriEquals,
} from '../../lib/parser/index.js';
import type { AuthParams, Header, SipRequest } from '../../lib/parser/index.js';
import type { Directory } from './directory.js';

for (const algorithm of digestAlgorithms) await loadAlgorithm(algorithm); // a server is asked for any of them

export type Side = 'registrar' | 'proxy';

/** The user who proved their password, or the challenge to answer with. */
export type Verdict =
  | { readonly user: string }
  | { readonly user: undefined; readonly status: 401 | 407; readonly headers: readonly Header[] };

export interface AuthenticationOptions {
  /** How long a nonce is good for. */
  readonly nonceSeconds: number;
}

export class Authentication {
  readonly #directory: Directory;
  readonly #clock: Clock;
  readonly #options: AuthenticationOptions;
  readonly #secret = randomBytes(32);
  /** The highest count that each nonce was used with: what comes again is a replay (RFC 7616 §3.4). */
  readonly #counts = new Map<string, number>();

  constructor(directory: Directory, clock: Clock, options: AuthenticationOptions) {
    this.#directory = directory;
    this.#clock = clock;
    this.#options = options;
  }

  check(request: SipRequest, side: Side): Verdict {
    const codec = side === 'registrar' ? Authorization : ProxyAuthorization;
    let stale = false;
    for (const { scheme, params } of readAll(request, codec)) {
      if (scheme.toLowerCase() !== 'digest' || params.get('realm') !== this.#directory.domain) continue;
      const user = this.#proven(request, params);
      if (user === undefined) continue;
      if (this.#isFresh(params)) return { user };
      stale = true;
    }
    return this.#challenge(side, stale);
  }

  /** The user whose password stands behind a response, whether or not its nonce is still good. */
  #proven(request: SipRequest, params: AuthParams): string | undefined {
    const user = this.#directory.users.find(({ name }) => name === params.get('username'));
    const known = parseAlgorithm(params.get('algorithm'));
    const [uri, nonce, response] = [params.get('uri'), params.get('nonce'), params.get('response')];
    const isOurs = known && known.algorithm !== 'SHA-512-256' && !known.session && params.get('qop') === 'auth';
    if (!user || !isOurs || uri === undefined || nonce === undefined || response === undefined) return undefined;
    if (!sameUri(uri, request.uri) || !this.#isOurNonce(nonce)) return undefined;
    const { algorithm } = known;
    const expected = digestResponse({
      algorithm,
      session: false,
      ha1: ha1(algorithm, user.name, this.#directory.domain, user.password),
      method: request.method,
      uri,
      nonce,
      qop: 'auth',
      cnonce: params.get('cnonce') ?? '',
      nc: params.get('nc') ?? '',
      body: '',
    });
    return safeEqual(expected, response.toLowerCase()) ? user.name : undefined;
  }

  #challenge(side: Side, stale: boolean): Verdict {
    const nonce = this.#newNonce();
    const codec = side === 'registrar' ? WWWAuthenticate : ProxyAuthenticate;
    const headers = ['SHA-256', 'MD5'].map((algorithm) => {
      const params = new Map([
        ['realm', this.#directory.domain],
        ['nonce', nonce],
        ['qop', 'auth'],
        ['algorithm', algorithm],
      ]);
      if (stale) params.set('stale', 'true');
      return header(codec, { scheme: 'Digest', params });
    });
    return { user: undefined, status: side === 'registrar' ? 401 : 407, headers };
  }

  /** Its birth, something that tells nonces of one millisecond apart, and our seal. */
  #newNonce(): string {
    const text = `${this.#clock.wallTime().toString(36)}.${randomBytes(6).toString('hex')}`;
    return `${text}.${this.#seal(text)}`;
  }

  #seal(text: string): string {
    return createHmac('sha256', this.#secret).update(text).digest('hex').slice(0, 32);
  }

  #isOurNonce(nonce: string): boolean {
    const end = nonce.lastIndexOf('.');
    return end > 0 && safeEqual(this.#seal(nonce.slice(0, end)), nonce.slice(end + 1));
  }

  #isFresh(params: AuthParams): boolean {
    const nonce = params.get('nonce')!;
    const count = Number.parseInt(params.get('nc') ?? '', 16);
    if (this.#age(nonce) > this.#options.nonceSeconds * 1000) return false;
    if (!(count > (this.#counts.get(nonce) ?? 0))) return false;
    this.#forgetOld();
    this.#counts.set(nonce, count);
    return true;
  }

  #age(nonce: string): number {
    return this.#clock.wallTime() - Number.parseInt(nonce.split('.', 1)[0]!, 36);
  }

  #forgetOld(): void {
    for (const nonce of this.#counts.keys()) {
      if (this.#age(nonce) <= this.#options.nonceSeconds * 1000) return; // in order of their first use, roughly
      this.#counts.delete(nonce);
    }
  }
}

function safeEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function sameUri(a: string, b: string): boolean {
  if (a === b) return true;
  try {
    return uriEquals(a, b);
  } catch (error) {
    if (error instanceof ParseError) return false;
    throw error;
  }
}
