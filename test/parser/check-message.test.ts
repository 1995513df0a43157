import { assert } from 'chai';
import { checkMessage } from '../../lib/parser/index.js';
import { request, response, withHeaders } from './support.js';

const mandatory = [
  'Via: SIP/2.0/WS a;branch=z9hG4bK1',
  'To: <sip:a@b>',
  'From: <sip:c@d>;tag=1',
  'Call-ID: x',
  'CSeq: 1 OPTIONS',
];
const without = (name: string): readonly string[] => mandatory.filter((line) => !line.startsWith(name));

describe('checkMessage', () => {
  it('is content with To, From, CSeq, Call-ID and Via (RFC 3261 §8.1.1), Max-Forwards or not', () => {
    assert.isUndefined(checkMessage(withHeaders(...mandatory)));
    assert.isUndefined(checkMessage(withHeaders(...mandatory, 'Max-Forwards: 70')));
    assert.isUndefined(checkMessage(withHeaders(...mandatory, 'Max-Forwards: 300')), 'as if absent: RFC 4475 §3.1.2.4');
  });

  for (const name of ['Via', 'To', 'From', 'Call-ID', 'CSeq']) {
    it(`misses ${name}: 400`, () => {
      const message = withHeaders(...without(name));
      const error = checkMessage(message);
      assert.equal(error?.status, 400);
      assert.equal(error?.message, `${name} is missing`);
      assert.equal(error?.partial, message);
    });

    it(`does not accept a malformed ${name}: 400`, () => {
      assert.match(checkMessage(withHeaders(...without(name), `${name}: `))!.message, new RegExp(`^${name}`));
      assert.equal(
        checkMessage(withHeaders(...without(name), `${name}: "`))?.status,
        name === 'Call-ID' ? undefined : 400,
      );
    });
  }

  for (const name of ['To', 'From', 'Call-ID', 'CSeq']) {
    it(`wants one ${name}: 400`, () => {
      const line = mandatory.find((candidate) => candidate.startsWith(name))!;
      assert.equal(checkMessage(withHeaders(...mandatory, line))?.message, `${name} occurs 2 times`);
    });
  }

  it('wants CSeq below 2**31 (§8.1.1.5)', () => {
    assert.isUndefined(checkMessage(withHeaders(...without('CSeq'), 'CSeq: 2147483647 OPTIONS')));
    assert.equal(checkMessage(withHeaders(...without('CSeq'), 'CSeq: 2147483648 OPTIONS'))?.status, 400);
  });

  it('wants the method in CSeq to be the request’s, case and all (§8.1.1.5)', () => {
    assert.equal(checkMessage(withHeaders(...without('CSeq'), 'CSeq: 1 INVITE'))?.status, 400);
    assert.equal(checkMessage(withHeaders(...without('CSeq'), 'CSeq: 1 options'))?.status, 400);
  });

  it('knows no method for a response', () => {
    assert.isUndefined(checkMessage(response(['SIP/2.0 200 OK', ...mandatory, '', ''].join('\r\n'))));
  });

  it('wants a SIP Request-URI to be one, and lets other schemes pass', () => {
    const to = (uri: string) => request([`OPTIONS ${uri} SIP/2.0`, ...mandatory, '', ''].join('\r\n'));
    for (const uri of [
      'sip:',
      'sip:@b',
      'sip:a@',
      'sip:a@b:x',
      'sip:a@b:99999',
      'sip:a@[::1',
      'sip:a@b?to=c',
      'tel:',
    ]) {
      const message = { ...to('sip:a@b'), uri };
      assert.equal(checkMessage(message)?.status, 400, uri);
    }
    for (const uri of ['sip:b', 'sips:a@b', 'sip:a:p@[::1]:5060', 'tel:+1-201-555-0123', 'urn:service:sos', 'x:y']) {
      assert.isUndefined(checkMessage(to(uri)), uri);
    }
  });
});
