/** CSeq and RAck: RFC 3261 §20.16, RFC 3262 §7.2. */
import { type Scanner, safeToken } from '../scanner.js';
import { MAX_SECONDS, codec, writeInteger } from './field.js';

export interface CSeqValue {
  readonly sequence: number;
  readonly method: string;
}

export interface RAckValue extends CSeqValue {
  readonly rseq: number;
}

/** §8.1.1.5: less than 2³¹. */
const MAX_SEQUENCE = 2 ** 31 - 1;

function readCSeq(scanner: Scanner): CSeqValue {
  const sequence = scanner.integer(MAX_SEQUENCE);
  scanner.skipLws();
  return { sequence, method: scanner.token('method') };
}

const writeCSeq = ({ sequence, method }: CSeqValue, what: string): string =>
  `${writeInteger(sequence, MAX_SEQUENCE, what)} ${safeToken(method, what)}`;

/** RFC 3261 §20.16. */
export const CSeq = /* @__PURE__ */ codec<CSeqValue>('CSeq', readCSeq, writeCSeq);

/** RFC 3262 §7.2. */
export const RAck = /* @__PURE__ */ codec<RAckValue>(
  'RAck',
  (scanner) => {
    const rseq = scanner.integer(MAX_SECONDS);
    scanner.skipLws();
    return { rseq, ...readCSeq(scanner) };
  },
  (value, what) => `${writeInteger(value.rseq, MAX_SECONDS, what)} ${writeCSeq(value, what)}`,
);
