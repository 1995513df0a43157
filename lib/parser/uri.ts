/** sip, sips and tel URIs: RFC 3261 §19.1, RFC 3966, IPv6 references as RFC 5118 has them. */
import { escapeUri, unescapeUri } from './escape.js';
import { type Params, PlainParams, noParams } from './params.js';
import { COLON, EQUAL, SEMICOLON, Scanner, indexOrEnd } from './scanner.js';
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

const QUESTION = 63;
const OPEN_BRACKET = 91;
/** What must be escaped in each part (§25.1). */
const notInUser = /[^\w.!~*'()&=+$,;?/-]/gu;
const notInPassword = /[^\w.!~*'()&=+$,-]/gu;
const notInParam = /[^\w.!~*'()[\]/:&+$-]/gu;
const notInHeader = /[^\w.!~*'()[\]/?:+$-]/gu;
/** What names are read as, escapes included. */
const paramName = /[\w.!~*'()[\]/:&+$%-]*/y;
const headerName = /[\w.!~*'()[\]/?:+$%-]*/y;
const telNumber = /[\dA-Fa-f*#+.() -]*/y;

/** No escapes, no capitals in host and parameter names, no IPv6, no headers: what nearly all SIP URIs look like. */
const plainSipUri =
  /^sips?:(?:[^\0- "<>\x7f%:@]+(?::[^\0- "<>\x7f%@]*)?@)?[a-z0-9._-]+(?::(?:\d{1,4}|[1-5]\d{4}))?(?:;[\da-z_.!~*'()/:&+$[\]-]+(?:=[^\0- "<>\x7f%;?@]*)?)*$/;

/** Reads a URI of any scheme; throws a `ParseError`. */
export function parseUri(text: string): Uri {
  if (plainSipUri.test(text)) return cutSipUri(text);
  const fault = uriTextFault(text);
  if (fault) new Scanner(text).fail(fault);
  const colon = text.indexOf(':');
  const scheme = text.slice(0, colon).toLowerCase();
  const scanner = new Scanner(text, colon + 1);
  if (scheme === 'sip' || scheme === 'sips') return parseSipUri(scanner, scheme);
  if (scheme === 'tel') return parseTelUri(scanner);
  return { scheme, rest: text.slice(colon + 1) };
}

function cutSipUri(text: string): SipUri {
  const start = text.charCodeAt(3) === COLON ? 4 : 5;
  const at = text.indexOf('@', start);
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
    params: paramsAt === text.length ? noParams : new PlainParams(text.slice(paramsAt)),
    headers: noParams,
  };
}

function parseSipUri(scanner: Scanner, scheme: 'sip' | 'sips'): SipUri {
  const { text, pos } = scanner;
  const escaped = text.includes('%');
  let user: string | undefined;
  let password: string | undefined;
  const at = text.indexOf('@', pos);
  if (at >= 0) {
    // Everything else may stand unescaped in a user: ";" "?" "/", and "#", which phones dial.
    const userinfo = text.slice(pos, at);
    const colon = userinfo.indexOf(':');
    user = colon < 0 ? userinfo : userinfo.slice(0, colon);
    if (user === '') scanner.fail('empty user');
    if (colon >= 0) password = userinfo.slice(colon + 1);
    if (escaped) {
      user = unescapeUri(user);
      password &&= unescapeUri(password);
    }
    scanner.pos = at + 1;
  }
  const host = parseHost(scanner);
  const port = parsePort(scanner);
  const params = parseUriParams(scanner, escaped);
  const headers = parseUriHeaders(scanner, escaped);
  if (scanner.pos < text.length) scanner.fail('unexpected text in URI');
  return { scheme, user, password, host, port, params, headers };
}

/** A name, an IPv4 address or an IPv6 reference. Labels may begin with digits. */
export function parseHost(scanner: Scanner): string {
  if (scanner.peek() === OPEN_BRACKET) {
    scanner.pos++;
    const address = scanner.run(/[\dA-Fa-f:.]{2,}\]/y) || scanner.fail('malformed IPv6 reference');
    return `[${address.toLowerCase()}`;
  }
  return scanner.run(/[\w.-]+/y).toLowerCase() || scanner.fail('expected a host');
}

/** `:` and digits, if there is a colon. */
function parsePort(scanner: Scanner): number | undefined {
  if (scanner.peek() !== COLON) return undefined;
  scanner.pos++;
  return scanner.integer(65535);
}

function parseUriParams(scanner: Scanner, escaped: boolean): Params {
  if (scanner.peek() !== SEMICOLON) return noParams;
  return parsePairs(scanner, ';', indexOrEnd(scanner.text, '?', scanner.pos), paramName, escaped);
}

function parseUriHeaders(scanner: Scanner, escaped: boolean): Params {
  if (scanner.peek() !== QUESTION) return noParams;
  return parsePairs(scanner, '&', scanner.text.length, headerName, escaped);
}

/** `name=value` pairs from after the cursor up to `end`; the first of a name counts. */
function parsePairs(scanner: Scanner, separator: string, end: number, namePattern: RegExp, escaped: boolean): Params {
  const { text } = scanner;
  const pairs = new Map<string, string | null>();
  while (scanner.pos < end) {
    scanner.pos++;
    let name = scanner.run(namePattern).toLowerCase();
    const nameEnd = scanner.pos;
    const pairEnd = Math.min(indexOrEnd(text, separator, nameEnd), end);
    let value = scanner.peek() === EQUAL ? text.slice(nameEnd + 1, pairEnd) : null;
    if (value === null && nameEnd < pairEnd) scanner.fail('illegal character in URI');
    if (escaped) {
      name = unescapeUri(name).toLowerCase();
      value &&= unescapeUri(value);
    }
    if (name !== '' && (pairs.size === 0 || !pairs.has(name))) pairs.set(name, value);
    scanner.pos = pairEnd;
  }
  return pairs.size === 0 ? noParams : pairs;
}

function parseTelUri(scanner: Scanner): TelUri {
  const { text, pos } = scanner;
  const number = scanner.run(telNumber);
  if (!/[\dA-Fa-f*#]/.test(number)) scanner.fail('expected a number', pos);
  const params = parseUriParams(scanner, true);
  if (scanner.pos < text.length) scanner.fail('unexpected text in URI');
  return { scheme: 'tel', number, params };
}

/** Writes a URI with the escapes it needs; throws a TypeError when it cannot be one. */
export function writeUri(uri: Uri): string {
  const text = isSipUri(uri) ? writeSipUri(uri) : isTelUri(uri) ? writeTelUri(uri) : `${uri.scheme}:${uri.rest}`;
  const fault = uriTextFault(text);
  if (fault) throw new TypeError(`URI: ${fault}: ${JSON.stringify(text)}`);
  return text;
}

function writeSipUri({ scheme, user, password, host, port, params, headers }: SipUri): string {
  checkHost(host);
  let text = `${scheme}:`;
  if (user !== undefined) {
    if (user === '') throw new TypeError('URI: empty user');
    text += escapeUri(user, notInUser);
    if (password !== undefined) text += `:${escapeUri(password, notInPassword)}`;
    text += '@';
  }
  text += host;
  if (port !== undefined) {
    if (!(Number.isInteger(port) && port >= 0 && port <= 65535)) throw new TypeError(`URI: port ${port}`);
    text += `:${port}`;
  }
  text += writeUriParams(params);
  let separator = '?';
  for (const [name, value] of headers) {
    text += `${separator}${escapeUri(name, notInHeader)}=${escapeUri(value ?? '', notInHeader)}`;
    separator = '&';
  }
  return text;
}

function writeTelUri({ number, params }: TelUri): string {
  if (!/^[\dA-Fa-f*#+.() -]+$/.test(number)) throw new TypeError(`URI: number ${number}`);
  return `tel:${number}${writeUriParams(params)}`;
}

function writeUriParams(params: Params): string {
  let text = '';
  for (const [name, value] of params) {
    if (name === '') throw new TypeError('URI: parameter without a name');
    text += `;${escapeUri(name, notInParam)}`;
    if (value !== null) text += `=${escapeUri(value, notInParam)}`;
  }
  return text;
}

/** Throws a TypeError unless the text is what {@link parseHost} reads. */
export function checkHost(host: string): void {
  if (!/^(?:[\w.-]+|\[[\dA-Fa-f:.]+\])$/.test(host)) throw new TypeError(`host: ${JSON.stringify(host)}`);
}
