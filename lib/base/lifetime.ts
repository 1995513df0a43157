/** How long something lives, for what it starts to end with it: without an AbortSignal of its own, which weighs kilobytes and outlives its use in most engines. */
import { abortError, EvercallError } from './errors.js';

/** What a wait ends with: an AbortSignal, or a Lifetime. */
export interface Signal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

const none: readonly never[] = [];

/** Where there is nothing more to say: one for all, for a stack trace is dear and worth nothing here. */
let over: EvercallError | undefined;

export class Lifetime implements Signal {
  /** Why it is over. */
  #end: EvercallError | undefined;
  #listeners: readonly (() => void)[] = none;

  get aborted(): boolean {
    return this.#end !== undefined;
  }

  get reason(): EvercallError | undefined {
    return this.#end;
  }

  /** Called once, at the end. */
  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners = this.#listeners.length === 0 ? [listener] : [...this.#listeners, listener];
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    const left = this.#listeners.filter((other) => other !== listener);
    this.#listeners = left.length === 0 ? none : left;
  }

  end(reason = (over ??= new EvercallError('aborted', 'it is over'))): void {
    if (this.#end) return;
    this.#end = reason;
    const listeners = this.#listeners;
    this.#listeners = none;
    for (const listener of listeners) listener();
  }
}

/** Runs `job` with a signal that aborts with the first of both. */
export async function duringBoth<T>(one: Signal, other: Signal, job: (either: Signal) => Promise<T>): Promise<T> {
  const either = new Lifetime();
  const onAbort = (): void => {
    either.end(abortError(one.aborted ? one : other));
  };
  if (one.aborted || other.aborted) onAbort();
  one.addEventListener('abort', onAbort, { once: true });
  other.addEventListener('abort', onAbort, { once: true });
  try {
    return await job(either);
  } finally {
    one.removeEventListener('abort', onAbort);
    other.removeEventListener('abort', onAbort);
  }
}
