import { assert } from 'chai';
import type { EvercallError } from '../../lib/index.js';
import { headerValue } from '../../lib/parser/index.js';
import { settle } from '../support/fake-clock.js';
import { peerRequest, peerSdp, phone } from '../support/phone.js';
import type { Phone } from '../support/phone.js';

/** After bad input everything still works. */
async function stillAlive({ server }: Phone): Promise<void> {
  server.send(peerRequest('OPTIONS'));
  await server.response(200);
}

describe('bad input', () => {
  for (const [what, frame] of [
    ['a frame that is no SIP', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['an empty frame', ''],
    ['a start line and nothing else', 'INVITE sip:alice@example.com SIP/2.0\r\n\r\n'],
    ['a malformed response', 'SIP/2.0 200 OK\r\nCSeq: nonsense\r\n\r\n'],
    ['binary rubbish', '\u0000\u0001\u0002\ufffd\uffff'],
  ] as const) {
    it(`${what} is dropped with a log line, and nothing else breaks (§18.3)`, async () => {
      const stage = await phone();
      stage.server.socket.receive(frame);
      await stage.server.nothing();
      assert.match(stage.log.at(-1) ?? '', /^warn malformed message/);
      await stillAlive(stage);
    });
  }

  it('a pong and a ping of the server are no messages (RFC 5626 §3.5.1)', async () => {
    const stage = await phone();
    stage.server.socket.receive('\r\n');
    assert.deepEqual(stage.server.socket.sent, []);
    stage.server.socket.receive('\r\n\r\n');
    assert.deepEqual(stage.server.socket.sent.splice(0), ['\r\n']);
  });

  for (const missing of ['To', 'From', 'Call-ID', 'CSeq']) {
    it(`a request without ${missing} gets 400 where it can be answered (§8.1.1)`, async () => {
      const stage = await phone();
      const request = peerRequest('INVITE', {}, peerSdp())
        .split('\r\n')
        .filter((line) => !line.startsWith(`${missing}:`))
        .join('\r\n');
      stage.server.send(request);
      const response = await stage.server.response(400);
      assert.isDefined(headerValue(response, 'Via'));
      await stillAlive(stage);
    });
  }

  it('a request without Via cannot be answered and is dropped', async () => {
    const stage = await phone();
    stage.server.send(peerRequest('INVITE').replace(/^Via:.*\r\n/m, ''));
    await stage.server.nothing();
    await stillAlive(stage);
  });

  it('an unknown method gets 501, a known one that we do not take 405, both with Allow (§8.2.1, §21.5.2)', async () => {
    const stage = await phone();
    stage.server.send(peerRequest('DANCE'));
    assert.include(headerValue(await stage.server.response(501), 'Allow') ?? '', 'INVITE');
    stage.server.send(peerRequest('PUBLISH'));
    assert.include(headerValue(await stage.server.response(405), 'Allow') ?? '', 'INVITE');
  });

  it('a response without a transaction is dropped with a log line (§18.1.2)', async () => {
    const stage = await phone();
    stage.server.send(
      'SIP/2.0 200 OK\nVia: SIP/2.0/WS x.invalid;branch=z9hG4bKnone\nFrom: <sip:a@b>;tag=1\nTo: <sip:c@d>;tag=2\nCall-ID: x\nCSeq: 1 INVITE\nContent-Length: 0\n\n',
    );
    await stage.server.nothing();
    assert.match(stage.log.at(-1) ?? '', /response without a transaction/);
  });

  it('a response with another method in its CSeq is not the answer (§17.1.3)', async () => {
    const { server, account, clock } = await phone();
    const outcome = account.request('OPTIONS', 'bob').catch((error: unknown) => (error as EvercallError).code);
    const options = await server.request('OPTIONS');
    const headers = options.headers.map((h) => (h.name === 'CSeq' ? { ...h, value: '1 OPTION' } : h));
    server.respond({ ...options, headers }, 200);
    await clock.advance(32_000);
    assert.equal(await outcome, 'timeout');
  });

  it('a response to somebody else’s sent-by is not taken for ours (§18.1.2)', async () => {
    const stage = await phone();
    const call = stage.account.call('bob');
    const invite = await stage.server.request('INVITE');
    const foreign = {
      ...invite,
      headers: invite.headers.map((h) =>
        h.name === 'Via' ? { ...h, value: h.value.replace(/WS \S+?;/, 'WS foreign.invalid;') } : h,
      ),
    };
    stage.server.respond(foreign, 603);
    await settle();
    assert.equal(call.state, 'calling');
  });

  it('an unknown option in Require gets 420 with Unsupported, in a CANCEL it means nothing (§8.2.2.3)', async () => {
    const stage = await phone();
    stage.server.send(peerRequest('INVITE', { Require: 'path, nothing-we-know' }, peerSdp()));
    assert.equal(headerValue(await stage.server.response(420), 'Unsupported'), 'nothing-we-know');
    stage.server.send(peerRequest('CANCEL', { Require: 'nothing-we-know' }));
    await stage.server.response(481);
  });

  it('a Request-URI of a scheme we do not speak gets 416 (§8.2.2.1)', async () => {
    const stage = await phone();
    stage.server.send(peerRequest('INVITE', { uri: 'soap.beep://192.0.2.103:3002' }, peerSdp()));
    await stage.server.response(416);
  });

  it('a body of a type or coding we do not take gets 415, which says what we take (§8.2.3)', async () => {
    const stage = await phone();
    stage.server.send(peerRequest('INVITE', { 'Content-Type': 'application/unknown' }, 'x'));
    assert.include(headerValue(await stage.server.response(415), 'Accept') ?? '', 'application/sdp');
    stage.server.send(peerRequest('INVITE', { 'Content-Encoding': 'gzip' }, 'x'));
    assert.equal(headerValue(await stage.server.response(415), 'Accept-Encoding'), 'identity');
  });

  it('a request in a dialog that is not there gets 481 (§12.2.2)', async () => {
    const stage = await phone();
    stage.server.send(peerRequest('BYE', { To: '<sip:alice@example.com>;tag=gone' }));
    await stage.server.response(481);
  });

  it('BYE and INFO outside of a dialog get 481 (§15.1.2)', async () => {
    const stage = await phone();
    for (const method of ['BYE', 'INFO']) {
      stage.server.send(peerRequest(method));
      await stage.server.response(481);
    }
  });

  it('a header that is needed only later and turns out malformed gets 400 (§21.4.1)', async () => {
    const stage = await phone();
    stage.server.send(peerRequest('INVITE', { 'Content-Type': ';;;' }, peerSdp()));
    await stage.server.response(400);
    await stillAlive(stage);
  });

  it('a message over the limit gets 513 where it can be answered, and is dropped', async () => {
    const stage = await phone({ limits: { size: 2000 } });
    stage.server.send(peerRequest('MESSAGE', { 'Content-Type': 'text/plain' }, 'x'.repeat(3000)));
    await stage.server.response(513);
    await stillAlive(stage);
  });

  it('a request of another version of SIP gets 505 (§21.5.6)', async () => {
    const stage = await phone();
    stage.server.send(peerRequest('OPTIONS').replace('SIP/2.0\r\n', 'SIP/7.0\r\n'));
    await stage.server.response(505);
  });

  it('an ACK is never answered, however bad it is (§17)', async () => {
    const stage = await phone();
    stage.server.send(peerRequest('ACK').replace(/^CSeq:.*\r\n/m, ''));
    stage.server.send(peerRequest('ACK', { To: '<sip:alice@example.com>;tag=gone' }));
    await stage.server.nothing();
  });

  it('a branch that is called as something of Object is a branch like any other', async () => {
    const stage = await phone();
    for (const branch of ['constructor', '__proto__', 'toString']) {
      stage.server.send(peerRequest('OPTIONS', { Via: `SIP/2.0/WS edge.example;branch=${branch}`, 'Call-ID': branch }));
      await stage.server.response(200);
    }
  });
});
