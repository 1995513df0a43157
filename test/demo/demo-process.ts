// The real thing: `npm start` on a free port, as a user would run it.
import { join } from 'node:path';
import { Daemon } from '../support/servers/daemon.js';
import type { Command } from '../support/servers/daemon.js';

export class DemoProcess extends Daemon {
  constructor() {
    super('demo');
  }

  protected prepare(): Command {
    const root = join(import.meta.dirname, '../..');
    return { program: 'npm', args: ['--prefix', root, 'start', '--', '--port', '0', '--log', 'debug'] };
  }

  protected ready(): Promise<unknown> {
    return this.logged(/softphone is at +http\S+/);
  }

  /** Where it says that the softphone is. */
  get url(): string {
    return /softphone is at +(http\S+)/.exec(this.log)![1]!;
  }
}
