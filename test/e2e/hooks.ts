// Loaded before the end-to-end tests: when one fails, shows what the programs that run had to say; stops those left over.
import type { RootHookObject } from 'mocha';
import { forgetClosedPages, pageLogs } from '../support/browser/launch.js';
import { runningDaemons } from '../support/servers/daemon.js';

export const mochaHooks: RootHookObject = {
  beforeEach() {
    forgetClosedPages();
  },
  afterEach(this: Mocha.Context) {
    if (this.currentTest?.state !== 'failed') return;
    for (const { name, log } of [...runningDaemons(), ...pageLogs()]) {
      console.error(`── ${name}, the end of its log\n${log.slice(-6000)}\n──`);
    }
  },
  async afterAll() {
    await Promise.all(runningDaemons().map((daemon) => daemon.stop()));
  },
};
