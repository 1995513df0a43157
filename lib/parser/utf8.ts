/** UTF-8 lengths and conversions of bodies: RFC 3261 §7.4. */
import type { Body } from './message.js';

const encoder = /* @__PURE__ */ new TextEncoder();

/** Where text is encoded only to be counted. */
let scratch = /* @__PURE__ */ new Uint8Array(8192);

/** Bytes of the text, once encoded. */
export const utf8Length = (text: string): number =>
  text.length * 3 <= scratch.length ? encoder.encodeInto(text, scratch).written : encoder.encode(text).length;

/** The first `bytes` UTF-8 bytes of the text, cut between characters; undefined when it has fewer. */
export function utf8Prefix(text: string, bytes: number): string | undefined {
  if (bytes === 0) return '';
  if (bytes > text.length * 3) return undefined;
  if (scratch.length < bytes) scratch = new Uint8Array(bytes);
  const all = encoder.encodeInto(text, scratch);
  if (all.written === bytes && all.read === text.length) return text;
  const { read, written } = encoder.encodeInto(text, scratch.subarray(0, bytes));
  return read === text.length && written < bytes ? undefined : text.slice(0, read);
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
