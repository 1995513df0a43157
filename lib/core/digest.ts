/** Digest access authentication (RFC 7616, RFC 8760, RFC 3261 §22.4): computes a response; knows no messages. */
import { Md5 } from 'ts-md5';
import { digestAlgorithms } from './credentials.js';
import type { DigestAlgorithm } from './credentials.js';

const hashes: { [Algorithm in DigestAlgorithm]?: (text: string) => string } = { MD5: (text) => Md5.hashStr(text) };

export const isLoaded = (algorithm: DigestAlgorithm): boolean => algorithm in hashes;

/** Loads an algorithm that few servers ask for, so that no page has to bring it; undefined when it is there. */
export function loadAlgorithm(algorithm: DigestAlgorithm): Promise<void> | undefined {
  if (isLoaded(algorithm)) return undefined;
  return import('./sha-2.js').then(({ sha2 }) => {
    Object.assign(hashes, sha2);
  });
}

export interface DigestInput {
  readonly algorithm: DigestAlgorithm;
  /** `-sess`: the key is bound to nonce and cnonce (RFC 7616 §3.4.2). */
  readonly session: boolean;
  /** H(username:realm:password), by `algorithm`. */
  readonly ha1: string;
  readonly method: string;
  readonly uri: string;
  readonly nonce: string;
  /** Absent for servers of RFC 2069, which give no qop. */
  readonly qop?: 'auth' | 'auth-int' | undefined;
  readonly cnonce: string;
  /** Eight hexadecimal digits. */
  readonly nc: string;
  /** What auth-int protects. */
  readonly body: string;
}

/** H(username:realm:password); the algorithm is loaded. */
export function ha1(algorithm: DigestAlgorithm, username: string, realm: string, password: string): string {
  return hashes[algorithm]!(`${username}:${realm}:${password}`);
}

/** RFC 7616 §3.4.1-3.4.3; the algorithm is loaded. */
export function digestResponse(input: DigestInput): string {
  const hash = hashes[input.algorithm]!;
  const { nonce, cnonce, nc, qop } = input;
  const key = input.session ? hash(`${input.ha1}:${nonce}:${cnonce}`) : input.ha1;
  const a2 = `${input.method}:${input.uri}`;
  const ha2 = hash(qop === 'auth-int' ? `${a2}:${hash(input.body)}` : a2);
  return hash(qop ? `${key}:${nonce}:${nc}:${cnonce}:${qop}:${ha2}` : `${key}:${nonce}:${ha2}`);
}

/** `MD5`, `SHA-256-sess` … in any case; nothing for an algorithm we do not have. */
export function parseAlgorithm(
  value: string | undefined,
): { algorithm: DigestAlgorithm; session: boolean } | undefined {
  const upper = (value ?? 'MD5').toUpperCase();
  const session = upper.endsWith('-SESS');
  const base = session ? upper.slice(0, -5) : upper;
  const algorithm = digestAlgorithms.find((known) => known === base);
  return algorithm && { algorithm, session };
}
