import { assert } from 'chai';
import { ParseError, uriEquals } from '../../lib/parser/index.js';

/** Both ways round, for equality is symmetric. */
function equals(a: string, b: string): boolean {
  const result = uriEquals(a, b);
  assert.equal(uriEquals(b, a), result, 'not symmetric');
  return result;
}

describe('uriEquals (RFC 3261 §19.1.4)', () => {
  const equivalent: readonly (readonly string[])[] = [
    ['sip:%61lice@atlanta.com;transport=TCP', 'sip:alice@AtLanTa.CoM;Transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;newparam=5'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;security=on'],
    ['sip:carol@chicago.com;newparam=5', 'sip:carol@chicago.com;security=on'],
    [
      'sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com',
      'sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com',
    ],
    [
      'sip:alice@atlanta.com?subject=project%20x&priority=urgent',
      'sip:alice@atlanta.com?priority=urgent&subject=project%20x',
    ],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;security=off'],
  ];
  for (const [a, b] of equivalent) it(`${a} is ${b}`, () => assert.isTrue(equals(a!, b!)));

  const different: readonly (readonly string[])[] = [
    ['SIP:ALICE@AtLanTa.CoM;Transport=udp', 'sip:alice@AtLanTa.CoM;Transport=UDP'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:5060'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com;transport=udp'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:6000;transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com?Subject=next%20meeting'],
    ['sip:bob@phone21.boxesbybob.com', 'sip:bob@192.0.2.4'],
    ['sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;security=off'],
    ['sip:a@b', 'sips:a@b'],
    ['sip:a@b', 'sip:b'],
    ['sip:a:p@b', 'sip:a@b'],
    ['sip:a:p@b', 'sip:a:P@b'],
    ['sip:a@b', 'sip:a@b;user=ip'],
    ['sip:a@b', 'sip:a@b;ttl=1'],
    ['sip:a@b', 'sip:a@b;method=INVITE'],
    ['sip:a@b', 'sip:a@b;maddr=192.0.2.1'],
    ['sip:a@b;x', 'sip:a@b;x=1'],
    ['sip:a@b?x=1&y=2', 'sip:a@b?x=1'],
    ['sip:1@b', 'tel:1'],
    ['tel:1', 'urn:1'],
  ];
  for (const [a, b] of different) it(`${a} is not ${b}`, () => assert.isFalse(equals(a!, b!)));

  it('compares IPv6 addresses by their value (RFC 5954 §4.2)', () => {
    assert.isTrue(equals('sip:[2001:db8::9:01]', 'sip:[2001:DB8:0:0:0:0:9:1]'));
    assert.isTrue(equals('sip:[::]', 'sip:[0:0:0:0:0:0:0:0]'));
    assert.isFalse(equals('sip:[2001:db8::9:1]', 'sip:[2001:db8::9:10]'));
    assert.isFalse(equals('sip:[::1]', 'sip:a'));
    assert.isFalse(equals('sip:[1:2]', 'sip:[2:1]'), 'what is no address equals only itself');
    assert.isFalse(equals('sip:[1::2::3]', 'sip:[1::3]'));
  });

  it('compares tel URIs without visual separators (RFC 3966 §5)', () => {
    assert.isTrue(equals('tel:+1-201-555-0123', 'tel:+1(201)555.0123'));
    assert.isTrue(equals('tel:1;ext=1-2;a=B', 'tel:1;A=b;ext=12'));
    assert.isTrue(equals('tel:1;phone-context=+1-2', 'tel:1;phone-context=+12'));
    assert.isTrue(equals('tel:1;phone-context=A-b.example', 'tel:1;phone-context=a-B.EXAMPLE'));
    assert.isFalse(equals('tel:1;phone-context=a-b.example', 'tel:1;phone-context=ab.example'));
    assert.isFalse(equals('tel:+1', 'tel:1'));
    assert.isFalse(equals('tel:1', 'tel:1;ext=1'));
    assert.isFalse(equals('tel:1;a=1', 'tel:1;b=1'));
  });

  it('compares other schemes as they are written, but for the scheme', () => {
    assert.isTrue(equals('urn:a', 'URN:a'));
    assert.isFalse(equals('urn:a', 'urn:A'));
  });

  it('throws when a text is no URI', () => {
    assert.throws(() => uriEquals('sip:a', 'b'), ParseError);
  });
});
