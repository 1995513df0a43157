/** The way back to a better server while a lesser one serves: looks now and then, quietly, and moves when nobody minds. */
import { sleep } from '../base/clock.js';
import type { Clock } from '../base/clock.js';
import { leave } from './former-connection.js';
import type { Leave } from './former-connection.js';
import type { WebSocketConnection } from './websocket-connection.js';
import type { ConnectionUser } from './websocket-connection.js';

export interface FailbackHost {
  readonly clock: Clock;
  /** Milliseconds until the next look. */
  delay(): number;
  /** The servers to look at, best first. */
  better(): readonly string[];
  /** Whether a call or a transaction would be disturbed. */
  isInUse(): boolean;
  connect(url: string, user: ConnectionUser): WebSocketConnection;
  moveTo(connection: WebSocketConnection, leave: Leave): void;
}

/** Moves once, to the first better server that can be had; rejects when `signal` aborts. */
export async function failback(host: FailbackHost, signal: AbortSignal): Promise<void> {
  for (;;) {
    await sleep(host.clock, host.delay(), signal);
    for (const url of host.better()) {
      const connection = host.isInUse() ? undefined : await handshake(host, url, signal);
      if (!connection) continue;
      if (!signal.aborted && connection.isOpen && !host.isInUse()) {
        host.moveTo(connection, leave);
        return;
      }
      connection.close();
    }
  }
}

/** The connection when it is open; undefined when that failed. */
function handshake(host: FailbackHost, url: string, signal: AbortSignal): Promise<WebSocketConnection | undefined> {
  return new Promise((resolve) => {
    const done = (connection?: WebSocketConnection): void => {
      signal.removeEventListener('abort', onAbort);
      resolve(connection);
    };
    const onAbort = (): void => {
      attempt.close();
      done();
    };
    const attempt = host.connect(url, { onOpen: done, onFrame: () => undefined, onLost: () => { done(); } }); // prettier-ignore
    signal.addEventListener('abort', onAbort);
  });
}
