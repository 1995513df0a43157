/** Accounts out of the user agent and back into it: by the storage, or as JSON. Loaded when one of them is asked for. */
import type { Account } from '../account/account.js';
import type { AccountInbox } from '../account/account-context.js';
import type { AccountOptions } from '../account/account-options.js';
import type { Logger } from '../base/log.js';
import type { KeyValueStorage } from '../base/storage.js';
import { AccountStore, readState, storedAccount } from './account-store.js';
import type { AccountStoreContext, StoredAccount, StoredState } from './account-store.js';

/** Puts back what cannot be stored: functions, a login of the app's. */
export type CompleteOptions = (options: AccountOptions) => AccountOptions;

/** The user agent, as far as it is kept; what this module needs of it, so that it imports nothing that would have to be shared. */
export interface Kept {
  readonly accounts: ReadonlyMap<Account, AccountInbox>;
  readonly add: (options: AccountOptions) => Account;
  readonly defaultAccount: () => Account | undefined;
  readonly setDefaultAccount: (account: Account) => void;
  readonly instanceId: () => string;
  /** Throws what is wrong with them. */
  readonly check: (options: AccountOptions) => void;
  readonly invalid: (option: string, message: string) => Error;
  readonly log: Logger;
}

/** Resolves when the storage has answered. */
export async function openKeeper(storage: KeyValueStorage, context: AccountStoreContext, kept: Kept): Promise<Keeper> {
  const store = new AccountStore(storage, context);
  return new Keeper(store, await store.load(), kept);
}

export class Keeper {
  readonly instanceId: string | undefined;
  readonly #store: AccountStore;
  readonly #kept: Kept;
  /** What was stored and is not restored yet. */
  #found: StoredState;
  /** The logins that were saved last. */
  #logins = '';

  constructor(store: AccountStore, found: StoredState, kept: Kept) {
    this.#store = store;
    this.#found = found;
    this.#kept = kept;
    this.instanceId = found.instanceId;
  }

  save(): void {
    const state = stateOf(this.#kept);
    const ids = new Set(state.accounts.map(({ id }) => id));
    this.#found = { ...this.#found, accounts: this.#found.accounts.filter(({ id }) => !ids.has(id)) };
    this.#logins = loginsOf(state);
    this.#store.save(state);
  }

  /** A registrar may have challenged: then there is something to log in with again. */
  onRegistered(): void {
    if (loginsOf(stateOf(this.#kept)) !== this.#logins) this.save();
  }

  restore(complete?: CompleteOptions): readonly Account[] {
    const state = this.#found;
    this.#found = { accounts: [] };
    return addAll(this.#kept, state, complete);
  }

  flush(): Promise<void> {
    return this.#store.flush();
  }
}

export function exported(kept: Kept, secrets: boolean): StoredState {
  const state = stateOf(kept);
  const accounts = state.accounts.map((account) =>
    storedAccount(account, secrets ? 'ha1' : 'none', throughJson, (name) => {
      kept.log.warn(`account ${account.id}: ${name} cannot be exported`);
    }),
  );
  return { ...state, accounts };
}

export function imported(kept: Kept, given: StoredState, complete?: CompleteOptions): readonly Account[] {
  let state: StoredState;
  try {
    state = readState(given as unknown as Record<string, unknown>);
  } catch {
    throw kept.invalid('state', 'takes what exportAccounts resolves with');
  }
  for (const stored of state.accounts) kept.check(optionsOf(stored, complete)); // all or none
  return addAll(kept, state, complete);
}

function addAll(kept: Kept, { accounts, defaultAccount }: StoredState, complete?: CompleteOptions): readonly Account[] {
  const isChosen = kept.defaultAccount() !== [...kept.accounts.keys()][0];
  const added: Account[] = [];
  for (const stored of accounts) {
    if ([...kept.accounts.keys()].some(({ id }) => id === stored.id)) continue;
    try {
      added.push(kept.add(optionsOf(stored, complete)));
    } catch (error) {
      kept.log.warn(`account ${stored.id} cannot be restored`, String(error));
    }
  }
  const former = [...kept.accounts.keys()].find(({ id }) => id === defaultAccount);
  if (former && !isChosen) kept.setDefaultAccount(former);
  return added;
}

const optionsOf = (
  { id, options, dependsOn }: StoredAccount,
  complete: CompleteOptions = (all) => all,
): AccountOptions => complete({ ...options, id, ...(dependsOn !== undefined && { dependsOn }) });

function stateOf({ accounts, defaultAccount, instanceId }: Kept): StoredState {
  return {
    instanceId: instanceId(),
    accounts: [...accounts.values()].flatMap((inbox) => {
      const options = inbox.options();
      return options ? [{ id: inbox.id, options, dependsOn: inbox.dependsOn() }] : [];
    }),
    defaultAccount: defaultAccount()?.id,
  };
}

const loginsOf = ({ accounts }: StoredState): string =>
  JSON.stringify(accounts.map(({ id, options }) => [id, options.credentials]));

const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;
