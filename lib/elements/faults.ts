/** Faults on purpose, on the path itself: whoever presses a button sees what the library makes of it. Loaded where `faults` says so. */
import type { Clock } from '../base/clock.js';
import { systemClock } from '../base/clock.js';
import type { Environment, UserAgent } from '../index.js';
import { FaultyMicrophones } from './faulty-microphones.js';
import { FaultySockets } from './faulty-sockets.js';

export interface Fault {
  readonly name: string;
  /** On its button. */
  readonly label: string;
  /** What it does, and on whose path. */
  readonly says: string;
  readonly provoke: (userAgent: UserAgent) => void;
}

/** Milliseconds: how long the browser says that it is offline, how far the clock jumps, how long a device stays away. */
const offline = 1000;
const nap = 15 * 60_000;
const absence = 5000;

export class Faults {
  readonly environment: Environment;
  readonly list: readonly Fault[];
  readonly #sockets: FaultySockets;
  readonly #microphones: FaultyMicrophones;
  readonly #clock: Clock;
  /** How far the wall clock has jumped ahead. */
  #slept = 0;

  /** Puts itself between the library and what the page gives it, or the browser. */
  constructor(given: Environment = {}) {
    const clock = given.clock ?? systemClock;
    this.#clock = clock;
    this.#sockets = new FaultySockets(given.webSocket);
    this.#microphones = new FaultyMicrophones(given);
    this.environment = {
      ...given,
      ...this.#microphones.environment,
      webSocket: (url) => this.#sockets.open(url),
      clock: {
        now: () => clock.now(),
        wallTime: () => clock.wallTime() + this.#slept,
        after: (ms, run) => clock.after(ms, run),
      },
    };
    this.list = this.#faults();
  }

  #faults(): readonly Fault[] {
    return [
      {
        name: 'cut',
        label: 'Cut the WebSocket',
        says: 'closes it, as a server or a proxy does',
        provoke: () => {
          this.#sockets.cut();
        },
      },
      {
        name: 'hole',
        label: 'Swallow all messages',
        says: 'the WebSocket stays open, and nothing comes through any more, either way',
        provoke: () => {
          this.#sockets.swallow();
        },
      },
      {
        name: 'move',
        label: 'Change the network',
        says: 'as an app does that knows it: ua.handleIpChange(), with a new WebSocket and an ICE restart',
        provoke: (userAgent) => {
          void userAgent.handleIpChange({ reason: 'the button was pressed' });
        },
      },
      {
        name: 'lie',
        label: 'Say offline, then online',
        says: `the browser says so for ${offline / 1000} s, and it is not true`,
        provoke: () => {
          dispatchEvent(new Event('offline'));
          this.#clock.after(offline, () => dispatchEvent(new Event('online')));
        },
      },
      {
        name: 'sleep',
        label: 'Sleep',
        says: `the wall clock jumps ahead by ${nap / 60_000} minutes`,
        provoke: () => {
          this.#slept += nap;
        },
      },
      {
        name: 'unplug',
        label: 'Pull out the microphone',
        says: `it ends, is not there for ${absence / 1000} s, and comes back`,
        provoke: () => {
          this.#microphones.pullOut();
          this.#clock.after(absence, () => {
            this.#microphones.plugIn();
          });
        },
      },
    ];
  }
}
