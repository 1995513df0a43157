/** The % HEX HEX mechanism of URIs: RFC 3261 §19.1.2, RFC 3986 §2.1. Lossless also for bytes that are not UTF-8. */

/** Bytes that are not UTF-8 become lone surrogates U+DC80…DCFF, and these become the bytes again. */
export const SURROGATE = 0xdc00;

/** What may be one character in UTF-8, and any other single byte. */
const escapes =
  /%[0-7][\da-f]|%[cd][\da-f]%[89ab][\da-f]|%e[\da-f](?:%[89ab][\da-f]){2}|%f[0-7](?:%[89ab][\da-f]){3}|%[\da-f]{2}/gi;

/** Replaces escapes by what they stand for, once. A "%" that begins no escape stands for itself. */
export function unescapeUri(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(escapes, (sequence) => {
    try {
      return decodeURIComponent(sequence);
    } catch {
      return sequence.replace(/%(..)/g, (_escape, hex: string) =>
        String.fromCharCode(SURROGATE + Number.parseInt(hex, 16)),
      );
    }
  });
}
