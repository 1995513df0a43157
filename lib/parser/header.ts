/** Typed access to headers: a codec per header, parsed when read, and then remembered. */
import { canonicalName } from './header-names.js';
import type { Header, SipMessage } from './message.js';
import { ParseError } from './parse-error.js';
import { indexOrEnd, safeText, trimLws } from './scanner.js';

/** Both directions of one header. A codec nobody names is not bundled. */
export interface HeaderCodec<T> {
  /** The canonical name. */
  readonly name: string;
  /** Whether one header line may carry several values. */
  readonly list?: boolean | undefined;
  /** Cuts a line into its values, where that is not done at the commas. */
  readonly split?: ((value: string) => readonly string[]) | undefined;
  /** What stands between values of one line, if not a comma. */
  readonly separator?: string | undefined;
  /** Reads one value; throws a {@link ParseError}. */
  readonly parse: (value: string) => T;
  /** Writes one value; throws a TypeError that names the header. */
  readonly write: (value: T) => string;
}

/** A header as the parser makes it: it remembers what it was last read as. */
export class ParsedHeader implements Header {
  declare readonly name: string;
  declare readonly value: string;
  #codec: object | undefined = undefined;
  #values: readonly unknown[] = none;

  constructor(name: string, value: string) {
    this.name = name;
    this.value = value;
  }

  /** The header's values by this codec. A header made by hand is parsed anew each time: it could be written to. */
  static values<T>(header: Header, codec: HeaderCodec<T>): readonly T[] {
    if (!(#codec in header)) return parseValues(header, codec);
    if (header.#codec !== codec) {
      header.#values = parseValues(header, codec);
      header.#codec = codec;
    }
    return header.#values as readonly T[];
  }
}

const none: readonly never[] = [];

function parseValues<T>({ name, value }: Header, codec: HeaderCodec<T>): readonly T[] {
  try {
    if (!codec.list) return [codec.parse(value)];
    if (!value.includes(',') && !codec.split) return value === '' ? none : [codec.parse(value)];
    const parts = codec.split ? codec.split(value) : splitList(value);
    return parts.map((part) => codec.parse(part));
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    throw new ParseError(`${name}: ${error.message}`, error);
  }
}

/** The first value of a header; undefined when it is absent. Throws a {@link ParseError} when it is malformed. */
export function read<T>(message: SipMessage, codec: HeaderCodec<T>): T | undefined {
  const { headers } = message;
  const { name } = codec;
  for (let i = 0; i < headers.length; i++) {
    const field = headers[i]!;
    if (field.name !== name) continue;
    const values = ParsedHeader.values(field, codec);
    if (values.length > 0) return values[0];
  }
  return undefined;
}

/** All values of a header, in order, from however many lines. Throws a {@link ParseError} when one is malformed. */
export function readAll<T>(message: SipMessage, codec: HeaderCodec<T>): readonly T[] {
  const { headers } = message;
  const { name } = codec;
  let first: readonly T[] | undefined;
  let all: T[] | undefined;
  for (let i = 0; i < headers.length; i++) {
    const field = headers[i]!;
    if (field.name !== name) continue;
    const values = ParsedHeader.values(field, codec);
    if (!first) {
      first = values;
    } else {
      all ??= first.slice();
      for (let j = 0; j < values.length; j++) all.push(values[j]!);
    }
  }
  return all ?? first ?? none;
}

/** A header to send. Throws a TypeError that names it when the value cannot be written. */
export function header<T>(codec: HeaderCodec<T>, value: T): Header {
  return { name: codec.name, value: safeText(codec.write(value), codec.name) };
}

/** One header line with several values. */
export function headerList<T>(codec: HeaderCodec<T>, values: readonly T[]): Header {
  const value = values.map((item) => codec.write(item)).join(codec.separator ?? ', ');
  return { name: codec.name, value: safeText(value, codec.name) };
}

/** The raw value of the first header with this name. */
export function headerValue(message: SipMessage, name: string): string | undefined {
  const canonical = canonicalName(name);
  return message.headers.find((candidate) => candidate.name === canonical)?.value;
}

/** The raw values of all headers with this name, one per line. */
export function headerValues(message: SipMessage, name: string): readonly string[] {
  const canonical = canonicalName(name);
  return message.headers.filter((candidate) => candidate.name === canonical).map(({ value }) => value);
}

/** Any values, quotes and brackets closed or not. */
const anyValues = /(?:[^",<]+|"(?:[^"\\]+|\\[^])*(?:"|\\?$)|<[^>]*(?:>|$))+/g;

/** Cuts at commas that are neither quoted nor between angle brackets; empty values are skipped (RFC 9110 §5.6.1). */
export function splitList(value: string): readonly string[] {
  if (value.includes('"') || value.includes('<')) {
    return (value.match(anyValues) ?? none).map((part) => trimLws(part)).filter(Boolean);
  }
  const parts: string[] = [];
  for (let at = 0; at < value.length;) {
    const comma = indexOrEnd(value, ',', at);
    const part = trimLws(value, at, comma);
    if (part !== '') parts.push(part);
    at = comma + 1;
  }
  return parts;
}
