import { assert } from 'chai';
import { canonicalName } from '../../lib/parser/index.js';
import { withHeaders } from './support.js';

describe('header names', () => {
  it('are case-insensitive (RFC 3261 §7.3.1)', () => {
    for (const name of [
      'Call-ID',
      'CSeq',
      'WWW-Authenticate',
      'MIME-Version',
      'RAck',
      'SIP-ETag',
      'P-Asserted-Identity',
    ]) {
      assert.equal(canonicalName(name), name);
      assert.equal(canonicalName(name.toLowerCase()), name);
      assert.equal(canonicalName(name.toUpperCase()), name);
    }
  });

  it('have compact forms, in either case (§7.3.3 and the IANA registry)', () => {
    const compact: Readonly<Record<string, string>> = {
      a: 'Accept-Contact',
      b: 'Referred-By',
      c: 'Content-Type',
      d: 'Request-Disposition',
      e: 'Content-Encoding',
      f: 'From',
      i: 'Call-ID',
      j: 'Reject-Contact',
      k: 'Supported',
      l: 'Content-Length',
      m: 'Contact',
      n: 'Identity-Info',
      o: 'Event',
      r: 'Refer-To',
      s: 'Subject',
      t: 'To',
      u: 'Allow-Events',
      v: 'Via',
      x: 'Session-Expires',
      y: 'Identity',
    };
    for (const [letter, name] of Object.entries(compact)) {
      assert.equal(canonicalName(letter), name);
      assert.equal(canonicalName(letter.toUpperCase()), name);
    }
  });

  it('that are unknown are capitalized word by word, however they were written', () => {
    assert.equal(canonicalName('x-my-header'), 'X-My-Header');
    assert.equal(canonicalName('X-MY-HEADER'), 'X-My-Header');
    assert.equal(canonicalName('z'), 'Z');
    assert.equal(canonicalName("extension!.%*+_`'~"), "Extension!.%*+_`'~");
  });

  it('of the same length and first letter are told apart', () => {
    assert.deepEqual(['Accept', 'Artist', 'Reason', 'Raison'].map(canonicalName), [
      'Accept',
      'Artist',
      'Reason',
      'Raison',
    ]);
  });

  it('of the same length and outer letters are told apart, whatever came before', () => {
    const spellings = [
      'Refer-To',
      'Reply-To',
      'refer-to',
      'Refer-To',
      'Proxy-Require',
      'Route',
      'Rooooo-To',
      'reply-to',
    ];
    const names = ['Refer-To', 'Reply-To', 'Refer-To', 'Refer-To', 'Proxy-Require', 'Route', 'Rooooo-To', 'Reply-To'];
    for (let i = 0; i < 2; i++) assert.deepEqual(spellings.map(canonicalName), names);
  });

  it('that are no tokens are none, also when they were asked for before', () => {
    assert.equal(canonicalName('bad name'), 'Bad name');
    assert.deepEqual(
      withHeaders('bad name: x', 'Subject: y').headers.map(({ name }) => name),
      ['Subject'],
    );
  });
});
