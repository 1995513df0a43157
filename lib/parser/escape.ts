/** The % HEX HEX mechanism of URIs: RFC 3261 §19.1.2, RFC 3986 §2.1. Lossless also for bytes that are not UTF-8. */

/** Bytes that are not UTF-8 become lone surrogates U+DC80…DCFF, and these become the bytes again. */
const SURROGATE = 0xdc00;

/** Replaces escapes by what they stand for, once. A "%" that begins no escape stands for itself. */
export function unescapeUri(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return decodeBytes(escapes);
    }
  });
}

function decodeBytes(escapes: string): string {
  const bytes = Uint8Array.from(escapes.slice(1).split('%'), (hex) => Number.parseInt(hex, 16));
  let text = '';
  for (let i = 0; i < bytes.length;) {
    const length = sequenceLength(bytes, i);
    text +=
      length === 0
        ? String.fromCharCode(SURROGATE + bytes[i]!)
        : decodeURIComponent(escapes.slice(3 * i, 3 * (i + length)));
    i += length || 1;
  }
  return text;
}

/** Bytes of the valid UTF-8 sequence at `at`; 0 when there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  for (let i = 1; i < length; i++) if ((bytes[at + i] ?? 0) >> 6 !== 2) return 0;
  const second = bytes[at + 1] ?? 0;
  const overlong = (first === 0xe0 && second < 0xa0) || (first === 0xf0 && second < 0x90);
  const outside = (first === 0xed && second > 0x9f) || (first === 0xf4 && second > 0x8f);
  return overlong || outside ? 0 : length;
}

/** Escapes every character that `allowed` lacks. */
export function escapeUri(text: string, allowed: Uint8Array): string {
  let clean = true;
  for (let i = 0; i < text.length && clean; i++) clean = Boolean(allowed[text.charCodeAt(i)]);
  if (clean) return text;
  let escaped = '';
  for (const char of text) {
    const code = char.codePointAt(0)!;
    if (allowed[code]) escaped += char;
    else if (code < 0x80) escaped += hex(code);
    else if (code >= SURROGATE + 0x80 && code <= SURROGATE + 0xff) escaped += hex(code - SURROGATE);
    else if (code >= 0xd800 && code <= 0xdfff) escaped += '%EF%BF%BD';
    else escaped += encodeURIComponent(char);
  }
  return escaped;
}

const hex = (byte: number): string => `%${byte < 16 ? '0' : ''}${byte.toString(16).toUpperCase()}`;
