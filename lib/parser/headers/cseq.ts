/** RFC 3261 §20.16. */
import { type Scanner, safeToken } from '../scanner.js';
import { codec, writeInteger } from './field.js';

export interface CSeqValue {
  readonly sequence: number;
  readonly method: string;
}

/** §8.1.1.5: less than 2³¹. */
const MAX_SEQUENCE = 2 ** 31 - 1;

export function readCSeq(scanner: Scanner): CSeqValue {
  const sequence = scanner.integer(MAX_SEQUENCE);
  scanner.skipLws();
  return { sequence, method: scanner.token('method') };
}

export const writeCSeq = ({ sequence, method }: CSeqValue, what: string): string =>
  `${writeInteger(sequence, MAX_SEQUENCE, what)} ${safeToken(method, what)}`;

/** RFC 3261 §20.16. */
export const CSeq = /* @__PURE__ */ codec<CSeqValue>('CSeq', readCSeq, writeCSeq);
