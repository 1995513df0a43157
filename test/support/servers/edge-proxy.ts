// Kamailio as the edge proxy in front of a registrar (RFC 5626 §5): a WebSocket to it has a Path, and several make several flows.
import { Daemon, tcpAccepts } from './daemon.js';
import type { Command } from './daemon.js';
import { kamailioCommand } from './kamailio.js';
import type { Kamailio } from './kamailio.js';
import { freePort } from './ports.js';

export class EdgeProxy extends Daemon {
  readonly #registrar: Kamailio;
  #ports: { udp: number; ws: number } | undefined;

  /** `registrar` is started before. */
  constructor(registrar: Kamailio) {
    super('edge-proxy');
    this.#registrar = registrar;
  }

  get wsUrl(): string {
    return `ws://127.0.0.1:${this.#port('ws')}/ws`;
  }

  /** What the registrar knows it by: `127.0.0.1:5060`. */
  get address(): string {
    return `127.0.0.1:${this.#port('udp')}`;
  }

  protected override async prepare(): Promise<Command> {
    this.#ports ??= { udp: await freePort(), ws: await freePort() };
    return kamailioCommand(this.folder, 'edge-proxy.cfg', {
      UDP_PORT: this.#ports.udp,
      WS_PORT: this.#ports.ws,
      REGISTRAR_PORT: this.#registrar.udpPort,
    });
  }

  protected override ready(): Promise<unknown> {
    return tcpAccepts(this.#port('ws'));
  }

  #port(which: 'udp' | 'ws'): number {
    if (!this.#ports) throw new Error('the edge proxy was not started');
    return this.#ports[which];
  }
}
