/**
 * Keep-alive of one connection (RFC 5626 §3.5.1, §4.4.1): asks for a sign of life when there was none for a while.
 *
 *   quiet ──interval──▶ pinged ──10 s──▶ asked by OPTIONS ──10 s──▶ silence
 *     ▲                   │  └── it is known to pong ────────────────▲
 *     └──── any frame ────┴─────────────────┘
 *
 * No server is given up twice in a row for silence it may always have kept: it must have answered in between.
 */
import type { Clock } from '../base/clock.js';
import { Deferred } from '../base/deferred.js';
import type { Random } from '../base/random.js';
import type { Signal } from '../base/lifetime.js';
import { unlessAborted } from '../base/unless-aborted.js';

/** How a server shows that it lives: by a pong, by answering a request only, or by neither. */
export type Habit = 'pongs' | 'answers' | 'mute';

export interface KeepAliveUser {
  /** Sends CRLF CRLF in a frame of its own. */
  ping(): void;
  /** Sends a request that any server answers. */
  ask(): void;
  /** The server or the way to it is gone. */
  onSilence(): void;
}

export interface KeepAliveConfig {
  readonly url: string;
  /** Milliseconds, at most what a Flow-Timer says; `auto` takes the Flow-Timer, or 25 s. False asks only when told to. */
  readonly interval: 'auto' | number | false;
  /** By URL; outlives connections. */
  readonly habits: Map<string, Habit>;
  readonly clock: Clock;
  readonly random: Random;
}

/** Milliseconds that a pong may take (§4.4.1). */
const patience = 10_000;
/** Longest nap between two looks at the clocks, and how much longer it may take before we must have slept. */
const nap = 5000;

export class KeepAlive {
  readonly #config: KeepAliveConfig;
  readonly #user: KeepAliveUser;
  readonly #probes = new Set<Deferred<boolean>>();
  #flowTimer: number | undefined;
  #wait: number;
  /** When the present quiet began. */
  #since: number;
  #asking: 'ping' | 'options' | undefined;
  #askedAt = 0;
  /** Wall time of the last look. */
  #looked: number;
  /** Slept, and asked anew for it. */
  #isLate = false;
  #isStopped = false;
  #cancel: (() => void) | undefined;

  constructor(config: KeepAliveConfig, user: KeepAliveUser) {
    const { clock, url, habits } = config;
    this.#config = config;
    this.#user = user;
    this.#since = clock.now();
    this.#looked = clock.wallTime();
    // what the server does is found out soon: it will matter when the network changes
    this.#wait = Math.min(this.#nextWait(), habits.has(url) ? Infinity : nap * (1 + config.random.number()));
    this.#rest();
  }

  /** A frame came. */
  onFrame(isPong: boolean): void {
    const { clock, url, habits } = this.#config;
    if (isPong) habits.set(url, 'pongs');
    else if (this.#asking === 'options') habits.set(url, 'answers');
    if (this.#flowTimer === undefined) this.#since = clock.now(); // a Flow-Timer wants pings, whatever else is sent (§4.4)
    this.#isLate = false;
    if (this.#asking) {
      this.#asking = undefined;
      this.#rest();
    }
    for (const probe of this.#probes) probe.resolve(true);
  }

  /** The Flow-Timer of the latest 2xx to REGISTER, in seconds. */
  setFlowTimer(seconds: number | undefined): void {
    this.#flowTimer = seconds === undefined ? undefined : seconds * 1000;
    this.#wait = Math.min(this.#wait, this.#nextWait());
  }

  /** Asks at once: true when any frame comes within `ms`, false when none does or the connection ends. */
  async probe(ms: number, signal?: Signal): Promise<boolean> {
    const { clock, url, habits } = this.#config;
    const answer = new Deferred<boolean>();
    const cancel = clock.after(ms, () => {
      answer.resolve(false);
    });
    this.#probes.add(answer);
    this.#user.ping();
    if (habits.get(url) !== 'pongs') this.#user.ask();
    try {
      return await unlessAborted(signal, answer.promise);
    } finally {
      cancel();
      this.#probes.delete(answer);
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
    for (const probe of this.#probes) probe.resolve(false);
  }

  /** 80 to 100 % of what the app, or the server, wants at most (§4.4). */
  #nextWait(): number {
    const { interval, random } = this.#config;
    const wanted =
      interval === 'auto' ? (this.#flowTimer ?? 25_000) : Math.min(interval || Infinity, this.#flowTimer ?? Infinity);
    return wanted * (0.8 + random.number() * 0.2);
  }

  #rest(): void {
    const { clock, interval } = this.#config;
    if (interval === false || this.#isStopped) return;
    this.#cancel?.();
    const due = this.#asking ? this.#askedAt + patience : this.#since + this.#wait;
    this.#cancel = clock.after(Math.max(0, Math.min(nap, due - clock.now())), () => {
      this.#look();
      this.#rest();
    });
  }

  #look(): void {
    const { clock, url, habits } = this.#config;
    const now = clock.now();
    const slept = clock.wallTime() - this.#looked > 2 * nap;
    this.#looked = clock.wallTime();
    if (slept && !this.#isLate) {
      this.#isLate = true; // what came meanwhile may still be on its way to us
      this.#ask(habits.get(url) === 'answers');
    } else if (this.#asking) {
      if (now >= this.#askedAt + patience) this.#onNoAnswer();
    } else if (now >= this.#since + this.#wait) {
      this.#ask(habits.get(url) === 'answers');
    }
  }

  #ask(byRequest: boolean): void {
    this.#asking = byRequest ? 'options' : 'ping';
    this.#askedAt = this.#since = this.#config.clock.now();
    this.#wait = this.#nextWait();
    if (byRequest) this.#user.ask();
    else this.#user.ping();
  }

  #onNoAnswer(): void {
    const { url, habits } = this.#config;
    const habit = habits.get(url);
    if (habit === undefined && this.#asking === 'ping') {
      this.#ask(true);
      return;
    }
    this.#asking = undefined;
    if (habit === 'mute') return;
    if (habit === undefined) habits.set(url, 'mute');
    else habits.delete(url);
    this.#user.onSilence();
  }
}
