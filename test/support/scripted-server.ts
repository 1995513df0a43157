// The far side of a fake WebSocket, played by the test: it sees each frame and says what comes back.
import { assert } from 'chai';
import { Deferred } from '../../lib/base/deferred.js';
import type { SipMessage, SipRequest, SipResponse } from '../../lib/parser/index.js';
import { ParseError, headerValue, isRequest, parseMessage } from '../../lib/parser/index.js';
import type { WebSocketFactory, WebSocketLike } from '../../lib/transport/websocket-connection.js';
import { imported, settle } from './fake-clock.js';

/** One socket as the library sees it. Nothing is ever delivered after `close()`. */
export class FakeSocket implements WebSocketLike {
  binaryType = 'blob';
  readonly bufferedAmount = 0;
  onopen: ((event: never) => void) | null = null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  onmessage: ((event: { readonly data: unknown }) => void) | null = null;
  readonly url: string;
  readonly sent: (string | Uint8Array)[] = [];
  isClosed = false;
  /** Black hole: what is sent is lost, and nobody says so. */
  isDead = false;
  readonly #onFrame: (frame: string | Uint8Array, socket: FakeSocket) => void;

  constructor(url: string, onFrame: (frame: string | Uint8Array, socket: FakeSocket) => void) {
    this.url = url;
    this.#onFrame = onFrame;
  }

  send(data: string | Uint8Array): void {
    assert.isFalse(this.isClosed, 'nothing is sent on a closed socket');
    this.sent.push(data);
    if (!this.isDead) this.#onFrame(data, this);
  }

  close(): void {
    this.isClosed = true;
  }

  open(): void {
    this.onopen?.({} as never);
  }

  receive(data: string | Uint8Array): void {
    this.onmessage?.({ data });
  }

  /** The server, or the network in an honest mood, ends the connection. */
  drop(code = 1006, reason = ''): void {
    this.isClosed = true;
    this.onclose?.({ code, reason });
  }
}

export interface ResponseParts {
  readonly headers?: readonly string[];
  readonly body?: string;
  readonly toTag?: string | undefined;
  readonly reason?: string;
}

export class ScriptedServer {
  readonly sockets: FakeSocket[] = [];
  /** Every message that came, in order. */
  readonly received: SipMessage[] = [];
  /** URLs whose handshake fails. */
  readonly refused = new Set<string>();
  /** Black holes: URLs whose handshake is never answered. */
  readonly holes = new Set<string>();
  /** Handshakes are left unanswered. */
  holdsHandshakes = false;
  /** CRLF CRLF is answered (RFC 5626 §3.5.1). */
  pongs = true;
  /** ACKs that were said once more, each in a transaction of its own: they change nothing, and are not received. */
  repeatedAcks = 0;
  readonly #acks = new Map<string, string>();
  /** How many CRLF CRLF came. */
  pings = 0;
  /** When a pong comes; a clock's `after` may say it. */
  soon: (answer: () => void) => void = queueMicrotask;
  #seen = 0;
  #arrival: Deferred<void> | undefined;

  /** To be injected as `environment.webSocket`. */
  readonly webSocket: WebSocketFactory = (url) => {
    const socket = new FakeSocket(url, (frame) => {
      if (frame === '\r\n\r\n') this.#onPing(socket);
      else this.#onFrame(frame);
    });
    this.sockets.push(socket);
    queueMicrotask(() => {
      if (this.refused.has(url)) socket.drop(1006);
      else if (!this.holdsHandshakes && !this.holes.has(url) && !socket.isClosed) socket.open();
    });
    return socket;
  };

  /** The latest socket. */
  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    assert(socket, 'a socket was opened');
    return socket;
  }

  /** The next message that was not taken yet; it must be a request of this method. */
  async request(method: string): Promise<SipRequest> {
    const message = await this.#next(method);
    if (!isRequest(message)) return assert.fail(`a ${method}, got ${message.status} ${message.reason}`);
    assert.equal(message.method, method);
    return message;
  }

  /** The next message that was not taken yet; it must be a response with this status. */
  async response(status: number): Promise<SipResponse> {
    const message = await this.#next(String(status));
    if (isRequest(message)) return assert.fail(`a ${status}, got ${message.method}`);
    assert.equal(message.status, status, message.reason);
    return message;
  }

  /** Every message that came and was not taken; all must be requests of this method. */
  async take(method: string): Promise<SipRequest[]> {
    await settle();
    const rest = this.received.slice(this.#seen);
    this.#seen = this.received.length;
    return rest.map((message) => {
      assert(isRequest(message) && message.method === method, `only ${method} was expected`);
      return message;
    });
  }

  /** Nothing came that was not taken. */
  async nothing(): Promise<void> {
    await settle();
    const rest = this.received.slice(this.#seen).map((m) => (isRequest(m) ? m.method : m.status));
    assert.deepEqual(rest, []);
  }

  /** Something has come that was not taken: what is loaded on demand takes time that the clock does not count. */
  async arrival(): Promise<void> {
    await settle();
    if (this.received.length === this.#seen) await (this.#arrival ??= new Deferred()).promise;
  }

  /** Whether the next message that was not taken yet is a request of this method. */
  isNext(method: string): boolean {
    const message = this.received[this.#seen];
    return message !== undefined && isRequest(message) && message.method === method;
  }

  /** Takes and drops what has come so far. */
  async skip(): Promise<void> {
    await settle();
    this.#seen = this.received.length;
  }

  /** Sends text as it stands, line ends made CRLF. */
  send(text: string): void {
    this.socket.receive(text.replace(/\r?\n/g, '\r\n'));
  }

  respond(request: SipRequest, status: number, parts: ResponseParts = {}): void {
    this.respondOn(this.socket, request, status, parts);
  }

  /** Answers on a socket that need not be the latest. */
  respondOn(
    socket: FakeSocket,
    request: SipRequest,
    status: number,
    { headers = [], body = '', toTag = 'peer', reason = 'Because' }: ResponseParts = {},
  ): void {
    const to = headerValue(request, 'To')!;
    const lines = [
      `SIP/2.0 ${status} ${reason}`,
      ...request.headers.filter((h) => h.name === 'Via').map((h) => `Via: ${h.value}`),
      `From: ${headerValue(request, 'From')}`,
      `To: ${status === 100 || !toTag || to.includes(';tag=') ? to : `${to};tag=${toTag}`}`,
      `Call-ID: ${headerValue(request, 'Call-ID')}`,
      `CSeq: ${headerValue(request, 'CSeq')}`,
      ...headers,
      `Content-Length: ${Buffer.byteLength(body)}`,
    ];
    socket.receive(`${lines.join('\r\n')}\r\n\r\n${body}`);
  }

  #onPing(socket: FakeSocket): void {
    this.pings++;
    if (this.pongs) this.soon(() => socket.receive('\r\n'));
  }

  #onFrame(frame: string | Uint8Array): void {
    const message = parseMessage(frame);
    if (message instanceof ParseError) throw message;
    if (isRequest(message) && message.method === 'ACK' && this.#isRepeated(message)) {
      this.repeatedAcks++;
      return;
    }
    this.received.push(message);
    this.#arrival?.resolve();
    this.#arrival = undefined;
  }

  #isRepeated(ack: SipRequest): boolean {
    const key = ['Call-ID', 'CSeq', 'To'].map((name) => headerValue(ack, name)).join(' ');
    const via = headerValue(ack, 'Via')!;
    const known = this.#acks.get(key) ?? via;
    this.#acks.set(key, known);
    return known !== via;
  }

  async #next(wanted: string): Promise<SipMessage> {
    await settle();
    if (this.received.length === this.#seen) await imported();
    for (let turn = 0; turn < 30 && this.received.length === this.#seen; turn++) await settle();
    const message = this.received[this.#seen];
    if (!message) return assert.fail(`${wanted} was expected, nothing came`);
    this.#seen++;
    return message;
  }
}
