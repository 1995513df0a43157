// Time that a test owns: nothing passes unless `advance` says so.
import type { Clock } from '../../lib/base/clock.js';

interface Alarm {
  readonly due: number;
  readonly order: number;
  readonly run: () => void;
}

export class FakeClock implements Clock {
  #now = 0;
  /** Milliseconds that the wall clock is ahead of the monotonic one: it grows while the machine sleeps. */
  #slept = Date.UTC(2026, 0, 1);
  #order = 0;
  readonly #alarms = new Set<Alarm>();

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.#slept + this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const alarm = { due: this.#now + Math.max(0, ms), order: this.#order++, run };
    this.#alarms.add(alarm);
    return () => {
      this.#alarms.delete(alarm);
    };
  }

  /** How many timers are set: 0 when nothing is left behind. */
  get pending(): number {
    return this.#alarms.size;
  }

  /** Lets `ms` pass: timers run in order of time, and promises settle between them. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#alarms.delete(next);
      this.#now = Math.max(this.#now, next.due);
      next.run();
      await settle();
    }
    this.#now = end;
  }

  /** The machine sleeps: the wall clock goes on, timers and the monotonic clock stand still. */
  sleep(ms: number): void {
    this.#slept += ms;
  }

  #next(end: number): Alarm | undefined {
    let next: Alarm | undefined;
    for (const alarm of this.#alarms) {
      if (alarm.due > end) continue;
      if (!next || alarm.due < next.due || (alarm.due === next.due && alarm.order < next.order)) next = alarm;
    }
    return next;
  }
}

/** Lets every promise that can settle do so; no time passes. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Resolves when what is imported on demand by now has come: imports are served in their order. */
export async function imported(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    await settle();
    await import('../../lib/base/quiet.js');
  }
  await settle();
}
