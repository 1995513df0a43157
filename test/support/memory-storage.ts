// A storage in memory that keeps what it is given as IndexedDB would, and that fails or hangs when the test says so.
import type { KeyValueStorage } from '../../lib/base/storage.js';

export class MemoryStorage implements KeyValueStorage {
  readonly #values = new Map<string, unknown>();
  /** Every value that was to be set, in order, whatever became of it. */
  readonly written: unknown[] = [];
  /** Thrown or rejected with by the next calls. */
  failure: Error | undefined;
  /** Calls are not answered until `answer()`. */
  isHanging = false;
  /** The most calls that were ever open at the same time. */
  busiest = 0;
  #open = 0;
  readonly #held: (() => void)[] = [];

  async get(key: string): Promise<unknown> {
    await this.#turn();
    return structuredClone(this.#values.get(key));
  }

  async set(key: string, value: unknown): Promise<void> {
    const copy = structuredClone(value);
    this.written.push(copy);
    await this.#turn();
    this.#values.set(key, copy);
  }

  async delete(key: string): Promise<void> {
    await this.#turn();
    this.#values.delete(key);
  }

  /** Lets the calls go on that hang. */
  answer(): void {
    for (const go of this.#held.splice(0)) go();
  }

  /** What is stored. */
  get values(): ReadonlyMap<string, unknown> {
    return this.#values;
  }

  async #turn(): Promise<void> {
    this.busiest = Math.max(this.busiest, ++this.#open);
    if (this.isHanging) await new Promise<void>((resolve) => this.#held.push(resolve));
    this.#open--;
    if (this.failure) throw this.failure;
  }
}
