// Storage in the browser's own IndexedDB: what is there after a reload, and what happens when it is not to be had.
import { assert } from 'chai';
import { systemClock } from '../../lib/base/clock.js';
import type { Clock } from '../../lib/base/clock.js';
import { silentLogger } from '../../lib/base/log.js';
import { idbStorage } from '../../lib/storage/idb-storage.js';
import { AccountStore } from '../../lib/user-agent/account-store.js';
import type { StoredState } from '../../lib/user-agent/account-store.js';

const instanceId = 'a8098c1a-f86e-11da-bd1a-00112444be1e';
const saved: StoredState = {
  instanceId,
  accounts: [
    { id: 'b', options: { uri: 'sip:bob@example.com', data: new Map([['seat', new Date(7)]]) }, dependsOn: 'a' },
    {
      id: 'a',
      options: {
        uri: '"Zoë" <sip:zoe@example.com>',
        expires: 60,
        credentials: [{ realm: 'example.com', username: 'zoe', ha1: '0'.repeat(32), algorithm: 'MD5' }],
      },
    },
  ],
  defaultAccount: 'a',
};

/** Patience is a matter of the unit tests: here it has a tenth of its length. */
const hastyClock: Clock = { ...systemClock, after: (ms, run) => systemClock.after(ms / 10, run) };

let names = 0;
/** A database that no other test has seen, nor this one in an earlier run. */
const newName = (): string => `evercall-test-${String(Date.now())}-${String(names++)}`;

function open(name: string, clock = systemClock): { store: AccountStore; warnings: string[] } {
  const warnings: string[] = [];
  const log = { ...silentLogger, warn: (...parts: unknown[]) => warnings.push(parts.join(' ')) };
  return { store: new AccountStore(idbStorage({ name }), { clock, log, storePasswords: false }), warnings };
}

/** A database opened behind the storage's back. */
function openRaw(name: string, version: number, storeName: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, version);
    request.onupgradeneeded = () => request.result.createObjectStore(storeName);
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(request.error!);
    };
  });
}

describe('IndexedDB', () => {
  it('LIN-23: accounts, what they depend on and the instance-id are there for a second user agent', async () => {
    const name = newName();
    const first = open(name);
    assert.deepEqual(await first.store.load(), { accounts: [] });
    first.store.save({ accounts: [] });
    first.store.save(saved);
    await first.store.flush();
    const second = open(name);
    assert.deepEqual(await second.store.load(), saved);
    assert.deepEqual([...first.warnings, ...second.warnings], []);
  });

  it('the last of many states is the one that is stored', async () => {
    const name = newName();
    const { store } = open(name);
    for (let i = 0; i < 50; i++) {
      store.save({ ...saved, defaultAccount: String(i) });
      if (i % 10 === 0) await new Promise((resolve) => setTimeout(resolve));
    }
    await store.flush();
    assert.equal((await open(name).store.load()).defaultAccount, '49');
  });

  it('databases of different names do not meet; what is deleted is gone', async () => {
    const [one, other] = [idbStorage({ name: newName() }), idbStorage({ name: newName() })];
    await one.set('key', 1);
    assert.isUndefined(await other.get('key'));
    assert.equal(await one.get('key'), 1);
    await one.delete('key');
    assert.isUndefined(await one.get('key'));
  });

  it('a database whose deletion another tab blocks is not waited for for ever: memory, with one warning', async () => {
    const name = newName();
    const raw = await openRaw(name, 1, 'evercall');
    const deletion = indexedDB.deleteDatabase(name); // waits until `raw` is closed, and all later openings wait for it
    const blocked = new Promise((resolve) => (deletion.onblocked = resolve));
    await blocked;
    const { store, warnings } = open(name, hastyClock);
    store.save(saved);
    await store.flush();
    assert.deepEqual(await store.load(), { accounts: [] });
    assert.deepEqual(warnings, ['accounts are kept in memory only Error: no answer within 3000 ms']);
    raw.close();
  });

  it("another's database of the same name is left as it is: memory, with one warning", async () => {
    const name = newName();
    const raw = await openRaw(name, 7, 'theirs');
    const { store, warnings } = open(name);
    store.save(saved);
    await store.flush();
    store.save(saved);
    await store.flush();
    assert.lengthOf(warnings, 1);
    assert.include(warnings[0], 'NotFoundError');
    assert.deepEqual([raw.version, ...raw.objectStoreNames], [7, 'theirs']);
    raw.close();
  });

  it('what cannot be cloned is refused, and what was there stays', async () => {
    const storage = idbStorage({ name: newName() });
    await storage.set('key', 'before');
    const error: unknown = await storage.set('key', () => 1).catch((reason: unknown) => reason);
    assert.equal((error as DOMException).name, 'DataCloneError');
    assert.equal(await storage.get('key'), 'before');
  });
});
