/** name-addr and addr-spec with header parameters: RFC 3261 §20.10 and §25.1. */
import { type Params, parseParams, writeParams } from './params.js';
import { LESS, QUOTE, Scanner, isToken, quote, safeText, trimLws } from './scanner.js';
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
const plainNameAddr = /^(?:"([^"\\]*)" ?|([^"<]*))<([A-Za-z][A-Za-z0-9+.-]*:[^\0- "<>\x7f]+)>/;

/** Reads both forms; display names that should have been quoted are accepted (RFC 4475 §3.1.2.15). */
export function parseAddress(text: string): Address {
  const scanner = new Scanner(text);
  const plain = plainNameAddr.exec(text);
  if (!plain) return readAddress(scanner);
  const bare = plain[2];
  scanner.pos = plain[0].length;
  return {
    displayName: bare ? trimLws(bare) || undefined : plain[1],
    uri: plain[3]!,
    params: parseParams(scanner),
  };
}

function readAddress(scanner: Scanner): Address {
  const { text } = scanner;
  scanner.skipLws();
  const start = scanner.pos;
  let displayName: string | undefined;
  if (scanner.peek() === QUOTE) {
    displayName = scanner.quoted();
    scanner.skipLws();
    if (scanner.peek() !== LESS) scanner.fail('expected "<"');
  } else {
    displayName = trimLws(scanner.run(/[^<"]*/y)) || undefined;
    if (scanner.peek() !== LESS) {
      scanner.pos = start;
      return parseAddrSpec(scanner);
    }
  }
  const open = scanner.pos + 1;
  const close = text.indexOf('>', open);
  if (close < 0) scanner.fail('"<" without ">"');
  const uri = trimLws(text, open, close); // RFC 4475 §3.1.2.14
  const fault = uriTextFault(uri);
  if (fault) scanner.fail(fault, open);
  scanner.pos = close + 1;
  return { displayName, uri, params: parseParams(scanner) };
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
