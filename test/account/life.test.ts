import { assert } from 'chai';
import { headerValue } from '../../lib/parser/index.js';
import type { RegistrationChange } from '../../lib/index.js';
import { talking, talkingTo } from '../support/calls.js';
import { settle } from '../support/fake-clock.js';
import { peerRequest, peerSdp, phone } from '../support/phone.js';
import { bound, challenge, registered, registering } from '../support/registering.js';

const offer = peerSdp().replace('setup:active', 'setup:actpass');

describe('life of an account', () => {
  it('LIN-6: removed while its REGISTER is in flight, it waits for the answer, then unregisters with its own credentials', async () => {
    const { server, register, account, ua } = await registering();
    server.respond(register, 401, { headers: [challenge] });
    const known = await server.request('REGISTER');
    const done = account.dispose();
    await server.nothing();
    server.respond(known, 200, { headers: [bound(known, 600)] });
    const remove = await server.request('REGISTER');
    assert.equal(headerValue(remove, 'Expires'), '0');
    assert.match(headerValue(remove, 'Authorization')!, /username="alice"/);
    server.respond(remove, 200);
    await done;
    assert.isTrue(server.socket.isClosed);
    assert.lengthOf(ua.accounts, 0);
  });

  it('LIN-6: with the network gone the unregister is dropped', async () => {
    const { server, account, clock } = await registered();
    server.holdsHandshakes = true;
    server.socket.drop();
    await account.dispose();
    await clock.advance(60_000);
    await server.nothing();
    assert.equal(clock.pending, 0);
  });

  it('ACC-6: with force: false an account that has calls stays, says `busy`, and nothing is sent', async () => {
    const { server, account } = await registered();
    const call = account.call('bob');
    await server.request('INVITE');
    const refused = await account.dispose({ force: false }).catch((error: unknown) => error);
    assert.propertyVal(refused, 'code', 'busy');
    await server.nothing();
    assert.equal(call.state, 'calling');
    assert.isTrue(account.isRegistered);
  });

  it('ACC-6: an unregister that is not answered is waited for as long as `unregisterTimeout` says', async () => {
    const { server, account, clock } = await registered({ account: { unregisterTimeout: 1500 } });
    let isDone = false;
    void account.dispose().then(() => (isDone = true));
    await server.request('REGISTER');
    await clock.advance(1499);
    assert.isFalse(isDone);
    await clock.advance(1);
    assert.isTrue(isDone);
    assert.isTrue(server.socket.isClosed);
    assert.equal(clock.pending, 0);
  });

  it('ACC-6: disposed, the default account is another one', async () => {
    const { account, ua } = await phone();
    const other = ua.addAccount({ uri: 'sip:carol@example.com', register: false });
    assert.equal(ua.defaultAccount, account);
    await account.dispose();
    assert.equal(ua.defaultAccount, other);
  });

  it('ACC-9: two accounts have two Call-IDs, and the failure of one leaves the other', async () => {
    const { server, register, account, ua } = await registering();
    const other = ua.addAccount({ uri: 'sip:carol@example.com', password: 'x' });
    const second = await server.request('REGISTER');
    assert.notEqual(headerValue(second, 'Call-ID'), headerValue(register, 'Call-ID'));
    assert.lengthOf(server.sockets, 1, 'one WebSocket');
    server.respond(second, 403);
    server.respond(register, 200, { headers: [bound(register, 600)] });
    await settle();
    assert.equal(account.state, 'registered');
    assert.equal(other.state, 'failed');
    await other.dispose();
    assert.isTrue(account.connected);
  });

  it('ACC-9: one address may be registered by several accounts', async () => {
    const { server, register, ua } = await registering();
    ua.addAccount({ uri: 'sip:alice@example.com', password: 'secret' });
    const second = await server.request('REGISTER');
    assert.equal(headerValue(second, 'To'), headerValue(register, 'To'));
    assert.notEqual(headerValue(second, 'Contact'), headerValue(register, 'Contact'));
  });

  it('ACC-10: the info tells status, reason, expiry and what is left of it, Contact and connection; 100 while it is pending', async () => {
    const { server, register, account, clock } = await registering();
    assert.deepInclude(account.info, { state: 'registering', status: 100, isRegistered: false, connected: true });
    server.respond(register, 200, { headers: [bound(register, 300)], reason: 'Fine' });
    await account.registered;
    await clock.advance(100_000);
    assert.deepInclude(account.info, {
      uri: 'sip:alice@example.com',
      state: 'registered',
      status: 200,
      reason: 'Fine',
      expires: 300,
      expiresIn: 200,
      contact: account.contact,
      gruu: undefined,
    });
  });

  it('ACC-11, ACC-12, EXO-13: every change is told, every repeat of success too, with status, reason, expiry and response', async () => {
    const { server, account, register } = await registering();
    const changes: RegistrationChange[] = [];
    account.on('registrationChanged', (change) => changes.push(change));
    server.respond(register, 200, { headers: [bound(register, 300)], reason: 'Fine' });
    await settle();
    void account.register();
    const refresh = await server.request('REGISTER');
    server.respond(refresh, 200, { headers: [bound(refresh, 200)] });
    await settle();
    void account.unregister();
    server.respond(await server.request('REGISTER'), 200);
    await settle();
    void account.register().catch(() => undefined);
    server.respond(await server.request('REGISTER'), 403, { reason: 'No' });
    await settle();
    assert.deepEqual(
      changes.map(({ previous, state, status, expires, cause }) => [previous, state, status, expires, cause]),
      [
        ['registering', 'registered', 200, 300, undefined],
        ['registered', 'refreshing', undefined, undefined, undefined],
        ['refreshing', 'registered', 200, 200, undefined],
        ['registered', 'unregistered', 200, undefined, undefined],
        ['unregistered', 'registering', undefined, undefined, undefined],
        ['registering', 'failed', 403, undefined, 'authentication'],
      ],
    );
    assert.equal(changes[0]!.response!.reason, 'Fine');
    assert.isTrue(changes.at(-1)!.isPermanent);
  });

  it('ACC-16: an OPTIONS of ours is answered after a 407, in the same Call-ID', async () => {
    const { server, account } = await phone();
    const answer = account.request('OPTIONS', 'sip:bob@example.com', { headers: [{ name: 'Accept', value: 'x/y' }] });
    const first = await server.request('OPTIONS');
    server.respond(first, 407, { headers: [challenge.replace('WWW', 'Proxy')] });
    const second = await server.request('OPTIONS');
    assert.equal(headerValue(second, 'Call-ID'), headerValue(first, 'Call-ID'));
    assert.match(headerValue(second, 'Proxy-Authorization')!, /username="alice"/);
    assert.equal(headerValue(second, 'Accept'), 'x/y');
    server.respond(second, 200);
    assert.equal((await answer).status, 200);
  });

  it('ACC-16: aborted after it was sent, a request is waited for no longer, and its late answer changes nothing', async () => {
    const { server, account } = await phone();
    const { signal, abort } = ((controller) => ({ signal: controller.signal, abort: () => { controller.abort(); } }))(new AbortController()); // prettier-ignore
    const outcome = account.request('OPTIONS', 'bob', { signal }).catch((error: unknown) => error);
    const request = await server.request('OPTIONS');
    abort();
    assert.propertyVal(await outcome, 'code', 'aborted');
    server.respond(request, 200);
    await server.nothing();
  });

  it('ACC-17: stop hangs up, then unregisters, then closes', async () => {
    const { server, account, ua } = await registered();
    account.on('incomingCall', ({ call }) => void call.answer());
    server.send(peerRequest('INVITE', {}, offer));
    await server.response(180);
    const ok = await server.response(200);
    server.send(peerRequest('ACK', { To: headerValue(ok, 'To')!, uri: account.contact }));
    await settle();
    const done = ua.stop();
    await server.request('BYE');
    const remove = await server.request('REGISTER');
    assert.equal(headerValue(remove, 'Expires'), '0');
    assert.isFalse(server.socket.isClosed);
    server.respond(remove, 200);
    await done;
    assert.isTrue(server.socket.isClosed);
    assert.throws(() => ua.addAccount({ uri: 'sip:x@example.com' }), /stopped/);
  });

  it('ACC-17: after stop no timer runs, although the INVITEs of a moment ago would have lingered', async () => {
    for (const { ua, server, clock } of [await talking(), await talkingTo()]) {
      const done = ua.stop();
      server.respond(await server.request('BYE'), 200);
      await done;
      await settle();
      assert.equal(clock.pending, 0);
    }
  });

  it('ACC-17: wait: false says what has to be said and closes; unregister: false says nothing', async () => {
    const one = await registered();
    await one.ua.stop({ wait: false });
    assert.equal(headerValue(await one.server.request('REGISTER'), 'Expires'), '0');
    assert.isTrue(one.server.socket.isClosed);
    await one.clock.advance(60_000);
    await one.server.nothing();

    const other = await registered();
    await other.ua.stop({ unregister: false });
    await other.server.nothing();
    assert.isTrue(other.server.socket.isClosed);
  });

  it('ACC-34: with dropCallsOnFailure a first failure leaves the calls, a second in a row ends them', async () => {
    const { server, account, clock } = await registered({
      account: { dropCallsOnFailure: true, retry: { jitter: 0, interval: 30 } },
    });
    const call = account.call('bob');
    server.respond(await server.request('INVITE'), 180);
    await settle();
    void account.register().catch(() => undefined);
    server.respond(await server.request('REGISTER'), 503);
    await settle();
    assert.equal(call.state, 'early');
    await clock.advance(30_000);
    server.respond(await server.request('REGISTER'), 503);
    await server.request('CANCEL');
  });

  it('ACC-34: by default calls outlive the registration', async () => {
    const { server, account } = await registered();
    const call = account.call('bob');
    server.respond(await server.request('INVITE'), 180);
    await settle();
    for (let i = 0; i < 3; i++) {
      void account.register().catch(() => undefined);
      server.respond(await server.request('REGISTER'), 503);
      await settle();
    }
    assert.equal(call.state, 'early');
    await server.nothing();
  });

  it('ACC-15: data is the app’s own, from the options and by update', async () => {
    const { account } = await phone({ account: { data: { desk: 7 } } });
    assert.deepEqual(account.data, { desk: 7 });
    await account.update({ data: 'x' });
    assert.equal(account.data, 'x');
  });

  it('LIN-1, EXO-1: the id is the app’s where it gives one', async () => {
    const { account, ua } = await phone({ account: { id: 'desk-7' } });
    assert.equal(account.id, 'desk-7');
    assert.throws(() => ua.addAccount({ uri: 'sip:bob@example.com', id: 'desk-7' }), /^id: /);
    assert.lengthOf(ua.accounts, 1);
  });

  it('EXO-14: an OPTIONS of the peer gets 200 with Allow, Accept and Supported; one for nobody 404 (§11.2)', async () => {
    const { server, ua } = await phone();
    ua.addAccount({ uri: 'sip:bob@example.com', register: false });
    server.send(peerRequest('OPTIONS'));
    const ok = await server.response(200);
    for (const [name, value] of [
      ['Allow', 'INVITE'],
      ['Accept', 'application/sdp'],
      ['Supported', 'path'],
    ] as const)
      assert.include(headerValue(ok, name), value);
    server.send(
      peerRequest('OPTIONS', { uri: 'sip:nobody@example.com', To: '<sip:nobody@example.com>', CSeq: '2 OPTIONS' }),
    );
    await server.response(404);
  });

  for (const [userAgent, product] of [
    ['Desk/7 (blue)', 'Desk/7 (blue)'],
    ['', undefined],
  ] as const) {
    it(`user_agent ${JSON.stringify(userAgent)}: said in User-Agent and Server, or nowhere`, async () => {
      const { server, register } = await registering({ userAgent });
      assert.equal(headerValue(register, 'User-Agent'), product);
      server.send(peerRequest('OPTIONS'));
      assert.equal(headerValue(await server.response(200), 'Server'), product);
    });
  }

  it('auto_respond_sip_message: by default a MESSAGE gets 200, otherwise what the app says, once', async () => {
    const { server, account } = await phone({ account: { autoRespondMessage: false } });
    account.on('message', ({ respond }) => {
      respond(486, 'Reading');
      respond(200);
    });
    server.send(peerRequest('MESSAGE', { 'Content-Type': 'text/plain' }, 'hi'));
    assert.equal((await server.response(486)).reason, 'Reading');
    await server.nothing();
  });
});

describe('credentials on demand', () => {
  it('ACC-43: no event, snapshot, info or edit has a secret in it', async () => {
    const { server, register, account, ua } = await registering({ account: { password: undefined } as never });
    const told: unknown[] = [];
    ua.on('registrationChanged', (change) => told.push(change));
    account.on('credentialsRequired', (request) => {
      told.push(request);
      request.provide({ username: 'login42', password: 'open sesame' });
    });
    server.respond(register, 401, { headers: [challenge] });
    const answered = await server.request('REGISTER');
    const digest = /response="([0-9a-f]+)"/.exec(headerValue(answered, 'Authorization')!)![1]!;
    server.respond(answered, 200, { headers: [bound(answered, 600)] });
    await account.registered;
    account.setCredentials({ realm: 'there', username: 'alice', ha1: '0123456789abcdef'.repeat(2) });
    const everything = JSON.stringify([told, account, account.getSnapshot(), account.info, account.edit(), ua]);
    assert.include(everything, 'example.com');
    for (const secret of ['open sesame', digest, '0123456789abcdef']) assert.notInclude(everything, secret);
  });

  it('ACC-42, LIN-2: the event asks once for what waits; with the answer both go on in their Call-IDs', async () => {
    const { server, register, account } = await registering({ account: { password: undefined } as never });
    const realms: string[] = [];
    let give!: (credentials: { username: string; password: string }) => void;
    account.on('credentialsRequired', ({ challenge: { realm }, provide }) => {
      realms.push(realm);
      provide(new Promise((resolve) => (give = resolve)));
    });
    const sent = account.sendMessage('bob', 'hello');
    const message = await server.request('MESSAGE');
    server.respond(register, 401, { headers: [challenge] });
    server.respond(message, 401, { headers: [challenge] });
    await server.nothing();
    assert.deepEqual(realms, ['example.com']);
    assert.equal(account.state, 'registering');
    give({ username: 'login42', password: 'secret' });
    const both = [await server.request('REGISTER'), await server.request('MESSAGE')];
    assert.deepEqual(
      both.map((request) => headerValue(request, 'Call-ID')),
      [register, message].map((request) => headerValue(request, 'Call-ID')),
    );
    for (const request of both) assert.match(headerValue(request, 'Authorization')!, /username="login42"/);
    server.respond(both[0]!, 200, { headers: [bound(both[0]!, 600)] });
    server.respond(both[1]!, 200);
    await sent;
    await account.registered;
  });

  it('ACC-42: with nobody to ask the registration has failed with 401; setCredentials tries again', async () => {
    const { server, register, account } = await registering({ account: { password: undefined } as never });
    server.respond(register, 401, { headers: [challenge] });
    await settle();
    assert.equal(account.state, 'failed');
    assert.equal(account.info.status, 401);
    account.setCredentials({ username: 'alice', password: 'secret' });
    const again = await server.request('REGISTER');
    server.respond(again, 401, { headers: [challenge] });
    assert.match(headerValue(await server.request('REGISTER'), 'Authorization')!, /username="alice"/);
  });

  it('ACC-42: what waits is answered by setCredentials', async () => {
    const { server, register, account, ua } = await registering({ account: { password: undefined } as never });
    ua.on('credentialsRequired', ({ wait }) => {
      wait();
    });
    server.respond(register, 401, { headers: [challenge] });
    await server.nothing();
    assert.equal(account.state, 'registering');
    account.setCredentials({ username: 'alice', password: 'secret' });
    assert.match(headerValue(await server.request('REGISTER'), 'Authorization')!, /username="alice"/);
    await server.nothing();
  });

  it('ACC-42: the provider is asked again after wrong ones, and its “no” is a failure', async () => {
    const retries: boolean[] = [];
    const { server, register, account } = await registering({
      account: {
        credentialsProvider: ({ isRetry }) => {
          retries.push(isRetry);
          return undefined;
        },
      },
    });
    server.respond(register, 401, { headers: [challenge] });
    const second = await server.request('REGISTER');
    server.respond(second, 401, { headers: [challenge.replace('n1', 'n2')] });
    await settle();
    assert.deepEqual(retries, [true]);
    assert.equal(account.state, 'failed');
    await server.nothing();
  });

  it('EXO-4: credentials are set, removed and cleared', async () => {
    const { server, register, account } = await registering({
      account: { password: undefined, credentials: [{ realm: 'other', username: 'x', password: 'y' }] } as never,
    });
    server.respond(register, 401, { headers: [challenge] });
    await settle();
    assert.equal(account.state, 'failed', 'an entry for another realm is not used');
    account.setCredentials({ realm: 'example.com', username: 'alice', password: 'secret' });
    const again = await server.request('REGISTER');
    server.respond(again, 401, { headers: [challenge] });
    const known = await server.request('REGISTER');
    server.respond(known, 200, { headers: [bound(known, 600)] });
    await account.registered;
    account.removeCredentials('example.com');
    void account.register().catch(() => undefined);
    const bare = await server.request('REGISTER');
    assert.isUndefined(headerValue(bare, 'Authorization'));
    account.clearCredentials();
    server.respond(bare, 401, { headers: [challenge.replace('example.com', 'other')] });
    await settle();
    assert.equal(account.state, 'failed');
  });

  it('ACC-45: a bearer token is asked for once (RFC 8898)', async () => {
    let asked = 0;
    const credentials = { bearer: () => `token${++asked}` };
    const { server, register, account } = await registering({ account: { password: undefined, credentials } as never });
    server.respond(register, 401, { headers: ['WWW-Authenticate: Bearer realm="example.com"'] });
    const known = await server.request('REGISTER');
    assert.equal(headerValue(known, 'Authorization'), 'Bearer token1');
    server.respond(known, 200, { headers: [bound(known, 600)] });
    await account.registered;
    void account.register();
    assert.equal(headerValue(await server.request('REGISTER'), 'Authorization'), 'Bearer token1');
    assert.equal(asked, 1);
    assert.notInclude(JSON.stringify([account, account.info, account.getSnapshot()]), 'token1');
  });
});
