/** Which server of the list is tried next, and how soon (RFC 5626 §4.5, RFC 6455 §7.2.3: exponential, capped, jittered). */
import type { Random } from '../base/random.js';

/** Attempts, about a second apart, before the waits begin to double. */
const restart = 6;

export class ServerList {
  readonly #urls: readonly string[];
  readonly #random: Random;
  readonly #spread: number | undefined;
  #index = 0;
  /** Servers in a row whose handshake failed: each one gets its try before we wait. */
  #failed = 0;
  /** Reconnections since a connection proved sound: a server that accepts and closes at once must not be hammered. */
  #attempts = 0;
  /** Moves to a better server since one proved sound: it is asked less and less often. */
  #moves = 0;

  /**
   * @param spread milliseconds over which all clients of a server come back, where there are so many that it matters: each
   * draws its moment within them once, and keeps to it from then on, so that their rate is the same from the first second on,
   * however long the server is away. A wait that begins small (RFC 5626 §4.5 leaves base-time and max-time open) cannot know
   * how many they are.
   */
  constructor(urls: readonly string[], random: Random, spread?: number) {
    this.#urls = urls;
    this.#random = random;
    this.#spread = spread;
  }

  /** The server of the present or next connection. */
  get url(): string {
    return this.#urls[this.#index]!;
  }

  /** The servers preferred to the present one, best first. */
  get better(): readonly string[] {
    return this.#urls.slice(0, this.#index);
  }

  /**
   * A handshake failed: milliseconds until the next attempt, undefined when another server is to be tried at once. `urgent`
   * says that a call waits for it.
   */
  onRefused(urgent = false): number | undefined {
    this.#index = (this.#index + 1) % this.#urls.length;
    if (++this.#failed < this.#urls.length) return undefined;
    this.#failed = this.#index = 0;
    if (this.#spread !== undefined) return period(this.#spread, urgent);
    // a restart takes a few seconds: until then a refusal costs nobody much, and waiting costs calls
    return reconnectDelay(Math.max(1, ++this.#attempts - restart), this.#random);
  }

  /** A handshake succeeded. */
  onAccepted(): void {
    this.#failed = 0;
  }

  /**
   * An open connection is given up: milliseconds until the next attempt. `sound` says that it had served for a while,
   * `elsewhere` that its server is not to be the first one asked, `urgent` that the first attempt may be made at once.
   */
  onLost({ sound, elsewhere, urgent }: { sound: boolean; elsewhere: boolean; urgent: boolean }): number {
    if (sound) {
      this.#attempts = 0;
      if (!elsewhere) this.#moves = 0;
    }
    if (elsewhere || this.#attempts > 0) this.#index = (this.#index + 1) % this.#urls.length;
    if (this.#spread !== undefined) {
      const isFirst = this.#attempts++ === 0;
      return period(this.#spread, urgent) * (isFirst ? this.#random.number() : 1);
    }
    return urgent && this.#attempts === 0 ? this.#attempts++ : reconnectDelay(this.#attempts++, this.#random);
  }

  /** A connection to this one is in use. */
  use(url: string): void {
    this.#index = this.#urls.indexOf(url);
  }

  /** We have moved to a better server. */
  onMoved(url: string): void {
    this.use(url);
    this.#attempts = 0;
    this.#moves++;
  }

  /** Milliseconds until the better servers are looked at: 0.5 to 1 times `interval`, doubled each time a move was for nothing. */
  failbackDelay(interval: number): number {
    return jitter(Math.min(1_800_000, interval * 2 ** this.#moves), this.#random);
  }
}

/**
 * Milliseconds before attempt `attempt`: the first (0) within a second, so that many clients do not come in step, then
 * 1, 2, 4 … 30 s, times 0.5 to 1.
 */
export function reconnectDelay(attempt: number, random: Random): number {
  if (attempt === 0) return random.number() * 1000;
  return jitter(Math.min(30_000, 1000 * 2 ** (attempt - 1)), random);
}

/** Who talks comes back in the first half, and asks twice as often. */
const period = (spread: number, urgent: boolean): number => (urgent ? spread / 2 : spread);

const jitter = (ms: number, random: Random): number => ms * (0.5 + random.number() / 2);
