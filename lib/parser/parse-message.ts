/** Text or bytes to a message, or to an error that still carries what an answer needs: RFC 3261 §7, §18.3. */
import { type Fault, type ParseLimits, defaultLimits, readHeaderLines } from './header-lines.js';
import type { Body, Header, SipMessage } from './message.js';
import { ParseError } from './parse-error.js';
import { CR, LF, SP, TAB, skipToken } from './scanner.js';
import { uriTextFault } from './uri-text.js';
import { bodyOf, utf8End, utf8Length } from './utf8.js';

type StartLine =
  { readonly method: string; readonly uri: string } | { readonly status: number; readonly reason: string };

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
  const tooLarge = text.length * 3 > limits.size && (text.length > limits.size || utf8Length(text) > limits.size);
  const head = readHead(tooLarge ? text.slice(0, limits.size) : text, limits);
  if (tooLarge) return failure(text, head, { ...largerThan(limits.size), offset: 0 });
  const { contentLength, end } = head;
  const bodyEnd = contentLength === undefined ? text.length : utf8End(text, end, contentLength);
  return finish(text, head, bodyEnd < 0 ? undefined : text.slice(end, bodyEnd));
}

function parseBytes(bytes: Uint8Array, limits: Required<ParseLimits>): SipMessage | ParseError {
  const tooLarge = bytes.length > limits.size;
  const headEnd = headLength(tooLarge ? bytes.subarray(0, limits.size) : bytes);
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, headEnd));
  const head = readHead(text, limits);
  if (tooLarge) return failure(text, head, { ...largerThan(limits.size), offset: 0 });
  const bodyEnd = head.contentLength === undefined ? bytes.length : headEnd + head.contentLength;
  return finish(text, head, bodyEnd > bytes.length ? undefined : bodyOf(bytes.subarray(headEnd, bodyEnd)));
}

const largerThan = (size: number): Omit<Fault, 'offset'> => ({
  message: `message larger than ${size} bytes`,
  status: 513,
});

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

function finish(input: string, head: Head, body: Body | undefined): SipMessage | ParseError {
  if (head.fault) return failure(input, head, head.fault);
  if (body === undefined) {
    // §18.3, RFC 4475 §3.1.2.2
    return failure(input, head, { message: 'Content-Length larger than the body', offset: head.end, status: 400 });
  }
  return { ...head.start!, headers: head.headers, body };
}

function failure(input: string, { start, headers }: Head, { message, offset, status }: Fault): ParseError {
  const partial = start && { ...start, headers, body: '' };
  return new ParseError(message, { input, offset, status, partial });
}

function readHead(text: string, limits: Required<ParseLimits>): Head {
  let pos = 0;
  while (text.charCodeAt(pos) === CR || text.charCodeAt(pos) === LF) pos++; // §7.5
  const lf = text.indexOf('\n', pos);
  const lineEnd = lf < 0 ? text.length : lf;
  const [start, startFault] = readStartLine(text, pos, text.charCodeAt(lineEnd - 1) === CR ? lineEnd - 1 : lineEnd);
  if (!start) return { start, headers: [], end: text.length, contentLength: undefined, fault: startFault };
  const { headers, end, fault } = readHeaderLines(text, lineEnd + 1, limits);
  const contentLength = readContentLength(headers);
  if (contentLength === null) {
    const message = 'Content-Length is not one number';
    return {
      start,
      headers,
      end,
      contentLength: undefined,
      fault: startFault ?? fault ?? { message, offset: end, status: 400 },
    };
  }
  return { start, headers, end, contentLength, fault: startFault ?? fault };
}

/** Null when it is malformed or when several differ (RFC 4475 §3.1.2.3, §3.3.9). */
function readContentLength(headers: readonly Header[]): number | null | undefined {
  let length: number | undefined;
  for (let i = 0; i < headers.length; i++) {
    const { name, value } = headers[i]!;
    if (name !== 'Content-Length') continue;
    if (!/^\d+$/.test(value)) return null;
    if (length !== undefined && length !== Number(value)) return null;
    length = Number(value);
  }
  return length;
}

type Read = readonly [StartLine | undefined, Fault | undefined];

/** One that is recognizable yet wrong comes with its fault; one that is not comes with nothing else. */
function readStartLine(text: string, start: number, lineEnd: number): Read {
  let end = lineEnd;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--; // RFC 4475 §3.1.2.10
  if (end === start) return [undefined, { message: 'empty message', offset: start, status: 400 }];
  const version = /^SIP\//i.test(text.slice(start, start + 4));
  return version ? readStatusLine(text, start, end) : readRequestLine(text, start, end);
}

const isBlank = (code: number): boolean => code === SP || code === TAB;

/** §7.2. */
function readStatusLine(text: string, start: number, end: number): Read {
  const line = text.slice(start, end);
  const match = /^SIP\/(\d+\.\d+)[ \t]+(\d+)(?:$|[ \t])/i.exec(line);
  if (!match) return [undefined, { message: 'malformed Status-Line', offset: start, status: 400 }];
  const status = Number(match[2]);
  const reason = line.slice(match[0].length).replace(/[\r\0]/g, ' ');
  if (match[1] !== '2.0')
    return [
      { status, reason },
      { message: 'unknown SIP version', offset: start + 4, status: 505 },
    ];
  if (match[2]!.length !== 3 || status < 100 || status > 699) {
    return [undefined, { message: 'status code out of range', offset: start + 8, status: 400 }];
  }
  return [{ status, reason }, undefined];
}

/** §7.1; several spaces between the elements are accepted (RFC 4475 §3.1.2.9). */
function readRequestLine(text: string, start: number, end: number): Read {
  const methodEnd = skipToken(text, start);
  const method = text.slice(start, methodEnd);
  if (methodEnd === start || !isBlank(text.charCodeAt(methodEnd))) {
    return [undefined, { message: 'malformed Request-Line', offset: methodEnd, status: 400 }];
  }
  let uriStart = methodEnd;
  while (uriStart < end && isBlank(text.charCodeAt(uriStart))) uriStart++;
  const versionStart = text.lastIndexOf(' ', end - 1) + 1;
  const version = text.slice(versionStart, end);
  if (versionStart <= uriStart || !/^SIP\/\d+\.\d+$/i.test(version)) {
    return [
      { method, uri: text.slice(uriStart, end) },
      { message: 'expected SIP/2.0', offset: versionStart, status: 400 },
    ];
  }
  let uriEnd = versionStart;
  while (uriEnd > uriStart && isBlank(text.charCodeAt(uriEnd - 1))) uriEnd--;
  const uri = text.slice(uriStart, uriEnd);
  if (version.slice(4) !== '2.0')
    return [
      { method, uri },
      { message: 'unknown SIP version', offset: versionStart, status: 505 },
    ];
  const fault = uriTextFault(uri);
  return [{ method, uri }, fault ? { message: `Request-URI: ${fault}`, offset: uriStart, status: 400 } : undefined];
}
