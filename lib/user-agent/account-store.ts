/** Keeps accounts over reloads: one versioned record in a storage, in memory when that fails. */
import type { AccountOptions } from '../account/account-options.js';
import type { Clock } from '../base/clock.js';
import { inTime } from '../base/in-time.js';
import type { Logger } from '../base/log.js';
import type { KeyValueStorage } from '../base/storage.js';
import type { Credentials } from '../core/credentials.js';

export interface StoredAccount {
  readonly id: string;
  /** Without functions and secrets, but for HA1s; passwords where they are to be kept. */
  readonly options: AccountOptions;
  /** The id of another account. */
  readonly dependsOn?: string | undefined;
}

export interface StoredState {
  readonly instanceId?: string | undefined;
  readonly accounts: readonly StoredAccount[];
  /** Its id. */
  readonly defaultAccount?: string | undefined;
}

export interface AccountStoreContext {
  readonly clock: Clock;
  readonly log: Logger;
  /** Passwords are written as they are, too. */
  readonly storePasswords: boolean;
}

const key = 'evercall.accounts';
const version = 1;
/** Milliseconds for one answer of the storage. */
const patience = 3000;

type Migrations = Readonly<Record<number, (record: Record<string, unknown>) => Record<string, unknown>>>;
/** By version: what makes a record of the next one. */
const migrations: Migrations = {};

export class AccountStore {
  readonly #storage: KeyValueStorage;
  readonly #context: AccountStoreContext;
  readonly #warned = new Set<string>();
  #loaded: Promise<StoredState> | undefined;
  /** What was saved last; undefined when it has been handed to the storage. */
  #unwritten: StoredState | undefined;
  #writing: Promise<void> | undefined;
  /** The storage holds what we must not overwrite, or we cannot know, or it hangs. */
  #isMemoryOnly = false;

  constructor(storage: KeyValueStorage, context: AccountStoreContext) {
    this.#storage = storage;
    this.#context = context;
  }

  /** What the storage held when it was first asked; never rejects. */
  load(): Promise<StoredState> {
    return (this.#loaded ??= this.#read());
  }

  /** Has `state`, as it is now, written soon: of several in a row only the last. Nothing is written before it was loaded. */
  save(state: StoredState): void {
    this.#unwritten = { ...state, accounts: state.accounts.map((account) => this.#storable(account)) };
    this.#writing ??= this.#write();
  }

  /** Resolves when what was saved is written, or is known to stay in memory; never rejects. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  async #read(): Promise<StoredState> {
    try {
      const found = await this.#inTime(() => this.#storage.get(key));
      return found === undefined ? { accounts: [] } : readRecord(found);
    } catch (error) {
      this.#isMemoryOnly = true;
      this.#warnOfMemory(error);
      return { accounts: [] };
    }
  }

  async #write(): Promise<void> {
    await this.load();
    while (this.#unwritten && !this.#isMemoryOnly) {
      const record = { version, ...this.#unwritten };
      this.#unwritten = undefined;
      try {
        await this.#inTime(() => this.#storage.set(key, record));
      } catch (error) {
        this.#warnOfMemory(error); // the next state is tried again: there may be room by then
      }
    }
    this.#writing = undefined;
  }

  #inTime<T>(ask: () => Promise<T>): Promise<T> {
    return inTime(this.#context.clock, patience, ask, () => {
      this.#isMemoryOnly = true; // what hangs may still happen: nothing must come beside or after it
    });
  }

  #storable(account: StoredAccount): StoredAccount {
    return storedAccount(account, this.#context.storePasswords ? 'password' : 'ha1', structuredClone, (name) => {
      this.#warn(`account ${account.id}: ${name} cannot be stored`);
    });
  }

  #warnOfMemory(error: unknown): void {
    this.#warn('accounts are kept in memory only', error);
  }

  #warn(message: string, ...details: unknown[]): void {
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.#context.log.warn(message, ...details.map(String));
  }
}

/** What may leave the page: nothing that logs in, H(user:realm:password) in place of passwords (RFC 7616 §3.4.2), or all. */
export type Secrets = 'none' | 'ha1' | 'password';

/** A copy without functions and without more secrets than allowed; the account it depends on goes by its id. */
export function storedAccount(
  { id, options, dependsOn }: StoredAccount,
  secrets: Secrets,
  copy: (value: unknown) => unknown,
  onLost: (name: string) => void,
): StoredAccount {
  const kept = storable(options, secrets).flatMap(([name, value]) => {
    try {
      return [[name, copy(value)]];
    } catch {
      onLost(name);
      return [];
    }
  });
  return { id, options: Object.fromEntries(kept) as AccountOptions, ...(dependsOn !== undefined && { dependsOn }) };
}

/** The state in a record of this or an older version; throws for others, and for what is none. */
export function readRecord(found: unknown, steps = migrations, to = version): StoredState {
  let record = found as Record<string, unknown>;
  if (!isObject(found) || typeof record['version'] !== 'number') throw new Error('what is stored there is not ours');
  for (let from = record['version']; from !== to; from++) {
    const step = steps[from];
    if (!step) throw new Error(`what is stored there is of version ${from}, ours is ${to}`);
    record = step(record);
  }
  return readState(record);
}

/** The state in an object that looks like one; throws for others. */
export function readState(record: Record<string, unknown>): StoredState {
  const { instanceId, accounts, defaultAccount } = record;
  const isWhole = isText(instanceId) && isText(defaultAccount) && Array.isArray(accounts) && accounts.every(isAccount);
  if (!isWhole) throw new Error('what is stored there is damaged');
  return { instanceId, accounts: accounts as StoredAccount[], defaultAccount };
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const isText = (value: unknown): value is string | undefined => value === undefined || typeof value === 'string';

function isAccount(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { id, options, dependsOn } = value as Partial<StoredAccount>;
  return typeof id === 'string' && isObject(options) && isText(dependsOn);
}

const loginsIn = (credentials: AccountOptions['credentials'] = []): readonly Credentials[] =>
  [credentials as Credentials | Credentials[]].flat();

function storable({ credentials, media, ...options }: AccountOptions, secrets: Secrets): [string, unknown][] {
  const isSecret = (name: string): boolean =>
    // a TURN server's login is in clear, and short-lived
    ((name === 'password' || name === 'iceServers') && secrets !== 'password') ||
    (name === 'ha1' && secrets === 'none');
  const entries = (from: object): [string, unknown][] =>
    Object.entries(from).filter(
      ([name, value]) => value !== undefined && typeof value !== 'function' && name !== 'dependsOn' && !isSecret(name),
    );
  const logins = loginsIn(credentials)
    .map((login) => Object.fromEntries(entries(login)))
    .filter((login) => 'ha1' in login || 'password' in login);
  const kept = entries(options);
  if (media) kept.push(['media', Object.fromEntries(entries(media))]);
  if (logins.length > 0) kept.push(['credentials', logins]);
  return kept;
}
