/** Keeps the call log in a storage: one versioned record. Loaded where there is a storage, with the first call. */
import type { Clock } from '../base/clock.js';
import { inTime } from '../base/in-time.js';
import type { Logger } from '../base/log.js';
import type { KeyValueStorage } from '../base/storage.js';
import type { CallLogEntry, CallLogState } from './call-log.js';

const key = 'evercall.calls';
const version = 1;

/** Milliseconds for one answer of the storage. */
const patience = 3000;

/** Rejects where the storage holds what we must not overwrite, or does not tell. */
export async function openLog(
  storage: KeyValueStorage,
  clock: Clock,
  log: Logger,
): Promise<{ readonly keeper: LogKeeper; readonly found: CallLogState }> {
  const record = await inTime(
    clock,
    patience,
    () => storage.get(key),
    () => undefined,
  );
  const found = record === undefined ? { entries: [], missed: {} } : readLog(record);
  return { keeper: new LogKeeper(storage, clock, log), found };
}

export class LogKeeper {
  readonly #storage: KeyValueStorage;
  readonly #clock: Clock;
  readonly #log: Logger;
  /** Something hangs and may still happen: nothing must come beside or after it. */
  #isMemoryOnly = false;
  #unwritten: CallLogState | undefined;
  #isWriting = false;
  #hasWarned = false;

  constructor(storage: KeyValueStorage, clock: Clock, log: Logger) {
    this.#storage = storage;
    this.#clock = clock;
    this.#log = log;
  }

  /** Of several in a row only the last is written. */
  save(state: CallLogState): void {
    this.#unwritten = state;
    if (!this.#isWriting && !this.#isMemoryOnly) void this.#write();
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    while (this.#unwritten && !this.#isMemoryOnly) {
      const record = { version, ...this.#unwritten };
      this.#unwritten = undefined;
      try {
        await inTime(
          this.#clock,
          patience,
          () => this.#storage.set(key, record),
          () => (this.#isMemoryOnly = true),
        );
      } catch (error) {
        if (!this.#hasWarned) this.#log.warn('calls are kept in memory only', String(error));
        this.#hasWarned = true; // the next state is tried again
      }
    }
    this.#isWriting = false;
  }
}

/** Throws for what is not ours. */
function readLog(record: unknown): CallLogState {
  const { version: found, entries, missed } = record as Record<string, unknown>;
  if (found !== version) throw new Error(`what is stored there is of version ${String(found)}, ours is ${version}`);
  if (!Array.isArray(entries) || !entries.every(isEntry) || typeof missed !== 'object' || missed === null)
    throw new Error('what is stored there is damaged');
  return { entries, missed: missed as Record<string, number> };
}

function isEntry(value: unknown): value is CallLogEntry {
  const { callId, account, startedAt } = (value ?? {}) as Partial<CallLogEntry>;
  return typeof callId === 'string' && typeof account === 'string' && typeof startedAt === 'number';
}
