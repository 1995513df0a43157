/** `subscribe`/`getSnapshot`, so that React's useSyncExternalStore and its like work without a binding. */

export class Store<Snapshot> {
  readonly #read: () => Snapshot;
  readonly #subscribers = new Set<() => void>();
  #snapshot: Snapshot | undefined;

  constructor(read: () => Snapshot) {
    this.#read = read;
  }

  /** Calls `listener` after each change; returns its undo. */
  subscribe(listener: () => void): () => void {
    this.#subscribers.add(listener);
    return () => {
      this.#subscribers.delete(listener);
    };
  }

  /** The same object until something changes. */
  getSnapshot(): Snapshot {
    return (this.#snapshot ??= this.#read());
  }

  changed(): void {
    this.#snapshot = undefined;
    for (const listener of [...this.#subscribers]) listener();
  }
}
