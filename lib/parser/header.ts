/** Typed access to headers: a codec per header, parsed when read, and then remembered. */
import { canonicalName } from './header-names.js';
import type { Header, SipMessage } from './message.js';
import { ParseError } from './parse-error.js';
import { COMMA, LESS, GREATER, QUOTE, BACKSLASH, safeText, trimLws } from './scanner.js';

/** Both directions of one header. A codec nobody names is not bundled. */
export interface HeaderCodec<T> {
  /** The canonical name. */
  readonly name: string;
  /** Whether one header line may carry several values. */
  readonly list?: boolean;
  /** Cuts a line into its values, where that is not done at the commas. */
  readonly split?: (value: string) => readonly string[];
  /** What stands between values of one line, if not a comma. */
  readonly separator?: string;
  /** Reads one value; throws a {@link ParseError}. */
  parse(value: string): T;
  /** Writes one value; throws a TypeError that names the header. */
  write(value: T): string;
}

/** A header as the parser makes it: it remembers what it was last read as. */
export class ParsedHeader implements Header {
  readonly name: string;
  readonly value: string;
  #codec: HeaderCodec<unknown> | undefined;
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
    const parts = codec.split ? codec.split(value) : splitList(value);
    return parts.length === 1 ? [codec.parse(parts[0]!)] : parts.map((part) => codec.parse(part));
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    throw new ParseError(`${name}: ${error.message}`, error);
  }
}

/** The first value of a header; undefined when it is absent. Throws a {@link ParseError} when it is malformed. */
export function read<T>(message: SipMessage, codec: HeaderCodec<T>): T | undefined {
  const { headers } = message;
  for (let i = 0; i < headers.length; i++) {
    const header = headers[i]!;
    if (header.name !== codec.name) continue;
    const values = ParsedHeader.values(header, codec);
    if (values.length > 0) return values[0];
  }
  return undefined;
}

/** All values of a header, in order, from however many lines. Throws a {@link ParseError} when one is malformed. */
export function readAll<T>(message: SipMessage, codec: HeaderCodec<T>): readonly T[] {
  const { headers } = message;
  let all: readonly T[] = none;
  for (let i = 0; i < headers.length; i++) {
    const header = headers[i]!;
    if (header.name !== codec.name) continue;
    const values = ParsedHeader.values(header, codec);
    all = all.length === 0 ? values : [...all, ...values];
  }
  return all;
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

/** Cuts at separators that are neither quoted nor between angle brackets; empty values are skipped (RFC 9110 §5.6.1). */
export function splitList(value: string, separator = COMMA): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  let bracketed = false;
  const cut = (end: number): void => {
    const part = trimLws(value.slice(start, end));
    if (part !== '') parts.push(part);
    start = end + 1;
  };
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (quoted) {
      if (code === BACKSLASH) i++;
      else quoted = code !== QUOTE;
    } else if (code === QUOTE) quoted = !bracketed;
    else if (code === LESS) bracketed = true;
    else if (code === GREATER) bracketed = false;
    else if (code === separator && !bracketed) cut(i);
  }
  cut(value.length);
  return parts;
}
