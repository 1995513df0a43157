/** Finds the header lines of a message or body part: names, values, folding (RFC 3261 §7.3, RFC 2046 §5.1). */
import { ParsedHeader } from './header.js';
import { canonicalName, knownName } from './header-names.js';
import { CR, indexOrEnd, isBlank, isToken, trimLws } from './scanner.js';

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

/** Reads header lines from `start` to the empty line or the end of the text. Lines that are no headers are skipped. */
export function readHeaderLines(text: string, start: number, limits: Required<ParseLimits>): HeaderLines {
  const { length } = text;
  const headers: ParsedHeader[] = [];
  const hasNul = text.includes('\0');
  let fault: Fault | undefined;
  let pos = start;
  // Found ahead and kept until passed: what is missing from all lines is looked for once.
  let nextCr = -1;
  let nextColon = -1;
  while (pos < length) {
    let lf = indexOrEnd(text, '\n', pos);
    if (lf === pos || (lf === pos + 1 && text.charCodeAt(pos) === CR)) return { headers, end: lf + 1, fault };
    const line = pos;
    pos = lf + 1;
    const folded = isBlank(text.charCodeAt(pos));
    while (isBlank(text.charCodeAt(pos))) {
      lf = indexOrEnd(text, '\n', pos);
      pos = lf + 1;
    }
    const end = text.charCodeAt(lf - 1) === CR ? lf - 1 : lf;
    if (nextCr < line) nextCr = indexOrEnd(text, '\r', line);
    if (nextColon < line) nextColon = indexOrEnd(text, ':', line);
    if (end - line > limits.line) {
      fault ??= { message: `header line longer than ${limits.line}`, offset: line, status: 513 };
    } else if (headers.length >= limits.headers) {
      fault ??= { message: `more than ${limits.headers} header lines`, offset: line, status: 513 };
      return { headers, end: length, fault };
    } else if (nextColon < end) {
      const name = knownName(text.slice(line, nextColon)) ?? readName(text, line, nextColon);
      if (name === '') continue;
      const unclean = folded || hasNul || nextCr < end;
      const value = unclean ? clean(text.slice(nextColon + 1, end)) : trimLws(text, nextColon + 1, end);
      headers.push(new ParsedHeader(name, value));
    }
  }
  return { headers, end: length, fault };
}

/** The canonical name in front of a colon; empty when what is there is none. Blanks may precede the colon (§7.3.1). */
function readName(text: string, start: number, colon: number): string {
  const name = trimLws(text, start, colon);
  return isToken(name) && !isBlank(text.charCodeAt(start)) ? canonicalName(name) : '';
}

/** Unfolds and trims. A stray CR, LF or NUL becomes a space, as RFC 9110 §5.5 has it, so that the value can be sent on. */
function clean(value: string): string {
  const flat = value.replace(/\r?\n[ \t]+/g, ' ').replace(/[\r\n\0]/g, ' ');
  return trimLws(flat);
}
