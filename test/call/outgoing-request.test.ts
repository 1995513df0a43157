import { assert } from 'chai';
import { headerValue } from '../../lib/parser/index.js';
import type { OutgoingRequest, OutgoingRequestHook } from '../../lib/index.js';
import { calling, talkingTo } from '../support/calls.js';
import { phone } from '../support/phone.js';

describe('the app’s hand in what calls send', () => {
  it('CALL-13: a header is added to every request of a call', async () => {
    const seen: OutgoingRequest[] = [];
    const outgoingRequest: OutgoingRequestHook = (request) => {
      seen.push(request);
      return { headers: [{ name: 'X-Desk', value: `${request.method} 7` }] };
    };
    const { call, server, invite } = await talkingTo({}, {}, { account: { outgoingRequest } });
    assert.equal(headerValue(invite, 'X-Desk'), 'INVITE 7');
    void call.sendRequest('INFO');
    const info = await server.request('INFO');
    assert.equal(headerValue(info, 'X-Desk'), 'INFO 7');
    server.respond(info, 200);
    call.hangup();
    assert.equal(headerValue(await server.request('BYE'), 'X-Desk'), 'BYE 7');
    assert.deepEqual(seen.map(({ method }) => method), ['INVITE', 'ACK', 'INFO', 'BYE']); // prettier-ignore
    assert.match(String(seen[0]?.body), /^v=0/);
    assert.deepInclude(seen[0], { uri: 'sip:bob@example.com', callId: call.callId });
  });

  it('CALL-13: CANCEL too; a request with credentials is the same request', async () => {
    let count = 0;
    const outgoingRequest: OutgoingRequestHook = () => ({ headers: [{ name: 'X-Count', value: String(++count) }] });
    const { call, server, invite } = await calling({}, { account: { outgoingRequest } });
    server.respond(invite, 401, { headers: ['WWW-Authenticate: Digest realm="example.com", nonce="n"'] });
    await server.request('ACK');
    const again = await server.request('INVITE');
    assert.equal(headerValue(again, 'X-Count'), '1');
    server.respond(again, 180);
    call.hangup();
    assert.equal(headerValue(await server.request('CANCEL'), 'X-Count'), '2');
  });

  it('CALL-13: a body in place of ours brings its type', async () => {
    const outgoingRequest: OutgoingRequestHook = ({ method }) =>
      method === 'BYE' ? { headers: [{ name: 'Content-Type', value: 'text/plain' }], body: 'thanks' } : undefined;
    const { call, server } = await talkingTo({}, {}, { account: { outgoingRequest } });
    call.hangup();
    const bye = await server.request('BYE');
    assert.deepEqual([headerValue(bye, 'Content-Type'), bye.body], ['text/plain', 'thanks']);
  });

  it('CALL-13: a hook that throws, or names what is reserved or no header, costs no request', async () => {
    for (const outgoingRequest of [
      () => assert.fail('a bug of the app'),
      () => ({ headers: [{ name: 'Via', value: 'SIP/2.0/WS evil' }] }),
      () => ({ headers: [{ name: 'X-A', value: 'a\r\nX-B: b' }] }),
      () => ({ body: 5 as unknown as string }),
    ]) {
      const bugs: unknown[] = [];
      const { reportError } = globalThis;
      globalThis.reportError = (error) => bugs.push(error);
      try {
        const { invite } = await calling({}, { account: { outgoingRequest } });
        assert.equal(invite.headers.filter(({ name }) => name === 'Via').length, 1);
        assert.isUndefined(headerValue(invite, 'X-A'));
        assert.match(String(invite.body), /^v=0/);
        assert.lengthOf(bugs, 1);
      } finally {
        globalThis.reportError = reportError;
      }
    }
  });

  it('CALL-13: what is no function is refused by name', async () => {
    const { ua } = await phone();
    const outgoingRequest = 'x' as unknown as OutgoingRequestHook;
    assert.throws(() => ua.addAccount({ uri: 'sip:a@b.example', outgoingRequest }), /outgoingRequest/);
  });
});
