// The storage in IndexedDB where there is none: Node. What it does in browsers is in test/browser/storage.test.ts.
import { assert } from 'chai';
import { EvercallError } from '../../lib/base/errors.js';
import { silentLogger } from '../../lib/base/log.js';
import { idbStorage } from '../../lib/storage/idb-storage.js';
import type { IdbStorageOptions } from '../../lib/storage/idb-storage.js';
import { AccountStore } from '../../lib/user-agent/account-store.js';
import { FakeClock } from '../support/fake-clock.js';

describe('idbStorage', () => {
  it('does no I/O until it is asked for something', () => {
    assert.notProperty(globalThis, 'indexedDB');
    assert.doesNotThrow(() => idbStorage());
  });

  it('a missing IndexedDB degrades to memory with one warning', async () => {
    const warnings: string[] = [];
    const log = { ...silentLogger, warn: (text: string) => warnings.push(text) };
    const store = new AccountStore(idbStorage(), { clock: new FakeClock(), log, storePasswords: false });
    assert.deepEqual(await store.load(), { accounts: [] });
    store.save({ accounts: [] });
    await store.flush();
    assert.deepEqual(warnings, ['accounts are kept in memory only']);
  });

  it('every way to it rejects, none throws, where there is no IndexedDB', async () => {
    const storage = idbStorage();
    for (const asked of [storage.get('a'), storage.set('a', 1), storage.delete('a')]) {
      assert.instanceOf(await asked.catch((error: unknown) => error), ReferenceError);
    }
  });

  for (const [options, complaint] of [
    [{ name: '' }, 'name: takes the name of a database, got ""'],
    [{ name: 7 }, 'name: takes the name of a database, got 7'],
    [{ nam: 'a' }, 'nam: is no option'],
    [null, 'options: takes an object, got null'],
  ] as const) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      assert.throws(() => idbStorage(options as unknown as IdbStorageOptions), EvercallError, complaint);
    });
  }
});
