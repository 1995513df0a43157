/** Who we are to each realm: user and password, or H(user:realm:password) in its place. */
import { invalidOption } from '../base/errors.js';
import { ha1 } from './digest.js';
import type { DigestAlgorithm } from './digest.js';

/** Credentials for one realm, or for all (`realm` left out or `'*'`). */
export interface Credentials {
  readonly realm?: string | undefined;
  readonly username: string;
  readonly password?: string | undefined;
  /** H(username:realm:password) in hexadecimal, instead of the password; it holds for one algorithm only. */
  readonly ha1?: string | undefined;
  /** The algorithm `ha1` was made with. @default 'MD5' */
  readonly algorithm?: DigestAlgorithm | undefined;
}

/** Throws what is wrong with `credentials`, never showing a secret. */
export function checkCredentials(credentials: Credentials, option = 'credentials'): void {
  if (typeof credentials.username !== 'string' || credentials.username === '') {
    throw invalidOption(`${option}.username`, 'takes a user name');
  }
  if ((credentials.password === undefined) === (credentials.ha1 === undefined)) {
    throw invalidOption(option, 'takes either password or ha1');
  }
  if (credentials.ha1 !== undefined && !/^[0-9a-f]{32}(?:[0-9a-f]{32})?$/i.test(credentials.ha1)) {
    throw invalidOption(`${option}.ha1`, 'takes 32 or 64 hexadecimal digits');
  }
}

/** The credentials for a realm: those that name it before those that name none. */
export function findCredentials(all: readonly Credentials[], realm: string): Credentials | undefined {
  return all.find((c) => c.realm === realm) ?? all.find((c) => c.realm === undefined || c.realm === '*');
}

/** H(username:realm:password) by `algorithm`; nothing where only an `ha1` of another algorithm is known. */
export function secretFor(credentials: Credentials, realm: string, algorithm: DigestAlgorithm): string | undefined {
  const { username, password } = credentials;
  if (password !== undefined) return ha1(algorithm, username, realm, password);
  return (credentials.algorithm ?? 'MD5') === algorithm ? credentials.ha1!.toLowerCase() : undefined;
}
