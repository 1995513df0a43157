/** What credentials can answer a challenge with: H(user:realm:password), by each algorithm (RFC 7616 §3.4.2). */
import { algorithmOf } from './credentials.js';
import type { Credentials, DigestAlgorithm, DigestCredentials } from './credentials.js';
import { ha1 } from './digest.js';

/** Whether they can answer a challenge of this algorithm; of no algorithm is the one for a token. */
export const serves = (c: Credentials, algorithm: DigestAlgorithm | undefined): boolean =>
  c.bearer || !algorithm ? !algorithm && !!c.bearer : c.password !== undefined || algorithmOf(c) === algorithm;

/** H(username:realm:password) by `algorithm`, which is loaded; nothing where only an `ha1` of another algorithm is known. */
export function secretFor(c: DigestCredentials, realm: string, algorithm: DigestAlgorithm): string | undefined {
  if (c.password !== undefined) return ha1(algorithm, c.username, realm, c.password);
  return algorithmOf(c) === algorithm ? c.ha1!.toLowerCase() : undefined;
}

/** What a password that names its realm can be replaced by; nothing of other credentials. The algorithms are loaded. */
export function ha1sOf(
  { password, ...kept }: DigestCredentials,
  realm: string,
  algorithms: readonly DigestAlgorithm[],
): DigestCredentials[] {
  if (password === undefined || kept.realm !== realm) return [];
  return algorithms.map((algorithm) => ({
    ...kept,
    algorithm,
    ha1: ha1(algorithm, kept.username, realm, password),
  }));
}
