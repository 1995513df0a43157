// Runs in the page: a clock whose seconds can be shorter than ours, to live through session timers.
import type { Clock } from '../../../../lib/index.js';

export class HurriedClock implements Clock {
  #pace = 1;
  #time = performance.now();
  #read = performance.now();
  readonly #alarms = new Set<{ readonly due: number; readonly run: () => void; cancel: () => void }>();

  /** How many of its seconds go into one, from now on. */
  hurry(pace: number): void {
    this.now();
    this.#pace = pace;
    for (const alarm of this.#alarms) this.#arm(alarm);
  }

  now(): number {
    const read = performance.now();
    this.#time += (read - this.#read) * this.#pace;
    this.#read = read;
    return this.#time;
  }

  wallTime(): number {
    return performance.timeOrigin + this.now();
  }

  after(ms: number, run: () => void): () => void {
    const alarm = { due: this.now() + ms, run, cancel: (): void => undefined };
    this.#alarms.add(alarm);
    this.#arm(alarm);
    return () => {
      alarm.cancel();
      this.#alarms.delete(alarm);
    };
  }

  #arm(alarm: { readonly due: number; readonly run: () => void; cancel: () => void }): void {
    alarm.cancel();
    const id = setTimeout(
      () => {
        this.#alarms.delete(alarm);
        alarm.run();
      },
      Math.max(0, alarm.due - this.now()) / this.#pace,
    );
    alarm.cancel = () => {
      clearTimeout(id);
    };
  }
}
