/** Text or bytes to a message, or to an error that still carries what an answer needs: RFC 3261 §7, §18.3. */
import { type Fault, type ParseLimits, defaultLimits, readHeaderLines } from './header-lines.js';
import type { Body, Header, SipMessage } from './message.js';
import { ParseError } from './parse-error.js';
import { CR, LF, wholeNumber } from './scanner.js';
import { type StartLine, readStartLine } from './start-line.js';
import { bodyOf, utf8Length, utf8Prefix } from './utf8.js';

interface Head {
  readonly start: StartLine | undefined;
  readonly headers: readonly Header[];
  /** Index of the body. */
  readonly end: number;
  /** What Content-Length says; undefined when there is none. */
  readonly contentLength: number | undefined;
  readonly fault: Fault | undefined;
}

/**
 * Reads one message: a WebSocket frame (RFC 7118 §5) or a datagram. Never throws on input: what is malformed beyond
 * use is returned as a {@link ParseError}; headers are read only when they are asked for.
 */
export function parseMessage(data: string | Uint8Array, limits?: ParseLimits): SipMessage | ParseError {
  const complete = limits ? { ...defaultLimits, ...limits } : defaultLimits;
  return typeof data === 'string' ? parseText(data, complete) : parseBytes(data, complete);
}

function parseText(text: string, limits: Required<ParseLimits>): SipMessage | ParseError {
  const { size } = limits;
  if (text.length * 3 > size && (text.length > size || utf8Length(text) > size)) return tooLarge(text, limits);
  const head = readHead(text, limits);
  const rest = text.slice(head.end);
  return finish(text, head, head.contentLength === undefined ? rest : utf8Prefix(rest, head.contentLength));
}

function parseBytes(bytes: Uint8Array, limits: Required<ParseLimits>): SipMessage | ParseError {
  const headEnd = headLength(bytes.subarray(0, limits.size));
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, headEnd));
  if (bytes.length > limits.size) return tooLarge(text, limits);
  const head = readHead(text, limits);
  const bodyEnd = head.contentLength === undefined ? bytes.length : headEnd + head.contentLength;
  return finish(text, head, bodyEnd > bytes.length ? undefined : bodyOf(bytes.subarray(headEnd, bodyEnd)));
}

/** Bytes up to and including the first empty line after something was said. */
function headLength(bytes: Uint8Array): number {
  let at = 0;
  while (bytes[at] === CR || bytes[at] === LF) at++;
  for (;;) {
    const lf = bytes.indexOf(LF, at);
    if (lf < 0) return bytes.length;
    at = lf + 1;
    if (bytes[at] === LF) return at + 1;
    if (bytes[at] === CR && bytes[at + 1] === LF) return at + 2;
  }
}

function tooLarge(text: string, limits: Required<ParseLimits>): ParseError {
  const { start, headers } = readHead(text.slice(0, limits.size), limits);
  return failure(text, start, headers, { message: `message larger than ${limits.size} bytes`, offset: 0, status: 513 });
}

function finish(input: string, head: Head, body: Body | undefined): SipMessage | ParseError {
  const { start, headers, end, fault } = head;
  if (start && !fault && body !== undefined) return assemble(start, headers, body);
  // §18.3, RFC 4475 §3.1.2.2
  const short = start ? 'Content-Length larger than the body' : 'empty message';
  return failure(input, start, headers, fault ?? { message: short, offset: start ? end : 0, status: 400 });
}

function failure(input: string, start: StartLine | undefined, headers: readonly Header[], fault: Fault): ParseError {
  const { message, offset, status } = fault;
  return new ParseError(message, { input, offset, status, partial: start && assemble(start, headers, '') });
}

const assemble = (start: StartLine, headers: readonly Header[], body: Body): SipMessage =>
  'method' in start
    ? { method: start.method, uri: start.uri, headers, body }
    : { status: start.status, reason: start.reason, headers, body };

function readHead(text: string, limits: Required<ParseLimits>): Head {
  let pos = 0;
  while (text.charCodeAt(pos) === CR || text.charCodeAt(pos) === LF) pos++; // §7.5
  const { line, next, fault: startFault } = readStartLine(text, pos);
  if (!line) return { start: line, headers: [], end: text.length, contentLength: undefined, fault: startFault };
  const { headers, end, fault } = readHeaderLines(text, next, limits);
  const contentLength = readContentLength(headers);
  const lengthFault =
    contentLength === null ? { message: 'Content-Length is not one number', offset: end, status: 400 } : undefined;
  return {
    start: line,
    headers,
    end,
    contentLength: contentLength ?? undefined,
    fault: startFault ?? fault ?? lengthFault,
  };
}

/** Null when it is malformed or when several differ (RFC 4475 §3.1.2.3, §3.3.9). */
function readContentLength(headers: readonly Header[]): number | null | undefined {
  let length: number | undefined;
  for (let i = 0; i < headers.length; i++) {
    const { name, value } = headers[i]!;
    if (name !== 'Content-Length') continue;
    const number = wholeNumber(value);
    if (Number.isNaN(number) || (length !== undefined && length !== number)) return null;
    length = number;
  }
  return length;
}
