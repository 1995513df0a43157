import { assert } from 'chai';
import { Allow, InReplyTo, Privacy, Supported, headerList, readAll } from '../../../lib/parser/index.js';
import { withHeaders } from '../support.js';

describe('lists of words', () => {
  it('Allow and Supported of RFC 3261 §20.5 and §20.37', () => {
    assert.deepEqual(readAll(withHeaders('Allow: INVITE, ACK,OPTIONS ,  CANCEL'), Allow), [
      'INVITE',
      'ACK',
      'OPTIONS',
      'CANCEL',
    ]);
    assert.deepEqual(readAll(withHeaders('k: 100rel', 'Supported: timer'), Supported), ['100rel', 'timer']);
    assert.deepEqual(
      readAll(withHeaders('In-Reply-To: 70710@saturn.bell-tel.com, 17320@saturn.bell-tel.com'), InReplyTo),
      ['70710@saturn.bell-tel.com', '17320@saturn.bell-tel.com'],
    );
  });

  it('an odd word does not hide the others', () => {
    assert.deepEqual(readAll(withHeaders('Allow: INVITE, "A/B", ACK'), Allow), ['INVITE', '"A/B"', 'ACK']);
  });

  it('Privacy has semicolons (RFC 3323 §4.2)', () => {
    assert.deepEqual(readAll(withHeaders('Privacy: header; id ;critical'), Privacy), ['header', 'id', 'critical']);
    assert.deepEqual(headerList(Privacy, ['none']), { name: 'Privacy', value: 'none' });
  });

  it('are written word by word', () => {
    for (const bad of ['', 'a b', 'a,b', 'a;b', '"a"', 'a\r\nb'])
      assert.throws(() => headerList(Allow, [bad]), TypeError, /^Allow: /);
  });
});
