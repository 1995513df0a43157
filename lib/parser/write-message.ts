/** A message to text: RFC 3261 §7, strict where the reader is tolerant. */
import { type Body, type SipMessage, isRequest } from './message.js';
import { knownName } from './header-names.js';
import { isToken, safeText, safeToken } from './scanner.js';
import { bodyLength } from './utf8.js';

/**
 * The message as it goes on the wire: a string, or bytes when its body is. Content-Length is set to the body's bytes.
 * Throws a TypeError that names what cannot be written.
 */
export function writeMessage(message: SipMessage): string | Uint8Array {
  const { body } = message;
  const parts = head(message, body);
  if (typeof body === 'string') {
    parts.push(body);
    return parts.join('');
  }
  const start = new TextEncoder().encode(parts.join(''));
  const bytes = new Uint8Array(start.length + body.length);
  bytes.set(start);
  bytes.set(body, start.length);
  return bytes;
}

/** In parts: a text that grows by each of them would keep all that it has been. */
function head(message: SipMessage, body: Body): string[] {
  const contentLength = `Content-Length: ${bodyLength(body)}\r\n`;
  const parts = [startLine(message)];
  let pending = true;
  for (const { name, value } of message.headers) {
    if (name === 'Content-Length') {
      if (pending) parts.push(contentLength);
      pending = false;
    } else {
      if (knownName(name) === undefined && !isToken(name))
        throw new TypeError(`header name: not a token: ${JSON.stringify(name)}`);
      parts.push(name, ': ', safeText(value, name), '\r\n');
    }
  }
  parts.push(pending ? `${contentLength}\r\n` : '\r\n');
  return parts;
}

function startLine(message: SipMessage): string {
  if (isRequest(message)) {
    const { method, uri } = message;
    if (!/^[^\s\0]+$/.test(uri)) throw new TypeError(`Request-URI: ${JSON.stringify(uri)}`);
    return `${safeToken(method, 'method')} ${uri} SIP/2.0\r\n`;
  }
  const { status, reason } = message;
  if (!(Number.isInteger(status) && status >= 100 && status <= 699)) throw new TypeError(`status: ${status}`);
  return `SIP/2.0 ${status} ${safeText(reason, 'reason phrase')}\r\n`;
}
