/** The connection that was left for another one, make before break: what is still under way there is answered there. */
import type { Clock } from '../base/clock.js';
import type { WebSocketConnection } from './websocket-connection.js';

/** Milliseconds that it is kept at least: as long as a transaction lives. */
const farewell = 32_000;
/** Milliseconds in which it has brought an answer, if it still works; and until it is asked once more. */
const answerTime = 1000;
const pause = 3000;

export interface FormerConnectionUser {
  /** Whether a call or a transaction would be disturbed by its end. */
  isInUse(): boolean;
  /** Asks for a sign of life, where the server is known to give one. */
  ask(connection: WebSocketConnection): void;
  /** What it has not answered by now, it never will. */
  onPast(former: FormerConnection): void;
  /** Nothing at all comes on it any more. */
  onDead(): void;
}

export class FormerConnection {
  /** Of the requests that were sent on it. */
  readonly sentBy: string;
  /** It may be behind a network that we have left: nothing more is said on it. */
  isPast = false;
  readonly #connection: WebSocketConnection;
  readonly #clock: Clock;
  readonly #user: FormerConnectionUser;
  #hasSpoken = false;
  #cancel!: () => void;
  #cancelDoubt: (() => void) | undefined;

  /** @param isDoubtful whether it may lead nowhere by now */
  constructor(
    connection: WebSocketConnection,
    sentBy: string,
    isDoubtful: boolean,
    clock: Clock,
    user: FormerConnectionUser,
  ) {
    this.#connection = connection;
    this.sentBy = sentBy;
    this.#clock = clock;
    this.#user = user;
    this.#wait();
    if (isDoubtful) this.#doubt();
  }

  is(connection: WebSocketConnection | undefined): boolean {
    return connection === this.#connection;
  }

  onFrame(): void {
    this.#hasSpoken = true;
  }

  drop(): void {
    this.#cancel();
    this.#cancelDoubt?.();
    this.#connection.close();
  }

  #wait(): void {
    this.#cancel = this.#clock.after(farewell, () => {
      if (this.#user.isInUse()) this.#wait();
      else this.drop();
    });
  }

  /** Who waits there for the end of a long story, as for the answer to an INVITE that rings, must know when it cannot come. */
  #doubt(): void {
    this.#hasSpoken = false;
    this.#user.ask(this.#connection);
    this.#cancelDoubt = this.#clock.after(answerTime, () => {
      if (!this.isPast) this.#user.onPast(this);
      this.isPast = true;
      if (!this.#hasSpoken) this.#user.onDead();
      else this.#cancelDoubt = this.#clock.after(pause, () => this.#doubt());
    });
  }
}
