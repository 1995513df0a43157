import { assert } from 'chai';
import { ParseError, parseAddress, writeAddress } from '../../lib/parser/index.js';

const parts = (text: string) => {
  const { displayName, uri, params } = parseAddress(text);
  return [displayName, uri, Object.fromEntries(params)];
};

describe('parseAddress', () => {
  it('reads name-addr and addr-spec (RFC 3261 §20.10)', () => {
    assert.deepEqual(parts('"Mr. Watson" <sip:watson@bell.example>;q=0.7; expires=3600'), [
      'Mr. Watson',
      'sip:watson@bell.example',
      { q: '0.7', expires: '3600' },
    ]);
    assert.deepEqual(parts('Anonymous User <sip:c8@privacy.org>;tag=x'), [
      'Anonymous User',
      'sip:c8@privacy.org',
      { tag: 'x' },
    ]);
    assert.deepEqual(parts('<sip:a@b>'), [undefined, 'sip:a@b', {}]);
    assert.deepEqual(parts('"" <sip:a@b>'), ['', 'sip:a@b', {}]);
    assert.deepEqual(parts('sip:a@b;tag=1'), [undefined, 'sip:a@b', { tag: '1' }]);
  });

  it('leaves parameters within the brackets to the URI', () => {
    assert.deepEqual(parts('<sip:a@b;x?y=z>;x=1'), [undefined, 'sip:a@b;x?y=z', { x: '1' }]);
  });

  it('keeps the URI byte for byte', () => {
    assert.equal(parseAddress('<SIP:%61LICE@Host;X=%59>').uri, 'SIP:%61LICE@Host;X=%59');
  });

  it('reads any scheme, and users that others cannot', () => {
    for (const uri of [
      'tel:+1(201)555-0123',
      'urn:service:sos',
      'http://a/b',
      'sip:*31#123@b',
      'sip:jürgen@b',
      'sip:1@2',
    ]) {
      assert.equal(parseAddress(`<${uri}>`).uri, uri);
    }
    assert.equal(parseAddress('tel:+12015550123;tag=1').params.get('tag'), '1');
  });

  it('infers the quotes around a display name of odd characters (RFC 4475 §3.1.2.15)', () => {
    assert.equal(parseAddress('Jürgen, Büro (3. Stock) <sip:a@b>').displayName, 'Jürgen, Büro (3. Stock)');
    assert.equal(parseAddress('a@b.c <sip:a@b>').displayName, 'a@b.c');
  });

  it('finds the URI although a parameter holds angle brackets', () => {
    assert.deepEqual(parts('sip:a@b;+sip.instance="<urn:uuid:1>"'), [
      undefined,
      'sip:a@b',
      { '+sip.instance': '<urn:uuid:1>' },
    ]);
  });

  it('refuses what has no URI, or more than one', () => {
    const bad = [
      '',
      ' ',
      'Bob',
      '<>',
      '<bob>',
      '<sip:>',
      '"a <sip:a@b>',
      '"a"',
      '"a" sip:a@b',
      '<sip:a@b',
      'sip:a@b?x=y',
      'sip:a@b, sip:c@d',
      '<sip:a@b> x',
      '<sip:a b>',
      '<sip:a@b><sip:c@d>',
      '*',
    ];
    for (const text of bad) assert.throws(() => parseAddress(text), ParseError, undefined, text);
  });
});

describe('writeAddress', () => {
  const none = new Map<string, string | null>();

  it('always writes brackets, and quotes names that are no token', () => {
    assert.equal(writeAddress({ uri: 'sip:a@b', params: none }), '<sip:a@b>');
    assert.equal(
      writeAddress({ displayName: 'Bob', uri: 'sip:a@b', params: new Map([['tag', '1']]) }),
      'Bob <sip:a@b>;tag=1',
    );
    assert.equal(writeAddress({ displayName: 'A "B" \\', uri: 'sip:a@b', params: none }), '"A \\"B\\" \\\\" <sip:a@b>');
    assert.equal(writeAddress({ displayName: '', uri: 'sip:a@b', params: none }), '"" <sip:a@b>');
  });

  it('refuses URIs that would end the brackets', () => {
    for (const uri of ['', 'bob', 'sip:', 'sip:a>', 'sip:<a', 'sip:a"b', 'sip:a b', 'sip:a\r\nb']) {
      assert.throws(() => writeAddress({ uri, params: none }), TypeError, /^Address: /);
    }
  });
});
