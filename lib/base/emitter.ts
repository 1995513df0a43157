/** Typed events for the app; between the floors of the library there are none. */
import { unlessAborted } from './unless-aborted.js';

/** The event surface shared by `UserAgent`, `Account` and `Call`. */
export interface EventSource<Events> {
  /** Calls `listener` at each `event`; returns its own undo. */
  on<K extends keyof Events>(event: K, listener: (payload: Events[K]) => void): () => void;
  /** Resolves with the payload of the next `event`; rejects with `aborted` when `signal` aborts. */
  once<K extends keyof Events>(event: K, options?: { readonly signal?: AbortSignal }): Promise<Events[K]>;
}

type Listeners = Map<PropertyKey, Set<(payload: never) => void>>;

export class Emitter<Events> implements EventSource<Events> {
  /** Made with the first listener: most objects of a busy page never have one. */
  #listeners: Listeners | undefined;

  on<K extends keyof Events>(event: K, listener: (payload: Events[K]) => void): () => void {
    this.#listeners ??= new Map();
    let set = this.#listeners.get(event);
    if (!set) this.#listeners.set(event, (set = new Set()));
    set.add(listener);
    return () => {
      set.delete(listener);
    };
  }

  once<K extends keyof Events>(event: K, { signal }: { readonly signal?: AbortSignal } = {}): Promise<Events[K]> {
    let off = (): void => undefined;
    const next = new Promise<Events[K]>((resolve) => {
      off = this.on(event, (payload) => {
        off();
        resolve(payload);
      });
    });
    const outcome = unlessAborted(signal, next);
    outcome.catch(off); // and nobody is forced to handle it
    return outcome;
  }

  /** Whether anyone would hear `event`; lets a caller skip building a costly payload. */
  has(event: keyof Events): boolean {
    return (this.#listeners?.get(event)?.size ?? 0) > 0;
  }

  emit<K extends keyof Events>(event: K, payload: Events[K]): void {
    const set = this.#listeners?.get(event);
    if (!set || set.size === 0) return;
    for (const listener of [...set]) {
      try {
        (listener as (payload: Events[K]) => void)(payload);
      } catch (error) {
        reportBug(error); // an app's bug must not break a transaction
      }
    }
  }
}

/** Hands an error of the app's own code to the page's error handler, as an uncaught one would be. */
export function reportBug(error: unknown): void {
  if (typeof reportError === 'function') reportError(error);
  else queueMicrotask(() => { throw error; }); // prettier-ignore
}
