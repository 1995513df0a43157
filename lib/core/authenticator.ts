/** Who we are to servers that ask. What answers them is loaded with the first credentials, or when the first one asks. */
import { OnDemand } from '../base/on-demand.js';
import { quiet } from '../base/quiet.js';
import type { Random } from '../base/random.js';
import type { Header, SipResponse } from '../parser/index.js';
import type { Challenges } from './challenges.js';
import { checkCredentials, findCredentials, withCredentials } from './credentials.js';
import type { Credentials, DigestAlgorithm, DigestCredentials, Identity } from './credentials.js';
import { emptyAuthorization } from './empty-authorization.js';
import type { Protected } from './protection-space.js';
import type { CredentialsQuestion } from './reply.js';

export interface AuthenticatorConfig extends Partial<Identity> {
  readonly credentials: readonly Credentials[];
  /** Asked for what `credentials` lack. */
  readonly provider?: CredentialsQuestion | undefined;
  /** Authorizes a request before it is challenged, where a challenge is known. @default true */
  readonly preemptive?: boolean | undefined;
  /** A REGISTER that no challenge is known for says who asks. @default false */
  readonly initialEmpty?: boolean | undefined;
  /** Those that are answered. @default all */
  readonly algorithms?: readonly DigestAlgorithm[] | undefined;
}

/** A login as it may be kept: it opens its realm as the password does, and no other. */
export type RememberedCredentials = Required<Pick<DigestCredentials, 'realm' | 'username' | 'ha1' | 'algorithm'>>;

/** What one operation has tried in one realm. */
export interface Attempt {
  tries: number;
  isStale: boolean;
  /** Sent last: it was refused when the next challenge comes. */
  secret: string | undefined;
}

/** One request over its attempts. */
export interface Operation {
  readonly request: Protected;
  /** The headers of the last attempt. */
  readonly sent: readonly Header[];
  /** Filled by `learn`. */
  readonly tried: Map<string, Attempt>;
  /** Aborts when the operation is over; only made where something has to be waited for. */
  readonly signal: () => AbortSignal;
}

/** One for all accounts of the page. */
export const challengeParts = new OnDemand(() => import('./challenges.js'));

export class Authenticator {
  readonly #config: AuthenticatorConfig;
  readonly #random: Random;
  readonly #parts: typeof challengeParts;
  /** As long as nothing answers challenges. */
  #credentials: readonly Credentials[];
  #challenges: Challenges | undefined;

  constructor(config: AuthenticatorConfig, random: Random, parts = challengeParts) {
    for (const entry of config.credentials) checkCredentials(entry);
    this.#config = config;
    this.#random = random;
    this.#parts = parts;
    this.#credentials = config.credentials;
    if (config.credentials.length > 0) void quiet(parts.load()); // ahead of the first challenge; that tries again
  }

  /** As soon as it is loaded. */
  get #answering(): Challenges | undefined {
    const { part } = this.#parts;
    if (part)
      this.#challenges ??= new part.Challenges({ ...this.#config, credentials: this.#credentials }, this.#random);
    return this.#challenges;
  }

  /** Adds credentials; they take the place of the same user's for the same realm, and answer an open question of that realm. */
  set(credentials: Credentials): void {
    checkCredentials(credentials);
    if (this.#answering) this.#answering.set(credentials);
    else this.#credentials = withCredentials(this.#credentials, credentials);
  }

  /** As they are by now: what was given, asked for and learned. */
  get credentials(): readonly Credentials[] {
    return this.#answering?.credentials ?? this.#credentials;
  }

  /** Removes the credentials of a realm; without one, those for all realms. */
  remove(realm = '*'): void {
    if (this.#answering) this.#answering.remove(realm);
    else this.#credentials = this.#credentials.filter((entry) => (entry.realm ?? '*') !== realm);
  }

  /** Removes all, and ends open questions without an answer. */
  clear(): void {
    this.#credentials = [];
    this.#answering?.clear();
  }

  /** Authorization for what has challenged us before, so that no round trip is lost (RFC 7616 §3.6). */
  preempt(request: Protected, tried?: ReadonlyMap<string, unknown>): Header[] {
    const { initialEmpty, user = '', domain = '' } = this.#config;
    const headers = this.#answering?.preempt(request, tried) ?? [];
    if (!initialEmpty || request.method !== 'REGISTER' || headers.some(({ name }) => name === 'Authorization'))
      return headers;
    const login = findCredentials(this.credentials, domain, { user, domain }).find((each) => 'username' in each);
    return [...headers, emptyAuthorization(login?.username ?? user, domain, request.uri)];
  }

  /**
   * Learns from a 401 or 407: whether a further attempt makes sense. Rejects with `notLoaded` where what answers challenges
   * cannot be had, `authentication` when an algorithm cannot, `invalidOption` for credentials that are none, `aborted`.
   */
  learn(response: SipResponse, operation: Operation): boolean | Promise<boolean> {
    return (
      this.#answering?.learn(response, operation) ??
      this.#parts.load().then(() => this.#answering!.learn(response, operation))
    );
  }

  /** RFC 7616 §3.5: the server may name the nonce for next time. */
  onSuccess(response: SipResponse, request: Protected): void {
    this.#answering?.onSuccess(response, request);
  }
}
