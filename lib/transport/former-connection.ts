/** The connection that was left for another one, make before break: what is still under way there is answered there. */
import type { Clock } from '../base/clock.js';
import type { WebSocketConnection } from './websocket-connection.js';

/** Milliseconds that it is kept at least: as long as a transaction lives. */
const farewell = 32_000;

export class FormerConnection {
  readonly #connection: WebSocketConnection;
  readonly #clock: Clock;
  readonly #isInUse: () => boolean;
  #cancel!: () => void;
  /** It may be behind a network that we have left: nothing more is said on it. */
  isPast = false;

  /** @param isInUse whether a call or a transaction would be disturbed by its end */
  constructor(connection: WebSocketConnection, clock: Clock, isInUse: () => boolean) {
    this.#connection = connection;
    this.#clock = clock;
    this.#isInUse = isInUse;
    this.#wait();
  }

  is(connection: WebSocketConnection | undefined): boolean {
    return connection === this.#connection;
  }

  drop(): void {
    this.#cancel();
    this.#connection.close();
  }

  #wait(): void {
    this.#cancel = this.#clock.after(farewell, () => {
      if (this.#isInUse()) this.#wait();
      else this.drop();
    });
  }
}
