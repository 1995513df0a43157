// A way to a UDP server on which all answers are late: nothing comes back until some time after the first packet went there.
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';

export class LateUdp {
  readonly #front = createSocket('udp4');
  /** One socket towards the server for each client. */
  readonly #clients = new Map<string, { readonly socket: Socket; readonly since: number }>();
  readonly #delay: number;

  /** @param delay milliseconds */
  constructor(delay: number) {
    this.#delay = delay;
  }

  get port(): number {
    return this.#front.address().port;
  }

  async start(server: number): Promise<void> {
    this.#front.on('message', (packet, { address, port }) => {
      this.#client(address, port).socket.send(packet, server, '127.0.0.1');
    });
    await new Promise<void>((resolve) => this.#front.bind(0, '127.0.0.1', resolve));
  }

  stop(): void {
    this.#front.close();
    for (const { socket } of this.#clients.values()) socket.close();
    this.#clients.clear();
  }

  #client(address: string, port: number): { readonly socket: Socket } {
    const key = `${address}:${port}`;
    const known = this.#clients.get(key);
    if (known) return known;
    const client = { socket: createSocket('udp4'), since: Date.now() };
    client.socket.on('message', (packet) => {
      const send = (): void => {
        if (this.#clients.has(key)) this.#front.send(packet, port, address);
      };
      setTimeout(send, Math.max(0, client.since + this.#delay - Date.now()));
    });
    this.#clients.set(key, client);
    return client;
  }
}
