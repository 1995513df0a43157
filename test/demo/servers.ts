// Servers and clients of one test file, all closed at the end.
import { DemoServer } from '../../demo/server/demo-server.js';
import type { DemoServerOptions } from '../../demo/server/demo-server.js';
import { FakeClock } from '../support/fake-clock.js';
import { RawClient } from './raw-client.js';

export class Setting {
  server!: DemoServer;
  clock!: FakeClock;
  readonly #clients: RawClient[] = [];

  /** Fresh ones for each test. */
  hooks(options: DemoServerOptions = {}): this {
    beforeEach(async () => {
      this.clock = new FakeClock();
      this.server = new DemoServer({ clock: this.clock, ...options });
      await this.server.start();
    });
    afterEach(async () => {
      for (const client of this.#clients.splice(0)) client.close();
      await this.server.stop();
    });
    return this;
  }

  async open(user: string, contact?: string): Promise<RawClient> {
    const client = await RawClient.open(this.server, user, contact);
    this.#clients.push(client);
    return client;
  }

  async registered(user: string, contactParams?: string): Promise<RawClient> {
    const client = await RawClient.registered(this.server, user, contactParams);
    this.#clients.push(client);
    return client;
  }
}
