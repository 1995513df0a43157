/** Reads the basic rules of RFC 3261 §25.1 (token, quoted-string, LWS, digits) from a string, left to right. */
import { ParseError } from './parse-error.js';

const ALPHANUM = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Marks the upper-case letters of a set. */
const UPPER = 2;

/** A set of ASCII characters, indexed by code. */
export function charSet(chars: string): Uint8Array {
  const set = new Uint8Array(128);
  for (let i = 0; i < chars.length; i++)
    set[chars.charCodeAt(i)] = chars[i] === chars[i]!.toLowerCase() ? 1 : 1 | UPPER;
  return set;
}

/** The letters and digits, and what else `chars` adds. */
export const alphanumAnd = (chars: string): Uint8Array => charSet(ALPHANUM + chars);

export const tokenChars = /* @__PURE__ */ alphanumAnd("-.!%*_+`'~");
const hostValueChars = /* @__PURE__ */ charSet('0123456789ABCDEFabcdef:.[]');

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
export const GREATER = 62;
export const BACKSLASH = 92;

/** LWS as it is after unfolding; a fold inside a value handed over raw counts as well. */
export const isLws = (code: number): boolean =>
  code <= SP && (code === SP || code === TAB || code === CR || code === LF);

export const isBlank = (code: number): boolean => code === SP || code === TAB;

const isDigit = (code: number): boolean => code >= 48 && code <= 57;

/** Index of the first character at or after `at` that `set` lacks. */
export function skipSet(text: string, at: number, set: Uint8Array): number {
  while (at < text.length && set[text.charCodeAt(at)]) at++;
  return at;
}

/** Index of `what` at or after `from`, or the length of the text. */
export function indexOrEnd(text: string, what: string, from: number): number {
  const index = text.indexOf(what, from);
  return index < 0 ? text.length : index;
}

/** Index after the token that begins at `at`; `at` itself when there is none. */
export const skipToken = (text: string, at: number): number => skipSet(text, at, tokenChars);

export const isToken = (text: string): boolean => text !== '' && skipToken(text, 0) === text.length;

/** A parameter value that stands without quotes: a token, or an IP address (gen-value, §25.1). */
export const isBareValue = (text: string): boolean =>
  isToken(text) || (text !== '' && skipSet(text, 0, hostValueChars) === text.length);

/** Without LWS at either end. */
export function trimLws(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isLws(text.charCodeAt(start))) start++;
  while (end > start && isLws(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
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
  readonly text: string;
  pos: number;

  constructor(text: string, pos = 0) {
    this.text = text;
    this.pos = pos;
  }

  fail(message: string, offset = this.pos): never {
    throw new ParseError(message, { input: this.text, offset });
  }

  skipLws(): void {
    while (isLws(this.text.charCodeAt(this.pos))) this.pos++;
  }

  /** Consumes LWS and then says whether nothing is left. */
  done(): boolean {
    this.skipLws();
    return this.pos >= this.text.length;
  }

  /** Fails when anything but LWS is left. */
  end(): void {
    if (!this.done()) this.fail('unexpected text');
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

  /** The run of characters of a set, in lower case; empty if there is none. */
  lowerRun(set: Uint8Array): string {
    const { text } = this;
    const start = this.pos;
    const { length } = text;
    let at = start;
    let seen = 0;
    for (; at < length; at++) {
      const found = set[text.charCodeAt(at)];
      if (!found) break;
      seen |= found;
    }
    this.pos = at;
    const run = text.slice(start, at);
    return seen & UPPER ? run.toLowerCase() : run;
  }

  token(what = 'token'): string {
    const start = this.pos;
    this.pos = skipToken(this.text, start);
    if (this.pos === start) this.fail(`expected a ${what}`);
    return this.text.slice(start, this.pos);
  }

  /** Everything up to LWS or one of the characters in `stops`; may be empty. */
  until(stops: string): string {
    const start = this.pos;
    let code = this.peek();
    while (this.pos < this.text.length && !isLws(code) && !stops.includes(String.fromCharCode(code))) {
      this.pos++;
      code = this.peek();
    }
    return this.text.slice(start, this.pos);
  }

  /** A quoted-string, unquoted and unescaped. The cursor is on its opening quote. */
  quoted(): string {
    const { text } = this;
    const start = this.pos + 1;
    const end = text.indexOf('"', start);
    const inner = text.slice(start, Math.max(end, start));
    if (end >= 0 && !inner.includes('\\')) {
      this.pos = end + 1;
      return inner;
    }
    for (let i = start; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === BACKSLASH) {
        i++;
      } else if (code === QUOTE) {
        this.pos = i + 1;
        return text.slice(start, i).replace(/\\([^])/g, '$1');
      }
    }
    return this.fail('unterminated quoted string', start - 1);
  }

  /** Digits as a number; more than `max` fails, or becomes `max` when `saturate` is set. */
  integer(max: number, saturate = false): number {
    const { text } = this;
    const start = this.pos;
    let value = 0;
    while (isDigit(text.charCodeAt(this.pos))) value = value * 10 + text.charCodeAt(this.pos++) - 48;
    if (this.pos === start) this.fail('expected a number');
    if (value <= max) return value;
    return saturate ? max : this.fail(`number above ${max}`, start);
  }
}
