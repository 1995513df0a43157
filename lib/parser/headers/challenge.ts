/** Challenges and credentials: RFC 3261 §20.6 f., §20.27 f., §20.44, RFC 7616, RFC 8760, RFC 8898 (Bearer). */
import type { HeaderCodec } from '../header.js';
import {
  BACKSLASH,
  COMMA,
  QUOTE,
  EQUAL,
  type Scanner,
  alphanumAnd,
  isLws,
  isToken,
  quote,
  safeText,
  safeToken,
  skipSet,
  skipToken,
  tokenChars,
} from '../scanner.js';
import { paramValue } from '../params.js';
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
const token68Chars = /* @__PURE__ */ alphanumAnd('-._~+/');

function readAuth(scanner: Scanner): Challenge {
  const scheme = scanner.token('scheme');
  scanner.skipLws();
  const token = readToken68(scanner);
  return token === undefined ? { scheme, params: readParams(scanner) } : { scheme, params: new Map(), token };
}

/** One value that takes all the rest (RFC 9110 §11.2). */
function readToken68(scanner: Scanner): string | undefined {
  const { text, pos } = scanner;
  let end = skipSet(text, pos, token68Chars);
  if (end === pos) return undefined;
  while (text.charCodeAt(end) === EQUAL) end++;
  if (end < text.length) return undefined;
  scanner.pos = end;
  return text.slice(pos);
}

function readParams(scanner: Scanner): AuthParams {
  const params = new Map<string, string>();
  while (!scanner.done()) {
    if (scanner.take(COMMA)) continue; // empty elements (RFC 9110 §5.6.1)
    const name = scanner.lowerRun(tokenChars) || scanner.fail('expected a parameter name');
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
    const written = bare ? value : quote(safeText(value, what));
    text += `${text && ', '}${safeToken(name, what)}=${written}`;
  }
  return text;
}

function writeAuth({ scheme, params, token }: Challenge, what: string, alsoQuoted?: string): string {
  const rest = token === undefined ? writeParams(params, what, alsoQuoted) : safeText(token, what);
  return rest === '' ? safeToken(scheme, what) : `${safeToken(scheme, what)} ${rest}`;
}

/** Cuts at those commas that begin a new challenge: the ones before a token that is no parameter's name. */
function splitChallenges(value: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (quoted) {
      if (code === BACKSLASH) i++;
      else quoted = code !== QUOTE;
    } else if (code === QUOTE) quoted = true;
    else if (code === COMMA && beginsChallenge(value, i + 1)) {
      parts.push(value.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(value.slice(start));
  return parts;
}

/** A token, and then LWS and anything but "=", or a comma, or the end of it all. */
function beginsChallenge(value: string, at: number): boolean {
  const start = skipLws(value, at);
  const end = skipToken(value, start);
  if (end === start) return false;
  const next = skipLws(value, end);
  const code = value.charCodeAt(next);
  return code !== EQUAL && (next > end || next === value.length || code === COMMA);
}

function skipLws(text: string, at: number): number {
  while (at < text.length && isLws(text.charCodeAt(at))) at++;
  return at;
}

const challenge = (name: string): HeaderCodec<Challenge> =>
  list(
    codec(name, readAuth, (value) => writeAuth(value, name, 'qop')),
    splitChallenges,
  );

const credentials = (name: string): HeaderCodec<Credentials> =>
  codec(name, readAuth, (value) => writeAuth(value, name));

const info = (name: string): HeaderCodec<AuthParams> => codec(name, readParams, (value) => writeParams(value, name));

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
/** RFC 7615 §4. */
export const ProxyAuthenticationInfo = /* @__PURE__ */ info('Proxy-Authentication-Info');
