/** The shape most headers share: one value and its parameters (RFC 3261 §7.3.1). */
import type { HeaderCodec } from '../header.js';
import { Scanner, safeText } from '../scanner.js';

/** A number of seconds; more than 2³²-1 is read as that (RFC 4475 §3.1.2.4, RFC 9111 §1.2.2). */
export const MAX_SECONDS = 2 ** 32 - 1;

/**
 * A codec of text; `write` is told the header's name for its errors. All codecs are made here, alike, so that engines
 * see one kind of object, and none of them lets CR, LF or NUL out.
 */
export const textCodec = <T>(
  name: string,
  parse: (value: string) => T,
  write: (value: T, name: string) => string,
): HeaderCodec<T> => ({
  name,
  list: false,
  split: undefined,
  separator: undefined,
  parse,
  write: (value) => safeText(write(value, name), name),
});

/** A codec of what a scanner reads; all of the value must be read. */
export const codec = <T>(
  name: string,
  read: (scanner: Scanner) => T,
  write: (value: T, name: string) => string,
): HeaderCodec<T> =>
  textCodec(
    name,
    (value) => {
      const scanner = new Scanner(value);
      scanner.skipLws();
      const result = read(scanner);
      scanner.end();
      return result;
    },
    write,
  );

/** The same codec, for a header whose line may hold several values. */
export const list = <T>(
  { name, parse, write }: HeaderCodec<T>,
  split?: (value: string) => readonly string[],
  separator?: string,
): HeaderCodec<T> => ({ name, list: true, split, separator, parse, write });

/** Throws a TypeError unless the number is a whole one from 0 to `max`. */
export function writeInteger(value: number, max: number, what: string): string {
  if (!(Number.isInteger(value) && value >= 0 && value <= max)) throw new TypeError(`${what}: ${value}`);
  return `${value}`;
}
