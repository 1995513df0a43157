// What is kept of accounts over reloads, and what happens when the storage cannot keep it.
import { assert } from 'chai';
import type { AccountOptions, DigestCredentials } from '../../lib/index.js';
import type { KeyValueStorage } from '../../lib/base/storage.js';
import type { Logger } from '../../lib/base/log.js';
import { AccountStore, readRecord } from '../../lib/user-agent/account-store.js';
import type { AccountStoreContext, StoredState } from '../../lib/user-agent/account-store.js';
import { FakeClock, settle } from '../support/fake-clock.js';
import { MemoryStorage } from '../support/memory-storage.js';

const key = 'evercall.accounts';
const instanceId = 'a8098c1a-f86e-11da-bd1a-00112444be1e';
const ha1: DigestCredentials = { realm: 'example.com', username: 'alice', ha1: '0'.repeat(32), algorithm: 'MD5' };

interface Stage {
  readonly store: AccountStore;
  readonly clock: FakeClock;
  readonly warnings: string[];
}

function stage(storage: KeyValueStorage, options: Partial<AccountStoreContext> = {}): Stage {
  const clock = new FakeClock();
  const warnings: string[] = [];
  const fail = (): void => assert.fail('only warnings');
  const warn = (...parts: unknown[]): number => warnings.push(parts.join(' '));
  const log: Logger = { error: fail, warn, info: fail, debug: fail };
  return { store: new AccountStore(storage, { clock, log, storePasswords: false, ...options }), clock, warnings };
}

const account = (id: string, options: Partial<AccountOptions> = {}): StoredState['accounts'][number] => ({
  id,
  options: { uri: `sip:${id}@example.com`, ...options },
});

const state = (...ids: string[]): StoredState => ({ instanceId, accounts: ids.map((id) => account(id)) });
const idsIn = (record: unknown): string[] => (record as StoredState).accounts.map(({ id }) => id);

/** Saves with one store what another one loads, as a reload does. */
async function reloaded(saved: StoredState, options: Partial<AccountStoreContext> = {}): Promise<StoredState> {
  const storage = new MemoryStorage();
  const { store, warnings } = stage(storage, options);
  store.save(saved);
  await store.flush();
  const after = stage(storage);
  const loaded = await after.store.load();
  assert.deepEqual([...warnings, ...after.warnings], []);
  return loaded;
}

/** Settles only with the help of the clock. */
async function passes(clock: FakeClock, promise: Promise<unknown>, ms: number): Promise<void> {
  let isDone = false;
  void promise.then(() => (isDone = true));
  await clock.advance(ms - 1);
  assert.isFalse(isDone, 'not before its time');
  await clock.advance(1);
  assert.isTrue(isDone, `after ${ms} ms`);
}

describe('AccountStore', () => {
  it('accounts, the default account and the instance-id are there after a reload', async () => {
    const saved: StoredState = { ...state('alice', 'bob'), defaultAccount: 'bob' };
    assert.deepEqual(await reloaded(saved), saved);
  });

  it('where nothing was stored there are no accounts, no instance-id and no warning', async () => {
    const { store, warnings } = stage(new MemoryStorage());
    assert.deepEqual(await store.load(), { accounts: [] });
    assert.isEmpty(warnings);
  });

  it('LIN-23: a reload keeps which account depends on which, by their ids, in whatever order they were added', async () => {
    const master = account('master');
    const handle = { id: 'master', call: () => 'what an account can do' };
    const dependent = { ...account('dependent', { dependsOn: handle } as object), dependsOn: 'master' };
    const loaded = await reloaded({ instanceId, accounts: [dependent, master] });
    assert.deepEqual(
      loaded.accounts.map(({ id, dependsOn, options }) => [id, dependsOn, 'dependsOn' in options]),
      [
        ['dependent', 'master', false],
        ['master', undefined, false],
      ],
    );
  });

  it('ACC-43: no password is stored; what was learned of it, H(user:realm:password), takes its place', async () => {
    const storage = new MemoryStorage();
    const { store } = stage(storage);
    const logins = [
      { realm: 'a', username: 'alice', password: 'open sesame' },
      { realm: 'b', username: 'alice', ha1: '1'.repeat(32) },
    ];
    store.save({
      accounts: [
        account('alice', { password: 'open sesame', username: 'login42' }),
        account('bob', { credentials: [...logins, ha1] }),
        account('carol', { credentials: logins[0]! }),
        account('dave', { credentials: { bearer: () => 'open sesame' } }),
      ],
    });
    await store.flush();
    assert.notInclude(JSON.stringify([...storage.values]), 'open sesame');
    const { accounts } = await stage(storage).store.load();
    assert.deepEqual(
      accounts.map(({ options }) => options.credentials),
      [undefined, [logins[1]!, ha1], undefined, undefined],
    );
  });

  it('ACC-43: passwords are stored where that is asked for', async () => {
    const logins = [{ realm: 'a', username: 'alice', password: 'open sesame' }];
    const accounts = [account('alice', { password: 'open sesame' }), account('bob', { credentials: logins })];
    const loaded = await reloaded({ accounts }, { storePasswords: true });
    assert.deepEqual(loaded.accounts, accounts);
  });

  it('ACC-43: media are stored without what logs in at a TURN server', async () => {
    const iceServers = [{ urls: 'turn:t.example', username: 'u', credential: 'open sesame' }];
    const media = { iceServers, holdStyle: 'inactive', playout: false } as const;
    const { accounts } = await reloaded({ accounts: [account('alice', { media })] });
    assert.deepEqual(accounts[0]!.options.media, { holdStyle: 'inactive', playout: false });
    const asked = await reloaded({ accounts: [account('alice', { media })] }, { storePasswords: true });
    assert.deepEqual(asked.accounts[0]!.options.media, media);
  });

  it('functions are not stored; data that cannot be cloned is left out with one warning', async () => {
    const storage = new MemoryStorage();
    const { store, warnings } = stage(storage);
    const options = { data: { greet: () => 'hello' }, policy: () => true, expires: 60 } as Partial<AccountOptions>;
    for (let i = 0; i < 3; i++)
      store.save({ accounts: [account('alice', options), account('bob', { data: { n: 1 } })] });
    await store.flush();
    const { accounts } = await stage(storage).store.load();
    assert.deepEqual(accounts, [account('alice', { expires: 60 }), account('bob', { data: { n: 1 } })]);
    assert.deepEqual(warnings, ['account alice: data cannot be stored']);
  });

  it('what is saved is the state at that moment, whatever the app does with its objects afterwards', async () => {
    const data = { color: 'red' };
    const storage = new MemoryStorage();
    const { store } = stage(storage);
    store.save({ accounts: [account('alice', { data })] });
    data.color = 'blue';
    await store.flush();
    const { accounts } = await stage(storage).store.load();
    assert.deepEqual(accounts[0]!.options.data, { color: 'red' });
  });

  describe('writing', () => {
    it('a burst is one write, of the last state', async () => {
      const storage = new MemoryStorage();
      const { store } = stage(storage);
      for (const id of ['a', 'b', 'c']) store.save(state(id));
      await store.flush();
      assert.deepEqual(storage.written.map(idsIn), [['c']]);
    });

    it('what comes during a write is written once, after it: never two in flight, and the last state wins', async () => {
      const storage = new MemoryStorage();
      const { store } = stage(storage);
      await store.load();
      storage.isHanging = true;
      store.save(state('a'));
      await settle();
      for (const id of ['b', 'c', 'd']) store.save(state(id));
      let isFlushed = false;
      const flushed = store.flush().then(() => (isFlushed = true));
      await settle();
      assert.deepEqual(storage.written.map(idsIn), [['a']]);
      storage.answer();
      await settle();
      assert.deepEqual(storage.written.map(idsIn), [['a'], ['d']]);
      assert.isFalse(isFlushed, 'the last state is not written yet');
      storage.isHanging = false;
      storage.answer();
      await flushed;
      assert.equal(storage.busiest, 1);
      assert.deepEqual(idsIn(storage.values.get(key)), ['d']);
      store.save(state('e'));
      await store.flush();
      assert.deepEqual(idsIn(storage.values.get(key)), ['e']);
    });

    it('flush() resolves at once when there is nothing to write, and leaves no timer', async () => {
      const { store, clock } = stage(new MemoryStorage());
      await store.flush();
      store.save(state('a'));
      await store.flush();
      await settle();
      assert.equal(clock.pending, 0);
    });
  });

  describe('when the storage fails', () => {
    const full = new DOMException('no room', 'QuotaExceededError');

    it('a full or blocked IndexedDB degrades to memory with one warning', async () => {
      const storage = new MemoryStorage();
      const { store, warnings } = stage(storage);
      assert.deepEqual(await store.load(), { accounts: [] });
      storage.failure = full;
      for (const id of ['a', 'b', 'c']) {
        store.save(state(id));
        await store.flush();
      }
      assert.deepEqual(warnings, ['accounts are kept in memory only QuotaExceededError: no room']);
    });

    it('when there is room again the next state is stored', async () => {
      const storage = new MemoryStorage();
      const { store } = stage(storage);
      await store.load();
      storage.failure = full;
      store.save(state('a'));
      await store.flush();
      storage.failure = undefined;
      store.save(state('b'));
      await store.flush();
      assert.deepEqual(idsIn(storage.values.get(key)), ['b']);
    });

    for (const [what, failing] of [
      ['rejects', () => Promise.reject(new Error('denied'))],
      [
        'throws',
        () => {
          throw new Error('denied');
        },
      ],
    ] as const) {
      it(`a storage that ${what} when it is read is not written either: memory, and one warning`, async () => {
        const storage = new MemoryStorage();
        const { store, warnings } = stage({
          get: failing,
          set: (...args) => storage.set(...args),
          delete: failing,
        });
        store.save(state('a'));
        await store.flush();
        assert.deepEqual(await store.load(), { accounts: [] });
        assert.isEmpty(storage.written);
        assert.deepEqual(warnings, ['accounts are kept in memory only Error: denied']);
      });
    }

    it('a database that hangs in its upgrade is waited for no longer than 3 s, then it is memory with one warning', async () => {
      const storage = new MemoryStorage();
      storage.isHanging = true;
      const { store, clock, warnings } = stage(storage);
      const loaded = store.load();
      store.save(state('a'));
      await passes(clock, Promise.all([loaded, store.flush()]), 3000);
      assert.deepEqual(await loaded, { accounts: [] });
      storage.isHanging = false;
      storage.answer();
      store.save(state('b'));
      await store.flush();
      assert.isEmpty(storage.written, 'nobody knows what is there');
      assert.deepEqual(warnings, ['accounts are kept in memory only Error: no answer within 3000 ms']);
      assert.equal(clock.pending, 0);
    });

    it('after a write that hangs there is no other: it may still happen', async () => {
      const storage = new MemoryStorage();
      const { store, clock, warnings } = stage(storage);
      await store.load();
      storage.isHanging = true;
      store.save(state('a'));
      const flushed = store.flush();
      store.save(state('b'));
      await passes(clock, flushed, 3000);
      store.save(state('c'));
      await store.flush();
      assert.lengthOf(storage.written, 1);
      assert.equal(storage.busiest, 1);
      assert.lengthOf(warnings, 1);
    });
  });

  describe('records that are not of this version', () => {
    const newer = { version: 2, people: ['alice'] };
    const broken: readonly unknown[] = [
      'accounts',
      null,
      42,
      [],
      {},
      { version: '1' },
      { version: 0, accounts: [] },
      { version: 0.5, accounts: [] },
      { version: NaN, accounts: [] },
      { version: 1 },
      { version: 1, accounts: {} },
      { version: 1, accounts: [null] },
      { version: 1, accounts: [{ id: 1, options: {} }] },
      { version: 1, accounts: [{ id: 'a' }] },
      { version: 1, accounts: [{ id: 'a', options: {}, dependsOn: {} }] },
      { version: 1, accounts: [], instanceId: 1 },
      { version: 1, accounts: [], defaultAccount: 1 },
    ];

    it('a newer version is left untouched and taken for empty, with one warning', async () => {
      const storage = new MemoryStorage();
      await storage.set(key, newer);
      const { store, warnings } = stage(storage);
      assert.deepEqual(await store.load(), { accounts: [] });
      store.save(state('a'));
      await store.flush();
      assert.deepEqual(storage.values.get(key), newer);
      assert.lengthOf(warnings, 1);
      assert.include(warnings[0], 'version 2, ours is 1');
    });

    for (const record of broken) {
      it(`so is garbage: ${JSON.stringify(record)}`, async () => {
        const storage = new MemoryStorage();
        await storage.set(key, record);
        const { store, warnings } = stage(storage);
        store.save(state('a'));
        await store.flush();
        assert.deepEqual(await store.load(), { accounts: [] });
        assert.deepEqual(storage.values.get(key), record);
        assert.lengthOf(warnings, 1);
      });
    }

    it('an older version is brought up step by step, and nothing is lost', () => {
      const steps = {
        1: (old: Record<string, unknown>) => ({ ...old, version: 2, accounts: [account('alice')] }),
        2: (old: Record<string, unknown>) => ({ ...old, version: 3, defaultAccount: 'alice' }),
      };
      assert.deepEqual(readRecord({ version: 1, instanceId }, steps, 3), {
        instanceId,
        accounts: [account('alice')],
        defaultAccount: 'alice',
      });
      assert.throws(() => readRecord({ version: 1, instanceId }, { 2: steps[2] }, 3), 'of version 1, ours is 3');
    });
  });
});
