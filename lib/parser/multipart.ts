/** Bodies of several parts: RFC 2046 §5.1, RFC 5621. */
import { defaultLimits, readHeaderLines } from './header-lines.js';
import { ContentType } from './headers/typed.js';
import type { Body, Header } from './message.js';
import { ParseError } from './parse-error.js';
import { isToken, safeText } from './scanner.js';
import { bodyOf } from './utf8.js';

/** One part: its own headers (Content-Type, Content-ID, Content-Disposition …) and content. */
export interface BodyPart {
  readonly headers: readonly Header[];
  readonly body: Body;
}

/** The parts of a multipart body, preamble and epilogue left out. Throws a `ParseError` when it is none. */
export function parseMultipart(contentType: string, body: Body): readonly BodyPart[] {
  const delimiter = `--${boundaryOf(contentType)}`;
  if (typeof body === 'string') return splitParts(body, delimiter).map((part) => parsePart(part));
  // One character per byte: delimiters are found as in text, and each part becomes bytes again.
  return splitParts(latin1(body), latin1(new TextEncoder().encode(delimiter))).map((part) => {
    const { headers, body: content } = parsePart(part);
    const decoded = headers.map(({ name, value }) => ({ name, value: new TextDecoder().decode(bytesOf(value)) }));
    return { headers: decoded, body: bodyOf(bytesOf(content)) };
  });
}

function boundaryOf(contentType: string): string {
  const { type, params } = ContentType.parse(contentType);
  const boundary = params.get('boundary');
  if (!type.startsWith('multipart/') || !boundary) {
    throw new ParseError('not a multipart type with a boundary', { input: contentType, offset: 0 });
  }
  return boundary;
}

/** The texts between delimiter lines; the line break before a delimiter belongs to it (RFC 2046 §5.1.1). */
function splitParts(text: string, delimiter: string): readonly string[] {
  const parts: string[] = [];
  let start = -1;
  for (let at = nextDelimiter(text, delimiter, 0); at >= 0;) {
    if (start >= 0) parts.push(text.slice(start, lineBreakBefore(text, at)));
    const after = at + delimiter.length;
    if (text.startsWith('--', after)) return parts;
    const lf = text.indexOf('\n', after);
    if (lf < 0) break;
    start = lf + 1;
    at = nextDelimiter(text, delimiter, start);
  }
  if (start < 0) throw new ParseError('no boundary in multipart body', { input: text, offset: 0 });
  parts.push(text.slice(start)); // the closing delimiter is missing: what is there is the last part
  return parts;
}

/** Index of the next delimiter that begins a line and is not the beginning of a longer word. */
function nextDelimiter(text: string, delimiter: string, from: number): number {
  for (let at = text.indexOf(delimiter, from); at >= 0; at = text.indexOf(delimiter, at + 1)) {
    const after = text.slice(at + delimiter.length, at + delimiter.length + 2);
    if ((at === 0 || text[at - 1] === '\n') && (after === '--' || /^(?:[ \t\r\n]|$)/.test(after))) return at;
  }
  return -1;
}

function lineBreakBefore(text: string, at: number): number {
  if (at === 0) return 0;
  return text[at - 2] === '\r' ? at - 2 : at - 1;
}

function parsePart(text: string): { readonly headers: readonly Header[]; readonly body: string } {
  const { headers, end } = readHeaderLines(text, 0, defaultLimits);
  return { headers, body: text.slice(end) };
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  return text;
}

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));

/** Writes what {@link parseMultipart} reads; throws a TypeError when a part holds the boundary of `contentType`. */
export function writeMultipart(contentType: string, parts: readonly BodyPart[]): Body {
  const delimiter = `--${boundaryOf(contentType)}`;
  const chunks: Body[] = [];
  for (const { headers, body } of parts) {
    const text = typeof body === 'string' ? body : latin1(body);
    if (text.includes(delimiter)) throw new TypeError('multipart: a part holds the boundary');
    chunks.push(`${delimiter}\r\n${headers.map(writePartHeader).join('')}\r\n`, body, '\r\n');
  }
  chunks.push(`${delimiter}--\r\n`);
  return concat(chunks);
}

function writePartHeader({ name, value }: Header): string {
  if (!isToken(name)) throw new TypeError(`header name: not a token: ${JSON.stringify(name)}`);
  return `${name}: ${safeText(value, name)}\r\n`;
}

function concat(chunks: readonly Body[]): Body {
  if (chunks.every((chunk) => typeof chunk === 'string')) return chunks.join('');
  const encoder = new TextEncoder();
  const all = chunks.map((chunk) => (typeof chunk === 'string' ? encoder.encode(chunk) : chunk));
  const bytes = new Uint8Array(all.reduce((length, chunk) => length + chunk.length, 0));
  let at = 0;
  for (const chunk of all) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
