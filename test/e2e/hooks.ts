// Loaded before the end-to-end tests: when one fails, shows what the programs that run had to say; stops those left over.
import type { RootHookObject } from 'mocha';
import { runningDaemons } from '../support/servers/daemon.js';

export const mochaHooks: RootHookObject = {
  afterEach(this: Mocha.Context) {
    if (this.currentTest?.state !== 'failed') return;
    for (const daemon of runningDaemons()) {
      console.error(`── ${daemon.name}, the end of its log\n${daemon.log.slice(-6000)}\n──`);
    }
  },
  async afterAll() {
    await Promise.all(runningDaemons().map((daemon) => daemon.stop()));
  },
};
