// A user agent in Node on real WebSockets, whose messages the test can read.
import { WebSocket } from 'ws';
import type { UserAgentOptions } from '../../lib/index.js';
import { UserAgent, silentLogger } from '../../lib/index.js';
import type { SipMessage, SipRequest, SipResponse } from '../../lib/parser/index.js';
import { ParseError, headerValue, isRequest, parseMessage } from '../../lib/parser/index.js';
import type { WebSocketFactory, WebSocketLike } from '../../lib/transport/websocket-connection.js';

export class NodeAgent {
  readonly ua: UserAgent;
  /** Every message in either direction, in order. */
  readonly sent: SipMessage[] = [];
  readonly received: SipMessage[] = [];
  /** The URL of each socket, in the order in which they were opened. */
  readonly opened: string[] = [];

  constructor(options: UserAgentOptions) {
    const environment = { webSocket: this.#open, ...options.environment };
    this.ua = new UserAgent({ log: silentLogger, ...options, environment });
  }

  /** The requests of this method that were sent for this user, or for all. */
  requests(method: string, user?: string): SipRequest[] {
    const requests = this.sent.filter(isRequest).filter((request) => request.method === method);
    return user === undefined ? requests : requests.filter((r) => headerValue(r, 'From')?.includes(`sip:${user}@`));
  }

  /** The responses that came to this method. */
  responses(method: string): SipResponse[] {
    const responses = this.received.filter((message): message is SipResponse => !isRequest(message));
    return responses.filter((response) => headerValue(response, 'CSeq')?.endsWith(` ${method}`));
  }

  /** Ends without a word. */
  stop(): Promise<void> {
    return this.ua.stop({ unregister: false });
  }

  readonly #open: WebSocketFactory = (url) => {
    this.opened.push(url);
    const socket = new WebSocket(url, 'sip');
    socket.on('error', () => {}); // one that is given up while it connects raises it when nobody listens any more
    socket.on('message', (data, isBinary) => {
      this.#record(this.received, isBinary ? (data as Buffer) : (data as Buffer).toString());
    });
    const send = socket.send.bind(socket);
    socket.send = (data: string | Uint8Array) => {
      this.#record(this.sent, data);
      send(data);
    };
    return socket as unknown as WebSocketLike;
  };

  /** Keep-alives and what is no SIP are none of the test's business. */
  #record(messages: SipMessage[], frame: string | Uint8Array): void {
    const message = parseMessage(frame);
    if (!(message instanceof ParseError)) messages.push(message);
  }
}
