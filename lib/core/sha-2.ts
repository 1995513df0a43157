/** SHA-256 and SHA-512/256 (RFC 7616 §3.2) of texts: loaded when a server asks for one of them. */
import { sha256, sha512_256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

/** UTF-8 (RFC 7616 §3.4); what is hashed is nearly always ASCII, and short. */
function utf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return new TextEncoder().encode(text);
    bytes[i] = code;
  }
  return bytes;
}

export const sha2 = {
  'SHA-512-256': (text: string): string => bytesToHex(sha512_256(utf8(text))),
  'SHA-256': (text: string): string => bytesToHex(sha256(utf8(text))),
};
