import { assert } from 'chai';
import { type Header, type SipRequest, writeMessage } from '../../lib/parser/index.js';
import { request } from './support.js';

const options: SipRequest = { method: 'OPTIONS', uri: 'sip:a@b', headers: [], body: '' };
const withHeader = (...headers: readonly Header[]): SipRequest => ({ ...options, headers });

describe('writeMessage', () => {
  it('writes start line, headers, empty line and body', () => {
    assert.equal(
      writeMessage({ ...withHeader({ name: 'Subject', value: 'x' }), body: 'abc' }),
      'OPTIONS sip:a@b SIP/2.0\r\nSubject: x\r\nContent-Length: 3\r\n\r\nabc',
    );
    assert.equal(
      writeMessage({ status: 180, reason: 'Ringing', headers: [], body: '' }),
      'SIP/2.0 180 Ringing\r\nContent-Length: 0\r\n\r\n',
    );
    assert.match(writeMessage({ status: 100, reason: '', headers: [], body: '' }) as string, /^SIP\/2.0 100 \r\n/);
  });

  it('counts Content-Length in bytes of UTF-8 (RFC 3261 §20.14)', () => {
    assert.include(writeMessage({ ...options, body: 'é電🎉' }) as string, 'Content-Length: 9\r\n');
  });

  it('corrects a Content-Length where it stands, and leaves one', () => {
    const length = { name: 'Content-Length', value: '99' };
    assert.equal(
      writeMessage({ ...withHeader(length, { name: 'Subject', value: 'x' }, length), body: 'abc' }),
      'OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 3\r\nSubject: x\r\n\r\nabc',
    );
  });

  it('writes bytes when the body is bytes', () => {
    const written = writeMessage({ ...options, body: Uint8Array.of(0xff, 0) });
    assert.instanceOf(written, Uint8Array);
    assert.deepEqual(request(written).body, Uint8Array.of(0xff, 0));
  });

  it('refuses CR, LF and NUL in any value, and names the header', () => {
    for (const bad of ['\r', '\n', '\0', '\r\n\r\n', 'x\r\nVia: y']) {
      assert.throws(() => writeMessage(withHeader({ name: 'Subject', value: `a${bad}b` })), TypeError, /^Subject: /);
      assert.throws(
        () => writeMessage({ status: 200, reason: bad, headers: [], body: '' }),
        TypeError,
        /^reason phrase: /,
      );
      assert.throws(() => writeMessage({ ...options, uri: `sip:a${bad}` }), TypeError, /^Request-URI: /);
      assert.throws(() => writeMessage({ ...options, method: `A${bad}` }), TypeError, /^method: /);
      assert.throws(() => writeMessage(withHeader({ name: `X${bad}`, value: '' })), TypeError, /^header name: /);
    }
  });

  it('refuses what is no token, no URI and no status', () => {
    for (const method of ['', 'IN VITE', 'A/B', 'é'])
      assert.throws(() => writeMessage({ ...options, method }), TypeError);
    for (const name of ['', 'A B', 'A:', 'é'])
      assert.throws(() => writeMessage(withHeader({ name, value: '' })), TypeError);
    for (const uri of ['', 'sip:a b', 'sip:a\tb']) assert.throws(() => writeMessage({ ...options, uri }), TypeError);
    for (const status of [99, 700, 200.5, NaN]) {
      assert.throws(() => writeMessage({ status, reason: '', headers: [], body: '' }), TypeError, /^status: /);
    }
  });
});
