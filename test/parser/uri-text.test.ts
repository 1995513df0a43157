import { assert } from 'chai';
import { uriTextFault } from '../../lib/parser/uri-text.js';

describe('uriTextFault', () => {
  it('finds nothing wrong with scheme, colon and visible characters (RFC 3986 §3)', () => {
    for (const text of ['sip:a', 'soap.beep://b', 'x-1+2:?', 'sip:é#', 'data:,{}|^`'])
      assert.isUndefined(uriTextFault(text), text);
  });

  it('says what is wrong', () => {
    assert.equal(uriTextFault('alice'), 'expected a URI');
    assert.equal(uriTextFault('1:a'), 'expected a URI');
    assert.equal(uriTextFault(''), 'expected a URI');
    assert.equal(uriTextFault('sip:'), 'URI without content');
    for (const char of ' <>"\0\t\r\n\x7f') assert.equal(uriTextFault(`sip:a${char}b`), 'illegal character in URI');
  });
});
