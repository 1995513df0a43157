import { assert } from 'chai';
import { headerValue, headerValues, reasonPhrase } from '../../lib/parser/index.js';
import type { SipRequest } from '../../lib/parser/index.js';
import { buildAck, buildCancel } from '../../lib/transaction/ack-and-cancel.js';
import { firstPhrase } from '../../lib/transaction/first-phrases.js';
import { buildResponse } from '../../lib/transaction/responses.js';

const invite: SipRequest = {
  method: 'INVITE',
  uri: 'sip:bob@biloxi.example',
  headers: [
    { name: 'Via', value: 'SIP/2.0/WS a.invalid;branch=z9hG4bK1' },
    { name: 'Via', value: 'SIP/2.0/WS b.invalid;branch=z9hG4bK2' },
    { name: 'Max-Forwards', value: '70' },
    { name: 'Route', value: '<sip:p1;lr>' },
    { name: 'Route', value: '<sip:p2;lr>' },
    { name: 'From', value: '<sip:alice@atlanta.example>;tag=a' },
    { name: 'To', value: '<sip:bob@biloxi.example>' },
    { name: 'Call-ID', value: 'c' },
    { name: 'CSeq', value: '7 INVITE' },
    { name: 'Proxy-Authorization', value: 'Digest x="y"' },
    { name: 'Record-Route', value: '<sip:p1;lr>' },
    { name: 'Timestamp', value: '54' },
    { name: 'Contact', value: '<sip:alice@a.invalid>' },
    { name: 'Content-Type', value: 'application/sdp' },
  ],
  body: 'v=0',
};

describe('requests that a transaction derives', () => {
  it('the ACK to a 3xx-6xx: top Via, From, Call-ID and all Routes of the INVITE, To of the response, CSeq number kept (§17.1.1.3; S17)', () => {
    const response = {
      status: 486,
      reason: 'Busy',
      headers: [{ name: 'To', value: '<sip:bob@biloxi.example>;tag=b' }],
      body: '',
    };
    const ack = buildAck(invite, response);
    assert.equal(ack.uri, invite.uri);
    assert.deepEqual(headerValues(ack, 'Via'), ['SIP/2.0/WS a.invalid;branch=z9hG4bK1']);
    assert.deepEqual(headerValues(ack, 'Route'), ['<sip:p1;lr>', '<sip:p2;lr>']);
    assert.equal(headerValue(ack, 'To'), '<sip:bob@biloxi.example>;tag=b');
    assert.equal(headerValue(ack, 'CSeq'), '7 ACK');
    assert.isUndefined(headerValue(ack, 'Contact'));
    assert.equal(ack.body, '');
  });

  it('the CANCEL: as the INVITE, with its own method in CSeq and further headers at the end (§9.1)', () => {
    const cancel = buildCancel(invite, [{ name: 'Reason', value: 'SIP;cause=200' }]);
    assert.equal(headerValue(cancel, 'To'), '<sip:bob@biloxi.example>');
    assert.equal(headerValue(cancel, 'CSeq'), '7 CANCEL');
    assert.equal(headerValue(cancel, 'Proxy-Authorization'), 'Digest x="y"');
    assert.equal(headerValue(cancel, 'Reason'), 'SIP;cause=200');
    assert.deepEqual(headerValues(cancel, 'Route'), ['<sip:p1;lr>', '<sip:p2;lr>']);
  });
});

describe('responses', () => {
  it('copy Via, From, To, Call-ID and CSeq, and put our tag into To (§8.2.6.2)', () => {
    const ok = buildResponse(invite, 200, { toTag: 'mine' });
    assert.deepEqual(headerValues(ok, 'Via'), headerValues(invite, 'Via'));
    assert.equal(headerValue(ok, 'To'), '<sip:bob@biloxi.example>;tag=mine');
    assert.deepEqual(headerValues(ok, 'Record-Route'), ['<sip:p1;lr>'], '§12.1.1');
    assert.equal(ok.reason, 'OK');
  });

  it('a 100 has no tag and repeats the Timestamp (§8.2.6.1); a refusal carries no Record-Route', () => {
    const trying = buildResponse(invite, 100, { toTag: 'mine' });
    assert.equal(headerValue(trying, 'To'), '<sip:bob@biloxi.example>');
    assert.equal(headerValue(trying, 'Timestamp'), '54');
    assert.isUndefined(headerValue(buildResponse(invite, 486), 'Record-Route'));
  });

  it('a tag that is there stays, and a parameter that merely looks like one in the URI is none', () => {
    const to = (value: string): string =>
      headerValue(buildResponse({ ...invite, headers: [{ name: 'To', value }] }, 200, { toTag: 'mine' }), 'To')!;
    assert.equal(to('<sip:bob@b>;tag=his'), '<sip:bob@b>;tag=his');
    assert.equal(to('<sip:bob@b;tag=no>'), '<sip:bob@b;tag=no>;tag=mine');
  });

  it('have the registered reason phrase from the first on; a status that only later ones have may have none', () => {
    for (const status of [100, 200, 400, 480, 481, 487, 501, 505, 513])
      assert.equal(firstPhrase(status), reasonPhrase(status));
    assert.equal(firstPhrase(603), '');
  });
});
