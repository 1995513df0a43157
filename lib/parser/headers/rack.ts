/** What makes provisional responses reliable: RSeq and RAck (RFC 3262 §7). */
import { type CSeqValue, readCSeq, writeCSeq } from './cseq.js';
import { MAX_SECONDS, codec, writeInteger } from './field.js';
import { number } from './numbers.js';

export interface RAckValue extends CSeqValue {
  readonly rseq: number;
}

/** RFC 3262 §7.1. */
export const RSeq = /* @__PURE__ */ number('RSeq', MAX_SECONDS);

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
