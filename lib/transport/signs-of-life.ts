/** What has come on a connection, and since when nothing has to what was asked there. */

/** Milliseconds after which a connection on which something came was no accident. */
const soundAfter = 10_000;
/** Milliseconds without a word to what was asked after which nothing is hoped for. */
const mute = 500;

export class SignsOfLife {
  /** When the latest frame came, by `clock.now()`; undefined when none has. */
  lastReceived: number | undefined;
  readonly #openedAt: number;
  /** When the first was asked of what nothing has been said to since. */
  #unansweredSince: number | undefined;

  constructor(now: number) {
    this.#openedAt = now;
  }

  onReceived(now: number): void {
    this.lastReceived = now;
    this.#unansweredSince = undefined;
  }

  onAsked(now: number): void {
    this.#unansweredSince ??= now;
  }

  /** Whether nothing has come at all, though something was asked. */
  get hasNone(): boolean {
    return this.lastReceived === undefined && this.#unansweredSince !== undefined;
  }

  isMute(now: number): boolean {
    return this.#unansweredSince !== undefined && now - this.#unansweredSince >= mute;
  }

  /** Whether it has served for a while: then its loss is no reason to hesitate. */
  isSound(now: number): boolean {
    return this.lastReceived !== undefined && now - this.#openedAt >= soundAfter;
  }
}
