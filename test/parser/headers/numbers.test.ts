import { assert } from 'chai';
import { ContentLength, Expires, MaxForwards, MinExpires, ParseError, RSeq } from '../../../lib/parser/index.js';

describe('numeric headers', () => {
  it('are digits and nothing else', () => {
    for (const codec of [ContentLength, Expires, MaxForwards, MinExpires, RSeq]) {
      assert.equal(codec.parse('070'), 70);
      for (const bad of ['', '-1', '+1', '1.5', '1 2', 'x', '1;a'])
        assert.throws(() => codec.parse(bad), ParseError, undefined, bad);
      for (const bad of [-1, 1.5, NaN, Infinity]) assert.throws(() => codec.write(bad), TypeError, `${codec.name}: `);
    }
  });

  it('Max-Forwards is at most 255 (RFC 3261 §20.22)', () => {
    assert.throws(() => MaxForwards.parse('256'), ParseError);
    assert.throws(() => MaxForwards.write(256), TypeError);
  });

  it('seconds beyond 2**32-1 are as good as for ever (RFC 4475 §3.1.2.4, RFC 9111 §1.2.2)', () => {
    assert.equal(Expires.parse('4294967296'), 4294967295);
    assert.equal(MinExpires.parse('9'.repeat(100)), 4294967295);
  });
});
