import { assert } from 'chai';
import { readStartLine } from '../../lib/parser/start-line.js';

describe('readStartLine', () => {
  it('reads Method SP Request-URI SP SIP-Version (RFC 3261 §7.1)', () => {
    assert.deepEqual(readStartLine('ACK sip:a@b SIP/2.0\r\nX', 0), {
      line: { method: 'ACK', uri: 'sip:a@b' },
      next: 21,
      fault: undefined,
    });
  });

  it('reads SIP-Version SP Status-Code SP Reason-Phrase (§7.2)', () => {
    assert.deepEqual(readStartLine('..SIP/2.0 486 Busy Here\nX', 2), {
      line: { status: 486, reason: 'Busy Here' },
      next: 24,
      fault: undefined,
    });
  });

  it('says where a line is malformed', () => {
    const offsets = [
      'INVITE',
      'IN(VITE sip:a SIP/2.0',
      'INVITE sip:a HTTP/1.1',
      'INVITE <sip:a> SIP/2.0',
      'SIP/2.0 9 X',
    ].map((line) => readStartLine(line, 0).fault?.offset);
    assert.deepEqual(offsets, [6, 2, 13, 7, 8]);
  });

  it('knows a method that begins like a response from a response', () => {
    assert.deepEqual(readStartLine('SIPPING sip:a@b SIP/2.0', 0).line, { method: 'SIPPING', uri: 'sip:a@b' });
  });
});
