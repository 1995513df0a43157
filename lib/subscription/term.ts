/** How long a subscription is good for, and when the next SUBSCRIBE is due: by the wall clock, for a machine may sleep. */
import { at } from '../base/alarm.js';
import type { Clock } from '../base/clock.js';
import type { Random } from '../base/random.js';
import { refreshDelay } from '../base/schedule.js';

export interface TermUser {
  /** The next SUBSCRIBE is due. */
  onDue(): void;
  /** What was granted is over, and the next SUBSCRIBE not due before `next`. */
  onExpired(next: number): void;
}

export class Term {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #user: TermUser;
  /** Wall time at which it ends; undefined while there is no subscription. */
  #expiry: number | undefined;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, random: Random, user: TermUser) {
    this.#clock = clock;
    this.#random = random;
    this.#user = user;
  }

  get expiry(): number | undefined {
    return this.#expiry;
  }

  get isOver(): boolean {
    return this.#expiry === undefined || this.#clock.wallTime() >= this.#expiry;
  }

  /** So many seconds are granted, from now on. */
  grant(seconds: number): void {
    this.#expiry = this.#clock.wallTime() + seconds * 1000;
  }

  /** There is nothing granted, and nothing due. */
  clear(): void {
    this.pause();
    this.#expiry = undefined;
  }

  /** Nothing is due, for it is being asked for. */
  pause(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** Due before the end, as registrations are. @param before seconds */
  planRefresh(before: number): void {
    const now = this.#clock.wallTime();
    const left = Math.max((this.#expiry ?? now) - now, 0) / 1000;
    this.plan(now + refreshDelay(left, before, this.#random));
  }

  /** Due at the end. */
  planEnd(): void {
    this.plan(this.#expiry ?? this.#clock.wallTime());
  }

  /** Due at that moment of the wall clock. */
  plan(next: number): void {
    this.pause();
    this.#cancel = at(this.#clock, Math.min(next, this.#expiry ?? next), () => {
      if (this.#clock.wallTime() >= next) this.#user.onDue();
      else this.#user.onExpired(next);
    });
  }
}
