/** How a call's connection fares, in a word: connected, reconnecting for how long, back after how long. */
import type { Clock } from '../base/clock.js';
import type { CallConnection } from '../index.js';

export class ConnectionStory {
  readonly #clock: Clock;
  #lostAt: number | undefined;
  #away: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What to say of the change, where it is one. */
  onChanged(connection: CallConnection): string | undefined {
    const now = this.#clock.now();
    if (connection === 'reconnecting') {
      if (this.#lostAt !== undefined) return undefined;
      this.#lostAt = now;
      return 'reconnecting…';
    }
    if (this.#lostAt === undefined) return undefined;
    this.#away = now - this.#lostAt;
    this.#lostAt = undefined;
    return `back after ${secondsText(this.#away)}`;
  }

  /** As it is shown all the time. */
  get words(): string {
    if (this.#lostAt !== undefined) {
      const seconds = Math.floor((this.#clock.now() - this.#lostAt) / 1000);
      return seconds > 0 ? `Reconnecting for ${seconds} s…` : 'Reconnecting…';
    }
    return this.#away === undefined ? 'Connected' : `Connected, back after ${secondsText(this.#away)}`;
  }
}

/** Seconds with a tenth; never none. */
export const secondsText = (milliseconds: number): string => `${Math.max(0.1, milliseconds / 1000).toFixed(1)} s`;
