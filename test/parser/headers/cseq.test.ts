import { assert } from 'chai';
import { CSeq, ParseError, RAck } from '../../../lib/parser/index.js';

describe('CSeq (RFC 3261 §20.16)', () => {
  it('is a number below 2**31 and a method', () => {
    assert.deepEqual(CSeq.parse('4711 INVITE'), { sequence: 4711, method: 'INVITE' });
    assert.deepEqual(CSeq.parse('0000 \t A'), { sequence: 0, method: 'A' });
    for (const bad of ['', 'INVITE', '1', '1 ', '-1 A', '1 A B', '1,A', '2147483648 A', '1e3 A']) {
      assert.throws(() => CSeq.parse(bad), ParseError, undefined, bad);
    }
  });

  it('is not written otherwise', () => {
    for (const sequence of [-1, 2 ** 31, 1.5, NaN])
      assert.throws(() => CSeq.write({ sequence, method: 'A' }), TypeError, /^CSeq: /);
    assert.throws(() => CSeq.write({ sequence: 1, method: 'A B' }), TypeError, /^CSeq: /);
  });
});

describe('RAck (RFC 3262 §7.2)', () => {
  it('is a response number, a CSeq number and a method', () => {
    assert.deepEqual(RAck.parse('776656 1 INVITE'), { rseq: 776656, sequence: 1, method: 'INVITE' });
    assert.throws(() => RAck.parse('1 INVITE'), ParseError);
  });
});
