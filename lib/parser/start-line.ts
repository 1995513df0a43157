/** The first line of a message: RFC 3261 §7.1, §7.2, tolerant as RFC 4475 §3.1.2 allows. */
import type { Fault } from './header-lines.js';
import { CR, SP, Scanner, TOKEN, indexOrEnd, isBlank } from './scanner.js';
import { uriTextFault } from './uri-text.js';

export type StartLine =
  { readonly method: string; readonly uri: string } | { readonly status: number; readonly reason: string };

export interface StartLineRead {
  /** What was understood; undefined when that is not enough to tell request from response. */
  readonly line: StartLine | undefined;
  /** Index of the line after it. */
  readonly next: number;
  readonly fault: Fault | undefined;
}

const VERSION = 'SIP/2.0';
const versions = /^[Ss][Ii][Pp]\/\d+\.\d+$/;
const statusLine = /^([Ss][Ii][Pp]\/\d+\.\d+)[ \t]+(\d+)(?:[ \t](.*))?$/s;

/** Reads the line that begins at `start`. */
export function readStartLine(text: string, start: number): StartLineRead {
  const next = indexOrEnd(text, '\n', start) + 1;
  let end = next - 1;
  if (text.charCodeAt(end - 1) === CR) end--;
  const begin = text.slice(start, start + 4);
  return begin === 'SIP/' || begin.toUpperCase() === 'SIP/'
    ? readStatusLine(text.slice(start, end), start, next)
    : readRequestLine(text, start, trimEnd(text, start, end), next); // RFC 4475 §3.1.2.10
}

function trimEnd(text: string, start: number, end: number): number {
  let at = end;
  while (at > start && isBlank(text.charCodeAt(at - 1))) at--;
  return at;
}

const refused = (
  line: StartLine | undefined,
  next: number,
  message: string,
  offset: number,
  status = 400,
): StartLineRead => ({
  line,
  next,
  fault: { message, offset, status },
});

const isOurs = (version: string): boolean => version === VERSION || version.toUpperCase() === VERSION;

/** §7.2. The reason phrase and the space in front of it may be missing (RFC 4475 §3.1.1.13). */
function readStatusLine(text: string, offset: number, next: number): StartLineRead {
  const match = statusLine.exec(text);
  if (!match) return refused(undefined, next, 'malformed Status-Line', offset);
  const status = Number(match[2]);
  if (match[2]!.length !== 3 || status < 100 || status > 699)
    return refused(undefined, next, 'no such status', offset + 8);
  const reason = match[3] ?? '';
  const line = { status, reason: /[\r\0]/.test(reason) ? reason.replace(/[\r\0]/g, ' ') : reason };
  if (!isOurs(match[1]!)) return refused(line, next, 'unknown SIP version', offset, 505);
  return { line, next, fault: undefined };
}

/** §7.1. Several spaces between the elements are accepted (RFC 4475 §3.1.2.9). */
function readRequestLine(text: string, start: number, end: number, next: number): StartLineRead {
  const method = new Scanner(text, start).run(TOKEN);
  const methodEnd = start + method.length;
  if (methodEnd === start || methodEnd >= end || !isBlank(text.charCodeAt(methodEnd))) {
    return refused(undefined, next, end === start ? 'empty message' : 'malformed Request-Line', methodEnd);
  }
  let uriStart = methodEnd;
  while (isBlank(text.charCodeAt(uriStart))) uriStart++;
  const usual = text.startsWith(VERSION, end - 7) && text.charCodeAt(end - 8) === SP;
  const versionStart = Math.max(usual ? end - 7 : text.lastIndexOf(' ', end - 1) + 1, uriStart);
  const version = text.slice(versionStart, end);
  if (versionStart === uriStart || (version !== VERSION && !versions.test(version))) {
    return refused({ method, uri: text.slice(uriStart, end) }, next, `expected ${VERSION}`, versionStart);
  }
  const line = { method, uri: text.slice(uriStart, trimEnd(text, uriStart, versionStart)) };
  if (!isOurs(version)) return refused(line, next, 'unknown SIP version', versionStart, 505);
  const fault = uriTextFault(line.uri);
  return fault ? refused(line, next, `Request-URI: ${fault}`, uriStart) : { line, next, fault: undefined };
}
