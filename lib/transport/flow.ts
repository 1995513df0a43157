/**
 * A flow to a server (RFC 5626 §2, RFC 7118): the present WebSocket, its successors when it is lost, and the list of
 * servers that can take over.
 *
 *   idle ──open()──▶ connecting ──handshake──▶ open ──lost──▶ waiting ──delay──▶ connecting …
 *     ▲                  └──── failed: next server at once, then waiting
 *     └───── close() from anywhere
 */
import type { Clock } from '../base/clock.js';
import { abortError, EvercallError } from '../base/errors.js';
import type { Logger } from '../base/log.js';
import { redact, tracing } from '../base/log.js';
import type { Random } from '../base/random.js';
import { ParseError, checkMessage, parseMessage, writeMessage } from '../parser/index.js';
import type { ParseLimits, SipMessage } from '../parser/index.js';
import { reconnectDelay } from './backoff.js';
import { WebSocketConnection } from './websocket-connection.js';
import type { ConnectionUser, WebSocketFactory } from './websocket-connection.js';

export type FlowState = 'idle' | 'connecting' | 'open' | 'waiting';

/** What sits on the transport floor. */
export interface TransportUser {
  onMessage(message: SipMessage, flow: Flow): void;
  /** A frame that is no valid SIP message; `error.partial` is what was understood of it. */
  onMalformed(error: ParseError, flow: Flow): void;
  /** The connection is gone: what was sent on it may never be answered, for a page cannot be dialled back. */
  onConnectionLost(flow: Flow): void;
}

/** What an account hears of the flow it leases. */
export interface FlowListener {
  onFlowOpen(flow: Flow): void;
  /** The connection is gone, or no server of the list could be reached; the next attempt is already planned. */
  onFlowLost(flow: Flow, reason: string): void;
}

export interface FlowConfig {
  /** `ws:` and `wss:` URLs in order of preference. */
  readonly servers: readonly string[];
  readonly open: WebSocketFactory;
  readonly connectTimeout: number;
  readonly limits: ParseLimits;
}

export interface FlowEnvironment {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

interface Waiter {
  resolve(): void;
  reject(error: EvercallError): void;
}

export class Flow implements ConnectionUser {
  readonly config: FlowConfig;
  readonly #user: TransportUser;
  readonly #env: FlowEnvironment;
  readonly #listeners = new Set<FlowListener>();
  readonly #waiters = new Set<Waiter>();
  #state: FlowState = 'idle';
  #connection: WebSocketConnection | undefined;
  #serverIndex = 0;
  /** Attempts since a server last spoke SIP to us: one that accepts and closes at once must not be hammered. */
  #attempts = 0;
  #cancelWait: (() => void) | undefined;
  #sentBy = '';

  constructor(config: FlowConfig, user: TransportUser, env: FlowEnvironment) {
    this.config = config;
    this.#user = user;
    this.#env = env;
  }

  get state(): FlowState {
    return this.#state;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** The server of the present or next connection. */
  get url(): string {
    return this.config.servers[this.#serverIndex]!;
  }

  /** RFC 7118 §5: `WS` or `WSS` in the Via. */
  get viaTransport(): 'WS' | 'WSS' {
    return this.url.startsWith('wss:') ? 'WSS' : 'WS';
  }

  /** RFC 7118 §5.1 with RFC 2606: a page has no address; each connection gets a name of its own under `.invalid`. */
  get sentBy(): string {
    return this.#sentBy;
  }

  addListener(listener: FlowListener): void {
    this.#listeners.add(listener);
  }

  removeListener(listener: FlowListener): void {
    this.#listeners.delete(listener);
  }

  /** Connects, unless that is done or under way. */
  open(): void {
    if (this.#state === 'idle') this.#connect();
  }

  /** Resolves when a connection is open, at once if it is. */
  whenOpen(signal?: AbortSignal): Promise<void> {
    if (this.#state === 'open') return Promise.resolve();
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(abortError(signal));
        return;
      }
      const onAbort = (): void => {
        this.#waiters.delete(waiter);
        reject(abortError(signal!));
      };
      const waiter: Waiter = {
        resolve: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
        reject: (error) => {
          signal?.removeEventListener('abort', onAbort);
          reject(error);
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiters.add(waiter);
    });
  }

  /** Sends one message as one frame (RFC 7118 §4.2); false when there is no open connection. */
  send(message: SipMessage): boolean {
    const connection = this.#connection;
    if (!connection?.isOpen) return false;
    const frame = writeMessage(message);
    if (tracing(this.#env.log)) this.#trace('→', frame);
    return connection.send(frame);
  }

  /** Drops the connection and ends all attempts, without waiting for the other side. */
  close(): void {
    this.#cancelWait?.();
    this.#cancelWait = undefined;
    const wasOpen = this.#state === 'open';
    this.#state = 'idle';
    this.#connection?.close();
    this.#connection = undefined;
    if (wasOpen) this.#user.onConnectionLost(this);
    this.#rejectWaiters(new EvercallError('transport', 'the connection was closed', { status: 503 }));
  }

  onOpen(connection: WebSocketConnection): void {
    this.#state = 'open';
    this.#sentBy = `${this.#env.random.token(12)}.invalid`;
    this.#env.log.info(`connected to ${connection.url}`);
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiters) waiter.resolve();
    for (const listener of [...this.#listeners]) listener.onFlowOpen(this);
  }

  onFrame(frame: string | Uint8Array, connection: WebSocketConnection): void {
    if (frame.length <= 4 && isKeepAlive(frame)) {
      if (frame.length === 4) connection.send('\r\n'); // RFC 5626 §3.5.1: the pong to a double CRLF
      return;
    }
    if (tracing(this.#env.log)) this.#trace('←', frame);
    const message = parseMessage(frame, this.config.limits);
    const error = message instanceof ParseError ? message : checkMessage(message);
    if (error) {
      this.#env.log.warn(`malformed message from ${connection.url}: ${error.message}`, error.caret);
      this.#user.onMalformed(error, this);
    } else {
      this.#attempts = 0;
      this.#user.onMessage(message as SipMessage, this);
    }
  }

  onLost(reason: string, connection: WebSocketConnection): void {
    const { log, clock, random } = this.#env;
    const wasOpen = this.#state === 'open';
    this.#connection = undefined;
    log.warn(`${wasOpen ? 'lost' : 'could not reach'} ${connection.url}: ${reason}`);
    if (!wasOpen) {
      // A failed handshake moves on at once; only when the whole list has failed do we wait.
      this.#serverIndex = (this.#serverIndex + 1) % this.config.servers.length;
      if (this.#serverIndex !== 0) {
        this.#connect();
        return;
      }
    }
    this.#state = 'waiting';
    if (!wasOpen) this.#attempts++;
    const delay = reconnectDelay(this.#attempts, random);
    if (wasOpen) this.#attempts++;
    this.#cancelWait = clock.after(delay, () => {
      this.#connect();
    });
    if (wasOpen) this.#user.onConnectionLost(this);
    else this.#rejectWaiters(new EvercallError('transport', `no server could be reached: ${reason}`, { status: 503 }));
    for (const listener of [...this.#listeners]) listener.onFlowLost(this, reason);
  }

  #connect(): void {
    this.#state = 'connecting';
    const { open, connectTimeout } = this.config;
    this.#connection = new WebSocketConnection({
      url: this.url,
      open,
      connectTimeout,
      clock: this.#env.clock,
      user: this,
    });
  }

  #rejectWaiters(error: EvercallError): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiters) waiter.reject(error);
  }

  #trace(direction: string, frame: string | Uint8Array): void {
    const text = typeof frame === 'string' ? redact(frame) : `${frame.length} bytes`;
    this.#env.log.debug(`${direction} ${this.url}\n${text}`);
  }
}

/** CRLF or CRLF CRLF in a frame of its own (RFC 5626 §3.5.1). */
function isKeepAlive(frame: string | Uint8Array): boolean {
  const text = typeof frame === 'string' ? frame : String.fromCharCode(...frame);
  return text === '\r\n' || text === '\r\n\r\n';
}
