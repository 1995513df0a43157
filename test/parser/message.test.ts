import { assert } from 'chai';
import { isRequest } from '../../lib/parser/index.js';

describe('isRequest', () => {
  it('tells requests from responses (RFC 3261 §7)', () => {
    assert.isTrue(isRequest({ method: 'ACK', uri: 'sip:a', headers: [], body: '' }));
    assert.isFalse(isRequest({ status: 200, reason: '', headers: [], body: '' }));
  });
});
