import { assert } from 'chai';
import { ParseError, Replaces } from '../../../lib/parser/index.js';

describe('headers that name another dialog', () => {
  it('Replaces of RFC 3891 §6.1', () => {
    assert.deepEqual(Replaces.parse('98732@sip.example.com ;from-tag=r33th4x0r ;to-tag=ff87ff'), {
      callId: '98732@sip.example.com',
      toTag: 'ff87ff',
      fromTag: 'r33th4x0r',
      earlyOnly: false,
      params: new Map(),
    });
    assert.isTrue(Replaces.parse('12adf2f34456gs5;to-tag=12345;from-tag=54321;early-only').earlyOnly);
    assert.equal(Replaces.parse('87134@171.161.34.23;to-tag=24796;from-tag=0').fromTag, '0');
  });

  it('Replaces is written in the order people know', () => {
    const value = { callId: 'a@b', toTag: '1', fromTag: '2', earlyOnly: true, params: new Map([['x', null]]) };
    assert.equal(Replaces.write(value), 'a@b;to-tag=1;from-tag=2;early-only;x');
  });

  it('both tags must be there', () => {
    for (const bad of [
      'a@b',
      'a@b;to-tag=1',
      'a@b;from-tag=1',
      'a@b;to-tag;from-tag=1',
      ';to-tag=1;from-tag=2',
      'a b;to-tag=1;from-tag=2',
    ]) {
      assert.throws(() => Replaces.parse(bad), ParseError, undefined, bad);
    }
    const value = { callId: 'a b', toTag: '1', fromTag: '2', earlyOnly: false, params: new Map() };
    assert.throws(() => Replaces.write(value), TypeError, /^Replaces: /);
  });
});
