import { assert } from 'chai';
import { ParseError, type SipUri, isSipUri, isTelUri, parseUri, writeUri } from '../../lib/parser/index.js';

function sip(text: string): SipUri {
  const uri = parseUri(text);
  assert(isSipUri(uri));
  return uri;
}
const bare: SipUri = { scheme: 'sip', host: 'b', params: new Map(), headers: new Map() };

describe('parseUri', () => {
  it('reads the examples of RFC 3261 §19.1.3', () => {
    assert.deepEqual(sip('sip:alice@atlanta.com'), {
      scheme: 'sip',
      user: 'alice',
      password: undefined,
      host: 'atlanta.com',
      port: undefined,
      params: new Map(),
      headers: new Map(),
    });
    assert.equal(sip('sip:alice:secretword@atlanta.com;transport=tcp').password, 'secretword');
    assert.deepEqual(
      sip('sips:alice@atlanta.com?subject=project%20x&priority=urgent').headers,
      new Map([
        ['subject', 'project x'],
        ['priority', 'urgent'],
      ]),
    );
    const gateway = sip('sip:+1-212-555-1212:1234@gateway.com;user=phone');
    assert.equal(gateway.user, '+1-212-555-1212');
    assert.equal(gateway.params.get('user'), 'phone');
    assert.equal(sip('sips:1212@gateway.com').scheme, 'sips');
    assert.equal(sip('sip:alice@192.0.2.4').host, '192.0.2.4');
    const register = sip('sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com');
    assert.isUndefined(register.user);
    assert.equal(register.params.get('method'), 'REGISTER');
    assert.equal(register.headers.get('to'), 'alice@atlanta.com');
    assert.equal(sip('sip:alice;day=tuesday@atlanta.com').user, 'alice;day=tuesday');
  });

  it('lower-cases scheme, host and parameter names, and nothing else', () => {
    const uri = sip('SIPS:Alice:Pw@Host.EXAMPLE;Transport=TCP?Subject=Hi');
    assert.deepEqual(
      [uri.scheme, uri.user, uri.password, uri.host, uri.params.get('transport'), uri.headers.get('subject')],
      ['sips', 'Alice', 'Pw', 'host.example', 'TCP', 'Hi'],
    );
  });

  it('reads users with "#", "?", "/", ":" and what is no escape', () => {
    assert.equal(sip('sip:*31#123@b').user, '*31#123');
    assert.equal(sip('sip:a?b/c@b').user, 'a?b/c');
    assert.equal(sip('sip:100%@b').user, '100%');
    assert.deepEqual([sip('sip:a:b:c@d').user, sip('sip:a:b:c@d').password], ['a', 'b:c']);
    assert.equal(sip('sip:a:@b').password, '');
  });

  it('keeps an IPv6 address in its brackets (RFC 5118)', () => {
    const uri = sip('sip:a@[2001:DB8::1]:5060;x');
    assert.deepEqual([uri.host, uri.port, uri.params.get('x')], ['[2001:db8::1]', 5060, null]);
  });

  it('reads tel URIs (RFC 3966)', () => {
    const uri = parseUri('tel:7042;phone-context=example.com;ext=1');
    assert(isTelUri(uri));
    assert.equal(uri.number, '7042');
    assert.equal(uri.params.get('phone-context'), 'example.com');
    assert.equal((parseUri('TEL:+1-(201).555') as { number: string }).number, '+1-(201).555');
  });

  it('leaves other schemes alone', () => {
    assert.deepEqual(parseUri('URN:Service:SOS'), { scheme: 'urn', rest: 'Service:SOS' });
  });

  it('refuses what is none', () => {
    const bad = [
      '',
      'alice',
      ':x',
      'sip:',
      'sip:@b',
      'sip::p@b',
      'sip:a@',
      'sip:a@b:',
      'sip:a@b:x',
      'sip:a@b:65536',
      'sip:a@b c',
      'sip:a@[::1',
      'sip:a@[]',
      'sip:a@[g]',
      'sip:a@b/c',
      'sip:a@b;x y',
      'sip:a@b;a"',
      '1sip:a',
      'tel:',
      'tel:+',
      'tel:abz',
      'sip:a@b>',
    ];
    for (const text of bad) assert.throws(() => parseUri(text), ParseError, undefined, text);
  });
});

describe('writeUri', () => {
  it('escapes what each part does not allow (RFC 3261 §19.1.2)', () => {
    const uri: SipUri = {
      ...bare,
      user: 'a@b:c;d %',
      password: 'e;f',
      params: new Map([['x;', '=?é']]),
      headers: new Map([['to', 'a&b=c']]),
    };
    assert.equal(writeUri(uri), 'sip:a%40b%3Ac;d%20%25:e%3Bf@b;x%3B=%3D%3F%C3%A9?to=a%26b%3Dc');
  });

  it('writes what it read when nothing needs an escape', () => {
    for (const text of ['sip:a:b@c:5060;lr;x=y?d=e&f=g', 'sips:[::1]', 'tel:+1-201;ext=1', 'urn:service:sos']) {
      assert.equal(writeUri(parseUri(text)), text);
    }
  });

  it('refuses hosts, ports and numbers that are none', () => {
    for (const host of ['', 'a b', 'a@b', 'a;b', '[::1', '[]', '[g]', 'a\r\nb']) {
      assert.throws(() => writeUri({ ...bare, host }), TypeError);
    }
    for (const port of [-1, 65536, 1.5, NaN]) assert.throws(() => writeUri({ ...bare, port }), TypeError);
    assert.throws(() => writeUri({ ...bare, user: '' }), TypeError);
    assert.throws(() => writeUri({ ...bare, params: new Map([['', 'x']]) }), TypeError);
    for (const number of ['', 'x', '1;2', '1\r\n']) {
      assert.throws(() => writeUri({ scheme: 'tel', number, params: new Map() }), TypeError);
    }
    for (const rest of ['', 'a b', 'a\r\n', '<a>']) assert.throws(() => writeUri({ scheme: 'urn', rest }), TypeError);
    assert.throws(() => writeUri({ scheme: '1x', rest: 'a' }), TypeError);
  });
});
