import { assert } from 'chai';
import fc from 'fast-check';
import { Replaces, headerValue, isSipUri, parseAddress, parseUri } from '../../lib/parser/index.js';
import type { SipRequest } from '../../lib/parser/index.js';
import { readRefer, referTo } from '../../lib/session/refer.js';

const refer = (...headers: [name: string, value: string][]): SipRequest => ({
  method: 'REFER',
  uri: 'sip:alice@example.com',
  headers: headers.map(([name, value]) => ({ name, value })),
  body: '',
});

describe('Refer-To', () => {
  it('RFC 5589 §7.3: whatever the Call-ID and tags, Replaces comes out of the URI as it went in', () => {
    const word = fc.string({ minLength: 1, unit: fc.constantFrom(...Array.from("aZ09.!%*_+`'~@:/?&=$[]{}-")) });
    const token = fc.string({ minLength: 1, unit: fc.constantFrom(...Array.from("aZ09.!%*_+`'~-")) });
    fc.assert(
      fc.property(word, token, token, (callId, toTag, fromTag) => {
        const value = Replaces.write({ callId, toTag, fromTag, earlyOnly: false, params: new Map() });
        const header = referTo('sip:carol@example.com;gr=1', [{ name: 'Replaces', value }]);
        const { uri } = parseAddress(header.value);
        const parsed = parseUri(uri);
        assert(isSipUri(parsed));
        assert.equal(parsed.headers.get('replaces'), value);
        const referral = readRefer(refer(['Refer-To', header.value]));
        assert('target' in referral);
        assert.deepInclude(referral.replaces, { callId, toTag, fromTag });
        assert.equal(referral.target, 'sip:carol@example.com;gr=1');
      }),
    );
  });

  it('RFC 3892 §2.1: Referred-By goes into the INVITE, without a body part that does not come along', () => {
    const referral = readRefer(refer(['Refer-To', '<sip:c@d>'], ['Referred-By', '"Bob" <sip:b@d>;cid="1@d";x=y']));
    assert('headers' in referral && 'target' in referral);
    assert.equal(
      headerValue(refer(...referral.headers.map(({ name, value }): [string, string] => [name, value])), 'Referred-By'),
      'Bob <sip:b@d>;x=y',
    );
  });

  it('more than one Referred-By is refused; one that cannot be read is as good as none', () => {
    const by: [string, string] = ['Referred-By', '<sip:b@d>'];
    assert.deepInclude(readRefer(refer(['Refer-To', '<sip:c@d>'], by, by)), { status: 400 });
    const referral = readRefer(refer(['Refer-To', '<sip:c@d>'], ['Referred-By', '<']));
    assert.deepInclude(referral, { referredBy: undefined, headers: [] });
  });
});
