import { assert } from 'chai';
import { MinSE, ParseError, SessionExpires, read } from '../../../lib/parser/index.js';
import { withHeaders } from '../support.js';

describe('Session-Expires and Min-SE (RFC 4028 §4, §5)', () => {
  it('are seconds, and who refreshes', () => {
    assert.deepEqual(read(withHeaders('x: 4000;refresher=UAC;a=b'), SessionExpires), {
      seconds: 4000,
      refresher: 'uac',
      params: new Map([['a', 'b']]),
    });
    assert.deepEqual(MinSE.parse('90'), { seconds: 90, params: new Map() });
    assert.equal(SessionExpires.write({ seconds: 90, refresher: 'uas', params: new Map() }), '90;refresher=uas');
  });

  it('an unknown refresher is none', () => {
    assert.isUndefined(SessionExpires.parse('90;refresher=proxy').refresher);
    assert.isUndefined(SessionExpires.parse('90').refresher);
  });

  it('without a number are malformed', () => {
    assert.throws(() => SessionExpires.parse('soon'), ParseError);
    assert.throws(() => MinSE.write({ seconds: -1, params: new Map() }), TypeError, /^Min-SE: /);
  });
});
