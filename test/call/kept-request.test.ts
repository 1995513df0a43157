import { assert } from 'chai';
import { KeptRequest } from '../../lib/call/kept-request.js';
import { isRequest, parseMessage, writeMessage } from '../../lib/parser/index.js';
import type { SipMessage, SipRequest } from '../../lib/parser/index.js';
import { talking } from '../support/calls.js';

const plain = (message: SipRequest | undefined): unknown => JSON.parse(JSON.stringify(message));

const parsed = (frame: string | Uint8Array): SipRequest => {
  const message = parseMessage(frame) as SipMessage;
  assert.isTrue(isRequest(message));
  return message as SipRequest;
};

const invite = [
  'INVITE sip:alice@example.com SIP/2.0',
  'v: SIP/2.0/WS edge.example;branch=z9hG4bK1',
  'X-Folded: one',
  '  two',
  'X-Empty:',
  'Call-Info: <https://crm.example/1>;purpose=info, <https://crm.example/2>',
  'Content-Type: application/sdp',
];

describe('the INVITE of a call', () => {
  it('is the same when it is kept as text, whatever its headers are like', () => {
    const body = 'v=0\r\ns=ü\r\n';
    const length = new TextEncoder().encode(body).length;
    const request = parsed([...invite, `Content-Length: ${length}`, '', body].join('\r\n'));
    const kept = new KeptRequest(request);
    assert.equal(kept.shown, request);
    const before = plain(request);
    kept.fold();
    kept.fold();
    assert.equal(kept.shown, request, 'for somebody still has it');
    assert.deepEqual(plain(parsed(writeMessage(request))), before);
  });

  it('is the same with a body that is no text', () => {
    const head = new TextEncoder().encode([...invite, 'Content-Length: 3', '', ''].join('\r\n'));
    const request = parsed(new Uint8Array([...head, 0xff, 0, 0xfe]));
    assert.deepEqual(parsed(writeMessage(request)).body, new Uint8Array([0xff, 0, 0xfe]));
    const kept = new KeptRequest(request);
    kept.fold();
    assert.deepEqual(kept.message.body, request.body);
  });

  it('that cannot be written stays as it is', () => {
    const request = { ...parsed([...invite, '', ''].join('\r\n')), uri: 'sip:a b' };
    const kept = new KeptRequest(request);
    kept.fold();
    assert.equal(kept.message, request);
  });

  it('that the app has never seen is not held, nor by a reference that a collector would have to look after', () => {
    const request = parsed([...invite, 'Content-Length: 0', '', ''].join('\r\n'));
    const referred: SipRequest[] = [];
    const kept = new KeptRequest(request, (to) => {
      referred.push(to);
      return { deref: () => to };
    });
    assert.equal(kept.message, request);
    const before = plain(request);
    kept.fold();
    assert.deepEqual(referred, []);
    const again = kept.shown;
    assert.deepEqual(plain(again), before);
    assert.deepEqual(referred, [again]);
    assert.equal(kept.shown, again, 'for somebody has it by now');
  });

  for (const length of ['Content-Length: 0', 'X-Length: none'])
    it(`is read anew where nobody has it any more: with ${length}`, () => {
      const request = parsed([...invite, length, '', ''].join('\r\n'));
      const kept = new KeptRequest(request, () => ({ deref: () => undefined }));
      const before = plain(request);
      kept.fold();
      assert.notEqual(kept.message, request);
      assert.deepEqual(plain(kept.message), before);
    });

  it('shows the app the same headers, peer and body while it rings, when it is answered, and when it is over', async () => {
    const { call } = await talking();
    const shown = plain(call.request);
    assert.deepInclude(shown as SipRequest, { method: 'INVITE' });
    const { remote, dialled, referredBy, identity } = call;
    call.hangup();
    await call.ended;
    assert.deepEqual(plain(call.request), shown);
    assert.deepEqual(
      [call.remote, call.dialled, call.referredBy, call.identity],
      [remote, dialled, referredBy, identity],
    );
  });
});
