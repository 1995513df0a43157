// The connections of this server by their tokens, and which one has taken the place of which (RFC 5626 §5).
import type { Clock } from '../../lib/base/clock.js';
import type { SipMessage } from '../../lib/parser/index.js';

/** Where messages come from and go to: a WebSocket, or the numbers of this process. */
export interface Connection {
  /** Names it in Record-Route; cannot be guessed. */
  readonly token: string;
  /** The address of the other end, for `received` (RFC 3261 §18.2.1). */
  readonly address: string;
  /** Never challenged: it is part of this process. */
  readonly isTrusted: boolean;
  send(message: SipMessage): void;
}

/** How many identities and replaced tokens are remembered; the oldest are forgotten first. */
const limit = 10_000;

function remember(map: Map<string, string>, key: string, value: string): void {
  map.delete(key);
  map.set(key, value);
  const oldest = map.keys().next();
  if (map.size > limit && !oldest.done) map.delete(oldest.value);
}

export class Connections {
  readonly #clock: Clock;
  readonly #grace: number;
  readonly #open = new Map<string, Connection>();
  /** Token of the last connection that registered an identity. */
  readonly #tokenOf = new Map<string, string>();
  readonly #successors = new Map<string, string>();
  readonly #cancelGrace = new Map<string, () => void>();
  #onLost: (token: string) => void = () => undefined;

  /** @param grace milliseconds that a client has to come back before its pending requests are given up */
  constructor(clock: Clock, grace: number) {
    this.#clock = clock;
    this.#grace = grace;
  }

  /** Called with the token of each connection that closed and was not replaced in time. */
  attach(onLost: (token: string) => void): void {
    this.#onLost = onLost;
  }

  add(connection: Connection): void {
    this.#open.set(connection.token, connection);
  }

  closed(connection: Connection): void {
    const { token } = connection;
    if (!this.#open.delete(token)) return;
    if (this.find(token)) return;
    const cancel = this.#clock.after(this.#grace, () => {
      this.#cancelGrace.delete(token);
      if (!this.find(token)) this.#onLost(token);
    });
    this.#cancelGrace.set(token, cancel);
  }

  /** A registration came by this connection: what went to the identity's former one goes here from now on. */
  identify(connection: Connection, identity: string): void {
    const former = this.#tokenOf.get(identity);
    remember(this.#tokenOf, identity, connection.token);
    if (former === undefined || former === connection.token) return;
    remember(this.#successors, former, connection.token);
    this.#successors.delete(connection.token); // it is the newest: no circle
  }

  /** The connection that stands for a token now, if it is open. */
  find(token: string): Connection | undefined {
    let current = token;
    for (let hops = 0; hops < 100; hops++) {
      const next = this.#successors.get(current);
      if (next === undefined) break;
      current = next;
    }
    return this.#open.get(current);
  }

  /** Gives up all timers. */
  dispose(): void {
    for (const cancel of this.#cancelGrace.values()) cancel();
    this.#cancelGrace.clear();
  }
}
