/** Challenges and credentials: RFC 3261 §20.6 f., §20.27 f., §20.44, RFC 7616, RFC 8760, RFC 8898 (Bearer). */
import type { HeaderCodec } from '../header.js';
import { PlainParams, paramValue } from '../params.js';
import { COMMA, EQUAL, type Scanner, isToken, quote, safeToken } from '../scanner.js';
import { codec, list } from './field.js';

/** Names in lower case, values unquoted. */
export type AuthParams = ReadonlyMap<string, string>;

export interface Challenge {
  /** "Digest", "Bearer" … as written; compare without regard to case. */
  readonly scheme: string;
  readonly params: AuthParams;
  /** For schemes with one opaque value in place of parameters. */
  readonly token?: string | undefined;
}

export type Credentials = Challenge;

/** Quoted whatever they hold (RFC 7616 §3.3 f.); all others are quoted where they are no tokens. */
const quotedParams: ReadonlySet<string> = new Set(
  'realm domain nonce opaque username uri response cnonce nextnonce rspauth scope error authz_server'.split(' '),
);

function readAuth(scanner: Scanner): Challenge {
  const scheme = scanner.token('scheme');
  scanner.skipLws();
  const token = readToken68(scanner);
  return token === undefined ? { scheme, params: readParams(scanner) } : { scheme, params: new Map(), token };
}

/** One value that takes all the rest (RFC 9110 §11.2). */
const readToken68 = (scanner: Scanner): string | undefined => scanner.run(/[\w.~+/-]+=*$/y) || undefined;

/** `name=value, name="value"` without capitals and escapes: what nearly all look like. */
const plainParams = /[\da-z_-]+=(?:"[^"\\]*"|[^\0- ",;]+)(?:, [\da-z_-]+=(?:"[^"\\]*"|[^\0- ",;]+))*$/y;

function readParams(scanner: Scanner): AuthParams {
  const { text, pos } = scanner;
  plainParams.lastIndex = pos;
  if (plainParams.test(text)) {
    scanner.pos = text.length;
    return new PlainParams(text, pos - 1, ', ') as AuthParams;
  }
  const params = new Map<string, string>();
  while (!scanner.done()) {
    if (scanner.take(COMMA)) continue; // empty elements (RFC 9110 §5.6.1)
    const name = scanner.token('parameter name').toLowerCase();
    scanner.expect(EQUAL);
    const value = paramValue(scanner);
    if (!params.has(name)) params.set(name, value);
    if (!scanner.take(COMMA)) scanner.end();
  }
  return params;
}

function writeParams(params: AuthParams, what: string, alsoQuoted?: string): string {
  let text = '';
  for (const [name, value] of params) {
    const bare = isToken(value) && name !== alsoQuoted && !quotedParams.has(name);
    const written = bare ? value : quote(value);
    text += `${text && ', '}${safeToken(name, what)}=${written}`;
  }
  return text;
}

function writeAuth({ scheme, params, token }: Challenge, what: string, alsoQuoted?: string): string {
  const rest = token === undefined ? writeParams(params, what, alsoQuoted) : token;
  return rest === '' ? safeToken(scheme, what) : `${safeToken(scheme, what)} ${rest}`;
}

/**
 * One challenge after the other. A comma ends one when a token follows that is no parameter's name: after it comes LWS
 * and no "=", or a comma, or the end.
 */
const challenges =
  /(?:[^",]|"(?:[^"\\]|\\[^])*(?:"|\\?$)|,(?![ \t\r\n]*[\w.!%*+`'~-]+(?:[ \t\r\n]+(?![= \t\r\n])|,|$)))+/g;

const challenge = (name: string): HeaderCodec<Challenge> =>
  list(
    codec(name, readAuth, (value, what) => writeAuth(value, what, 'qop')),
    (value) => value.match(challenges) ?? [value],
  );

const credentials = (name: string): HeaderCodec<Credentials> =>
  codec(name, readAuth, (value, what) => writeAuth(value, what));

const info = (name: string): HeaderCodec<AuthParams> =>
  codec(name, readParams, (value, what) => writeParams(value, what));

/** RFC 3261 §20.44; several challenges in one or several lines (RFC 8760 §2.3). */
export const WWWAuthenticate = /* @__PURE__ */ challenge('WWW-Authenticate');
/** RFC 3261 §20.27. */
export const ProxyAuthenticate = /* @__PURE__ */ challenge('Proxy-Authenticate');
/** RFC 3261 §20.7. */
export const Authorization = /* @__PURE__ */ credentials('Authorization');
/** RFC 3261 §20.28. */
export const ProxyAuthorization = /* @__PURE__ */ credentials('Proxy-Authorization');
/** RFC 3261 §20.6. */
export const AuthenticationInfo = /* @__PURE__ */ info('Authentication-Info');
