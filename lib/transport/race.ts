/** Whether a connection still works, found out by racing it against a new one: whoever shows life first, stays. */
import type { Clock } from '../base/clock.js';
import { Deferred } from '../base/deferred.js';
import type { ConnectionUser, WebSocketConnection } from './websocket-connection.js';

export interface RaceHost {
  readonly clock: Clock;
  /** Asks the present connection; false when it did not answer in time, or is gone. */
  probe(signal: AbortSignal): Promise<boolean>;
  /** The present server first: where its handshake fails, the others have their try at once. */
  readonly servers: readonly string[];
  connect(url: string, user: ConnectionUser): WebSocketConnection;
}

/** The new connection where that opened first, `kept` where the present one answered first, `silent` where neither showed life. */
export type RaceOutcome = WebSocketConnection | 'kept' | 'silent';

/** Milliseconds to the second handshake, doubled for each further one: as a network comes up the first ones fail. */
const firstWait = 100;
/** Milliseconds after which another one is begun beside one that hangs: its SYN may be lost, and is sent again after a second. */
const hedge = 300;
const most = 2;

/** A healthy connection answers in one round trip, a handshake takes several. */
export class Race {
  readonly #host: RaceHost;
  readonly #signal: AbortSignal;
  readonly #over = new AbortController();
  readonly #outcome = new Deferred<RaceOutcome>();
  /** Of the handshakes since the way to the servers is as it is. */
  #way = new AbortController();
  /** Handshakes under way. */
  #pending = 0;
  #isSilent = false;
  /** Which of the servers is asked. */
  #index = 0;
  #wait = firstWait;
  #cancelWait: (() => void) | undefined;

  constructor(host: RaceHost, signal: AbortSignal) {
    this.#host = host;
    this.#signal = AbortSignal.any([signal, this.#over.signal]);
    this.#signal.addEventListener('abort', () => {
      if (!this.#over.signal.aborted) this.#end('silent'); // it is left already
    });
    void host
      .probe(this.#signal)
      .catch(() => false)
      .then((isAlive) => {
        this.#isSilent = !isAlive;
        if (isAlive) this.#end('kept');
        else this.#giveUp();
      });
    this.#shake();
  }

  get outcome(): Promise<RaceOutcome> {
    return this.#outcome.promise;
  }

  /** There is reason to believe that a handshake which has failed would succeed by now. */
  again(): void {
    this.#wait = firstWait;
    this.#index = 0;
    if (this.#pending === 0) this.#shake();
  }

  /**
   * The way to the servers is another: what is under way took the former, and may hang there. It is dropped, for a browser that
   * obeys RFC 6455 §4.1 (Firefox) begins no handshake while another one with the same server lasts.
   */
  afresh(): void {
    const former = this.#way;
    this.#way = new AbortController();
    this.#wait = firstWait;
    former.abort();
  }

  #shake(): void {
    if (this.#over.signal.aborted) return;
    this.#pending++;
    this.#next(hedge);
    const { servers } = this.#host;
    const url = servers[this.#index]!;
    const connect = (user: ConnectionUser): WebSocketConnection => this.#host.connect(url, user);
    void challenger(connect, AbortSignal.any([this.#signal, this.#way.signal])).then((connection) => {
      this.#pending--;
      if (connection && this.#over.signal.aborted)
        connection.close(); // it came in the same moment
      else if (connection) this.#end(connection);
      else this.#onFailed();
    });
  }

  #onFailed(): void {
    this.#giveUp();
    if (this.#over.signal.aborted || this.#pending > 0) return;
    this.#index = (this.#index + 1) % this.#host.servers.length;
    if (this.#index > 0) {
      this.#shake();
      return;
    }
    this.#next(this.#wait);
    this.#wait *= 2;
  }

  #next(ms: number): void {
    this.#cancelWait?.();
    this.#cancelWait = this.#host.clock.after(ms, () => {
      if (this.#pending < most) this.#shake();
    });
  }

  #giveUp(): void {
    if (this.#isSilent && this.#pending === 0) this.#end('silent');
  }

  #end(outcome: RaceOutcome): void {
    this.#cancelWait?.();
    this.#outcome.resolve(outcome);
    this.#over.abort();
  }
}

/** The connection when it is open; undefined when that failed. One that is not needed any more is closed. */
export function challenger(
  connect: (user: ConnectionUser) => WebSocketConnection,
  signal: AbortSignal,
): Promise<WebSocketConnection | undefined> {
  return new Promise((resolve) => {
    let hasWon = false;
    const onAbort = (): void => {
      if (!hasWon) connection.close();
      resolve(undefined);
    };
    const leave = (opened?: WebSocketConnection): void => {
      signal.removeEventListener('abort', onAbort);
      resolve(opened);
    };
    const connection = connect({
      onOpen: (opened) => {
        hasWon = !signal.aborted;
        leave(hasWon ? opened : undefined);
      },
      onFrame: () => undefined,
      onLost: () => {
        leave();
      },
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
