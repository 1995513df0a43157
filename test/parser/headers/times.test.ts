import { assert } from 'chai';
import { Date as SipDate, ParseError, Timestamp } from '../../../lib/parser/index.js';

describe('Date (RFC 3261 §20.17)', () => {
  it('is in GMT, and in nothing else', () => {
    const text = 'Sat, 13 Nov 2010 23:29:00 GMT';
    assert.equal(SipDate.parse(text).getTime(), Date.UTC(2010, 10, 13, 23, 29));
    assert.equal(SipDate.write(SipDate.parse(text)), text);
    for (const bad of [
      '',
      'now',
      text.replace('GMT', 'EST'),
      text.replace('GMT', 'UTC'),
      text.replace('Nov', 'Xyz'),
      `${text} x`,
      '2010-11-13T23:29:00Z',
    ]) {
      assert.throws(() => SipDate.parse(bad), ParseError, undefined, bad);
    }
    assert.throws(() => SipDate.write(new Date(NaN)), TypeError, /^Date: /);
  });
});

describe('Timestamp (RFC 3261 §20.38)', () => {
  it('is a number, and perhaps a delay', () => {
    assert.deepEqual(Timestamp.parse('54'), { timestamp: 54, delay: undefined });
    assert.deepEqual(Timestamp.parse('54.25 .5'), { timestamp: 54.25, delay: 0.5 });
    assert.equal(Timestamp.write({ timestamp: 54.25, delay: 0.5 }), '54.25 0.5');
    for (const bad of ['', 'x', '-1', '1 2 3', '.', '1e3'])
      assert.throws(() => Timestamp.parse(bad), ParseError, undefined, bad);
    assert.throws(() => Timestamp.write({ timestamp: -1 }), TypeError, /^Timestamp: /);
  });
});
