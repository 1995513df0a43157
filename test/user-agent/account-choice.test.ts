import { assert } from 'chai';
import { headerValue } from '../../lib/parser/index.js';
import { settle } from '../support/fake-clock.js';
import { peerRequest, phone } from '../support/phone.js';

describe('which account', () => {
  it('ACC-13: a call that names no account takes the one of its domain, else the default one', async () => {
    const { ua, server } = await phone();
    ua.addAccount({ uri: 'sip:carol@other.example', register: false });
    const from = async (target: string): Promise<string> => {
      const call = ua.call(target);
      const invite = await server.request('INVITE');
      call.hangup();
      await settle();
      return headerValue(invite, 'From')!;
    };
    assert.match(await from('sip:bob@other.example'), /<sip:carol@other\.example>/);
    assert.match(await from('sip:bob@elsewhere.example'), /<sip:alice@example\.com>/);
    assert.match(await from('bob'), /<sip:alice@example\.com>/);
    [, ua.defaultAccount] = ua.accounts;
    assert.match(await from('bob'), /<sip:carol@other\.example>/);
    await ua.stop({ unregister: false });
    assert.throws(() => ua.call('bob'), /no account/);
  });

  it('ACC-15, LIN-20: the To decides before the Request-URI', async () => {
    const { ua, server, account } = await phone();
    const bob = ua.addAccount({ uri: 'sip:bob@example.com', register: false });
    const heard: unknown[] = [];
    ua.on('incomingCall', ({ account: one }) => heard.push(one));
    server.send(peerRequest('INVITE', { uri: account.contact, To: '<sip:bob@example.com>' }));
    await server.response(180);
    assert.deepEqual(heard, [bob]);
  });

  it('ACC-15: the flow a request came by weighs more than domain and user', async () => {
    const { ua, server, account } = await phone();
    const twin = ua.addAccount({ uri: 'sip:alice@example.com', servers: 'ws://b.example/', register: false });
    await settle();
    const heard: unknown[] = [];
    ua.on('incomingCall', ({ account: one }) => heard.push(one));
    server.sockets[1]!.receive(peerRequest('INVITE', { 'Call-ID': 'one' }));
    server.sockets[0]!.receive(peerRequest('INVITE', { 'Call-ID': 'two' }));
    await settle();
    assert.deepEqual(heard, [twin, account]);
  });

  it('ACC-15: of equals the one with the higher priority takes it', async () => {
    const { ua, server } = await phone();
    const second = ua.addAccount({ uri: 'sip:alice@example.com', priority: 5, register: false });
    ua.addAccount({ uri: 'sip:alice@example.com', priority: 1, register: false });
    const heard: unknown[] = [];
    ua.on('incomingCall', ({ account: one }) => heard.push(one));
    server.send(peerRequest('INVITE'));
    await server.response(180);
    assert.deepEqual(heard, [second]);
  });

  it('ACC-15: the app has the last word; nobody’s gets 404', async () => {
    const chosen: (string | undefined)[] = [];
    const { server, account } = await phone({
      routeIncoming: (request, match) => {
        chosen.push(match?.uri);
        return request.uri.includes('nobody') ? undefined : match;
      },
    });
    account.on('message', () => undefined);
    server.send(peerRequest('MESSAGE', { 'Content-Type': 'text/plain' }, 'hi'));
    await server.response(200);
    server.send(peerRequest('INVITE', { uri: 'sip:nobody@example.com', 'Call-ID': 'other' }));
    await server.response(404);
    assert.deepEqual(chosen, ['sip:alice@example.com', 'sip:alice@example.com']);
  });

  it('ACC-15: a bug in the app’s choice costs the choice, not the request', async () => {
    const { server, account } = await phone({
      routeIncoming: () => {
        throw new Error('a bug of the app');
      },
    });
    account.on('message', () => undefined);
    const former = process.listeners('uncaughtException');
    const bugs: unknown[] = [];
    process.removeAllListeners('uncaughtException').on('uncaughtException', (error) => bugs.push(error));
    server.send(peerRequest('MESSAGE', { 'Content-Type': 'text/plain' }, 'hi'));
    await server.response(200);
    await settle();
    process.removeAllListeners('uncaughtException');
    for (const listener of former) process.on('uncaughtException', listener);
    assert.lengthOf(bugs, 1);
  });

  it('max_calls: one call more than `maxCalls` gets 486', async () => {
    const { server, account } = await phone({ maxCalls: 1 });
    account.call('bob');
    await server.request('INVITE');
    server.send(peerRequest('INVITE'));
    await server.response(486);
  });

  it('EXO-14: a request that means nothing to us is the app’s to answer; unanswered it gets 405, 481 or 501', async () => {
    const { ua, server, account } = await phone();
    const heard: unknown[] = [];
    ua.on('request', ({ request, account: whose, respond }) => {
      heard.push([request.method, whose]);
      if (request.method !== 'NOTIFY') return;
      respond(200, { headers: [{ name: 'X-Seen', value: 'yes' }] });
      respond(500);
    });
    const methods = { NOTIFY: 200, SUBSCRIBE: 405, BYE: 481, DANCE: 501 };
    for (const [method, status] of Object.entries(methods)) {
      server.send(peerRequest(method, { 'Call-ID': method }));
      const response = await server.response(status);
      assert.equal(headerValue(response, 'X-Seen'), method === 'NOTIFY' ? 'yes' : undefined);
    }
    assert.deepEqual(
      heard,
      Object.keys(methods).map((method) => [method, account]),
    );
  });
});
