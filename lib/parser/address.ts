/** name-addr and addr-spec with header parameters: RFC 3261 §20.10 and §25.1. */
import { type Params, parseParams, writeParams } from './params.js';
import { LESS, QUOTE, Scanner, isLws, isToken, quote, safeText, trimLws } from './scanner.js';
import { uriTextFault } from './uri-text.js';

/** Who a header names: `"Bob" <sip:bob@example.com>;tag=1`. */
export interface Address {
  /** Unquoted; undefined when there is none. */
  readonly displayName?: string | undefined;
  /** The URI as it was written, byte for byte; see `parseUri`. */
  readonly uri: string;
  readonly params: Params;
}

/** A quoted or unquoted name without oddities, and a URI in angle brackets: what nearly all addresses begin with. */
const plainNameAddr = /^(?:"[^"\\<]*" ?|[^"<]*)<[A-Za-z][A-Za-z0-9+.-]*:[^\0- "<>\x7f]+>/;

/** Reads both forms; display names that should have been quoted are accepted (RFC 4475 §3.1.2.15). */
export function parseAddress(text: string): Address {
  const scanner = new Scanner(text);
  if (plainNameAddr.test(text)) {
    const open = text.indexOf('<');
    const close = (scanner.pos = text.indexOf('>', open) + 1);
    return { displayName: plainName(text, open), uri: text.slice(open + 1, close - 1), params: parseParams(scanner) };
  }
  scanner.skipLws();
  const start = scanner.pos;
  let displayName: string | undefined;
  if (scanner.peek() === QUOTE) {
    displayName = scanner.quoted();
    scanner.skipLws();
    if (scanner.peek() !== LESS) scanner.fail('expected "<"');
  } else {
    let at = start;
    while (at < text.length && text.charCodeAt(at) !== LESS && text.charCodeAt(at) !== QUOTE) at++;
    if (text.charCodeAt(at) !== LESS) return parseAddrSpec(scanner);
    if (at > start) displayName = trimLws(text.slice(start, at));
    scanner.pos = at;
  }
  const open = scanner.pos + 1;
  const close = text.indexOf('>', open);
  if (close < 0) scanner.fail('"<" without ">"');
  let uri = text.slice(open, close);
  if (isLws(uri.charCodeAt(0)) || isLws(uri.charCodeAt(uri.length - 1))) uri = trimLws(uri); // RFC 4475 §3.1.2.14
  const fault = uriTextFault(uri);
  if (fault) scanner.fail(fault, open);
  scanner.pos = close + 1;
  return { displayName, uri, params: parseParams(scanner) };
}

/** The display name in front of the bracket at `open`. */
function plainName(text: string, open: number): string | undefined {
  if (open === 0) return undefined;
  if (text.charCodeAt(0) === QUOTE) return text.slice(1, text.indexOf('"', 1));
  return trimLws(text.slice(0, open)) || undefined;
}

/** Without angle brackets, what follows a semicolon belongs to the header and "?" may not occur (§20.10). */
function parseAddrSpec(scanner: Scanner): Address {
  const start = scanner.pos;
  const uri = scanner.run(/[^ \t\r\n;,?]*/y);
  const fault = uriTextFault(uri);
  if (fault) scanner.fail(fault, start);
  return { displayName: undefined, uri, params: parseParams(scanner) };
}

/** Always the name-addr form; `what` names the header in errors. */
export function writeAddress(address: Address, what = 'Address', mustQuote?: (name: string) => boolean): string {
  const { displayName, uri, params } = address;
  const fault = uriTextFault(uri);
  if (fault) throw new TypeError(`${what}: ${fault}: ${JSON.stringify(uri)}`);
  const display = displayName === undefined ? '' : `${displayText(displayName)} `;
  return safeText(`${display}<${uri}>${writeParams(params, what, mustQuote)}`, what);
}

const displayText = (name: string): string => (isToken(name) ? name : quote(name));
