import { assert } from 'chai';
import type { RejectedCall } from '../../lib/index.js';
import { peerOffer, talking } from '../support/calls.js';
import { peerRequest, phone } from '../support/phone.js';
import type { Phone, PhoneOptions } from '../support/phone.js';

/** A phone that notes what it refuses; nobody is to hear of a call. */
async function refusing(options: PhoneOptions = {}, isTalking = false): Promise<Phone & { refused: RejectedCall[] }> {
  const stage = isTalking ? await talking({}, options) : await phone(options);
  const refused: RejectedCall[] = [];
  stage.ua.on('rejectedCall', (event) => refused.push(event));
  stage.ua.on('incomingCall', () => assert.fail('an incoming call'));
  return { ...stage, refused };
}

const invite = (headers: Record<string, string> = {}, body = peerOffer()): string =>
  peerRequest('INVITE', { 'Call-ID': 'call-2', ...headers }, body);

describe('CALL-9: INVITEs that are refused by the library itself', () => {
  for (const [what, headers, body, status] of [
    ['nothing that we could hear', {}, 'v=0\r\n', 488],
    ['an extension that we do not have', { Require: 'precondition' }, peerOffer(), 420],
    ['a session interval that is too short', { 'Session-Expires': '10', Supported: 'timer' }, peerOffer(), 422],
    ['a Replaces of no call', { Replaces: 'a;to-tag=b;from-tag=c' }, peerOffer(), 481],
    ['a body of another type', { 'Content-Type': 'text/plain' }, 'hello', 415],
  ] as const) {
    it(`${what}: ${status}, and the app is told`, async () => {
      const { server, refused, account } = await refusing();
      server.send(invite(headers, body));
      await server.arrival();
      const response = await server.response(status);
      assert.equal(refused.length, 1);
      const { remote, request, ...rest } = refused[0]!;
      assert.deepEqual(rest, { account, status, reason: response.reason });
      assert.deepEqual(remote, { uri: 'sip:bob@example.com', displayName: 'Bob' });
      assert.equal(request.method, 'INVITE');
    });
  }

  it('too many calls: 486, told by the account too', async () => {
    const { server, refused, account } = await refusing({ maxCalls: 1 }, true);
    const told = account.once('rejectedCall');
    server.send(invite());
    await server.response(486);
    assert.equal((await told).status, 486);
    assert.equal(refused[0]?.account, account);
  });

  it('no account: 404', async () => {
    const { ua, server, refused } = await refusing();
    ua.addAccount({ uri: 'sip:alice@other.example', register: false });
    server.send(invite({ uri: 'sip:nobody@example.com', To: '<sip:nobody@example.com>' }));
    await server.response(404);
    assert.deepInclude(refused[0], { status: 404, account: undefined });
  });

  it('a page that takes no calls: 480', async () => {
    const { ua, server } = await phone();
    const told = ua.once('rejectedCall');
    server.send(invite());
    await server.response(480);
    assert.equal((await told).status, 480);
  });

  it('what the app itself refuses is no news to it', async () => {
    const { ua, server } = await phone();
    ua.on('rejectedCall', () => assert.fail('it knows'));
    ua.on('incomingCall', ({ call }) => {
      call.reject(486);
    });
    server.send(invite());
    await server.response(486);
  });
});
