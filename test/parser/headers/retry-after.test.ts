import { assert } from 'chai';
import { ParseError, RetryAfter, Warning, readAll } from '../../../lib/parser/index.js';
import { withHeaders } from '../support.js';

describe('Retry-After (RFC 3261 §20.33)', () => {
  it('is seconds with a comment and parameters', () => {
    assert.deepEqual(RetryAfter.parse('18000;duration=3600'), {
      seconds: 18000,
      comment: undefined,
      params: new Map([['duration', '3600']]),
    });
    assert.equal(RetryAfter.parse("120 (I'm in a (long\\) meeting))").comment, "I'm in a (long) meeting)");
    assert.equal(RetryAfter.parse('5 ()').comment, '');
  });

  it('is never less than a fault when it is no number', () => {
    for (const bad of ['', 'Fri, 26 Sep 1997 12:00:00 GMT', '5 (open', '5 (a', '5 x'])
      assert.throws(() => RetryAfter.parse(bad), ParseError, undefined, bad);
  });
});

describe('Warning (RFC 3261 §20.43)', () => {
  it('reads the examples of the RFC', () => {
    const message = withHeaders(
      'Warning: 307 isi.edu "Session parameter \'foo\' not understood", 301 [::1]:5060 "Incompatible network address type \'E.164\'"',
    );
    assert.deepEqual(
      readAll(message, Warning).map(({ code, agent }) => [code, agent]),
      [
        [307, 'isi.edu'],
        [301, '[::1]:5060'],
      ],
    );
    assert.equal(readAll(message, Warning)[0]!.text, "Session parameter 'foo' not understood");
  });

  it('has three digits, an agent and a text', () => {
    assert.equal(Warning.write({ code: 7, agent: 'a', text: 'b"' }), '007 a "b\\""');
    for (const bad of ['', '399', '399 a', '399 "a"', '399 a b', '1000 a "b"'])
      assert.throws(() => Warning.parse(bad), ParseError, undefined, bad);
    for (const agent of ['', 'a b', 'a"'])
      assert.throws(() => Warning.write({ code: 399, agent, text: '' }), TypeError, /^Warning: /);
  });
});
