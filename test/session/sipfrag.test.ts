import { assert } from 'chai';
import type { Body } from '../../lib/parser/index.js';
import { readSipfrag, writeSipfrag } from '../../lib/session/sipfrag.js';

const notify = (body: Body, type = 'message/sipfrag;version=2.0'): Parameters<typeof readSipfrag>[0] => ({
  method: 'NOTIFY',
  uri: 'sip:a@b',
  headers: [{ name: 'Content-Type', value: type }],
  body,
});

describe('message/sipfrag', () => {
  it('RFC 3515 §2.4.5: begins with a status line; what follows is not looked at', () => {
    for (const [body, expected] of [
      ['SIP/2.0 200 OK\r\n', { status: 200, reason: 'OK' }],
      ['SIP/2.0 200 OK', { status: 200, reason: 'OK' }],
      ['SIP/2.0 180\r\n', { status: 180, reason: '' }],
      ['\r\nSIP/2.0 486 Busy Here\nContact: <sip:a@b>\r\n', { status: 486, reason: 'Busy Here' }],
      ['sip/2.0 100 Trying\r\n', { status: 100, reason: 'Trying' }],
      [new TextEncoder().encode('SIP/2.0 200 OK\r\n'), { status: 200, reason: 'OK' }],
    ] as const)
      assert.deepEqual(readSipfrag(notify(body)), expected);
  });

  it('nothing is read from what is none', () => {
    for (const body of [
      '',
      'INVITE sip:a@b SIP/2.0\r\n',
      'SIP/2.0 700 No\r\n',
      'SIP/2.0 20 No\r\n',
      'SIP/2.0200 OK\r\n',
    ])
      assert.isUndefined(readSipfrag(notify(body)), body);
    assert.isUndefined(readSipfrag(notify('SIP/2.0 200 OK\r\n', 'text/plain')));
  });

  it('a reason phrase of the peer cannot add a line', () => {
    assert.equal(writeSipfrag({ status: 486, reason: 'a\r\nb' }), 'SIP/2.0 486 a b\r\n');
  });
});
