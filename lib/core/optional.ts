/** Reads headers that may be missing: one that is there but malformed is as good as absent, and the message lives. */
import { ParseError, read, readAll } from '../parser/index.js';
import type { HeaderCodec, SipMessage } from '../parser/index.js';

export function optional<T>(message: SipMessage, codec: HeaderCodec<T>): T | undefined {
  try {
    return read(message, codec);
  } catch (error) {
    if (error instanceof ParseError) return undefined;
    throw error;
  }
}

/** Every value that can be read: a malformed line does not hide the others. */
export function optionalAll<T>(message: SipMessage, codec: HeaderCodec<T>): T[] {
  const values: T[] = [];
  for (const line of message.headers) {
    if (line.name !== codec.name) continue;
    try {
      values.push(...readAll({ ...message, headers: [line] }, codec));
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
    }
  }
  return values;
}
