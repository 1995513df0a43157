/** Reads headers that may be missing: one that is there but malformed is as good as absent, and the message lives. */
import { ParseError, read } from '../parser/index.js';
import type { HeaderCodec, SipMessage } from '../parser/index.js';

export function optional<T>(message: SipMessage, codec: HeaderCodec<T>): T | undefined {
  try {
    return read(message, codec);
  } catch (error) {
    if (error instanceof ParseError) return undefined;
    throw error;
  }
}
