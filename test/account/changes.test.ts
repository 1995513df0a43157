import { assert } from 'chai';
import { headerValue, uriEquals } from '../../lib/parser/index.js';
import type { SipRequest } from '../../lib/parser/index.js';
import type { AccountOptions } from '../../lib/index.js';
import { settle } from '../support/fake-clock.js';
import { peerRequest, peerSdp, phone } from '../support/phone.js';
import { bound, challenge, contactOf, leaving, registered, registering } from '../support/registering.js';

describe('changes of an account', () => {
  it('ACC-19: update({}) and the values there are already send nothing', async () => {
    const { server, account } = await registered();
    await account.update({});
    await account.update({ expires: 600, uri: 'sip:alice@example.com', contact: {}, registerHeaders: [] });
    await account.edit().commit();
    await server.nothing();
  });

  it('ACC-19, ACC-14: two updates in one task are one REGISTER', async () => {
    const { server, account, register } = await registered();
    const first = account.update({ expires: 100 });
    const second = account.update({ registerHeaders: [{ name: 'X-Desk', value: '7' }] });
    const change = await server.request('REGISTER');
    assert.equal(headerValue(change, 'Expires'), '100');
    assert.equal(headerValue(change, 'X-Desk'), '7');
    assert.equal(headerValue(change, 'Call-ID'), headerValue(register, 'Call-ID'));
    assert.deepEqual(leaving(change), []);
    server.respond(change, 200, { headers: [bound(change, 100)] });
    await Promise.all([first, second]);
    await server.nothing();
  });

  it('ACC-19: update(…, { register: false }) sends nothing; the next REGISTER has the new values', async () => {
    const { server, account } = await registered();
    await account.update({ expires: 100 }, { register: false });
    await server.nothing();
    void account.register();
    assert.equal(headerValue(await server.request('REGISTER'), 'Expires'), '100');
  });

  it('ACC-19: other Contact parameters are one REGISTER; the Contact they replace goes with it', async () => {
    const { server, account, register } = await registered();
    void account.update({ contact: { uriParams: { 'pn-prid': 'x' } } });
    const change = await server.request('REGISTER');
    assert.deepEqual(leaving(change), [contactOf(register).uri]);
    assert.match(contactOf(change).uri, /;transport=ws;pn-prid=x$/);
    assert.isFalse(
      uriEquals(contactOf(change).uri, contactOf(register).uri),
      'so that each registrar tells them apart',
    );
    await server.nothing();
  });

  it('a change while a REGISTER is in flight follows it', async () => {
    const { server, account, register } = await registering();
    void account.update({ registerHeaders: [{ name: 'X-Desk', value: '7' }] });
    await server.nothing();
    server.respond(register, 200, { headers: [bound(register, 600)] });
    assert.equal(headerValue(await server.request('REGISTER'), 'X-Desk'), '7');
  });

  it('a Contact that changes while a REGISTER is in flight: the answer is read for the one that was sent, and that one goes', async () => {
    for (const isFirst of [true, false]) {
      const { server, account, register } = isFirst ? await registering() : await registered();
      if (!isFirst) void account.register();
      const sent = isFirst ? register : await server.request('REGISTER');
      void account.update({ contact: { uri: 'sip:alice@192.0.2.4' } });
      await server.nothing();
      server.respond(sent, 200, { headers: [`Contact: <${contactOf(sent).uri}>;expires=600`] });
      const change = await server.request('REGISTER');
      assert.equal(contactOf(change).uri, 'sip:alice@192.0.2.4');
      assert.equal(headerValue(change, 'Call-ID'), headerValue(sent, 'Call-ID'), 'the registrar had not forgotten us');
      assert.deepEqual(leaving(change), [contactOf(sent).uri]);
    }
  });

  it('ACC-18: another identity: the old one unregisters with the old credentials, then the new one registers', async () => {
    const { server, account, register, states } = await registering();
    server.respond(register, 401, { headers: [challenge] });
    const known = await server.request('REGISTER');
    server.respond(known, 200, { headers: [bound(known, 600)] });
    await account.registered;
    states.length = 0;
    const done = account.update({ uri: 'sip:carol@example.com', password: 'other' });
    const remove = await server.request('REGISTER');
    assert.equal(headerValue(remove, 'To'), '<sip:alice@example.com>');
    assert.equal(headerValue(remove, 'Expires'), '0');
    assert.equal(headerValue(remove, 'Call-ID'), headerValue(known, 'Call-ID'));
    assert.match(headerValue(remove, 'Authorization')!, /username="alice".*nc=00000002/);
    await server.nothing();
    server.respond(remove, 200);
    const fresh = await server.request('REGISTER');
    assert.equal(headerValue(fresh, 'To'), '<sip:carol@example.com>');
    assert.notEqual(headerValue(fresh, 'Call-ID'), headerValue(known, 'Call-ID'));
    server.respond(fresh, 401, { headers: [challenge] });
    const second = await server.request('REGISTER');
    assert.match(headerValue(second, 'Authorization')!, /username="carol"/);
    server.respond(second, 200, { headers: [bound(second, 600)] });
    await done;
    assert.equal(account.uri, 'sip:carol@example.com');
    assert.deepEqual(states, ['registering', 'registered'], 'the old one leaves in silence');
  });

  it('ACC-18: an unregister that fails or is never answered does not hold the new identity up', async () => {
    const { server, account, clock } = await registered();
    void account.update({ uri: 'sip:carol@example.com' });
    await server.request('REGISTER');
    await clock.advance(4000);
    assert.equal(headerValue(await server.request('REGISTER'), 'To'), '<sip:carol@example.com>');
  });

  it('ACC-18: a registration that fails leaves the new values in place', async () => {
    const { server, account } = await registered();
    const outcome = account.update({ registrar: 'sip:b.example' }).catch((error: unknown) => error);
    server.respond(await server.request('REGISTER'), 200);
    const fresh = await server.request('REGISTER');
    assert.equal(fresh.uri, 'sip:b.example');
    server.respond(fresh, 403);
    assert.propertyVal(await outcome, 'code', 'authentication');
    assert.equal(account.state, 'failed');
    void account.register().catch(() => undefined);
    assert.equal((await server.request('REGISTER')).uri, 'sip:b.example');
  });

  it('ACC-18: after a wrong password the right one registers at once, and nothing is unregistered', async () => {
    const { server, account, register } = await registering();
    server.respond(register, 403);
    await settle();
    void account.update({ password: 'right' });
    const again = await server.request('REGISTER');
    assert.equal(headerValue(again, 'Expires'), '600');
    await server.nothing();
  });

  it('ACC-18: other servers: the old flow says good-bye, calls on it go on, and it is closed when the last has ended', async () => {
    const { server, account } = await registered();
    const offer = peerSdp().replace('setup:active', 'setup:actpass');
    account.on('incomingCall', ({ call }) => void call.answer());
    server.send(peerRequest('INVITE', {}, offer));
    await server.response(180);
    const answer = await server.response(200);
    const ack = (method: string, sequence: number): string =>
      peerRequest(method, { CSeq: `${sequence} ${method}`, To: headerValue(answer, 'To')!, uri: account.contact });
    server.send(ack('ACK', 1));
    await settle();
    const [call] = account.calls;
    const [old] = server.sockets;
    void account.update({ servers: 'ws://other.example/' });
    const remove = await server.request('REGISTER');
    server.respondOn(old!, remove, 200);
    const fresh = await server.request('REGISTER');
    assert.equal(server.socket.url, 'ws://other.example/');
    server.respond(fresh, 200, { headers: [bound(fresh, 600)] });
    await account.registered;
    assert.isFalse(old!.isClosed);
    assert.equal(call!.state, 'confirmed');
    call!.hangup();
    const bye = await server.request('BYE');
    assert.include(old!.sent.at(-1), 'BYE');
    server.respondOn(old!, bye, 200);
    await settle();
    assert.isTrue(old!.isClosed);
  });

  it('LIN-3: an edit does nothing until it is committed, and dropped it has done nothing', async () => {
    const { server, account } = await registered();
    const edit = account.edit();
    edit.expires = 77;
    edit.displayName = 'Alice';
    await server.nothing();
    void account.register();
    const unchanged = await server.request('REGISTER');
    assert.equal(headerValue(unchanged, 'Expires'), '600');
    server.respond(unchanged, 200, { headers: [bound(unchanged, 600)] });
    await settle();
    void edit.commit();
    const change = await server.request('REGISTER');
    assert.equal(headerValue(change, 'Expires'), '77');
    assert.match(headerValue(change, 'From')!, /^Alice <sip:alice@example\.com>;tag=/);
  });

  it('LIN-3: an invalid value throws, names the option, and rolls all of it back', async () => {
    const { server, account } = await registered();
    const edit = account.edit();
    edit.expires = 100;
    edit.uri = 'mailto:alice@example.com';
    assert.throws(() => void edit.commit(), /^uri: /);
    assert.throws(() => void account.update({ expires: 50, servers: 'http://x' }), /^servers: /);
    await server.nothing();
    void account.register();
    assert.equal(headerValue(await server.request('REGISTER'), 'Expires'), '600');
  });

  it('LIN-3: an edit shows no secret, and takes one', async () => {
    const { server, account, register } = await registering();
    const edit = account.edit();
    assert.isUndefined(edit.password);
    edit.password = 'new secret';
    assert.notInclude(JSON.stringify(edit), 'secret');
    server.respond(register, 403);
    await settle();
    void edit.commit();
    const again = await server.request('REGISTER');
    server.respond(again, 401, { headers: [challenge] });
    assert.match(headerValue(await server.request('REGISTER'), 'Authorization')!, /username="alice"/);
  });

  it('LIN-4, LIN-5: register: false unregisters, register: true registers again', async () => {
    const { server, account } = await registered();
    const off = account.update({ register: false });
    const remove = await server.request('REGISTER');
    assert.equal(headerValue(remove, 'Expires'), '0');
    server.respond(remove, 200);
    await off;
    assert.equal(account.state, 'unregistered');
    const on = account.update({ register: true });
    const again = await server.request('REGISTER');
    server.respond(again, 200, { headers: [bound(again, 600)] });
    await on;
    assert.equal(account.state, 'registered');
    await server.nothing();
  });

  it('an account that is not registered changes without a word', async () => {
    const { server, account } = await phone();
    await account.update({ expires: 60, contact: { params: { q: 1 } } });
    await account.update({ uri: 'sip:carol@example.com' });
    await server.nothing();
    assert.equal(account.uri, 'sip:carol@example.com');
    void account.register();
    const register = await server.request('REGISTER');
    assert.equal(headerValue(register, 'To'), '<sip:carol@example.com>');
    assert.equal(headerValue(register, 'Expires'), '60');
  });

  it('what stays: the id; and a disposed account changes no more', async () => {
    const { account } = await phone();
    assert.throws(() => void account.update({ id: 'other' }), /id: stays/);
    const pending = account.update({ expires: 5 }).catch((error: unknown) => error);
    await account.dispose();
    assert.propertyVal(await pending, 'code', 'aborted');
    assert.throws(() => void account.update({ expires: 6 }), /disposed/);
  });

  const wrong: readonly [keyof AccountOptions, unknown][] = [
    ['flows', 0], ['flows', 1.5], ['expires', -1], ['minExpires', 'x'], ['refreshBefore', 0],
    ['unregisterTimeout', 0], ['retry', { interval: 0 }], ['retry', { jitter: 2 }], ['retry', { every: 5 }],
    ['dropCallsOnFailure', 1], ['registerVia', 'all'], ['useServiceRoute', null], ['supported', ['a b']],
    ['supported', 'path'], ['contact', { uri: 'tel:1' }], ['contact', { params: { 'a b': 1 } }],
    ['contact', { uriParams: { a: 'x;y' } }], ['contact', { header: {} }], ['extraContacts', ['x']],
    ['extraContacts', 'sip:a@b'], ['contactUpdate', 'maybe'], ['contactHost', 'here'], ['outbound', 'yes'],
    ['priority', Number.NaN], ['autoRespondMessage', 0], ['id', 'a\r\nb'], ['outboundProxies', 'sip:a'],
    ['registerHeaders', [{ name: 'Via', value: 'x' }]], ['instanceId', 'x'],
  ]; // prettier-ignore
  for (const [name, value] of wrong) {
    it(`a wrong ${name} (${JSON.stringify(value)}) throws and names the option`, async () => {
      const { account, ua } = await phone();
      const accounts = ua.accounts.length;
      const pattern = new RegExp(`^${name === 'contact' || name === 'retry' ? '' : name}`);
      assert.throws(() => void account.update({ [name]: value }), pattern);
      assert.throws(() => ua.addAccount({ uri: 'sip:bob@example.com', [name]: value }), pattern);
      assert.lengthOf(ua.accounts, accounts);
    });
  }

  it('the registrar hears the extra headers as they are now (LIN-8: a changed custom header is one REGISTER)', async () => {
    const { server, account } = await registered({ account: { registerHeaders: [{ name: 'X-A', value: '1' }] } });
    void account.update({ registerHeaders: [{ name: 'X-A', value: '2' }] });
    const change: SipRequest = await server.request('REGISTER');
    assert.equal(headerValue(change, 'X-A'), '2');
    await server.nothing();
  });
});
