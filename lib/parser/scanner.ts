/** Reads the basic rules of RFC 3261 §25.1 (token, quoted-string, LWS, digits) from a string, left to right. */
import { ParseError } from './parse-error.js';

/** The rest of a token (§25.1) at the cursor. */
export const TOKEN = /[\w.!%*+`'~-]*/y;

export const TAB = 9;
export const LF = 10;
export const CR = 13;
export const SP = 32;
export const QUOTE = 34;
export const COMMA = 44;
export const SLASH = 47;
export const COLON = 58;
export const SEMICOLON = 59;
export const LESS = 60;
export const EQUAL = 61;

/** LWS as it is after unfolding; a fold inside a value handed over raw counts as well. */
export const isLws = (code: number): boolean => code === SP || code === TAB || code === CR || code === LF;

export const isBlank = (code: number): boolean => code === SP || code === TAB;

/** Index of `what` at or after `from`, or the length of the text. */
export function indexOrEnd(text: string, what: string, from: number): number {
  const index = text.indexOf(what, from);
  return index < 0 ? text.length : index;
}

export const isToken = (text: string): boolean => /^[\w.!%*+`'~-]+$/.test(text);

/** The number that digits and nothing else make, or NaN. */
export function wholeNumber(text: string): number {
  let value = text === '' ? NaN : 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    value = digit >= 0 && digit <= 9 ? value * 10 + digit : NaN;
  }
  return value;
}

/** A parameter value that stands without quotes: a token, or an IP address (gen-value, §25.1). */
export const isBareValue = (text: string): boolean => isToken(text) || /^[\dA-Fa-f:.[\]]+$/.test(text);

/** The text from `start` to `end`, without LWS at either end. */
export function trimLws(text: string, start = 0, end = text.length): string {
  let from = start;
  let to = end;
  while (from < to && isLws(text.charCodeAt(from))) from++;
  while (to > from && isLws(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

/** As a quoted-string, with `"` and `\` escaped. */
export const quote = (text: string): string => `"${/["\\]/.test(text) ? text.replace(/["\\]/g, '\\$&') : text}"`;

const unsafe = /[\r\n\0]/;

/** The text, or a TypeError that says what it was for: nothing with CR, LF or NUL in it goes on the wire. */
export function safeText(text: string, what: string): string {
  if (unsafe.test(text)) throw new TypeError(`${what}: CR, LF or NUL in ${JSON.stringify(text)}`);
  return text;
}

/** The text if it is a token, or a TypeError that says what it was for. */
export function safeToken(text: string, what: string): string {
  if (!isToken(text)) throw new TypeError(`${what}: not a token: ${JSON.stringify(text)}`);
  return text;
}

/** A cursor in a text. Every method that consumes something fails with the offset where it did not fit. */
export class Scanner {
  declare readonly text: string;
  declare pos: number;

  constructor(text: string, pos = 0) {
    this.text = text;
    this.pos = pos;
  }

  fail(message: string, offset = this.pos): never {
    throw new ParseError(message, { input: this.text, offset });
  }

  skipLws(): void {
    const { text } = this;
    while (text.charCodeAt(this.pos) <= SP && isLws(text.charCodeAt(this.pos))) this.pos++;
  }

  /** Consumes LWS and then says whether nothing is left. */
  done(): boolean {
    this.skipLws();
    return this.pos >= this.text.length;
  }

  /** Fails when anything but LWS is left. */
  end(): void {
    if (this.pos < this.text.length && !this.done()) this.fail('unexpected text');
  }

  /** The code of the character at the cursor, NaN at the end. */
  peek(): number {
    return this.text.charCodeAt(this.pos);
  }

  /** Consumes SWS, the character and SWS, if the character is there (SEMI, COMMA, EQUAL … of §25.1). */
  take(code: number): boolean {
    if (this.peek() !== code) {
      this.skipLws();
      if (this.peek() !== code) return false;
    }
    this.pos++;
    this.skipLws();
    return true;
  }

  /** As {@link take}, but the character must be there. */
  expect(code: number): void {
    if (!this.take(code)) this.fail(`expected "${String.fromCharCode(code)}"`);
  }

  /** Consumes what the sticky expression matches at the cursor; empty if that is nothing. */
  run(pattern: RegExp): string {
    pattern.lastIndex = this.pos;
    const run = pattern.exec(this.text)?.[0] ?? '';
    this.pos += run.length;
    return run;
  }

  token(what = 'token'): string {
    return this.run(TOKEN) || this.fail(`expected a ${what}`);
  }

  /** A quoted-string, unquoted and unescaped. The cursor is on its opening quote. */
  quoted(): string {
    const quoted = this.run(/"(?:[^"\\]|\\[^])*"/y) || this.fail('unterminated quoted string');
    return quoted.slice(1, -1).replace(/\\([^])/g, '$1');
  }

  /** Digits as a number; more than `max` fails, or becomes `max` when `saturate` is set. */
  integer(max: number, saturate = false): number {
    const start = this.pos;
    let value = 0;
    for (let digit; (digit = this.peek() - 48) >= 0 && digit <= 9; this.pos++) value = value * 10 + digit;
    if (this.pos === start) this.fail('expected a number');
    if (value <= max) return value;
    return saturate ? max : this.fail(`number above ${max}`, start);
  }
}
