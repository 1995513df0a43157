import { assert } from 'chai';
import { CSeq, Contact, headerValue, read, readAll } from '../../lib/parser/index.js';
import { settle } from '../support/fake-clock.js';
import { peerRequest, peerSdp, phone } from '../support/phone.js';
import { bound, challenge, contactOf, registering } from '../support/registering.js';

describe('registration', () => {
  it('ACC-1: an account registers when it is added: Request-URI without a user, To = From, CSeq 1 (§10.2)', async () => {
    const { register, account } = await registering();
    assert.equal(account.state, 'registering');
    assert.equal(register.uri, 'sip:example.com');
    assert.equal(headerValue(register, 'To'), '<sip:alice@example.com>');
    assert.match(headerValue(register, 'From')!, /^<sip:alice@example\.com>;tag=/);
    assert.equal(read(register, CSeq)!.sequence, 1);
    assert.equal(headerValue(register, 'Expires'), '600');
    assert.match(
      headerValue(register, 'Contact')!,
      /;transport=ws>.*\+sip\.instance="<urn:uuid:[-0-9a-f]{36}>";reg-id=1/,
    );
  });

  it('ACC-2: after a 401 the second REGISTER has credentials, the same Call-ID and the next CSeq (§22.2)', async () => {
    const { register, server, account, states } = await registering();
    server.respond(register, 401, { headers: [challenge] });
    const second = await server.request('REGISTER');
    assert.equal(headerValue(second, 'Call-ID'), headerValue(register, 'Call-ID'));
    assert.equal(read(second, CSeq)!.sequence, 2);
    assert.match(headerValue(second, 'Authorization')!, /nc=00000001/);
    server.respond(second, 200, { headers: [bound(second, 300)] });
    await account.registered;
    assert.isTrue(account.isRegistered);
    assert.deepEqual(states, ['registered']);
  });

  it('ACC-2: a wrong password ends after exactly two REGISTERs, and nothing follows', async () => {
    const { register, server, account, clock } = await registering();
    const outcome = account.registered.catch((error: unknown) => error);
    server.respond(register, 401, { headers: [challenge] });
    server.respond(await server.request('REGISTER'), 401, { headers: [challenge.replace('n1', 'n2')] });
    assert.deepInclude((await outcome) as object, { code: 'authentication', status: 401 });
    assert.equal(account.state, 'failed');
    await clock.advance(3600_000);
    await server.nothing();
  });

  it('ACC-2: a stale nonce is replaced once more, not for ever (RFC 7616 §3.3)', async () => {
    const { register, server, account } = await registering();
    server.respond(register, 401, { headers: [challenge] });
    const stale = (n: number): string => `${challenge.replace('n1', `s${n}`)}, stale=true`;
    server.respond(await server.request('REGISTER'), 401, { headers: [stale(1)] });
    const third = await server.request('REGISTER');
    assert.match(headerValue(third, 'Authorization')!, /nonce="s1"/);
    server.respond(third, 401, { headers: [stale(2)] });
    await settle();
    assert.equal(account.state, 'failed');
    await server.nothing();
  });

  it('a challenge that cannot be read fails the registration and throws nowhere', async () => {
    const { register, server, account } = await registering();
    server.respond(register, 401, { headers: ['WWW-Authenticate: Digest realm="x', 'WWW-Authenticate: ,,,'] });
    await settle();
    assert.equal(account.state, 'failed');
  });

  it('a challenge that can be read is answered, whatever stands beside it', async () => {
    const { register, server } = await registering();
    server.respond(register, 401, { headers: ['WWW-Authenticate: Digest realm="x', challenge] });
    assert.isDefined(headerValue(await server.request('REGISTER'), 'Authorization'));
  });

  it('ACC-44: a refresh authorizes itself with nc=00000002, in one transaction', async () => {
    const { register, server, account, clock } = await registering();
    server.respond(register, 401, { headers: [challenge] });
    const second = await server.request('REGISTER');
    server.respond(second, 200, { headers: [bound(second, 300)] });
    await account.registered;
    await clock.advance(270_000);
    const refresh = await server.request('REGISTER');
    assert.equal(account.state, 'refreshing');
    assert.match(headerValue(refresh, 'Authorization')!, /nc=00000002/);
    assert.isTrue(account.isRegistered, 'the binding holds meanwhile');
    server.respond(refresh, 200, { headers: [bound(refresh, 300)] });
    await settle();
    assert.equal(account.state, 'registered');
  });

  it('RFC 7616 §3.5: the nextnonce of a 200 is used for the next request, from nc=00000001', async () => {
    const { register, server, account } = await registering();
    server.respond(register, 401, { headers: [challenge] });
    const second = await server.request('REGISTER');
    server.respond(second, 200, { headers: [bound(second, 300), 'Authentication-Info: nextnonce="n9"'] });
    await account.registered;
    void account.register();
    assert.match(
      headerValue(await server.request('REGISTER'), 'Authorization')!,
      /nonce="n9".*nc=00000001|nc=00000001.*nonce="n9"/,
    );
  });

  for (const granted of [10, 60, 600, 3600]) {
    it(`ACC-30: a binding of ${granted} s is refreshed before it ends, and not in haste`, async () => {
      const { register, server, account, clock } = await registering();
      server.respond(register, 200, { headers: [bound(register, granted)] });
      await account.registered;
      await clock.advance(granted * 1000 * 0.47);
      await server.nothing();
      const { length } = server.received;
      for (let i = 0; i < 50 && server.received.length === length; i++) await clock.advance(granted * 10);
      await server.request('REGISTER');
      assert.isTrue(account.isRegistered);
    });
  }

  it('ENV-5: a machine that slept over the refresh sends one REGISTER when it wakes', async () => {
    const { register, server, account, clock } = await registering();
    server.respond(register, 200, { headers: [bound(register, 600)] });
    await account.registered;
    clock.sleep(7200_000);
    assert.isFalse(account.isRegistered, 'time is over, whatever the timers think');
    await clock.advance(30_000);
    await server.request('REGISTER');
    await server.nothing();
  });

  it('ACC-24: the expiry of our own Contact counts, not the header and not the others (§10.2.4)', async () => {
    const { register, server, account, clock } = await registering();
    server.respond(register, 200, {
      headers: ['Contact: <sip:other@foreign.example>;expires=3600', bound(register, 40), 'Expires: 3600'],
    });
    await account.registered;
    await clock.advance(40_000 * 0.9);
    await server.request('REGISTER');
  });

  it('our Contact is known by its user and host where the registrar drops instance-id and respells the URI', async () => {
    const { register, server, account } = await registering();
    const uri = /<([^>;]+)/.exec(headerValue(register, 'Contact')!)![1]!;
    server.respond(register, 200, {
      headers: [`Contact: <${uri.toUpperCase().replace(/SIP:[^@]+/, uri.split('@')[0]!)};Transport=WS;x>;expires=60`],
    });
    await account.registered;
  });

  it('ACC-38, ACC-10: a 200 that lists only foreign Contacts is asked once more, with a fresh Call-ID, and is no registration', async () => {
    const { register, server, account } = await registering();
    const outcome = account.registered.catch((error: unknown) => error);
    server.respond(register, 200, { headers: ['Contact: <sip:other@foreign.example>;expires=3600'] });
    const second = await server.request('REGISTER');
    assert.notEqual(headerValue(second, 'Call-ID'), headerValue(register, 'Call-ID'));
    assert.equal(read(second, CSeq)!.sequence, 1);
    server.respond(second, 200, { headers: ['Contact: <sip:other@foreign.example>;expires=3600'] });
    assert.propertyVal(await outcome, 'code', 'bindingMissing');
    assert.equal(account.state, 'failed');
    assert.isFalse(account.isRegistered);
    await server.nothing();
  });

  it('S4: a 200 without any Contact fails the registration, and the next register() works', async () => {
    const { register, server, account } = await registering();
    server.respond(register, 200);
    server.respond(await server.request('REGISTER'), 200);
    await settle();
    assert.equal(account.state, 'failed');
    const again = account.register();
    const second = await server.request('REGISTER');
    server.respond(second, 200, { headers: [bound(second, 300)] });
    await again;
    assert.isTrue(account.isRegistered);
  });

  it('a malformed Contact beside ours does not hide ours', async () => {
    const { register, server, account } = await registering();
    server.respond(register, 200, { headers: ['Contact: <sip:broken', bound(register, 300)] });
    await account.registered;
  });

  it('ACC-33: 423 is followed by one REGISTER with the Min-Expires; a second 423 fails (§10.2.8)', async () => {
    const { register, server, account } = await registering();
    server.respond(register, 423, { headers: ['Min-Expires: 1800'] });
    const second = await server.request('REGISTER');
    assert.equal(headerValue(second, 'Expires'), '1800');
    server.respond(second, 423, { headers: ['Min-Expires: 3600'] });
    await settle();
    assert.equal(account.state, 'failed');
    await server.nothing();
  });

  it('ACC-4, EXO-7: unregister sends Expires: 0 in the same Call-ID; no refresh follows', async () => {
    const { register, server, account, clock } = await registering();
    server.respond(register, 200, { headers: [bound(register, 300)] });
    await account.registered;
    const done = account.unregister();
    const remove = await server.request('REGISTER');
    assert.equal(headerValue(remove, 'Expires'), '0');
    assert.equal(headerValue(remove, 'Call-ID'), headerValue(register, 'Call-ID'));
    server.respond(remove, 200);
    await done;
    assert.equal(account.state, 'unregistered');
    await clock.advance(3600_000);
    await server.nothing();
  });

  it('ACC-8, EXO-5: unregister of all sends Contact: * with Expires: 0 (§10.2.2)', async () => {
    const { register, server, account } = await registering();
    server.respond(register, 200, { headers: [bound(register, 300)] });
    await account.registered;
    void account.unregister({ all: true });
    const remove = await server.request('REGISTER');
    assert.deepEqual(
      remove.headers.filter((h) => h.name === 'Contact').map((h) => h.value),
      ['*'],
    );
    assert.equal(headerValue(remove, 'Expires'), '0');
  });

  it('ACC-32: a 403 is final; a 503 is tried again when its Retry-After is over', async () => {
    const refused = await registering();
    refused.server.respond(refused.register, 403);
    await refused.clock.advance(3600_000);
    await refused.server.nothing();

    const busy = await registering();
    busy.server.respond(busy.register, 503, { headers: ['Retry-After: 17'] });
    await busy.clock.advance(16_999);
    await busy.server.nothing();
    await busy.clock.advance(1);
    await busy.server.request('REGISTER');
  });

  it('ACC-31, ACC-20, LIN-9: a lost connection is opened again within a second; the old Contact goes with the REGISTER that brings the new one', async () => {
    const { register, server, account, clock, states } = await registering();
    server.respond(register, 200, { headers: [bound(register, 300)] });
    await account.registered;
    server.socket.drop();
    assert.isFalse(account.isRegistered, 'nobody is reached by it');
    await clock.advance(1000);
    const again = await server.request('REGISTER');
    const [present, former] = readAll(again, Contact).filter((contact) => contact !== '*');
    assert.equal(former!.uri, contactOf(register).uri);
    assert.equal(former!.params.get('expires'), '0');
    assert.notEqual(present!.uri, former!.uri);
    assert.notEqual(headerValue(again, 'Via')!.split(';')[0], headerValue(register, 'Via')!.split(';')[0]);
    server.respond(again, 200, { headers: [bound(again, 60)] });
    await account.registered;
    assert.deepEqual(states, ['registered', 'registering', 'registering', 'registered']);
    await clock.advance(60_000);
    assert.lengthOf(readAll(await server.request('REGISTER'), Contact), 1, 'the next one has ours alone');
    await server.nothing();
  });

  it('S12: a connection lost while a REGISTER is in flight does not strand the account: the next does not wait for timer F', async () => {
    const { server, account, clock } = await registering();
    server.socket.drop();
    await clock.advance(0);
    const again = await server.request('REGISTER');
    server.respond(again, 200, { headers: [bound(again, 300)] });
    await settle();
    assert.isTrue(account.isRegistered);
  });

  it('ACC-7, EXO-8: disposed without unregister, not a word goes out, and a late 200 changes nothing', async () => {
    const { register, server, account, clock } = await registering();
    const outcome = account.registered.catch((error: unknown) => error);
    await account.dispose({ unregister: false });
    assert.propertyVal(await outcome, 'code', 'aborted');
    server.respond(register, 200, { headers: [bound(register, 300)] });
    await clock.advance(3600_000);
    await server.nothing();
    assert.equal(clock.pending, 0);
    assert.isTrue(server.socket.isClosed);
  });

  it('ACC-7: disposed without unregister, its calls end without a word, and every microphone is released', async () => {
    const { server, account, media, clock } = await phone();
    const calling = account.call('bob');
    await server.request('INVITE');
    const offer = peerSdp().replace('setup:active', 'setup:actpass');
    account.on('incomingCall', ({ call }) => void call.ring({ earlyMedia: true }));
    server.send(peerRequest('INVITE', {}, offer));
    await server.response(180);
    await server.response(183);
    await account.dispose({ unregister: false });
    await clock.advance(3600_000);
    await server.nothing();
    assert.equal(calling.state, 'disconnected');
    assert.equal(account.calls.size, 0);
    assert.lengthOf(media.microphones, 2);
    assert.isTrue(media.microphones.every((track) => track.readyState === 'ended'));
  });

  it('ACC-6: disposed, the account removes its binding before its connection closes', async () => {
    const { register, server, account, ua } = await registering();
    server.respond(register, 200, { headers: [bound(register, 300)] });
    await account.registered;
    const done = account.dispose();
    const remove = await server.request('REGISTER');
    assert.equal(headerValue(remove, 'Expires'), '0');
    assert.isFalse(server.socket.isClosed);
    server.respond(remove, 200);
    await done;
    assert.isTrue(server.socket.isClosed);
    assert.deepEqual(ua.accounts, []);
  });

  it('ACC-43, S16: no secret reaches a log', async () => {
    const { register, server, account, log } = await registering();
    server.respond(register, 401, { headers: [challenge] });
    const second = await server.request('REGISTER');
    const response = /response="([0-9a-f]+)"/.exec(headerValue(second, 'Authorization')!)![1]!;
    const everything = `${log.join('\n')}${JSON.stringify(account)}`;
    assert.include(everything, 'REGISTER sip:example.com');
    assert.notInclude(everything, 'secret');
    assert.notInclude(everything, response);
  });
});
