import { assert } from 'chai';
import { ParseError } from '../../../lib/parser/index.js';
import { codec, list, writeInteger } from '../../../lib/parser/headers/field.js';

describe('codecs', () => {
  const letter = codec(
    'Letter',
    (scanner) => scanner.token(),
    (value) => value,
  );

  it('must read the whole value, LWS aside', () => {
    assert.equal(letter.parse(' a '), 'a');
    assert.throws(() => letter.parse('a b'), ParseError, 'unexpected text');
  });

  it('become lists without losing anything', () => {
    const letters = list(letter, (value) => value.split('+'), '+');
    assert.isTrue(letters.list);
    assert.strictEqual(letters.parse, letter.parse);
    assert.deepEqual(letters.split!('a+b'), ['a', 'b']);
  });

  it('write whole numbers within their range', () => {
    assert.equal(writeInteger(255, 255, 'X'), '255');
    for (const bad of [256, -1, 0.5, NaN]) assert.throws(() => writeInteger(bad, 255, 'X'), TypeError, /^X: /);
  });
});
