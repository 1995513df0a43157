/** Where the library keeps what outlives the page: `idbStorage()`, or whatever the page's host has in its place. */

export interface KeyValueStorage {
  /** Resolves with what was set last, or undefined. */
  get(key: string): Promise<unknown>;
  /** `value` can be cloned by the structured-clone algorithm; resolves when it is safe. */
  set(key: string, value: unknown): Promise<void>;
  delete(key: string): Promise<void>;
}
