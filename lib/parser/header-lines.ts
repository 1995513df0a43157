/** Finds the header lines of a message or body part: names, values, folding (RFC 3261 §7.3, RFC 2046 §5.1). */
import { ParsedHeader } from './header.js';
import { canonicalNameAt } from './header-names.js';
import { COLON, CR, SP, TAB, skipToken } from './scanner.js';

/** How much a message may hold before it is refused with 513. */
export interface ParseLimits {
  /** UTF-8 bytes of the whole message. @default 65536 */
  readonly size?: number;
  /** Header lines. @default 256 */
  readonly headers?: number;
  /** Characters of one header line, folds included. @default 16384 */
  readonly line?: number;
}

export const defaultLimits: Required<ParseLimits> = { size: 65536, headers: 256, line: 16384 };

/** The first thing found wrong; reading goes on, so that there is something to answer. */
export interface Fault {
  readonly message: string;
  readonly offset: number;
  readonly status: number;
}

export interface HeaderLines {
  readonly headers: readonly ParsedHeader[];
  /** Index of the first character after the empty line. */
  readonly end: number;
  readonly fault: Fault | undefined;
}

const isBlank = (code: number): boolean => code === SP || code === TAB;

/** Reads header lines from `start` to the empty line or the end of the text. Lines that are no headers are skipped. */
export function readHeaderLines(text: string, start: number, limits: Required<ParseLimits>): HeaderLines {
  const headers: ParsedHeader[] = [];
  let fault: Fault | undefined;
  let pos = start;
  let nextCr = -1;
  const hasNul = text.includes('\0');
  while (pos < text.length) {
    let lf = lineFeed(text, pos);
    if (lf === pos || (lf === pos + 1 && text.charCodeAt(pos) === CR)) return { headers, end: lf + 1, fault };
    const line = pos;
    pos = lf + 1;
    const folded = isBlank(text.charCodeAt(pos));
    while (isBlank(text.charCodeAt(pos))) {
      lf = lineFeed(text, pos);
      pos = lf + 1;
    }
    const end = text.charCodeAt(lf - 1) === CR ? lf - 1 : lf;
    if (nextCr < line) nextCr = indexOrEnd(text.indexOf('\r', line), text);
    const unclean = hasNul || nextCr < end;
    if (end - line > limits.line) {
      fault ??= { message: `header line longer than ${limits.line}`, offset: line, status: 513 };
    } else if (headers.length >= limits.headers) {
      fault ??= { message: `more than ${limits.headers} header lines`, offset: line, status: 513 };
      return { headers, end: text.length, fault };
    } else {
      const header = readHeader(text, line, end, folded, unclean);
      if (header) headers.push(header);
    }
  }
  return { headers, end: text.length, fault };
}

const indexOrEnd = (index: number, text: string): number => (index < 0 ? text.length : index);

const lineFeed = (text: string, from: number): number => indexOrEnd(text.indexOf('\n', from), text);

/** `name HCOLON value` (§25.1); undefined when the line is nothing of the kind. */
function readHeader(
  text: string,
  start: number,
  end: number,
  folded: boolean,
  unclean: boolean,
): ParsedHeader | undefined {
  const nameEnd = skipToken(text, start);
  let at = nameEnd;
  while (isBlank(text.charCodeAt(at))) at++;
  if (nameEnd === start || text.charCodeAt(at) !== COLON) return undefined;
  const name = canonicalNameAt(text, start, nameEnd);
  at++;
  if (folded || unclean) return new ParsedHeader(name, clean(text.slice(at, end)));
  while (at < end && isBlank(text.charCodeAt(at))) at++;
  while (end > at && isBlank(text.charCodeAt(end - 1))) end--;
  return new ParsedHeader(name, text.slice(at, end));
}

/** Unfolds and trims. A stray CR, LF or NUL becomes a space, as RFC 9110 §5.5 has it, so that the value can be sent on. */
function clean(value: string): string {
  const flat = value.replace(/\r?\n[ \t]+/g, ' ').replace(/[\r\n\0]/g, ' ');
  let start = 0;
  let end = flat.length;
  while (start < end && isBlank(flat.charCodeAt(start))) start++;
  while (end > start && isBlank(flat.charCodeAt(end - 1))) end--;
  return flat.slice(start, end);
}
