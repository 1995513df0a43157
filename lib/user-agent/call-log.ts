/** What calls there were (Linphone's call log): bounded, counted, and kept over reloads where there is a storage. */
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import { Store } from '../base/store.js';
import type { KeyValueStorage } from '../base/storage.js';
import type { Call } from '../call/call.js';
import type { RemoteParty } from '../call/call-events.js';
import type { EndCause } from '../call/end-cause.js';
import type { LogKeeper } from './call-log-keeper.js';

export type CallLogStatus =
  | 'success' //           it was talked
  | 'aborted' //           the caller gave up, or it broke, after it rang
  | 'earlyAborted' //      … before it rang
  | 'missed'
  | 'declined'
  | 'answeredElsewhere' // another device took it: it is not missed
  | 'declinedElsewhere';

export interface CallLogEntry {
  /** The Call-ID; of a call that was repaired, the last one. */
  readonly callId: string;
  /** The id of the account. */
  readonly account: string;
  readonly direction: 'outgoing' | 'incoming';
  readonly status: CallLogStatus;
  readonly remote: RemoteParty;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Milliseconds that were talked. */
  readonly duration: number;
  readonly cause: EndCause;
  /** Mean opinion score as it was last measured, 1 to 4.5. */
  readonly quality: number | undefined;
}

export interface CallLogState {
  /** The latest first. */
  readonly entries: readonly CallLogEntry[];
  /** By the id of the account: since they were reset. */
  readonly missed: Readonly<Record<string, number>>;
}

export interface CallLogSnapshot {
  readonly entries: readonly CallLogEntry[];
  readonly missedCount: number;
}

export class CallLog {
  readonly #maxEntries: number;
  readonly #storage: KeyValueStorage | undefined;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #store = new Store<CallLogSnapshot>(() => ({ entries: this.entries, missedCount: this.missedCount }));
  /** The latest last: there is always room for one more. */
  #recorded: CallLogEntry[] = [];
  /** The same as the app sees it, until something changes. */
  #entries: readonly CallLogEntry[] | undefined;
  #missed: Readonly<Record<string, number>> = {};
  #keeper: Promise<LogKeeper | undefined> | undefined;
  /** What was stored is not wanted any more. */
  #isCleared = false;

  constructor(maxEntries: number, storage: KeyValueStorage | undefined, clock: Clock, log: Logger) {
    this.#maxEntries = maxEntries;
    this.#storage = storage;
    this.#clock = clock;
    this.#log = log;
  }

  /** The latest first. */
  get entries(): readonly CallLogEntry[] {
    return (this.#entries ??= this.#recorded.slice(-this.#maxEntries).reverse());
  }

  /** Of all accounts, since the last `resetMissed()`. */
  get missedCount(): number {
    return Object.values(this.#missed).reduce((sum, count) => sum + count, 0);
  }

  /** Those of one account, by its id. */
  entriesOf(account: string): readonly CallLogEntry[] {
    return this.entries.filter((entry) => entry.account === account);
  }

  missedCountOf(account: string): number {
    return this.#missed[account] ?? 0;
  }

  /** The user has seen them; of one account, or of all. */
  resetMissed(account?: string): void {
    this.#missed = without(this.#missed, account);
    this.#changed();
  }

  /** Forgets the calls of one account, or all, also in the storage. */
  clear(account?: string): void {
    if (account === undefined) this.#isCleared = true;
    const kept = this.#recorded.slice(-this.#maxEntries);
    this.#recorded = account === undefined ? [] : kept.filter((entry) => entry.account !== account);
    this.#missed = without(this.#missed, account);
    this.#changed();
  }

  /** Resolves when what was stored before is among the entries, at once where nothing is stored; never rejects. */
  async loaded(): Promise<void> {
    await this.#keep();
  }

  /** As JSON can have it. */
  toJSON(): CallLogState {
    return { entries: this.entries, missed: this.#missed };
  }

  subscribe(listener: () => void): () => void {
    void this.#keep();
    return this.#store.subscribe(listener);
  }

  getSnapshot(): CallLogSnapshot {
    return this.#store.getSnapshot();
  }

  /** A call is over. */
  add(call: Call, account: string, status: CallLogStatus): void {
    if (this.#maxEntries === 0) return;
    const entry = entryOf(call, account, status);
    this.#recorded.push(entry);
    if (this.#recorded.length > 2 * this.#maxEntries) this.#recorded = this.#recorded.slice(-this.#maxEntries);
    if (entry.status === 'missed') this.#missed = { ...this.#missed, [account]: this.missedCountOf(account) + 1 };
    this.#changed();
  }

  #changed(): void {
    this.#entries = undefined;
    this.#store.changed();
    void this.#keep()?.then((keeper) => keeper?.save(this.toJSON()));
  }

  /** Loads what is stored, once, and puts it behind what there is by then. */
  #keep(): Promise<LogKeeper | undefined> | undefined {
    const storage = this.#storage;
    if (!storage) return undefined;
    return (this.#keeper ??= import('./call-log-keeper.js')
      .then(({ openLog }) => openLog(storage, this.#clock, this.#log))
      .then(({ keeper, found }) => {
        if (!this.#isCleared) this.#merge(found);
        return keeper;
      })
      .catch((error: unknown) => {
        this.#log.warn('calls are not kept', String(error));
        return undefined;
      }));
  }

  #merge(found: CallLogState): void {
    const missed = { ...found.missed };
    for (const [account, count] of Object.entries(this.#missed)) missed[account] = (missed[account] ?? 0) + count;
    this.#missed = missed;
    this.#recorded = [...[...found.entries].reverse(), ...this.#recorded];
    this.#entries = undefined;
    this.#store.changed();
  }
}

function without(missed: Readonly<Record<string, number>>, account: string | undefined): Record<string, number> {
  return account === undefined ? {} : Object.fromEntries(Object.entries(missed).filter(([id]) => id !== account));
}

function entryOf(call: Call, account: string, status: CallLogStatus): CallLogEntry {
  const { direction, quality } = call;
  const { callId, remote } = call;
  const { startedAt, duration, cause } = call.end!;
  const facts = { direction, status, startedAt, duration, cause, quality: quality?.mos };
  return { callId, account, remote, ...facts };
}
