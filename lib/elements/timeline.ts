/** What happened on this phone, one line after the other: for the person at it, and to be copied for whoever helps them. */
import type { Clock } from '../base/clock.js';

export interface TimelineEntry {
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly text: string;
  /** `bad` is what was lost, `good` what was found again. */
  readonly tone: TimelineTone;
}

export type TimelineTone = 'plain' | 'bad' | 'good';

/** Lines that are kept; the oldest go first. */
const limit = 200;

export class Timeline {
  readonly #clock: Clock;
  readonly #onChange: () => void;
  #entries: readonly TimelineEntry[] = [];
  #count = 0;

  constructor(clock: Clock, onChange: () => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** The newest last. */
  get entries(): readonly TimelineEntry[] {
    return this.#entries;
  }

  add(text: string, tone: TimelineTone = 'plain'): void {
    const entry = { id: ++this.#count, at: this.#clock.wallTime(), text, tone };
    this.#entries = [...this.#entries.slice(1 - limit), entry];
    this.#onChange();
  }

  clear(): void {
    this.#entries = [];
    this.#onChange();
  }

  /** A line each, with the time in UTC: it is read elsewhere. */
  toString(): string {
    return this.#entries.map(({ at, text }) => `${new Date(at).toISOString()} ${text}\n`).join('');
  }
}

/** The time of day here, with tenths of a second. */
export function timeOfDay(at: number): string {
  const date = new Date(at);
  const parts = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0'));
  return `${parts.join(':')}.${Math.floor(date.getMilliseconds() / 100)}`;
}
