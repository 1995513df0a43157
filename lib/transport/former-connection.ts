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

/** How a connection is left for another one. */
export type Leave = (
  connection: WebSocketConnection,
  sentBy: string,
  clock: Clock,
  user: FormerConnectionUser,
) => FormerConnection;

/** There is a better one. */
export const leave: Leave = (...former) => new FormerConnection(false, ...former);

/**
 * We have moved: it may lead nowhere by now. It gets a second; then nothing more is said there, and what waits on it is lost as
 * soon as it is found dead.
 */
export const leaveDoubtful: Leave = (...former) => new FormerConnection(true, ...former);

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

  constructor(
    isDoubtful: boolean,
    connection: WebSocketConnection,
    sentBy: string,
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
