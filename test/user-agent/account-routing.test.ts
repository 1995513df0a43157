import { assert } from 'chai';
import { settle } from '../support/fake-clock.js';
import { peerRequest, peerSdp, phone } from '../support/phone.js';

describe('account routing', () => {
  const offer = peerSdp().replace('setup:active', 'setup:actpass');

  async function twoAccounts() {
    const stage = await phone();
    const carol = stage.ua.addAccount({ uri: 'sip:carol@example.com', register: false });
    const rung: string[] = [];
    stage.ua.on('incomingCall', ({ account }) => rung.push(account.uri));
    await settle();
    return { ...stage, carol, rung };
  }

  it('ACC-15: the To decides, then the Request-URI', async () => {
    const { server, rung, carol, account } = await twoAccounts();
    server.send(peerRequest('INVITE', { To: '<sip:carol@example.com>', 'Call-ID': '1' }, offer));
    server.send(peerRequest('INVITE', { To: '<sip:group@example.com>', uri: carol.contact, 'Call-ID': '2' }, offer));
    server.send(peerRequest('INVITE', { To: '<sip:carol@example.com>', uri: account.contact, 'Call-ID': '3' }, offer));
    await settle();
    assert.deepEqual(rung, ['sip:carol@example.com', 'sip:carol@example.com', 'sip:carol@example.com']);
  });

  it('ACC-15: with several accounts an unknown user gets 404', async () => {
    const { server, rung } = await twoAccounts();
    server.send(peerRequest('INVITE', { uri: 'sip:dave@example.com', To: '<sip:dave@example.com>' }, offer));
    await server.response(404);
    assert.deepEqual(rung, []);
  });

  it('a MESSAGE goes to its account, gets 200, and is told by the user agent too', async () => {
    const { server, ua, carol } = await twoAccounts();
    const message = ua.once('message');
    server.send(peerRequest('MESSAGE', { To: '<sip:carol@example.com>', 'Content-Type': 'text/plain' }, 'hello'));
    await server.response(200);
    assert.deepInclude(await message, {
      account: carol,
      from: 'sip:bob@example.com',
      contentType: 'text/plain',
      body: 'hello',
    });
  });

  it('ACC-13: the first account is the default one, another may be; a stranger may not', async () => {
    const { ua, account, carol } = await twoAccounts();
    assert.equal(ua.defaultAccount, account);
    ua.defaultAccount = carol;
    await carol.dispose();
    assert.equal(ua.defaultAccount, account);
    assert.throws(() => (ua.defaultAccount = carol), /not added/);
  });

  it('CALL-6: hangupAll ends every call, the ringing ones too', async () => {
    const { server, ua, account } = await twoAccounts();
    account.call('bob');
    await server.request('INVITE');
    server.send(peerRequest('INVITE', {}, offer));
    await server.response(180);
    ua.hangupAll();
    await server.response(603);
    assert.deepEqual(ua.calls, []);
  });
});
