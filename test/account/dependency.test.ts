import { assert } from 'chai';
import { headerValue } from '../../lib/parser/index.js';
import type { SipRequest } from '../../lib/parser/index.js';
import type { Account, AccountOptions, Call, RegistrationChange, UserAgentOptions } from '../../lib/index.js';
import { described } from '../support/calls.js';
import { settle } from '../support/fake-clock.js';
import { peerRequest, peerSdp, phone } from '../support/phone.js';
import type { Phone } from '../support/phone.js';
import { bound, challenge, contactOf, leaving } from '../support/registering.js';
import type { ScriptedServer } from '../support/scripted-server.js';

const gruu = 'sip:alice@example.com;gr=urn:uuid:f81d4fae';
const offer = peerSdp().replace('setup:active', 'setup:actpass');

interface Family extends Phone {
  readonly master: Account;
  readonly dependent: Account;
  readonly told: (readonly [string, string, string | undefined])[];
  /** The REGISTER that waits, which must be this account's. */
  readonly registerOf: (account: Account) => Promise<SipRequest>;
}

/** A master whose REGISTER waits for its answer, and one account that depends on it. */
async function family(
  options: { readonly dependent?: Partial<AccountOptions>; readonly master?: Partial<AccountOptions> } = {},
  userAgent: Partial<UserAgentOptions> = {},
): Promise<Family> {
  const stage = await phone({ ...userAgent, account: { register: true, id: 'master', ...options.master } });
  const { ua, server, account: master } = stage;
  const dependent = ua.addAccount({
    uri: 'sip:sales@b.example',
    password: 'x',
    dependsOn: master,
    ...options.dependent,
  });
  const told: (readonly [string, string, string | undefined])[] = [];
  dependent.on('registrationChanged', ({ state, reason = '', cause }) => told.push([state, reason, cause]));
  const registerOf = async (account: Account): Promise<SipRequest> => {
    const register = await server.request('REGISTER');
    assert.equal(headerValue(register, 'To'), `<${account.uri}>`);
    return register;
  };
  return { ...stage, master, dependent, told, registerOf };
}

/** Both are registered. */
async function registeredFamily(...args: Parameters<typeof family>): Promise<Family & { first: SipRequest }> {
  const all = await family(...args);
  const { server, master, dependent, registerOf } = all;
  const own = await registerOf(master);
  server.respond(own, 200, { headers: [bound(own, 600)] });
  const first = await registerOf(dependent);
  server.respond(first, 200, { headers: [bound(first, 600)] });
  await dependent.registered;
  all.told.length = 0;
  return { ...all, first };
}

describe('dependent accounts', () => {
  it('LIN-10: set when the account is added; later it can be read, not set', async () => {
    const { dependent, master } = await family();
    assert.equal(dependent.dependsOn, 'master');
    assert.isUndefined(master.dependsOn);
    assert.throws(() => void master.update({ dependsOn: dependent }), /dependsOn: stays/);
    assert.throws(() => void dependent.update({ dependsOn: 'other' }), /dependsOn: stays/);
    assert.throws(() => {
      (dependent as { dependsOn: unknown }).dependsOn = 'other';
    }, TypeError);
  });

  it('LIN-12: while its master is challenged, the dependent sends nothing; then both are registered', async () => {
    const { server, master, dependent, registerOf } = await family();
    const own = await registerOf(master);
    assert.equal(dependent.state, 'none');
    server.respond(own, 401, { headers: [challenge] });
    const second = await registerOf(master);
    await server.nothing();
    server.respond(second, 200, { headers: [bound(second, 600)] });
    const first = await registerOf(dependent);
    server.respond(first, 200, { headers: [bound(first, 600)] });
    await dependent.registered;
  });

  it('LIN-11: added first, by the id of a master to come, it waits in `none`', async () => {
    const { ua, server, clock } = await phone();
    const dependent = ua.addAccount({ uri: 'sip:sales@b.example', dependsOn: 'boss' });
    await clock.advance(60_000);
    await server.take('OPTIONS');
    await server.nothing();
    assert.equal(dependent.state, 'none');
    ua.addAccount({ uri: 'sip:boss@example.com', id: 'boss' });
    const own = await server.request('REGISTER');
    assert.equal(headerValue(own, 'To'), '<sip:boss@example.com>');
    server.respond(own, 200, { headers: [bound(own, 600)] });
    assert.equal(headerValue(await server.request('REGISTER'), 'To'), '<sip:sales@b.example>');
  });

  it('LIN-11: added when its master is registered already, it registers at once', async () => {
    const { ua, server, account } = await phone({ account: { register: true } });
    const own = await server.request('REGISTER');
    server.respond(own, 200, { headers: [bound(own, 600)] });
    await account.registered;
    ua.addAccount({ uri: 'sip:sales@b.example', dependsOn: account });
    assert.equal(contactOf(await server.request('REGISTER')).uri, contactOf(own).uri);
  });

  it('LIN-13: without a GRUU its Contact is the master’s byte for byte, push parameters too, with neither instance-id nor reg-id', async () => {
    const contact = { registerUriParams: { 'pn-prid': 'x' } };
    const { server, master, dependent, registerOf } = await family({ master: { contact } });
    const own = await registerOf(master);
    server.respond(own, 200, { headers: [bound(own, 600)] });
    const shared = contactOf(await registerOf(dependent));
    assert.equal(shared.uri, contactOf(own).uri);
    assert.match(shared.uri, /;pn-prid=x$/);
    assert.isFalse(shared.params.has('reg-id'));
    assert.isFalse(shared.params.has('+sip.instance'));
  });

  it('LIN-13, LIN-19: with a GRUU it is that, for every dependent', async () => {
    const { server, master, ua, registerOf, dependent } = await family();
    const others = ['two', 'three'].map((user) => ua.addAccount({ uri: `sip:${user}@c.example`, dependsOn: 'master' }));
    const own = await registerOf(master);
    server.respond(own, 200, { headers: [bound(own, 600, `;pub-gruu="${gruu}"`)] });
    for (const account of [dependent, ...others]) {
      const register = await registerOf(account);
      assert.equal(contactOf(register).uri, gruu);
      assert.isFalse(contactOf(register).params.has('reg-id'));
      server.respond(register, 200, { headers: [bound(register, 600)] });
      await account.registered;
    }
  });

  const choices: readonly [string, string | undefined][] = [
    ['gruu', gruu],
    ['contact', undefined],
    ['aor', 'sip:alice@example.com'],
    ['sip:hotline@example.com', 'sip:hotline@example.com'],
  ];
  for (const [sharedContact, expected] of choices) {
    it(`LIN-13: sharedContact: ${sharedContact}`, async () => {
      const { server, master, dependent, registerOf } = await family({ dependent: { sharedContact } });
      const own = await registerOf(master);
      server.respond(own, 200, { headers: [bound(own, 600, `;pub-gruu="${gruu}"`)] });
      assert.equal(contactOf(await registerOf(dependent)).uri, expected ?? contactOf(own).uri);
    });
  }

  it('LIN-13: a warning tells that no GRUU is there to share, or that what is shared may lead nowhere', async () => {
    const asked = await family({ dependent: { sharedContact: 'gruu' } });
    const warnings: string[] = [];
    asked.dependent.on('warning', ({ message }) => warnings.push(message));
    const own = await asked.registerOf(asked.master);
    asked.server.respond(own, 200, { headers: [bound(own, 600)] });
    await asked.server.nothing();
    assert.match(warnings[0]!, /no GRUU/);

    const far = await family({ dependent: { servers: 'ws://b.example/' } });
    far.dependent.on('warning', ({ message }) => warnings.push(message));
    const [first] = await far.server.take('REGISTER');
    far.server.respondOn(far.server.sockets[0]!, first!, 200, { headers: [bound(first!, 600)] });
    await far.server.request('REGISTER');
    assert.match(warnings[1]!, /may not reach/);
  });

  it('LIN-14: a refresh of the master’s leaves the dependent alone; a new Contact does not', async () => {
    const { server, master, clock, registerOf, dependent, first } = await registeredFamily();
    void master.register();
    const refresh = await registerOf(master);
    server.respond(refresh, 200, { headers: [bound(refresh, 600)] });
    await server.nothing();
    server.socket.drop();
    await clock.advance(1000);
    const again = await registerOf(master);
    await server.nothing();
    server.respond(again, 200, { headers: [bound(again, 600)] });
    const follow = await registerOf(dependent);
    assert.equal(contactOf(follow).uri, contactOf(again).uri);
    assert.deepEqual(leaving(follow), [contactOf(first).uri]);
    server.respond(follow, 200, { headers: [bound(follow, 600)] });
    await dependent.registered;
  });

  it('LIN-14: with followRefresh each refresh of the master’s is followed', async () => {
    const { server, master, registerOf, dependent } = await registeredFamily({ dependent: { followRefresh: true } });
    void master.register();
    const refresh = await registerOf(master);
    server.respond(refresh, 200, { headers: [bound(refresh, 600)] });
    await registerOf(dependent);
  });

  it('LIN-14, LIN-22: on a new connection the master goes first, with a GRUU that stays too', async () => {
    const all = await family();
    const { server, master, dependent, clock, registerOf } = all;
    const granted = `;pub-gruu="${gruu}"`;
    const own = await registerOf(master);
    server.respond(own, 200, { headers: [bound(own, 600, granted), 'Require: outbound'] });
    const first = await registerOf(dependent);
    server.respond(first, 200, { headers: [bound(first, 600)] });
    await dependent.registered;
    server.socket.drop();
    await clock.advance(1000);
    const again = await registerOf(master);
    await server.nothing();
    server.respond(again, 200, { headers: [bound(again, 600, granted)] });
    assert.equal(contactOf(await registerOf(dependent)).uri, gruu, 'its binding is older than the flow');
  });

  it('LIN-22: … and then their calls: each comes back at once, and tells the Contact that is shared anew when its account has registered it', async () => {
    const { server, master, dependent, clock, registerOf } = await registeredFamily({}, { callPolicy: 'mix' });
    const calls = [await talkingOf(master, server), await talkingOf(dependent, server)];
    const from = server.received.length;
    server.socket.drop();
    await clock.advance(1000);
    const own = await registerOf(master);
    const first = [await server.request('UPDATE'), await server.request('UPDATE')]; // voices first: no REGISTER is waited for
    for (const update of first) server.respond(update, 200, { headers: described.slice(1) });
    await settle();
    assert.isTrue(calls.every(({ connection }) => connection === 'connected'));
    await server.nothing();
    server.respond(own, 200, { headers: [bound(own, 600)] });
    const follow = await registerOf(dependent);
    const uri = contactOf(own).uri;
    assert.equal(contactOf(follow).uri, uri);
    await server.nothing();
    server.respond(follow, 200, { headers: [bound(follow, 600)] });
    const told = await server.request('UPDATE');
    assert.equal(headerValue(told, 'Call-ID'), calls[1]!.callId, 'the master’s own call has told it already');
    assert.equal(headerValue(told, 'Contact'), `<${uri}>`);
    assert.equal(calls[1]!.connection, 'connected');
    server.respond(told, 200, { headers: described.slice(1) });
    await clock.advance(10_000);
    await server.nothing();
    const methods = (server.received.slice(from) as SipRequest[]).map(({ method }) => method);
    assert.deepEqual(methods, ['REGISTER', 'UPDATE', 'UPDATE', 'REGISTER', 'UPDATE']);
  });

  it('LIN-22: … one whose account does not register tells it as soon as it is shared', async () => {
    const { server, master, dependent, clock, registerOf } = await registeredFamily();
    const call = await talkingOf(dependent, server);
    dependent.pauseRegistration();
    server.socket.drop();
    await clock.advance(1000);
    const own = await registerOf(master);
    server.respond(await server.request('UPDATE'), 200, { headers: described.slice(1) });
    server.respond(own, 200, { headers: [bound(own, 600)] });
    const told = await server.request('UPDATE');
    assert.equal(headerValue(told, 'Contact'), `<${contactOf(own).uri}>`);
    assert.equal(headerValue(told, 'Call-ID'), call.callId);
    server.respond(told, 200, { headers: described.slice(1) });
    await clock.advance(10_000);
    await server.nothing();
  });

  it('LIN-22: … and with a GRUU that stays there is nothing to add', async () => {
    const { server, master, dependent, clock, registerOf } = await family();
    const granted = `;pub-gruu="${gruu}"`;
    const own = await registerOf(master);
    server.respond(own, 200, { headers: [bound(own, 600, granted), 'Require: outbound'] });
    const first = await registerOf(dependent);
    server.respond(first, 200, { headers: [bound(first, 600)] });
    await dependent.registered;
    await talkingOf(dependent, server);
    server.socket.drop();
    await clock.advance(1000);
    const again = await registerOf(master);
    const update = await server.request('UPDATE');
    assert.equal(headerValue(update, 'Contact'), `<${gruu}>`);
    server.respond(update, 200, { headers: described.slice(1) });
    server.respond(again, 200, { headers: [bound(again, 600, granted), 'Require: outbound'] });
    const follow = await registerOf(dependent);
    server.respond(follow, 200, { headers: [bound(follow, 600)] });
    await clock.advance(10_000);
    await server.nothing();
  });

  it('LIN-15: the master fails: the dependent has the same state and message, and sends nothing', async () => {
    const { server, master, dependent, told, registerOf, clock } = await registeredFamily();
    void master.register().catch(() => undefined);
    server.respond(await registerOf(master), 403, { reason: 'No credit' });
    await settle();
    assert.deepEqual(told, [['failed', 'No credit', 'dependency']]);
    assert.equal(dependent.state, 'failed');
    assert.isFalse(dependent.isRegistered);
    await clock.advance(1200_000);
    await server.take('OPTIONS');
    await server.nothing();
  });

  it('LIN-15: the master unregisters: the dependent is unregistered without a word; back, both are', async () => {
    const { server, master, dependent, told, registerOf } = await registeredFamily();
    void master.unregister();
    server.respond(await registerOf(master), 200);
    await settle();
    assert.deepEqual(
      told.map(([state]) => state),
      ['unregistered'],
    );
    await server.nothing();
    void master.register();
    const again = await registerOf(master);
    server.respond(again, 200, { headers: [bound(again, 600)] });
    await registerOf(dependent);
    await server.nothing();
  });

  it('LIN-15: with unregisterDependents theirs go out before the master’s', async () => {
    const { server, master, dependent, registerOf } = await registeredFamily({
      master: { unregisterDependents: true },
    });
    void master.unregister();
    const remove = await registerOf(dependent);
    assert.equal(headerValue(remove, 'Expires'), '0');
    await server.nothing();
    server.respond(remove, 200);
    assert.equal(headerValue(await registerOf(master), 'Expires'), '0');
  });

  it('LIN-16: what the app has unregistered stays so, whatever the master does', async () => {
    const { server, master, dependent, registerOf } = await registeredFamily();
    void dependent.unregister();
    server.respond(await registerOf(dependent), 200);
    await settle();
    void master.register();
    const refresh = await registerOf(master);
    server.respond(refresh, 200, { headers: [bound(refresh, 600)] });
    await server.nothing();
    void dependent.register();
    await registerOf(dependent);
  });

  it('LIN-17: the master is removed: the dependent registers with a Contact of its own, and the shared one goes', async () => {
    const { server, master, dependent, first } = await registeredFamily();
    void master.dispose();
    const [free, remove] = await server.take('REGISTER');
    assert.equal(headerValue(remove!, 'To'), '<sip:alice@example.com>');
    assert.equal(headerValue(free!, 'To'), '<sip:sales@b.example>');
    assert.deepEqual(leaving(free!), [contactOf(first).uri]);
    assert.notEqual(contactOf(free!).uri, contactOf(first).uri);
    assert.isTrue(contactOf(free!).params.has('+sip.instance'));
    assert.isUndefined(dependent.dependsOn);
    server.respond(free!, 200, { headers: [bound(free!, 600)] });
    await dependent.registered;
  });

  it('LIN-17: one that was unregistered by the app stays so', async () => {
    const { server, master, dependent, registerOf } = await registeredFamily();
    void dependent.unregister();
    server.respond(await registerOf(dependent), 200);
    await settle();
    void master.dispose();
    await registerOf(master);
    await server.nothing();
  });

  it('LIN-18: an account cannot depend on itself, nor on one that depends on it', async () => {
    const { ua } = await phone();
    assert.throws(() => ua.addAccount({ uri: 'sip:a@x.example', id: 'a', dependsOn: 'a' }), /^dependsOn: /);
    ua.addAccount({ uri: 'sip:a@x.example', id: 'a', dependsOn: 'b' });
    ua.addAccount({ uri: 'sip:b@x.example', id: 'b', dependsOn: 'c' });
    assert.throws(() => ua.addAccount({ uri: 'sip:c@x.example', id: 'c', dependsOn: 'a' }), /^dependsOn: /);
    const stranger = (await phone()).account;
    assert.throws(() => ua.addAccount({ uri: 'sip:d@x.example', dependsOn: stranger }), /^dependsOn: /);
    for (const wrong of [5, '', {}, null]) {
      assert.throws(() => ua.addAccount({ uri: 'sip:d@x.example', dependsOn: wrong as never }), /^dependsOn: /);
    }
    assert.throws(() => ua.addAccount({ uri: 'sip:d@x.example', sharedContact: 'tel:1' }), /^sharedContact: /);
  });

  it('LIN-18: dependents of dependents follow, at any depth', async () => {
    const { ua, server, master, dependent, registerOf } = await family({ dependent: { id: 'child' } });
    const grandchild = ua.addAccount({ uri: 'sip:grand@c.example', dependsOn: 'child' });
    const own = await registerOf(master);
    server.respond(own, 200, { headers: [bound(own, 600)] });
    const second = await registerOf(dependent);
    await server.nothing();
    server.respond(second, 200, { headers: [bound(second, 600)] });
    const third = await registerOf(grandchild);
    assert.equal(contactOf(third).uri, contactOf(own).uri);
    server.respond(third, 200, { headers: [bound(third, 600)] });
    await grandchild.registered;
    void master.register().catch(() => undefined);
    server.respond(await registerOf(master), 403);
    await settle();
    assert.equal(grandchild.state, 'failed');
  });

  it('LIN-20: a call to the dependent comes by the master’s flow to the master’s Contact, and is the dependent’s', async () => {
    const { server, master, dependent, ua, first } = await withOwnServer();
    const heard: Account[] = [];
    ua.on('incomingCall', ({ account, call }) => {
      heard.push(account);
      void call.answer();
    });
    const invite = peerRequest('INVITE', { uri: contactOf(first).uri, To: '<sip:sales@b.example>' }, offer);
    server.sockets[0]!.receive(invite);
    await server.response(180);
    const ok = await server.response(200);
    assert.deepEqual(heard, [dependent]);
    assert.include(server.sockets[0]!.sent.at(-1), 'SIP/2.0 200');
    assert.equal(headerValue(ok, 'Contact'), `<${contactOf(first).uri}>`);
    assert.match(headerValue(ok, 'To')!, /^<sip:sales@b\.example>;tag=/);
    assert.equal(master.calls.size, 0);
  });

  it('LIN-21: it calls as itself, by its own server and login, with the master’s Contact', async () => {
    const { server, dependent, first } = await withOwnServer();
    dependent.call('bob');
    const invite = await server.request('INVITE');
    assert.equal(invite.uri, 'sip:bob@b.example');
    assert.match(headerValue(invite, 'From')!, /^<sip:sales@b\.example>;tag=/);
    assert.equal(headerValue(invite, 'Contact'), `<${contactOf(first).uri}>`);
    assert.include(server.sockets[1]!.sent.at(-1), 'INVITE');
    server.respondOn(server.sockets[1]!, invite, 407, { headers: [challenge.replace('WWW', 'Proxy')] });
    await server.request('ACK');
    assert.match(headerValue(await server.request('INVITE'), 'Proxy-Authorization')!, /username="sales"/);
  });

  it('a change of the dependent’s options waits for the master', async () => {
    const { server, master, dependent, registerOf } = await family();
    const own = await registerOf(master);
    await dependent.update({ expires: 77 });
    await server.nothing();
    server.respond(own, 200, { headers: [bound(own, 600)] });
    assert.equal(headerValue(await registerOf(dependent), 'Expires'), '77');
  });

  it('events of a dependent carry cause and no permanence of its own', async () => {
    const { server, master, dependent, registerOf } = await registeredFamily();
    const changes: RegistrationChange[] = [];
    dependent.on('registrationChanged', (change) => changes.push(change));
    void master.register().catch(() => undefined);
    server.respond(await registerOf(master), 404);
    await settle();
    assert.deepInclude(changes[0], { state: 'failed', previous: 'registered', status: 404, cause: 'dependency' });
  });
});

/** The dependent has a server of its own: two sockets. */
async function withOwnServer(): Promise<Family & { first: SipRequest }> {
  const all = await family({ dependent: { servers: 'ws://b.example/' } });
  const { server, dependent } = all;
  const [own] = await server.take('REGISTER');
  server.respondOn(server.sockets[0]!, own!, 200, { headers: [bound(own!, 600)] });
  const first = await all.registerOf(dependent);
  server.respondOn(server.sockets[1]!, first, 200, { headers: [bound(first, 600)] });
  await dependent.registered;
  return { ...all, first };
}

/** A call of the account's that is confirmed, to a peer that takes UPDATE. */
async function talkingOf(account: Account, server: ScriptedServer): Promise<Call> {
  const call = account.call('bob');
  const invite = await server.request('INVITE');
  server.respond(invite, 200, { headers: [...described, 'Allow: UPDATE'], body: peerSdp() });
  await server.request('ACK');
  await call.answered;
  return call;
}
