/** sip, sips and tel URIs: RFC 3261 §19.1, RFC 3966, IPv6 references as RFC 5118 has them. */
import { unescapeUri } from './escape.js';
import { type Params, PlainParams, noParams } from './params.js';
import { ParseError } from './parse-error.js';
import { type Scanner, COLON, indexOrEnd } from './scanner.js';
import { uriTextFault } from './uri-text.js';

/** RFC 3261 §19.1.1; all parts unescaped. */
export interface SipUri {
  readonly scheme: 'sip' | 'sips';
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** In lower case; an IPv6 address with its brackets. */
  readonly host: string;
  readonly port?: number | undefined;
  readonly params: Params;
  /** Names in lower case. */
  readonly headers: Params;
}

/** RFC 3966. */
export interface TelUri {
  readonly scheme: 'tel';
  /** As written, with its visual separators. */
  readonly number: string;
  readonly params: Params;
}

/** Any other scheme, uninterpreted. */
export interface OtherUri {
  readonly scheme: string;
  readonly rest: string;
}

export type Uri = SipUri | TelUri | OtherUri;

export const isSipUri = (uri: Uri): uri is SipUri => 'host' in uri;

export const isTelUri = (uri: Uri): uri is TelUri => 'number' in uri;

/** No escapes, no capitals in host and parameter names, no IPv6, no headers: what nearly all SIP URIs look like. */
const plainUser =
  /^sips?:[^\0- "<>\x7f%:@]+(?::[^\0- "<>\x7f%@]*)?@[a-z0-9._-]+(?::(?:\d{1,4}|[1-5]\d{4}))?(?:;[\da-z_.!~*'()/:&+$[\]-]+(?:=[^\0- "<>\x7f%;?@]*)?)*$/;
/** The same of a host alone: an expression for both would read it twice. */
const plainHost =
  /^sips?:[a-z0-9._-]+(?::(?:\d{1,4}|[1-5]\d{4}))?(?:;[\da-z_.!~*'()/:&+$[\]-]+(?:=[^\0- "<>\x7f%;?@]*)?)*$/;

/** Scheme, user, password, host, port, parameters, headers. A user may hold all but "@" and ":", even what phones dial. */
const sipUri =
  /^[Ss][Ii][Pp]([Ss]?):(?:([^\0- "<>\x7f@:]+)(?::([^\0- "<>\x7f@]*))?@|(?=[^@]*$))([\w.-]+|\[[\dA-Fa-f:.]{2,}\])(?::(\d+))?(;[^\0- "<>\x7f?]*)?(\?[^\0- "<>\x7f]*)?$/;
const telUri = /^[Tt][Ee][Ll]:([+.()-]*[\dA-Fa-f*#][\dA-Fa-f*#+.()-]*)(;[^?]*)?$/;
/** Reads a URI of any scheme; throws a `ParseError`. */
export function parseUri(text: string): Uri {
  const at = text.indexOf('@');
  return (at < 0 ? plainHost : plainUser).test(text) ? cutSipUri(text, at) : readUri(text);
}

function readUri(text: string): Uri {
  const parts = sipUri.exec(text);
  if (parts) return readSipUri(text, parts);
  const fault = uriTextFault(text);
  if (fault) malformed(text, 0, fault);
  const colon = text.indexOf(':');
  const scheme = text.slice(0, colon).toLowerCase();
  if (scheme === 'sip' || scheme === 'sips') malformed(text, text.indexOf('@') + 1 || colon + 1);
  if (scheme !== 'tel') return { scheme, rest: text.slice(colon + 1) };
  const [, number, params] = telUri.exec(text) ?? malformed(text, 4);
  return { scheme, number: number!, params: readParams(text, params) };
}

function malformed(text: string, offset: number, what = 'malformed URI'): never {
  throw new ParseError(what, { input: text, offset });
}

function cutSipUri(text: string, at: number): SipUri {
  const start = text.charCodeAt(3) === COLON ? 4 : 5;
  const paramsAt = indexOrEnd(text, ';', at + 1);
  let colon = text.indexOf(':', start);
  let user: string | undefined;
  let password: string | undefined;
  if (at >= 0) {
    const hasPassword = colon >= 0 && colon < at;
    user = text.slice(start, hasPassword ? colon : at);
    if (hasPassword) {
      password = text.slice(colon + 1, at);
      colon = text.indexOf(':', at);
    }
  }
  const hasPort = colon >= 0 && colon < paramsAt;
  return {
    scheme: start === 4 ? 'sip' : 'sips',
    user,
    password,
    host: text.slice(at < 0 ? start : at + 1, hasPort ? colon : paramsAt),
    port: hasPort ? Number(text.slice(colon + 1, paramsAt)) : undefined,
    params: paramsAt === text.length ? noParams : new PlainParams(text, paramsAt),
    headers: noParams,
  };
}

function readSipUri(text: string, parts: RegExpExecArray): SipUri {
  const [, secure, user, password, host, digits, params, headers = ''] = parts;
  const port = digits === undefined ? undefined : Number(digits);
  if (port !== undefined && port > 65535) malformed(text, text.lastIndexOf(digits!));
  return {
    scheme: secure === '' ? 'sip' : 'sips',
    user: user && unescapeUri(user),
    password: password && unescapeUri(password),
    host: host!.toLowerCase(),
    port,
    params: readParams(text, params),
    headers: readPairs(text, headers, '&', /^[\w.!~*'()[\]/?:+$%-]*$/),
  };
}

const readParams = (text: string, params = ''): Params => readPairs(text, params, ';', /^[\w.!~*'()[\]/:&+$%-]*$/);

/** `name=value` pairs after one character; the first of a name counts. */
function readPairs(text: string, pairs: string, separator: string, names: RegExp): Params {
  const params = new Map<string, string | null>();
  for (const pair of pairs.slice(1).split(separator)) {
    const equal = indexOrEnd(pair, '=', 0);
    const written = pair.slice(0, equal);
    if (!names.test(written)) malformed(text, text.indexOf(pair));
    const name = unescapeUri(written).toLowerCase();
    if (name !== '' && !params.has(name)) {
      params.set(name, equal < pair.length ? unescapeUri(pair.slice(equal + 1)) : null);
    }
  }
  return params.size === 0 ? noParams : params;
}

/** A name, an IPv4 address or an IPv6 reference at the cursor. Labels may begin with digits. */
export const parseHost = (scanner: Scanner): string =>
  scanner.run(/[\w.-]+|\[[\dA-Fa-f:.]{2,}\]/y).toLowerCase() || scanner.fail('expected a host');

/** Throws a TypeError unless the text is what {@link parseHost} reads. */
export function checkHost(host: string): void {
  if (!/^(?:[\w.-]+|\[[\dA-Fa-f:.]+\])$/.test(host)) throw new TypeError(`host: ${JSON.stringify(host)}`);
}
