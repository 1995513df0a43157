/** UTF-8 lengths and conversions of bodies: RFC 3261 §7.4. */
import type { Body } from './message.js';

/** UTF-8 bytes that one UTF-16 unit accounts for: two for each half of a surrogate pair, three for a lone half. */
function unitBytes(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  if (code < 0xd800 || code > 0xdfff) return 3;
  return text.codePointAt(at)! > 0xffff || (at > 0 && text.codePointAt(at - 1)! > 0xffff) ? 2 : 3;
}

/** Bytes of the text from `start` on, once encoded. */
export function utf8Length(text: string, start = 0): number {
  let bytes = text.length - start;
  for (let i = start; i < text.length; i++) {
    if (text.charCodeAt(i) >= 0x80) bytes += unitBytes(text, i) - 1;
  }
  return bytes;
}

/** Index after the `bytes` UTF-8 bytes that begin at `start`; -1 when the text has fewer. */
export function utf8End(text: string, start: number, bytes: number): number {
  let left = bytes;
  let i = start;
  for (; left > 0 && i < text.length; i++) left -= unitBytes(text, i);
  return left > 0 ? -1 : i;
}

export const bodyLength = (body: Body): number => (typeof body === 'string' ? utf8Length(body) : body.length);

/** The bytes as a string if they are valid UTF-8, else a copy of them. */
export function bodyOf(bytes: Uint8Array): Body {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return bytes.slice();
  }
}
