import { assert } from 'chai';
import fc from 'fast-check';
import { unescapeUri } from '../../lib/parser/escape.js';
import { escapeUri } from '../../lib/parser/write-escapes.js';

const forbidden = /[^\dA-Za-z]/gu;

describe('escapes', () => {
  it('are undone once (RFC 4475 §3.1.1.3)', () => {
    assert.equal(unescapeUri('a%41%2541'), 'aA%41');
    assert.equal(unescapeUri('%C3%A9%e9%9b%bb'), 'é電');
  });

  it('that are none stay', () => {
    assert.equal(unescapeUri('100%, %4, %zz'), '100%, %4, %zz');
  });

  it('come back as the same bytes, UTF-8 or not', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        const escaped = [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0').toUpperCase()}`).join('');
        assert.equal(escapeUri(unescapeUri(escaped), /[^]/gu), escaped);
      }),
    );
  });

  it('are made for what is not allowed', () => {
    assert.equal(escapeUri('abc', forbidden), 'abc');
    assert.equal(escapeUri('a b\0é🎉', forbidden), 'a%20b%00%C3%A9%F0%9F%8E%89');
    assert.equal(escapeUri('\ud800', forbidden), '%EF%BF%BD');
  });
});
