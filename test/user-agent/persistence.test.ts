// Accounts that outlive the page: what a user agent stores, and what the next one makes of it.
import { assert } from 'chai';
import { Deferred } from '../../lib/base/deferred.js';
import { UserAgent } from '../../lib/index.js';
import type { Account, KeyValueStorage, Logger, StoredState, UserAgentOptions } from '../../lib/index.js';
import { headerValue } from '../../lib/parser/index.js';
import type { SipRequest } from '../../lib/parser/index.js';
import { FakeClock, settle } from '../support/fake-clock.js';
import { MemoryStorage } from '../support/memory-storage.js';
import { bound, challenge, contactOf } from '../support/registering.js';
import { ScriptedServer } from '../support/scripted-server.js';

const instanceId = 'a8098c1a-f86e-11da-bd1a-00112444be1e';
const alice = { id: 'a', uri: 'sip:alice@example.com', password: 'open sesame' };

interface Stage {
  readonly ua: UserAgent;
  readonly server: ScriptedServer;
  readonly clock: FakeClock;
  readonly log: string[];
  /** The storage was asked: what asks it is loaded on demand, in time that the clock does not count. */
  readonly loaded: () => Promise<void>;
}

/** A page that has just been loaded. */
function page(storage: MemoryStorage | undefined, options: Partial<UserAgentOptions> = {}): Stage {
  const [clock, server, log] = [new FakeClock(), new ScriptedServer(), [] as string[]];
  const warn = (...parts: unknown[]): number => log.push(parts.join(' '));
  const logger: Logger = { error: warn, warn, info: () => undefined, debug: () => undefined };
  const asked = new Deferred<void>();
  const watched: KeyValueStorage = {
    get: (key) => {
      asked.resolve();
      return storage!.get(key);
    },
    set: (key, value) => storage!.set(key, value),
    delete: (key) => storage!.delete(key),
  };
  const loaded = (): Promise<void> => asked.promise.then(settle);
  const ua = new UserAgent({
    servers: 'ws://server.example/ws',
    keepAlive: false,
    log: logger,
    environment: { webSocket: server.webSocket, clock },
    ...(storage && { storage: watched }),
    ...options,
  });
  return { ua, server, clock, log, loaded };
}

const stateIn = (storage: MemoryStorage): StoredState =>
  (storage.values.get('evercall.accounts') ?? { accounts: [] }) as StoredState;
const idsIn = (storage: MemoryStorage): string[] => stateIn(storage).accounts.map(({ id }) => id);
const instanceOf = (request: SipRequest): unknown => contactOf(request).params.get('+sip.instance');

/** Registers with a challenge. */
async function challenged({ server, loaded }: Stage, account: Account, isKept = true): Promise<SipRequest> {
  await (isKept ? loaded() : settle());
  server.respond(await server.request('REGISTER'), 401, { headers: [challenge] });
  const register = await server.request('REGISTER');
  server.respond(register, 200, { headers: [bound(register, 600)] });
  await account.registered;
  await settle();
  return register;
}

describe('accounts in a storage', () => {
  it('construction does no I/O: the storage is first asked when there is an account', async () => {
    const storage = new MemoryStorage();
    const { ua, loaded } = page(storage);
    await settle();
    assert.equal(storage.busiest, 0);
    ua.addAccount(alice);
    await loaded();
    assert.equal(storage.busiest, 1);
  });

  it('LIN-23: a reload registers again by the HA1, with the instance-id of before and no password stored', async () => {
    const storage = new MemoryStorage();
    const before = page(storage);
    const first = await challenged(before, before.ua.addAccount({ ...alice, displayName: 'Alice', expires: 300 }));
    await before.ua.stop({ unregister: false });
    assert.notInclude(JSON.stringify([...storage.values]), 'open sesame');

    const after = page(storage);
    const [restored, ...more] = await after.ua.restoreAccounts();
    assert.isEmpty(more);
    assert.deepEqual([restored!.id, restored!.uri], ['a', 'sip:alice@example.com']);
    const second = await challenged(after, restored!);
    assert.equal(instanceOf(second), instanceOf(first));
    assert.equal(headerValue(second, 'Expires'), '300');
    assert.match(headerValue(second, 'From')!, /^Alice /);
    const digest = (request: SipRequest): string => headerValue(request, 'Authorization')!;
    assert.match(digest(second), /username="alice", realm="example.com"/);
    assert.isEmpty(after.log);
  });

  it('LIN-23: dependents come back with their relation, in whatever order they were stored, and the default account too', async () => {
    const storage = new MemoryStorage();
    const before = page(storage);
    before.ua.addAccount({ id: 'd', uri: 'sip:desk@other.example', dependsOn: 'm' });
    const master = before.ua.addAccount({ id: 'm', uri: 'sip:master@example.com' });
    before.ua.addAccount({ id: 'e', uri: 'sip:extra@example.com', dependsOn: master });
    before.ua.defaultAccount = master;
    await before.loaded();
    await before.ua.stop({ unregister: false });

    const { ua, server } = page(storage);
    const accounts = await ua.restoreAccounts();
    assert.deepEqual(
      accounts.map(({ id, dependsOn }) => [id, dependsOn]),
      [
        ['d', 'm'],
        ['m', undefined],
        ['e', 'm'],
      ],
    );
    assert.equal(ua.defaultAccount?.id, 'm');
    const register = await server.request('REGISTER'); // the master's, and only that
    assert.match(headerValue(register, 'To')!, /master@/);
    await server.nothing();
    server.respond(register, 200, { headers: [bound(register, 600)] });
    const users = (await server.take('REGISTER')).map((r) => /sip:(\w+)@/.exec(headerValue(r, 'To')!)![1]);
    assert.sameMembers(users, ['desk', 'extra']);
  });

  it('an account that was freed of its master, or whose options were changed, is stored as it is now', async () => {
    const storage = new MemoryStorage();
    const { ua, loaded } = page(storage);
    const master = ua.addAccount({ id: 'm', uri: 'sip:master@example.com' });
    const dependent = ua.addAccount({ id: 'd', uri: 'sip:desk@example.com', dependsOn: 'm' });
    await loaded();
    assert.equal(stateIn(storage).accounts[1]!.dependsOn, 'm');
    await master.dispose({ unregister: false });
    await dependent.update({ expires: 77, data: { seat: 7 }, registrar: 'sip:r.example' }, { register: false });
    await settle();
    assert.deepEqual(stateIn(storage).accounts, [
      { id: 'd', options: { id: 'd', uri: 'sip:desk@example.com', expires: 77, data: { seat: 7 }, registrar: 'sip:r.example' } },
    ]); // prettier-ignore
    assert.equal(stateIn(storage).defaultAccount, 'd');
  });

  it('an account that is disposed of is gone from the storage before its registrar has answered; a stopped user agent keeps all', async () => {
    const storage = new MemoryStorage();
    const { ua, server, loaded } = page(storage);
    const [a, b] = [
      ua.addAccount({ ...alice, id: 'a' }),
      ua.addAccount({ ...alice, uri: 'sip:bob@example.com', id: 'b' }),
    ];
    await loaded();
    for (const register of await server.take('REGISTER'))
      server.respond(register, 200, { headers: [bound(register, 600)] });
    await Promise.all([a.registered, b.registered]);
    assert.deepEqual(idsIn(storage), ['a', 'b']);
    const gone = a.dispose();
    await settle();
    assert.deepEqual(idsIn(storage), ['b']);
    server.respond((await server.take('REGISTER'))[0]!, 200);
    await gone;
    const stopped = ua.stop();
    server.respond((await server.take('REGISTER'))[0]!, 200);
    await stopped;
    await settle();
    assert.deepEqual(idsIn(storage), ['b']);
    assert.equal(stateIn(storage).defaultAccount, 'b');
  });

  it('a change right before the user agent is stopped is stored, and stop() waits for it', async () => {
    const storage = new MemoryStorage();
    const { ua, loaded } = page(storage);
    const account = ua.addAccount(alice);
    await loaded();
    void account.update({ displayName: 'Alice' });
    await Promise.resolve();
    storage.isHanging = true;
    let isStopped = false;
    const stopped = ua.stop({ unregister: false }).then(() => (isStopped = true));
    await settle();
    assert.isFalse(isStopped);
    storage.isHanging = false;
    storage.answer();
    await stopped;
    assert.equal(stateIn(storage).accounts[0]?.options.displayName, 'Alice');
  });

  it('credentials that are set, or learned from a challenge, are stored as HA1s; removed ones are not', async () => {
    const storage = new MemoryStorage();
    const stage = page(storage);
    const account = stage.ua.addAccount({ id: 'a', uri: 'sip:alice@example.com' });
    account.setCredentials({ username: 'login42', password: 'open sesame' });
    account.setCredentials({ realm: 'there', username: 'alice', ha1: '1'.repeat(32) });
    await challenged(stage, account);
    const [stored] = stateIn(storage).accounts;
    const known = [stored!.options.credentials].flat().map((login) => [login?.realm, login?.username]);
    assert.deepEqual(known, [
      ['there', 'alice'],
      ['example.com', 'login42'],
    ]);
    account.clearCredentials();
    await settle();
    assert.notProperty(stateIn(storage).accounts[0]!.options, 'credentials');
    const writes = storage.written.length;
    void account.register();
    const refresh = await stage.server.request('REGISTER');
    stage.server.respond(refresh, 200, { headers: [bound(refresh, 600)] });
    await settle();
    assert.lengthOf(storage.written, writes, 'a refresh that taught us nothing writes nothing');
  });

  it('passwords are stored where that is asked for', async () => {
    const storage = new MemoryStorage();
    const stage = page(storage, { storePasswords: true });
    stage.ua.addAccount(alice);
    await stage.loaded();
    assert.deepInclude([stateIn(storage).accounts[0]!.options.credentials].flat()[0], { password: 'open sesame' });
  });

  it('a login that was learned survives a change of server that brings no other, and is asked for no second time', async () => {
    const stage = page(undefined);
    const { ua, server } = stage;
    const account = ua.addAccount({ id: 'a', uri: 'sip:alice@example.com', registrar: 'sip:one.example' });
    account.setCredentials({ username: 'alice', password: 'open sesame' });
    await challenged(stage, account, false);
    void account.update({ registrar: 'sip:two.example' });
    server.respond(await server.request('REGISTER'), 200); // the old one signs off
    server.respond(await server.request('REGISTER'), 401, { headers: [challenge] });
    assert.match(headerValue(await server.request('REGISTER'), 'Authorization')!, /username="alice"/);
  });

  it('accounts that the app has added already are not added twice', async () => {
    const storage = new MemoryStorage();
    const before = page(storage);
    before.ua.addAccount(alice);
    before.ua.addAccount({ ...alice, id: 'b', uri: 'sip:bob@example.com' });
    await before.loaded();
    await before.ua.stop({ unregister: false });
    const { ua } = page(storage);
    const own = ua.addAccount({ ...alice, displayName: 'Mine' });
    const restored = await ua.restoreAccounts();
    assert.deepEqual(restored.map(({ id }) => id), ['b']); // prettier-ignore
    assert.deepEqual(ua.accounts, [own, ...restored]);
    assert.deepEqual(await ua.restoreAccounts(), []);
    await restored[0]!.dispose({ unregister: false });
    assert.deepEqual(await ua.restoreAccounts(), [], 'what was disposed of does not come back');
  });

  it('functions are put back by the app, and one account that cannot be restored keeps no other from it', async () => {
    const storage = new MemoryStorage();
    await storage.set('evercall.accounts', {
      version: 1,
      accounts: [
        { id: 'x', options: { uri: 'sip:x@example.com', ofTheFuture: 1 } },
        { id: 'a', options: { uri: 'sip:alice@example.com' } },
      ],
    });
    const { ua, server, log } = page(storage);
    const accounts = await ua.restoreAccounts((options) => ({
      ...options,
      registerHeaders: () => [{ name: 'X-Seat', value: '7' }],
    }));
    assert.deepEqual(accounts.map(({ id }) => id), ['a']); // prettier-ignore
    assert.equal(headerValue(await server.request('REGISTER'), 'X-Seat'), '7');
    assert.lengthOf(log, 1);
    assert.include(log[0], 'ofTheFuture');
  });

  it('restoreAccounts() without a storage, or stopped meanwhile, rejects with `invalidState`; what is stored stays', async () => {
    const storage = new MemoryStorage();
    await storage.set('evercall.accounts', { version: 1, accounts: [{ id: 'a', options: { uri: alice.uri } }] });
    const stopped = page(storage);
    for (const { ua } of [page(undefined), stopped]) {
      const restored = ua.restoreAccounts().catch((reason: unknown) => reason);
      await ua.stop();
      assert.propertyVal(await restored, 'code', 'invalidState');
    }
    assert.isEmpty(stopped.log);
    assert.deepEqual(idsIn(storage), ['a']);
  });

  for (const [option, value] of [
    ['storage', {}],
    ['storage', null],
    ['storePasswords', 'yes'],
  ] as const) {
    it(`${option}: ${JSON.stringify(value)} is refused by name`, () => {
      assert.throws(() => page(undefined, { [option]: value }), new RegExp(`^${option}: takes`));
    });
  }

  describe('the instance-id', () => {
    it('nothing is connected and no REGISTER built until the storage has answered, whoever asks for it', async () => {
      const storage = new MemoryStorage();
      await storage.set('evercall.accounts', { version: 1, accounts: [], instanceId });
      storage.isHanging = true;
      const { ua, server, loaded } = page(storage);
      const account = ua.addAccount(alice);
      void account.register({ headers: [{ name: 'X-By', value: 'hand' }] });
      const silent = ua.addAccount({ ...alice, id: 's' });
      await loaded();
      assert.isEmpty(server.sockets);
      await silent.dispose({ unregister: false });
      storage.answer();
      await settle();
      const requests = await server.take('REGISTER');
      assert.isAtLeast(requests.length, 1);
      for (const request of requests) assert.equal(instanceOf(request), `<urn:uuid:${instanceId}>`);
      assert.lengthOf(server.sockets, 1);
    });

    it('a storage that hangs is waited for no longer than 3 s; what it holds is not overwritten', async () => {
      const storage = new MemoryStorage();
      await storage.set('evercall.accounts', { version: 1, accounts: [], instanceId });
      storage.isHanging = true;
      const { ua, server, clock, loaded } = page(storage);
      const restored = ua.restoreAccounts();
      ua.addAccount(alice);
      await loaded();
      await clock.advance(2999);
      assert.isEmpty(server.sockets);
      await clock.advance(1);
      assert.notEqual(instanceOf(await server.request('REGISTER')), `<urn:uuid:${instanceId}>`);
      assert.deepEqual(await restored, []);
      storage.isHanging = false;
      storage.answer();
      ua.defaultAccount = undefined;
      await settle();
      assert.lengthOf(storage.written, 1, 'the test wrote it');
      assert.equal(clock.pending, 1, 'the REGISTER waits for its answer');
    });

    it('a storage that fails costs a warning, and nothing else', async () => {
      const storage = new MemoryStorage();
      storage.failure = new DOMException('no permission', 'SecurityError');
      const { ua, server, log, clock, loaded } = page(storage);
      ua.addAccount(alice);
      await loaded();
      await server.request('REGISTER');
      assert.deepEqual(await ua.restoreAccounts(), []);
      assert.deepEqual(log, ['accounts are kept in memory only SecurityError: no permission']);
      assert.equal(clock.pending, 1, 'the REGISTER waits for its answer');
    });

    it('an explicit one wins, and is the stored one from then on', async () => {
      const storage = new MemoryStorage();
      await storage.set('evercall.accounts', { version: 1, accounts: [], instanceId });
      const other = instanceId.replace('a8', 'b9');
      const { ua, server, loaded } = page(storage, { instanceId: other });
      ua.addAccount(alice);
      await loaded();
      assert.equal(instanceOf(await server.request('REGISTER')), `<urn:uuid:${other}>`);
      assert.equal(stateIn(storage).instanceId, other);
    });
  });
});

describe('accounts as JSON', () => {
  it('LIN-23: a round trip keeps ids, relations, options and the default account, and no secret', async () => {
    const stage = page(undefined);
    const { ua } = stage;
    const data = { seat: 7 };
    const provider = (): undefined => undefined;
    const master = ua.addAccount({ ...alice, id: 'm', data, credentialsProvider: provider });
    await challenged(stage, master, false);
    ua.addAccount({ id: 'd', uri: 'sip:desk@example.com', dependsOn: master, password: 'swordfish' });
    ua.defaultAccount = master;
    const state = await ua.exportAccounts();
    assert.deepEqual(JSON.parse(JSON.stringify(state)), state);
    assert.notMatch(JSON.stringify(state), /open sesame|swordfish|ha1/);

    const other = page(undefined);
    const accounts = await other.ua.importAccounts(state);
    assert.deepEqual(
      accounts.map(({ id, uri, dependsOn, data: kept }) => [id, uri, dependsOn, kept]),
      [
        ['m', 'sip:alice@example.com', undefined, data],
        ['d', 'sip:desk@example.com', 'm', undefined],
      ],
    );
    assert.equal(other.ua.defaultAccount?.id, 'm');
    const register = await other.server.request('REGISTER');
    assert.notEqual(instanceOf(register), `<urn:uuid:${state.instanceId}>`, 'another page is another instance');
  });

  it('HA1s are in it where they are asked for, passwords never; the import logs in with them', async () => {
    const stage = page(undefined);
    await challenged(stage, stage.ua.addAccount(alice), false);
    const state = await stage.ua.exportAccounts({ secrets: true });
    assert.notInclude(JSON.stringify(state), 'open sesame');
    const other = page(undefined);
    const [account] = await other.ua.importAccounts(state);
    const register = await challenged(other, account!, false);
    assert.match(headerValue(register, 'Authorization')!, /username="alice"/);
  });

  it('what JSON cannot have is left out with a warning', async () => {
    const { ua, log } = page(undefined);
    const data: Record<string, unknown> = {};
    data['itself'] = data;
    ua.addAccount({ ...alice, data });
    const { accounts } = await ua.exportAccounts();
    assert.deepEqual(accounts[0]!.options, { id: 'a', uri: alice.uri });
    assert.deepEqual(log, ['account a: data cannot be exported']);
  });

  for (const [what, state] of [
    ['nothing', undefined],
    ['a text', '{}'],
    ['no accounts', {}],
    ['an account without an id', { accounts: [{ options: {} }] }],
    [
      'one bad account among others',
      {
        accounts: [
          { id: 'a', options: alice },
          { id: 'b', options: { uri: 'bob' } },
        ],
      },
    ],
  ] as const) {
    it(`${what} is refused with \`invalidOption\`, and none is added`, async () => {
      const { ua } = page(undefined);
      const error = await ua.importAccounts(state as never).catch((reason: unknown) => reason);
      assert.propertyVal(error, 'code', 'invalidOption');
      assert.isEmpty(ua.accounts);
    });
  }
});
