/** One WebSocket's life, from handshake to close (RFC 6455, RFC 7118): the only door to the browser's WebSocket. */
import type { Clock } from '../base/clock.js';

/** What we use of the W3C WebSocket; anything with this shape can be injected. */
export interface WebSocketLike {
  binaryType: string;
  readonly bufferedAmount: number;
  onopen: ((event: never) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
  onerror: ((event: never) => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  send(data: string | Uint8Array): void;
  close(code?: number, reason?: string): void;
}

/** Opens a socket. @default `new WebSocket(url, 'sip')` */
export type WebSocketFactory = (url: string) => WebSocketLike;

/** RFC 7118 §4.1: the subprotocol is `sip`. The global is read late, so that collectors may wrap it after we load. */
export const browserWebSocket: WebSocketFactory = (url) => new WebSocket(url, 'sip') as unknown as WebSocketLike;

export interface ConnectionUser {
  onOpen(connection: WebSocketConnection): void;
  onFrame(frame: string | Uint8Array, connection: WebSocketConnection): void;
  /** At most once, and never after `close()`: the reason is for the log. */
  onLost(reason: string, connection: WebSocketConnection): void;
}

export interface ConnectionConfig {
  readonly url: string;
  readonly open: WebSocketFactory;
  /** Milliseconds the handshake may take. */
  readonly connectTimeout: number;
  readonly clock: Clock;
  readonly user: ConnectionUser;
}

export class WebSocketConnection {
  readonly url: string;
  /** Who hears of it; may be replaced. */
  user: ConnectionUser;
  #state: 'connecting' | 'open' | 'closed' = 'connecting';
  readonly #socket: WebSocketLike | undefined;
  readonly #cancelTimeout: () => void;

  constructor({ url, open, connectTimeout, clock, user }: ConnectionConfig) {
    this.url = url;
    this.user = user;
    this.#cancelTimeout = clock.after(connectTimeout, () => {
      this.#lose(`no handshake within ${connectTimeout} ms`);
    });
    try {
      const socket = open(url);
      this.#socket = socket;
      socket.binaryType = 'arraybuffer';
      socket.onopen = () => {
        this.#onOpen();
      };
      socket.onmessage = ({ data }) => {
        this.#onMessage(data);
      };
      socket.onclose = ({ code, reason }) => {
        this.#lose(reason ? `closed ${code} ${reason}` : `closed ${code}`);
      };
      socket.onerror = () => {
        this.#lose('error'); // a close event may follow, or not for minutes on a dead path
      };
    } catch (error) {
      // Refused by the browser itself: mixed content, a blocked port, a policy. The user hears of it after its own call ends.
      clock.after(0, () => {
        this.#lose(String(error));
      });
    }
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** Hands a frame to the browser; false when there is no open socket to take it. */
  send(data: string | Uint8Array): boolean {
    if (this.#state !== 'open') return false;
    try {
      this.#socket!.send(data);
      return true;
    } catch {
      return false; // the socket left "open" under our feet: its close event is on the way
    }
  }

  /**
   * Gives the socket up here and now. Its own `close` event is not awaited: on a path that is gone it may not come
   * for minutes.
   */
  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#cancelTimeout();
    const socket = this.#socket;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
    try {
      socket.close(1000);
    } catch {
      // still connecting in an implementation that forbids it: nothing more to give up
    }
  }

  #onOpen(): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'open';
    this.#cancelTimeout();
    this.user.onOpen(this);
  }

  #onMessage(data: unknown): void {
    if (this.#state !== 'open') return;
    if (typeof data === 'string') this.user.onFrame(data, this);
    else if (data instanceof ArrayBuffer) this.user.onFrame(new Uint8Array(data), this);
    else if (data instanceof Uint8Array) this.user.onFrame(data, this);
  }

  #lose(reason: string): void {
    if (this.#state === 'closed') return;
    this.close();
    this.user.onLost(reason, this);
  }
}
