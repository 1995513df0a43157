/** Who we are to each realm: user and password, H(user:realm:password) in its place, or a bearer token (RFC 8898). */
import { invalidOption } from '../base/errors.js';
import { checkLine, checkOneOf } from '../base/options.js';

/** Strongest first: the order in which challenges are preferred (RFC 8760 §2.4). */
export const digestAlgorithms = ['SHA-512-256', 'SHA-256', 'MD5'] as const;
export type DigestAlgorithm = (typeof digestAlgorithms)[number];

/** A login for one realm, or for all (`realm` left out or `'*'`). */
export interface DigestCredentials {
  readonly realm?: string | undefined;
  /** Only for accounts of this domain: tells logins apart that several accounts share. */
  readonly domain?: string | undefined;
  readonly username: string;
  readonly password?: string | undefined;
  /** H(username:realm:password) in hexadecimal, instead of the password; it holds for one realm and one algorithm only. */
  readonly ha1?: string | undefined;
  /** The algorithm `ha1` was made with. @default 'MD5' */
  readonly algorithm?: DigestAlgorithm | undefined;
  readonly bearer?: undefined;
}

/** A token in place of a login (RFC 8898). */
export interface BearerCredentials {
  readonly realm?: string | undefined;
  readonly domain?: string | undefined;
  /**
   * Gets an access token. Asked once for all that waits, and again when the token was refused. Give one only to an
   * authorization server you trust (RFC 8898 §2.1.1).
   */
  readonly bearer: (challenge: AuthenticationChallenge, signal: AbortSignal) => Promise<string> | string;
  readonly username?: undefined;
  readonly password?: undefined;
  readonly ha1?: undefined;
}

export type Credentials = DigestCredentials | BearerCredentials;

/** What a server asks of us. */
export interface AuthenticationChallenge {
  readonly realm: string;
  /** Of the strongest challenge: `Digest` or `Bearer`. */
  readonly scheme: string;
  /** A proxy asks (407), not the server or peer that the request is for (401). */
  readonly proxy: boolean;
  /** Those offered that we have, strongest first. */
  readonly algorithms: readonly DigestAlgorithm[];
  /** Who it will probably be: the user of the account. */
  readonly username: string | undefined;
  /** Credentials for this realm were refused already. */
  readonly isRetry: boolean;
  readonly request: { readonly method: string; readonly uri: string };
  /** Where a bearer token may be had, and for what (RFC 8898 §4). */
  readonly authorizationServer: string | undefined;
  readonly scope: string | undefined;
}

/**
 * Asked for credentials when there are none for a realm, or those there are were refused: once per realm, whatever
 * waits for the answer. An answer without a realm is taken for the one asked about. Without an answer, or when it
 * rejects, what waits ends with its 401 or 407. The signal aborts when nothing waits any more.
 */
export type CredentialsProvider = (
  challenge: AuthenticationChallenge,
  signal: AbortSignal,
) => Promise<Credentials | undefined> | Credentials | undefined;

/** Throws what is wrong with `credentials`, never showing a secret. */
export function checkCredentials(credentials: Credentials, option = 'credentials'): void {
  if (credentials.realm !== undefined) checkLine(`${option}.realm`, credentials.realm);
  if (credentials.bearer !== undefined) {
    if (typeof credentials.bearer !== 'function') throw invalidOption(`${option}.bearer`, 'takes a function');
    return;
  }
  const { username, password, ha1, algorithm } = credentials;
  if (username === '') throw invalidOption(`${option}.username`, 'takes a user name');
  checkLine(`${option}.username`, username);
  if ((password === undefined) === (ha1 === undefined)) throw invalidOption(option, 'takes either password or ha1');
  if (algorithm !== undefined) checkOneOf(`${option}.algorithm`, algorithm, digestAlgorithms);
  const digits = (algorithm ?? 'MD5') === 'MD5' ? 32 : 64;
  if (ha1 !== undefined && !(/^[0-9a-f]+$/i.test(ha1) && ha1.length === digits)) {
    throw invalidOption(`${option}.ha1`, `takes ${digits} hexadecimal digits for ${algorithm ?? 'MD5'}`);
  }
}

/** The account that credentials are looked up for. */
export interface Identity {
  readonly user: string;
  readonly domain: string;
}

/** All that may serve a realm, best first: our user for the realm, another user for it, then those that name no realm. */
export function findCredentials(all: readonly Credentials[], realm: string, { user, domain }: Identity): Credentials[] {
  const rank = (c: Credentials): number =>
    (c.realm === realm ? 4 : 0) + (c.username === user ? 2 : 0) + (c.domain === undefined ? 0 : 1);
  return all
    .filter((c) => (c.realm === realm || isForAll(c)) && (c.domain ?? domain) === domain)
    .sort((a, b) => rank(b) - rank(a));
}

export const isForAll = ({ realm = '*' }: Pick<Credentials, 'realm'>): boolean => realm === '*';

/** `all` with one more, which takes the place of the same user's for the same realm; HA1s of several algorithms stay side by side. */
export function withCredentials(all: readonly Credentials[], added: Credentials): Credentials[] {
  const name = ({ realm = '*', domain = '', username = '' }: Credentials): string => `${realm}\n${domain}\n${username}`;
  const isReplaced = (old: Credentials): boolean =>
    name(old) === name(added) && !(algorithmOf(old) && algorithmOf(added) && algorithmOf(old) !== algorithmOf(added));
  return [...all.filter((old) => !isReplaced(old)), { ...added }];
}

/** Of an HA1. */
export const algorithmOf = (c: Credentials): DigestAlgorithm | undefined =>
  c.bearer || c.ha1 === undefined ? undefined : (c.algorithm ?? 'MD5');
