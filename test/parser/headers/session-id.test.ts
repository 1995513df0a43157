import { assert } from 'chai';
import { ParseError, SessionId } from '../../../lib/parser/index.js';

describe('Session-ID (RFC 7989 §5)', () => {
  it('has the local half and the remote one', () => {
    const value = 'ab30317f1a784dc48ff824d0d3715d86;remote=47755a9de7794ba387653f2099600ef2';
    assert.deepEqual(SessionId.parse(value), {
      local: 'ab30317f1a784dc48ff824d0d3715d86',
      params: new Map([['remote', '47755a9de7794ba387653f2099600ef2']]),
    });
    assert.equal(SessionId.write(SessionId.parse(value)), value);
    assert.throws(() => SessionId.parse(';remote=1'), ParseError);
  });
});
