/** Parameter lists, `;name=value;flag`: RFC 3261 §7.3.1 and generic-param of §25.1. */
import type { Scanner } from './scanner.js';
import {
  COMMA,
  EQUAL,
  QUOTE,
  SEMICOLON,
  indexOrEnd,
  isBareValue,
  isLws,
  quote,
  safeText,
  safeToken,
  skipToken,
  tokenChars,
} from './scanner.js';

/** Names in lower case; null is a flag without a value; quoted values are unquoted. */
export type Params = ReadonlyMap<string, string | null>;

/** Nothing but `;name`, `;name=value` and `;name="value"` without escapes: what nearly all parameters look like. */
const plainParams = /^(?:;[\w.!%*+`'~-]+(?:=(?:"[^"\\]*"|[^\0- ",;]*))?)*$/;

/** Parameters whose text was found to be plain. They are cut apart when one is asked for, which few ever are. */
export class PlainParams implements Params {
  readonly #text: string;
  #map: Map<string, string | null> | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  get #params(): Map<string, string | null> {
    return (this.#map ??= cut(this.#text));
  }

  get size(): number {
    return this.#params.size;
  }

  get(name: string): string | null | undefined {
    return this.#params.get(name);
  }

  has(name: string): boolean {
    return this.#params.has(name);
  }

  forEach(callback: (value: string | null, name: string, params: Params) => void, self?: unknown): void {
    this.#params.forEach((value, name) => {
      callback.call(self, value, name, this);
    });
  }

  entries(): MapIterator<[string, string | null]> {
    return this.#params.entries();
  }

  keys(): MapIterator<string> {
    return this.#params.keys();
  }

  values(): MapIterator<string | null> {
    return this.#params.values();
  }

  [Symbol.iterator](): MapIterator<[string, string | null]> {
    return this.#params.entries();
  }

  get [Symbol.toStringTag](): string {
    return 'Map';
  }
}

/** Names and values of plain parameters; the first of a name counts. */
function cut(text: string): Map<string, string | null> {
  const params = new Map<string, string | null>();
  let equal = -1; // found ahead and kept until passed, so that flags cost no search each
  for (let at = 1; at < text.length; at++) {
    if (equal < at) equal = indexOrEnd(text, '=', at);
    const quoted = text.charCodeAt(equal + 1) === QUOTE;
    let end = indexOrEnd(text, ';', at);
    let value: string | null = null;
    let nameEnd = end;
    if (equal < end) {
      nameEnd = equal;
      if (quoted) end = text.indexOf('"', equal + 2) + 1;
      value = quoted ? text.slice(equal + 2, end - 1) : text.slice(equal + 1, end);
    }
    const name = text.slice(at, nameEnd).toLowerCase();
    if (!params.has(name)) params.set(name, value);
    at = end;
  }
  return params;
}

/** What a value without parameters shares. */
export const noParams: Params = /* @__PURE__ */ new PlainParams('');

/** Reads `;name=value` up to the end of the text; nothing else may follow. */
export function parseParams(scanner: Scanner): Params {
  const { text, pos } = scanner;
  if (pos === text.length) return noParams;
  const rest = text.slice(pos);
  if (plainParams.test(rest)) {
    scanner.pos = text.length;
    return new PlainParams(rest);
  }
  if (scanner.done()) return noParams;
  const params = new Map<string, string | null>();
  do {
    scanner.expect(SEMICOLON);
    const name = scanner.lowerRun(tokenChars);
    if (name === '') {
      if (scanner.done() && params.size > 0) break; // a trailing semicolon is often sent and means nothing
      scanner.fail('expected a parameter name');
    }
    const value = scanner.take(EQUAL) ? paramValue(scanner) : null;
    if (params.size === 0 || !params.has(name)) params.set(name, value);
  } while (!scanner.done());
  return params;
}

/** token, host or quoted-string; read as anything up to the next separator, since phones send more than tokens. */
export function paramValue(scanner: Scanner): string {
  const { text, pos } = scanner;
  let at = skipToken(text, pos);
  if (at === pos && scanner.peek() === QUOTE) return scanner.quoted();
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === SEMICOLON || code === COMMA || isLws(code)) break;
    if (code === QUOTE) scanner.fail('unexpected quote', at);
  }
  scanner.pos = at;
  return text.slice(pos, at);
}

/** Writes `;name=value`, with quotes where the value needs them or `mustQuote` says so. */
export function writeParams(params: Params, what: string, mustQuote?: (name: string) => boolean): string {
  let text = '';
  for (const [name, value] of params) {
    text += `;${safeToken(name, what)}`;
    if (value === null) continue;
    // RFC 3840 §9: the values of feature tags are always quoted.
    const bare = name.charCodeAt(0) !== 43 && isBareValue(value) && !mustQuote?.(name);
    text += bare ? `=${value}` : `=${quote(safeText(value, what))}`;
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
