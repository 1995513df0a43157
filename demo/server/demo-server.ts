// The whole server: registrar, proxy and numbers behind one port that also serves the pages.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../lib/base/clock.js';
import { systemClock } from '../../lib/base/clock.js';
import type { Logger } from '../../lib/base/log.js';
import { silentLogger } from '../../lib/base/log.js';
import { Authentication } from './authentication.js';
import { Connections } from './connections.js';
import { directory } from './directory.js';
import type { Directory } from './directory.js';
import { serveFault } from './faults.js';
import type { FaultyServer } from './faults.js';
import { NumberAgent } from './numbers/number-agent.js';
import { Proxy } from './proxy.js';
import { Registrar } from './registrar.js';
import { WebSocketDoor } from './websocket-door.js';
import { Website } from './website.js';

export interface DemoServerOptions {
  readonly directory?: Directory;
  /** Where to listen. @default '127.0.0.1' */
  readonly host?: string;
  readonly clock?: Clock;
  readonly log?: Logger;
  /** Seconds that a nonce is good for. @default 300 */
  readonly nonceSeconds?: number;
  /** Seconds granted at least to a registration. @default 60 */
  readonly minExpires?: number;
  /** Milliseconds that a callee may ring. @default 60000 */
  readonly ringTimeout?: number;
  /** Milliseconds that a client has to come back with its calls. @default 10000 */
  readonly grace?: number;
  /** Milliseconds that `late` rings. @default 5000 */
  readonly lateAfter?: number;
  /** Milliseconds after which the numbers hang up. @default 600000 */
  readonly maxDuration?: number;
}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.');

export class DemoServer implements FaultyServer {
  readonly numbers: NumberAgent;
  readonly registrar: Registrar;
  readonly proxy: Proxy;
  readonly #host: string;
  readonly #connections: Connections;
  readonly #door: WebSocketDoor;
  readonly #website: Website;
  readonly #http = createServer((request, response) => {
    if (isLoopback(this.#host) && serveFault(request, response, this)) return; // nobody else's server
    void this.#website.serve(request, response);
  });

  constructor(options: DemoServerOptions = {}) {
    const { clock = systemClock, log = silentLogger, host = '127.0.0.1', grace = 10_000 } = options;
    const { nonceSeconds = 300, minExpires = 60, ringTimeout = 60_000 } = options;
    const { lateAfter = 5000, maxDuration = 600_000 } = options;
    const people = options.directory ?? directory;
    this.#host = host;
    this.#website = new Website(people);
    const connections = new Connections(clock, grace);
    this.#connections = connections;
    this.registrar = new Registrar(connections, clock, { minExpires, defaultExpires: 600, maxExpires: 3600 });
    const local = isLoopback(host);
    this.numbers = new NumberAgent({ isLocal: local, domain: people.domain, lateAfter, maxDuration }, clock);
    this.proxy = new Proxy({
      directory: people,
      authentication: new Authentication(people, clock, { nonceSeconds }),
      registrar: this.registrar,
      connections,
      clock,
      log,
      numbers: this.numbers,
      hosts: [...new Set([host, '127.0.0.1', 'localhost', '[::1]'])],
      ringTimeout,
    });
    connections.add(this.numbers);
    this.numbers.attach((message) => {
      this.proxy.receive(message, this.numbers);
    });
    this.#door = new WebSocketDoor(
      this.#http,
      {
        onOpen: (connection) => {
          connections.add(connection);
        },
        onMessage: (message, connection) => {
          this.proxy.receive(message, connection);
        },
        onClosed: (connection) => {
          this.registrar.drop(connection);
          connections.closed(connection);
        },
      },
      log,
      { pingInterval: 30_000, maxPayload: 65_536 },
    );
  }

  /** Listens at the port, or at any free one when that is taken; 0 takes any. */
  async start(port = 0): Promise<void> {
    try {
      await this.#listen(port);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      await this.#listen(0);
    }
  }

  /** Makes the page's script before the first visitor asks for it. */
  async prepare(): Promise<void> {
    await this.#website.prepare();
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  /** Where the softphone is. */
  get url(): string {
    const shown = this.#host === '0.0.0.0' || this.#host === '::' ? 'localhost' : this.#host;
    return `http://${shown.includes(':') ? `[${shown}]` : shown}:${this.port}/`;
  }

  restart(seconds: number): void {
    this.registrar.forget();
    this.#door.shut(seconds * 1000);
  }

  losePaths(): void {
    this.numbers.losePaths();
  }

  /** Hangs up, closes every connection and gives all back. */
  async stop(): Promise<void> {
    this.numbers.hangupAll();
    this.#door.close();
    this.proxy.dispose();
    this.#connections.dispose();
    this.#http.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#http.close(() => {
        resolve();
      });
    });
  }

  #listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#http.once('error', reject);
      this.#http.listen(port, this.#host, () => {
        this.#http.off('error', reject);
        resolve();
      });
    });
  }
}
