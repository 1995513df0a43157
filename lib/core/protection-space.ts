/** A protection space: what its server asked for last, and the Authorization that answers it (RFC 7616 §3.4, RFC 8898). */
import { quote } from '../parser/index.js';
import type { Body, Header } from '../parser/index.js';
import type { DigestAlgorithm } from './credentials.js';
import { digestResponse } from './digest.js';
import { digestStart } from './empty-authorization.js';

/** What a response is computed over. */
export interface Protected {
  readonly method: string;
  readonly uri: string;
  readonly body: Body;
}

interface SpaceBase {
  readonly realm: string;
  readonly proxy: boolean;
  /** Whose 401 it was: what the registrar may see is none of the callee's business. A 407 is for whatever passes the proxy. */
  readonly scope: string;
}

export interface DigestSpace extends SpaceBase {
  readonly token?: undefined;
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

export interface BearerSpace extends SpaceBase {
  readonly token: string;
}

export type Space = DigestSpace | BearerSpace;

/** RFC 3261 §22.1: a 401 comes from the registrar, or from the user agent (or server in its place) that a request is for. */
export function scopeOf({ method, uri }: Protected): string {
  return method === 'REGISTER' ? `registrar ${uri}` : uri;
}

/** RFC 3261 §22.2, §22.3. */
export function authorization(space: Space, request: Protected): Header {
  const name = space.proxy ? 'Proxy-Authorization' : 'Authorization';
  return { name, value: space.token === undefined ? digest(space, request) : `Bearer ${space.token}` };
}

function digest(space: DigestSpace, { method, uri, body: bytes }: Protected): string {
  const { algorithm, session, ha1, username, realm, nonce, cnonce, qop, opaque, algorithmName } = space;
  const nc = (++space.count).toString(16).padStart(8, '0');
  const body = typeof bytes === 'string' ? bytes : new TextDecoder().decode(bytes);
  const response = digestResponse({ algorithm, session, ha1, method, uri, nonce, qop, cnonce, nc, body });
  let value = digestStart(username, realm, nonce, uri, response);
  if (algorithmName !== undefined) value += `, algorithm=${algorithmName}`;
  if (opaque !== undefined) value += `, opaque=${quote(opaque)}`;
  if (qop || session) value += `, cnonce="${cnonce}"`;
  return qop ? `${value}, qop=${qop}, nc=${nc}` : value;
}
