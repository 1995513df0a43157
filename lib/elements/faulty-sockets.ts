/** WebSockets that can be cut, or fall silent without a word, between the library and the browser's. */
import { browserWebSocket } from '../transport/websocket-connection.js';
import type { WebSocketFactory, WebSocketLike } from '../transport/websocket-connection.js';

export class FaultySockets {
  readonly #factory: WebSocketFactory;
  readonly #open = new Set<FaultySocket>();

  constructor(factory: WebSocketFactory = browserWebSocket) {
    this.#factory = factory;
  }

  open(url: string): WebSocketLike {
    const socket = new FaultySocket(this.#factory(url), () => this.#open.delete(socket));
    this.#open.add(socket);
    return socket;
  }

  cut(): void {
    for (const socket of this.#open) socket.cut();
  }

  /** Those there are, for good; others work. */
  swallow(): void {
    for (const socket of this.#open) socket.swallow();
  }
}

class FaultySocket implements WebSocketLike {
  readonly #socket: WebSocketLike;
  #isSilent = false;
  onopen: WebSocketLike['onopen'] = null;
  onclose: WebSocketLike['onclose'] = null;
  onerror: WebSocketLike['onerror'] = null;
  onmessage: WebSocketLike['onmessage'] = null;

  constructor(socket: WebSocketLike, onClosed: () => void) {
    this.#socket = socket;
    socket.onopen = (event) => this.onopen?.(event);
    socket.onerror = (event) => this.onerror?.(event);
    socket.onmessage = (event) => {
      if (!this.#isSilent) this.onmessage?.(event);
    };
    socket.onclose = (event) => {
      onClosed();
      if (!this.#isSilent) this.onclose?.(event);
    };
  }

  get binaryType(): string {
    return this.#socket.binaryType;
  }

  set binaryType(type: string) {
    this.#socket.binaryType = type;
  }

  get bufferedAmount(): number {
    return this.#socket.bufferedAmount;
  }

  send(data: string | Uint8Array): void {
    if (!this.#isSilent) this.#socket.send(data);
  }

  close(code?: number, reason?: string): void {
    this.#socket.close(code, reason);
  }

  cut(): void {
    this.#socket.close();
  }

  swallow(): void {
    this.#isSilent = true;
  }
}
