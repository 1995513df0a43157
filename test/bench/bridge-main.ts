/** `npm run bench:bridge`: what a conference of N costs in the browser, by the node graph, in an AudioWorklet, and connected pair by pair. */
import { mkdirSync, writeFileSync } from 'node:fs';
import type { Page } from 'puppeteer';
import { browserNames, launch, openPage } from '../support/browser/launch.js';
import { PageServer } from '../support/browser/page-server.js';
import type * as Bench from '../support/browser/page/bridge-bench.js';

declare const harness: typeof Bench;

const ways: readonly Bench.Way[] = ['graph', 'worklet', 'pairwise'];
const sizes = [2, 4, 8, 16, 32];

/** Parties at which the context does not keep up any more: twice as many each time. */
async function glitchesAt(page: Page, way: Bench.Way): Promise<number | undefined> {
  const idle = await page.evaluate((w) => harness.pace(w, 2), way); // a device that is none has a clock of its own
  for (let parties = 32; parties <= 8192; parties *= 2) {
    if (way === 'pairwise' && parties > 512) return undefined; // a quarter of a million nodes
    const share = await page.evaluate((w, n) => harness.pace(w, n), way, parties);
    if (share < 0.97 * idle) return parties;
  }
  return undefined;
}

const lines: string[] = [];
const say = (line: string): void => {
  console.log(line);
  lines.push(line);
};

const server = await new PageServer().start();
for (const name of browserNames) {
  const browser = await launch(name);
  const page = await openPage(browser, server.harnessUrl('bridge-bench'));
  say(`\n${name} ${await browser.version()}: milliseconds of a core per second of audio (per party in µs)\n`);
  say(`| parties | ${ways.join(' | ')} |`);
  say(`| ------: | ${ways.map(() => '---:').join(' | ')} |`);
  for (const parties of sizes) {
    const costs: number[] = [];
    for (const way of ways) costs.push(await page.evaluate((w, n) => harness.cost(w, n), way, parties));
    say(`| ${parties} | ${costs.map((ms) => `${ms.toFixed(2)} (${((ms / parties) * 1000).toFixed()})`).join(' | ')} |`);
  }
  const limits: string[] = [];
  for (const way of ways) limits.push(String((await glitchesAt(page, way)) ?? 'none seen'));
  say(`| glitches at | ${limits.join(' | ')} |`);
  await browser.close();
}
await server.stop();
mkdirSync('build/bench', { recursive: true });
writeFileSync('build/bench/bridge.md', `${lines.join('\n')}\n`);
