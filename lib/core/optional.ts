/** Reads headers that may be missing: one that is there but malformed is as good as absent, and the message lives. */
import { ParseError, read, readAll } from '../parser/index.js';
import type { HeaderCodec, SipMessage } from '../parser/index.js';

export const optional = <T>(message: SipMessage, codec: HeaderCodec<T>): T | undefined =>
  legible(() => read(message, codec));

/** Every value that can be read: a malformed line does not hide the others. */
export const optionalAll = <T>(message: SipMessage, codec: HeaderCodec<T>): readonly T[] =>
  legible(() => readAll(message, codec)) ??
  message.headers.flatMap((line) => {
    if (line.name !== codec.name) return [];
    return legible(() => readAll({ ...message, headers: [line] }, codec)) ?? [];
  });

function legible<T>(reading: () => T): T | undefined {
  try {
    return reading();
  } catch (error) {
    if (error instanceof ParseError) return undefined;
    throw error;
  }
}
