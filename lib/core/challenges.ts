/** Answers challenges and remembers nonces: 401, 407, stale, nextnonce, pre-emptive authorization (RFC 3261 §22, RFC 7616, RFC 8760, RFC 8898). */
import { EvercallError, invalidOption } from '../base/errors.js';
import type { Random } from '../base/random.js';
import { AuthenticationInfo, ProxyAuthenticate, WWWAuthenticate } from '../parser/index.js';
import type { Header, SipResponse } from '../parser/index.js';
import { checkCredentials, digestAlgorithms, findCredentials, isForAll, withCredentials } from './credentials.js';
import type {
  AuthenticationChallenge,
  BearerCredentials,
  Credentials,
  DigestAlgorithm,
  Identity,
} from './credentials.js';
import type { AuthenticatorConfig, Attempt, Operation, RememberedCredentials } from './authenticator.js';
import { isLoaded, loadAlgorithm } from './digest.js';
import { offersByRealm } from './offers.js';
import type { Offer } from './offers.js';
import { optional, optionalAll } from './optional.js';
import { ha1sOf, secretFor, serves } from './secrets.js';
import { authorization, scopeOf } from './protection-space.js';
import type { Protected, Space } from './protection-space.js';
import { Question } from './question.js';
import { Reply } from './reply.js';

/** One realm of a challenge that is being answered. */
interface Answering {
  readonly key: string;
  readonly realm: string;
  readonly proxy: boolean;
  readonly operation: Operation;
  readonly attempt: Attempt;
}

const maxSpaces = 16;
const maxTries = 2;

export class Challenges {
  readonly #random: Random;
  readonly #config: Omit<AuthenticatorConfig, 'credentials'>;
  readonly #identity: Identity;
  readonly #algorithms: readonly DigestAlgorithm[];
  readonly #load: typeof loadAlgorithm;
  #credentials: readonly Credentials[] = [];
  readonly #spaces = new Map<string, Space>();
  /** Open ones: for a realm's credentials, or to what gives tokens. */
  readonly #questions = new Map<string | BearerCredentials, Question<boolean>>();
  readonly #tokens = new WeakMap<BearerCredentials, string>();

  /** @param load loads an algorithm that few servers ask for */
  constructor(config: AuthenticatorConfig, random: Random, load = loadAlgorithm) {
    const { user = '', domain = '', algorithms = digestAlgorithms, credentials, ...rest } = config;
    this.#config = rest;
    this.#identity = { user, domain };
    this.#algorithms = algorithms;
    this.#random = random;
    this.#load = load;
    for (const entry of credentials) this.set(entry);
  }

  /**
   * Adds credentials; they take the place of the same user's for the same realm, and answer an open question of that
   * realm. The clear text of a password that names its realm is dropped once that has challenged us and HA1s can be made
   * by all `algorithms`, some of which are loaded on demand. One for all realms is kept: each realm needs its own HA1.
   */
  set(credentials: Credentials): void {
    checkCredentials(credentials);
    this.#add(credentials);
    for (const [key, question] of this.#questions) {
      if (key === credentials.realm || (isForAll(credentials) && typeof key === 'string')) question.settle(true);
    }
  }

  /** As they are by now: what was given, asked for and learned. HA1s come first, so that a password can take their place. */
  get credentials(): readonly Credentials[] {
    const isHashed = ({ ha1 }: Credentials): boolean => ha1 !== undefined;
    const hashed = this.remembered().reduce<readonly Credentials[]>(
      withCredentials,
      this.#credentials.filter(isHashed),
    );
    return [...hashed, ...this.#credentials.filter((entry) => !isHashed(entry))];
  }

  /** Removes the credentials of a realm; without one, those for all realms. */
  remove(realm = '*'): void {
    this.#credentials = this.#credentials.filter((c) => (c.realm ?? '*') !== realm);
    this.#forget({ realm });
  }

  /** Removes all, and ends open questions without an answer. */
  clear(): void {
    this.#credentials = [];
    this.#spaces.clear();
    for (const question of this.#questions.values()) question.settle();
  }

  /** HA1s that answered challenges, for a page that wants to log in again without the password. They are as secret as it. */
  remembered(): readonly RememberedCredentials[] {
    const unique = new Map<string, RememberedCredentials>();
    for (const space of this.#spaces.values()) {
      if (space.token !== undefined) continue;
      const { realm, username, ha1, algorithm } = space;
      unique.set(`${algorithm} ${username} ${realm}`, { realm, username, ha1, algorithm });
    }
    return [...unique.values()];
  }

  /**
   * Authorization for spaces that have challenged us before, so that no round trip is lost (RFC 7616 §3.6); those that
   * did in this operation are in `tried`.
   */
  preempt(request: Protected, tried?: ReadonlyMap<string, unknown>): Header[] {
    const { preemptive = true } = this.#config;
    const headers: Header[] = [];
    const scope = this.#spaces.size > 0 ? scopeOf(request) : '';
    for (const [key, space] of this.#spaces) {
      if ((space.proxy || space.scope === scope) && (preemptive || tried?.has(key))) {
        headers.push(authorization(space, request));
      }
    }
    return headers;
  }

  /**
   * Learns from a 401 or 407. True when a further attempt makes sense: every realm that challenges has credentials that
   * were not refused in this operation. Promised where they have to be fetched first; rejects with `authentication` when
   * an algorithm cannot be loaded, `invalidOption` for credentials that are none, `aborted`.
   */
  learn(response: SipResponse, operation: Operation): boolean | Promise<boolean> {
    const proxy = response.status === 407;
    const challenges = optionalAll(response, proxy ? ProxyAuthenticate : WWWAuthenticate);
    const byRealm = offersByRealm(challenges, this.#algorithms);
    return byRealm.size > 0 && this.#answerAll(byRealm.entries(), proxy, operation);
  }

  /** RFC 7616 §3.5: the server may name the nonce for next time. */
  onSuccess(response: SipResponse, request: Protected): void {
    if (this.#spaces.size === 0) return;
    const next = optional(response, AuthenticationInfo)?.get('nextnonce');
    if (!next) return;
    const scope = scopeOf(request);
    for (const space of this.#spaces.values()) {
      if (space.proxy || space.scope !== scope || space.token !== undefined) continue;
      space.nonce = next;
      space.count = 0;
    }
  }

  /** One realm after the other, so that the app is not asked for two at a time. */
  #answerAll(realms: MapIterator<[string, Offer[]]>, proxy: boolean, operation: Operation): boolean | Promise<boolean> {
    for (const [realm, offers] of realms) {
      const key = `${proxy ? 'proxy' : scopeOf(operation.request)} ${realm}`;
      const attempt = operation.tried.get(key) ?? { tries: 0, isStale: false, secret: undefined };
      const isStale = offers.some(({ params }) => params.get('stale')?.toLowerCase() === 'true');
      // one more for a stale nonce, not one more for ever
      if (isStale ? attempt.isStale : attempt.tries++ >= maxTries) return false;
      if (isStale) {
        attempt.isStale = true;
        attempt.secret = undefined; // it was not that
      }
      operation.tried.set(key, attempt);
      const answered = this.#answer(offers, { key, realm, proxy, operation, attempt }, true);
      if (answered === false) return false;
      if (answered !== true) return answered.then((ok) => ok && this.#answerAll(realms, proxy, operation));
    }
    return true;
  }

  /** Answers the strongest offer that we have credentials for, once what it takes is there. */
  #answer(offers: readonly Offer[], answering: Answering, mayAsk: boolean): boolean | Promise<boolean> {
    for (const offer of offers) {
      for (const credentials of findCredentials(this.#credentials, answering.realm, this.#identity)) {
        if (!serves(credentials, offer.algorithm)) continue;
        const fetching = credentials.bearer
          ? mayAsk && this.#fetchToken(credentials, offers, answering)
          : this.#loadAlgorithm(offer, offers, answering);
        if (fetching) {
          return fetching.then((ok) => {
            if (ok) return this.#answer(offers, answering, mayAsk && !credentials.bearer);
            const weaker = offers.filter(({ algorithm }) => algorithm !== offer.algorithm);
            return weaker.length > 0 && this.#answer(weaker, answering, mayAsk);
          });
        }
        if (this.#enter(offer, credentials, answering)) return true;
      }
    }
    return mayAsk && this.#askProvider(offers, answering);
  }

  /** Keeps what an offer asks for; false when the secret was refused in this operation. */
  #enter(offer: Offer, credentials: Credentials, { key, realm, proxy, operation, attempt }: Answering): boolean {
    const scope = scopeOf(operation.request);
    if (credentials.bearer) {
      const token = this.#freshToken(credentials, operation, attempt);
      if (token === undefined) return false;
      attempt.secret = token;
      this.#remember(key, { realm, proxy, scope, token });
      return true;
    }
    const { session, qop, params } = offer;
    const algorithm = offer.algorithm!;
    const { username } = credentials;
    const former = attempt.secret === undefined ? this.#spaces.get(key) : undefined;
    const ha1 =
      former?.token === undefined && former?.algorithm === algorithm && former.username === username
        ? former.ha1 // computed once: what changes the credentials forgets the space
        : secretFor(credentials, realm, algorithm)!;
    const secret = `${username}:${ha1}`;
    if (secret === attempt.secret) return false;
    attempt.secret = secret;
    // field by field: a copy of two objects has a shape of its own each time
    this.#remember(key, {
      realm,
      proxy,
      scope,
      algorithm,
      algorithmName: params.get('algorithm'),
      session,
      qop,
      opaque: params.get('opaque'),
      username,
      ha1,
      cnonce: this.#random.token(16),
      nonce: params.get('nonce')!,
      count: 0,
    });
    if (this.#algorithms.every(isLoaded)) {
      for (const own of ha1sOf(credentials, realm, this.#algorithms)) {
        this.#credentials = withCredentials(this.#credentials, own);
      }
    }
    return true;
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

  /** What credentials that came or went may have opened. */
  #forget(credentials: Pick<Credentials, 'realm'>): void {
    for (const [key, { realm }] of this.#spaces) {
      if (isForAll(credentials) || credentials.realm === realm) this.#spaces.delete(key);
    }
  }

  /** Undefined when it is there; resolves with false when it cannot be had, and another can take its place. */
  #loadAlgorithm({ algorithm }: Offer, offers: readonly Offer[], { proxy }: Answering): Promise<boolean> | undefined {
    return this.#load(algorithm!)?.then(
      () => true,
      (cause: unknown) => {
        if (offers.some((offer) => offer.algorithm !== algorithm)) return false;
        const status = proxy ? 407 : 401;
        throw new EvercallError('authentication', `${algorithm} cannot be loaded`, { status, cause });
      },
    );
  }

  /** A token that was not refused in this operation. */
  #freshToken(credentials: BearerCredentials, { sent }: Operation, { secret }: Attempt): string | undefined {
    const token = this.#tokens.get(credentials);
    return token === secret || sent.some(({ value }) => value === `Bearer ${token}`) ? undefined : token;
  }

  /** Undefined when there is one to try. */
  #fetchToken(
    credentials: BearerCredentials,
    offers: readonly Offer[],
    answering: Answering,
  ): Promise<boolean> | undefined {
    const { operation, attempt } = answering;
    if (this.#freshToken(credentials, operation, attempt) !== undefined) return undefined;
    const challenge = this.#describe(offers, answering);
    return this.#ask(credentials, operation, async (signal) => {
      const token = await unlessRejected(() => credentials.bearer(challenge, signal));
      if (token === undefined) return false;
      if (typeof token !== 'string' || !/^[\w.~+/-]+=*$/.test(token)) {
        throw invalidOption('credentials.bearer', 'resolves with a token (RFC 6750 §2.1)');
      }
      this.#tokens.set(credentials, token);
      return true;
    });
  }

  #askProvider(offers: readonly Offer[], answering: Answering): false | Promise<boolean> {
    const { provider } = this.#config;
    if (!provider) return false;
    const { realm, operation } = answering;
    const challenge = this.#describe(offers, answering);
    const asking = this.#ask(realm, operation, async (signal) => {
      const answer = await unlessRejected(() => provider(challenge, signal, new Reply()));
      if (!answer || signal.aborted) return false;
      checkCredentials(answer);
      this.remove(realm); // they were refused, or of no use
      this.#add({ ...answer, realm: answer.realm ?? realm });
      return true;
    });
    return asking.then((ok) => ok && this.#answer(offers, answering, false));
  }

  #describe(offers: readonly Offer[], { realm, proxy, operation, attempt }: Answering): AuthenticationChallenge {
    const { method, uri } = operation.request;
    const { algorithm, params } = offers[0]!;
    return {
      realm,
      scheme: algorithm ? 'Digest' : 'Bearer',
      proxy,
      algorithms: offers.flatMap((offer) => offer.algorithm ?? []),
      username: this.#identity.user || undefined,
      isRetry: attempt.secret !== undefined,
      request: { method, uri },
      authorizationServer: params.get('authz_server'),
      scope: params.get('scope'),
    };
  }

  /** Puts a question, or joins who has put it already. */
  async #ask(
    about: string | BearerCredentials,
    operation: Operation,
    ask: (signal: AbortSignal) => Promise<boolean>,
  ): Promise<boolean> {
    let question = this.#questions.get(about);
    if (!question || question.isSettled) {
      const asked = new Question(ask);
      question = asked;
      this.#questions.set(about, asked);
      void asked.over.then(() => {
        if (this.#questions.get(about) === asked) this.#questions.delete(about);
      });
    }
    return (await question.join(operation.signal())) === true;
  }

  #add(credentials: Credentials): void {
    this.#credentials = withCredentials(this.#credentials, credentials);
    this.#forget(credentials);
  }
}

/** Also where it throws at once. */
async function unlessRejected<T>(ask: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch {
    return undefined;
  }
}
