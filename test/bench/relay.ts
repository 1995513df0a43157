/** Two pages and what little of a server is between them: pairs by the path of their WebSocket, each frame goes to the other side. */
import { createSocket } from 'node:dgram';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';

/** Milliseconds since 1970, in fractions, as the pages reckon them. */
export const epoch = (): number => performance.timeOrigin + performance.now();

const header = (message: string, name: string): string =>
  new RegExp(`^${name}: *(.*)\r$`, 'im').exec(message)?.[1] ?? '';

interface Party {
  readonly socket: WebSocket;
  contact: string;
}

export class Relay {
  readonly #server: WebSocketServer;
  readonly #pairs = new Map<string, Party[]>();
  /** When an INVITE last came from a pair. */
  readonly invited = new Map<string, number>();

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on('connection', (socket, request) => {
      const path = request.url ?? '/';
      const party: Party = { socket, contact: '' };
      const pair = [...(this.#pairs.get(path) ?? []), party];
      this.#pairs.set(path, pair);
      socket.on('message', (data: Buffer) => {
        this.#onMessage(path, party, data.toString());
      });
      socket.on('close', () => this.#pairs.set(path, this.#pairs.get(path)?.filter((one) => one !== party) ?? []));
    });
  }

  static async start(): Promise<Relay> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await new Promise((resolve) => server.once('listening', resolve));
    return new Relay(server);
  }

  url(path: string): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}${path}`;
  }

  stop(): void {
    for (const client of this.#server.clients) client.terminate();
    this.#server.close();
  }

  #onMessage(path: string, sender: Party, message: string): void {
    if (message.startsWith('INVITE')) this.invited.set(path, epoch());
    if (message.startsWith('REGISTER')) {
      sender.contact = /<([^>]+)>/.exec(header(message, 'Contact'))![1]!;
      sender.socket.send(registered(message));
      return;
    }
    const receiver = this.#pairs.get(path)?.find((party) => party !== sender);
    if (!receiver) return;
    const isFirst = message.startsWith('INVITE') && !header(message, 'To').includes(';tag=');
    receiver.socket.send(isFirst ? message.replace(/^INVITE \S+/, `INVITE ${receiver.contact}`) : message);
  }
}

function registered(request: string): string {
  const copied = ['Via', 'From', 'Call-ID', 'CSeq'].map((name) => `${name}: ${header(request, name)}\r\n`).join('');
  const contact = `Contact: ${header(request, 'Contact').replace(/;expires=\d+/, '')};expires=600`;
  return `SIP/2.0 200 OK\r\n${copied}To: ${header(request, 'To')};tag=r\r\n${contact}\r\nContent-Length: 0\r\n\r\n`;
}

/** A STUN server that never answers, and how to end it. */
export async function silentStun(): Promise<{ readonly url: string; readonly stop: () => void }> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return { url: `stun:127.0.0.1:${socket.address().port}`, stop: () => socket.close() };
}
