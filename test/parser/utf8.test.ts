import { assert } from 'chai';
import fc from 'fast-check';
import { bodyLength, bodyOf, utf8Length, utf8Prefix } from '../../lib/parser/utf8.js';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('UTF-8', () => {
  it('is counted as it will be encoded, lone surrogates included', () => {
    for (const text of ['', 'abc', 'é', '電', '🎉', 'a\ud800b', '\udc00'])
      assert.equal(utf8Length(text), encode(text).length);
    assert.equal(bodyLength(Uint8Array.of(1, 2)), 2);
    assert.equal(bodyLength('é'), 2);
  });

  it('has prefixes that end between characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), fc.nat(60), (text, bytes) => {
        const prefix = utf8Prefix(text, bytes);
        const all = encode(text);
        if (bytes > all.length) {
          assert.isUndefined(prefix);
        } else {
          assert.isTrue(text.startsWith(prefix!));
          assert.isTrue(bytes - encode(prefix!).length >= 0 && bytes - encode(prefix!).length < 4);
        }
      }),
    );
    assert.equal(utf8Prefix('x'.repeat(9000), 8999), 'x'.repeat(8999));
  });

  it('is a string when valid, and a copy of the bytes when not', () => {
    assert.equal(bodyOf(encode('é')), 'é');
    const bytes = Uint8Array.of(0xe9);
    assert.deepEqual(bodyOf(bytes), bytes);
    assert.notStrictEqual(bodyOf(bytes), bytes);
  });
});
