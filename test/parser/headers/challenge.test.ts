import { assert } from 'chai';
import {
  AuthenticationInfo,
  Authorization,
  ParseError,
  ProxyAuthenticate,
  WWWAuthenticate,
  headerList,
  read,
  readAll,
} from '../../../lib/parser/index.js';
import { withHeaders } from '../support.js';

const digest =
  'Digest realm="atlanta.com", domain="sip:ss1.carrier.com", qop="auth,auth-int", nonce="f84f1cec41e6cbe5aea9c8e88d359", opaque="", stale=FALSE, algorithm=MD5';

describe('challenges', () => {
  it('read the example of RFC 3261 §20.44', () => {
    assert.deepEqual(read(withHeaders(`WWW-Authenticate: ${digest}`), WWWAuthenticate), {
      scheme: 'Digest',
      params: new Map([
        ['realm', 'atlanta.com'],
        ['domain', 'sip:ss1.carrier.com'],
        ['qop', 'auth,auth-int'],
        ['nonce', 'f84f1cec41e6cbe5aea9c8e88d359'],
        ['opaque', ''],
        ['stale', 'FALSE'],
        ['algorithm', 'MD5'],
      ]),
    });
  });

  it('may be several in several lines (RFC 8760 §2.3)', () => {
    const message = withHeaders(
      'WWW-Authenticate: Digest realm="a",algorithm=SHA-256',
      'WWW-Authenticate: Digest realm="a",algorithm=MD5',
    );
    assert.deepEqual(
      readAll(message, WWWAuthenticate).map(({ params }) => params.get('algorithm')),
      ['SHA-256', 'MD5'],
    );
  });

  it('may be several in one line', () => {
    const message = withHeaders(
      'Proxy-Authenticate: Digest realm="a, Basic b=\\"", nonce=c ,Bearer authz_server="https://x" , Negotiate, , NTLM TlRMTVNTUAAB==, Digest realm = d',
    );
    assert.deepEqual(
      readAll(message, ProxyAuthenticate).map(({ scheme, params, token }) => [
        scheme,
        token ?? Object.fromEntries(params),
      ]),
      [
        ['Digest', { realm: 'a, Basic b="', nonce: 'c' }],
        ['Bearer', { authz_server: 'https://x' }],
        ['Negotiate', {}],
        ['NTLM', 'TlRMTVNTUAAB=='],
        ['Digest', { realm: 'd' }],
      ],
    );
  });

  it('tolerate empty elements and LWS', () => {
    assert.deepEqual(
      WWWAuthenticate.parse('Digest , realm = "a" ,, nonce=b,').params,
      new Map([
        ['realm', 'a'],
        ['nonce', 'b'],
      ]),
    );
  });

  it('refuse what is none', () => {
    for (const bad of [
      '',
      '"a"',
      'Digest realm="a',
      'Digest realm="a" nonce="b"',
      'Digest =a',
      'Digest realm="a"; nonce=b',
    ]) {
      assert.throws(() => WWWAuthenticate.parse(bad), ParseError, undefined, bad);
    }
  });

  it('are written as RFC 7616 §3.3 wants them quoted', () => {
    assert.equal(headerList(WWWAuthenticate, [WWWAuthenticate.parse(digest)]).value, digest);
  });
});

describe('credentials', () => {
  const credentials =
    'Digest username="bob", realm="biloxi.com", nonce="dcd98b", uri="sip:bob@biloxi.com", qop=auth, nc=00000001, cnonce="0a4f113b", response="6629fae4", opaque="5ccc", algorithm=MD5';

  it('are read and written as in RFC 3261 §22.4', () => {
    assert.equal(Authorization.write(Authorization.parse(credentials)), credentials);
  });

  it('may be one opaque token (RFC 8898 §4)', () => {
    assert.deepEqual(Authorization.parse('Bearer abc.DEF-_~+/=='), {
      scheme: 'Bearer',
      params: new Map(),
      token: 'abc.DEF-_~+/==',
    });
    assert.equal(Authorization.write({ scheme: 'Bearer', params: new Map(), token: 'abc=' }), 'Bearer abc=');
  });

  it('cannot smuggle a line', () => {
    assert.throws(
      () => Authorization.write({ scheme: 'Digest', params: new Map([['username', 'a\r\nb']]) }),
      TypeError,
      /^Authorization: /,
    );
    assert.throws(() => Authorization.write({ scheme: 'A B', params: new Map() }), TypeError, /^Authorization: /);
  });
});

describe('Authentication-Info (RFC 3261 §20.6)', () => {
  it('has parameters and no scheme', () => {
    assert.deepEqual(
      AuthenticationInfo.parse('nextnonce="47364c23432d2e131a5fb210812c", qop=auth'),
      new Map([
        ['nextnonce', '47364c23432d2e131a5fb210812c'],
        ['qop', 'auth'],
      ]),
    );
    assert.equal(
      AuthenticationInfo.write(
        new Map([
          ['nextnonce', 'a'],
          ['nc', '00000001'],
        ]),
      ),
      'nextnonce="a", nc=00000001',
    );
  });
});
