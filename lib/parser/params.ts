/** Parameter lists, `;name=value;flag`: RFC 3261 §7.3.1 and generic-param of §25.1. */
import { EQUAL, QUOTE, SEMICOLON, type Scanner, indexOrEnd, isBareValue, quote, safeToken } from './scanner.js';

/** Names in lower case; null is a flag without a value; quoted values are unquoted. */
export type Params = ReadonlyMap<string, string | null>;

/** Nothing but `;name`, `;name=value` and `;name="value"`, no capitals and no escapes: what nearly all look like. */
const plainParams = /(?:;[\da-z.!%*_+`'~-]+(?:=(?:"[^"\\]*"|[^\0- ",;]*))?)*$/y;

/** Parameters whose text was found to be plain. They are cut apart when one is asked for, which few ever are. */
export class PlainParams implements Params {
  readonly #text: string;
  readonly #from: number;
  readonly #separator: string;
  /** Names and values in turn. */
  #pairs: readonly (string | null)[] | undefined;

  /** They begin after the character at `from`. */
  constructor(text: string, from: number, separator = ';') {
    this.#text = text;
    this.#from = from;
    this.#separator = separator;
  }

  get(name: string): string | null | undefined {
    const pairs = (this.#pairs ??= cut(this.#text, this.#from, this.#separator));
    for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === name) return pairs[i + 1];
    return undefined;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  get size(): number {
    return this.#map().size;
  }

  forEach(callback: (value: string | null, name: string, params: Params) => void): void {
    this.#map().forEach((value, name) => {
      callback(value, name, this);
    });
  }

  entries(): MapIterator<[string, string | null]> {
    return this.#map().entries();
  }

  keys(): MapIterator<string> {
    return this.#map().keys();
  }

  values(): MapIterator<string | null> {
    return this.#map().values();
  }

  [Symbol.iterator](): MapIterator<[string, string | null]> {
    return this.entries();
  }

  get [Symbol.toStringTag](): string {
    return 'Map';
  }

  #map(): Map<string, string | null> {
    const pairs = (this.#pairs ??= cut(this.#text, this.#from, this.#separator));
    const map = new Map<string, string | null>();
    for (let i = 0; i < pairs.length; i += 2) if (!map.has(pairs[i]!)) map.set(pairs[i]!, pairs[i + 1]!);
    return map;
  }
}

/** Cuts plain parameters into names and values in turn. */
function cut(text: string, from: number, separator: string): readonly (string | null)[] {
  const pairs: (string | null)[] = [];
  let equal = -1; // found ahead and kept until passed, so that flags cost no search each
  for (let at = from + 1; at < text.length;) {
    if (equal < at) equal = indexOrEnd(text, '=', at);
    let end = indexOrEnd(text, separator, at);
    if (equal < end) {
      const quoted = text.charCodeAt(equal + 1) === QUOTE ? 1 : 0;
      if (quoted) end = text.indexOf('"', equal + 2) + 1;
      pairs.push(text.slice(at, equal), text.slice(equal + 1 + quoted, end - quoted));
    } else {
      pairs.push(text.slice(at, end), null);
    }
    at = end + separator.length;
  }
  return pairs;
}

/** What a value without parameters shares. */
export const noParams: Params = /* @__PURE__ */ new PlainParams('', 0);

/** Reads `;name=value` up to the end of the text; nothing else may follow. */
export function parseParams(scanner: Scanner): Params {
  const { text, pos } = scanner;
  if (pos === text.length) return noParams;
  plainParams.lastIndex = pos;
  if (!plainParams.test(text)) return readParams(scanner);
  scanner.pos = text.length;
  return new PlainParams(text, pos);
}

/** Here and elsewhere a function of its own, so that the usual message does not wait until it is compiled. */
function readParams(scanner: Scanner): Params {
  if (scanner.done()) return noParams;
  const params = new Map<string, string | null>();
  do {
    scanner.expect(SEMICOLON);
    if (scanner.done() && params.size > 0) break; // a trailing semicolon is often sent and means nothing
    const name = scanner.token('parameter name').toLowerCase();
    const value = scanner.take(EQUAL) ? paramValue(scanner) : null;
    if (!params.has(name)) params.set(name, value);
  } while (!scanner.done());
  return params;
}

/** token, host or quoted-string; read as anything up to the next separator, since phones send more than tokens. */
export function paramValue(scanner: Scanner): string {
  if (scanner.peek() === QUOTE) return scanner.quoted();
  const value = scanner.run(/[^ \t\r\n,;"]*/y);
  if (scanner.peek() === QUOTE) scanner.fail('unexpected quote');
  return value;
}

/** Writes `;name=value`, with quotes where the value needs them or `mustQuote` says so. */
export function writeParams(params: Params, what: string, mustQuote?: (name: string) => boolean): string {
  let text = '';
  for (const [name, value] of params) {
    text += `;${safeToken(name, what)}`;
    if (value === null) continue;
    // RFC 3840 §9: the values of feature tags are always quoted.
    const bare = name.charCodeAt(0) !== 43 && isBareValue(value) && !mustQuote?.(name);
    text += bare ? `=${value}` : `=${quote(value)}`;
  }
  return text;
}

/** The parameters that are not among `names`: what a codec leaves over after its own fields. */
export function otherParams(params: Params, ...names: string[]): Params {
  let known = 0;
  for (const name of names) if (params.has(name)) known++;
  if (params.size === known) return noParams;
  const rest = new Map(params);
  for (const name of names) rest.delete(name);
  return rest;
}
