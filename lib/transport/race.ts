/** Whether a connection still works, found out by racing it against a new one: whoever shows life first, stays. */
import type { ConnectionUser, WebSocketConnection } from './websocket-connection.js';

export interface RaceHost {
  /** Asks the present connection; false when it did not answer in time, or is gone. */
  probe(signal: AbortSignal): Promise<boolean>;
  /** Begins a handshake with the same server. */
  connect(user: ConnectionUser): WebSocketConnection;
}

/**
 * Resolves with the new connection where that opened first, with `kept` where the present one answered first, and with
 * `silent` where neither showed life. A healthy connection answers in one round trip, a handshake takes several.
 */
export async function race(host: RaceHost, signal: AbortSignal): Promise<WebSocketConnection | 'kept' | 'silent'> {
  const over = new AbortController();
  const probe = host.probe(AbortSignal.any([signal, over.signal])).catch(() => false);
  const handshake = challenger(host, AbortSignal.any([signal, over.signal]));
  try {
    const first = await Promise.race([
      probe.then(async (isAlive) => (isAlive ? 'kept' : ((await handshake) ?? 'silent'))),
      handshake.then(async (connection) => connection ?? ((await probe) ? 'kept' : 'silent')),
    ]);
    if (first === 'kept') void handshake.then((late) => late?.close()); // it came in the same moment
    return first;
  } finally {
    over.abort();
  }
}

/** The connection when it is open; undefined when that failed. One that is not needed any more is closed. */
export function challenger(
  host: Pick<RaceHost, 'connect'>,
  signal: AbortSignal,
): Promise<WebSocketConnection | undefined> {
  return new Promise((resolve) => {
    let hasWon = false;
    const onAbort = (): void => {
      if (!hasWon) connection.close();
      resolve(undefined);
    };
    const connection = host.connect({
      onOpen: (opened) => {
        hasWon = !signal.aborted;
        resolve(hasWon ? opened : undefined);
      },
      onFrame: () => undefined,
      onLost: () => {
        resolve(undefined);
      },
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
