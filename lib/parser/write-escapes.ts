/** The other way of `escape`: characters to % HEX HEX (RFC 3986 §2.1). */
import { SURROGATE } from './escape.js';

/** Escapes every character that is `forbidden`, an expression with the flags g and u. */
export const escapeUri = (text: string, forbidden: RegExp): string => text.replace(forbidden, escapeCharacter);

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0)!;
  if (code < 0x80) return hex(code);
  if (code < 0xd800 || code > 0xdfff) return encodeURIComponent(character);
  const byte = code - SURROGATE;
  return byte >= 0x80 && byte <= 0xff ? hex(byte) : '%EF%BF%BD';
}

const hex = (byte: number): string => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
