// WebSockets of the subprotocol `sip` (RFC 7118): one frame is one message, CRLF CRLF is answered by CRLF (RFC 5626 §4.4.1).
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import type { RawData } from 'ws';
import type { Logger } from '../../lib/base/log.js';
import { redact } from '../../lib/base/log.js';
import { parseMessage, writeMessage } from '../../lib/parser/index.js';
import type { ParseError, SipMessage } from '../../lib/parser/index.js';
import type { Connection } from './connections.js';

export interface DoorUser {
  onOpen(connection: Connection): void;
  onMessage(message: SipMessage | ParseError, connection: Connection): void;
  onClosed(connection: Connection): void;
}

export interface DoorOptions {
  /** Milliseconds between pings; a socket that did not answer the last one is dead. */
  readonly pingInterval: number;
  /** Bytes of a message. */
  readonly maxPayload: number;
}

export class WebSocketDoor {
  readonly #server: WebSocketServer;
  readonly #user: DoorUser;
  readonly #log: Logger;
  readonly #alive = new WeakSet<WebSocket>();
  readonly #pings: NodeJS.Timeout;
  #isShut = false;
  #opening: NodeJS.Timeout | undefined;

  constructor(http: Server, user: DoorUser, log: Logger, options: DoorOptions) {
    this.#user = user;
    this.#log = log;
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: options.maxPayload,
      handleProtocols: (offered) => (offered.has('sip') ? 'sip' : false),
    });
    http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#onUpgrade(request, socket, head);
    });
    this.#pings = setInterval(() => {
      this.#pingAll();
    }, options.pingInterval);
    this.#pings.unref();
  }

  /** Closes every socket, without a word, and takes nobody in for so many milliseconds. */
  shut(ms: number): void {
    this.#isShut = true;
    clearTimeout(this.#opening);
    this.#opening = setTimeout(() => (this.#isShut = false), ms);
    for (const socket of this.#server.clients) socket.terminate();
  }

  /** Closes every socket. */
  close(): void {
    clearInterval(this.#pings);
    clearTimeout(this.#opening);
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
  }

  /** RFC 7118 §4: who does not speak SIP has come to the wrong door; nor may other sites' pages come in. */
  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#isShut) {
      socket.destroy();
      return;
    }
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    const status = !offered.includes('sip') ? '400 Bad Request' : isForeign(request) ? '403 Forbidden' : undefined;
    if (status) {
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (opened) => {
      this.#onSocket(opened, request.socket.remoteAddress ?? '');
    });
  }

  #onSocket(socket: WebSocket, address: string): void {
    const connection: Connection = {
      token: randomBytes(16).toString('hex'),
      address: address.replace(/^::ffff:/, '').replace(/^(.*:.*)$/, '[$1]'),
      isTrusted: false,
      send: (message) => {
        this.#send(socket, message);
      },
    };
    this.#alive.add(socket);
    this.#user.onOpen(connection);
    socket.on('pong', () => this.#alive.add(socket));
    socket.on('error', (error) => {
      this.#log.info(`socket: ${error.message}`);
    });
    socket.on('close', () => {
      this.#user.onClosed(connection);
    });
    socket.on('message', (data, isBinary) => {
      this.#onFrame(socket, connection, isBinary ? bytes(data) : text(data));
    });
  }

  #onFrame(socket: WebSocket, connection: Connection, frame: string | Uint8Array): void {
    const line = typeof frame === 'string' ? frame : Buffer.from(frame).toString('latin1');
    if (line === '\r\n\r\n') socket.send('\r\n');
    else if (line !== '\r\n') {
      this.#log.debug(`◀ ${redact(line)}`);
      this.#user.onMessage(parseMessage(frame), connection);
    }
  }

  #send(socket: WebSocket, message: SipMessage): void {
    if (socket.readyState !== WebSocket.OPEN) return;
    try {
      const frame = writeMessage(message);
      this.#log.debug(`▶ ${redact(typeof frame === 'string' ? frame : Buffer.from(frame).toString('latin1'))}`);
      socket.send(frame);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      this.#log.warn(`not sent: ${error.message}`); // a header of somebody else's that must not be written
    }
  }

  #pingAll(): void {
    for (const socket of this.#server.clients) {
      if (!this.#alive.delete(socket)) socket.terminate();
      else socket.ping();
    }
  }
}

/** A page of some other site: neither ours nor one of this machine. Programs that are no browsers send no Origin. */
function isForeign({ headers }: IncomingMessage): boolean {
  if (headers.origin === undefined) return false;
  if (!URL.canParse(headers.origin)) return true;
  const { host, hostname } = new URL(headers.origin);
  return host !== headers.host && !['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}

function bytes(data: RawData): Uint8Array {
  return Array.isArray(data) ? Buffer.concat(data) : new Uint8Array(data as ArrayBuffer);
}

const text = (data: RawData): string => Buffer.from(bytes(data)).toString('utf8');
