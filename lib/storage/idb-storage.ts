/** Storage in IndexedDB: an entry of its own, so that a page that keeps nothing does not load it. */
import { createStore, del, get, set } from 'idb-keyval';
import type { UseStore } from 'idb-keyval';
import { invalidOption } from '../base/errors.js';
import { checkKnown } from '../base/options.js';
import type { KeyValueStorage } from '../base/storage.js';

export type { KeyValueStorage } from '../base/storage.js';

export interface IdbStorageOptions {
  /** Of the database: pages of one origin that take different names do not meet. @default 'evercall' */
  readonly name?: string;
}

const known: ReadonlySet<string> = new Set<keyof IdbStorageOptions>(['name']);

/** Opens its database at the first use. Throws `invalidOption`. */
export function idbStorage(options: IdbStorageOptions = {}): KeyValueStorage {
  checkKnown(options, known);
  const { name = 'evercall' } = options;
  if (typeof name !== 'string' || name === '') throw invalidOption('name', 'takes the name of a database', name);
  let opened: UseStore | undefined;
  const store = (): UseStore => (opened ??= createStore(name, 'evercall'));
  // async: where there is no IndexedDB, or no permission, its door throws at once
  return {
    get: async (key) => get<unknown>(key, store()),
    set: async (key, value) => set(key, value, store()),
    delete: async (key) => del(key, store()),
  };
}
