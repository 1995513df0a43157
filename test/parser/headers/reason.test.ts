import { assert } from 'chai';
import { Reason, readAll } from '../../../lib/parser/index.js';
import { withHeaders } from '../support.js';

describe('Reason (RFC 3326 §2)', () => {
  it('may name several protocols', () => {
    const message = withHeaders(
      'Reason: SIP ;cause=200 ;text="Call completed elsewhere", Q.850;cause=16;text="Terminated";x=y',
    );
    assert.deepEqual(readAll(message, Reason), [
      { protocol: 'SIP', cause: 200, text: 'Call completed elsewhere', params: new Map() },
      { protocol: 'Q.850', cause: 16, text: 'Terminated', params: new Map([['x', 'y']]) },
    ]);
  });

  it('without a numeric cause has none', () => {
    assert.isUndefined(Reason.parse('SIP;cause=many').cause);
    assert.isUndefined(Reason.parse('SIP').text);
  });

  it('always quotes its text', () => {
    assert.equal(
      Reason.write({ protocol: 'SIP', cause: 603, text: 'Decline', params: new Map() }),
      'SIP;cause=603;text="Decline"',
    );
  });
});
