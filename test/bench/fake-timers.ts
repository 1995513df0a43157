/** Timers that fire when told so, for whatever is loaded after them: the 32 s of a transaction pass in no time. */
import { macrotask } from './sampling.js';

export class FakeTimers {
  readonly #pending = new Map<number, { readonly due: number; readonly run: () => void }>();
  #now = 0;
  #serial = 0;

  /** Takes the place of the globals. */
  install(): void {
    const setTimer = (run: () => void, ms = 0): number => {
      this.#pending.set(++this.#serial, { due: this.#now + ms, run });
      return this.#serial;
    };
    const clearTimer = (id: number): void => {
      this.#pending.delete(id);
    };
    Object.assign(globalThis, { setTimeout: setTimer, clearTimeout: clearTimer });
  }

  /** Fires all that is due within `ms`, in order. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      const due = [...this.#pending].filter(([, timer]) => timer.due <= end);
      if (due.length === 0) break;
      for (const [id, { due: at, run }] of due.sort(([, a], [, b]) => a.due - b.due)) {
        if (!this.#pending.delete(id)) continue; // cleared by one before it
        this.#now = at;
        run();
      }
      await macrotask();
    }
    this.#now = end;
  }
}
