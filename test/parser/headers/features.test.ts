import { assert } from 'chai';
import { FeatureCaps, ParseError, readAll } from '../../../lib/parser/index.js';
import { withHeaders } from '../support.js';

describe('feature tags', () => {
  it('Feature-Caps of RFC 6809 §6.2', () => {
    assert.deepEqual(readAll(withHeaders('Feature-Caps: *;+sip.pns="fcm";+sip.pnsreg="130", *;+a'), FeatureCaps), [
      new Map([
        ['+sip.pns', 'fcm'],
        ['+sip.pnsreg', '130'],
      ]),
      new Map([['+a', null]]),
    ]);
    assert.equal(FeatureCaps.write(new Map([['+sip.pnsreg', '130']])), '*;+sip.pnsreg="130"');
    assert.throws(() => FeatureCaps.parse('+a'), ParseError);
  });
});
