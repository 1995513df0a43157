/** What a page loads: the script's size, and the time Chromium takes to evaluate it. */
import { readFile, readdir } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { launch } from '../../support/browser/launch.js';
import { PageServer } from '../../support/browser/page-server.js';
import { scripts } from '../page-scripts.js';
import type { Contender, Row, Values } from '../row.js';
import { median } from '../sampling.js';

const pages = 15;

/** Runs in the page: compiles and runs a script as the parser of a page does, no cache in between. */
function evaluate(source: string): number {
  const script = document.createElement('script');
  script.textContent = source;
  const start = performance.now();
  document.head.append(script);
  return performance.now() - start;
}

async function evaluationTimes(sources: Readonly<Record<string, string>>): Promise<Values> {
  const server = await new PageServer().start();
  const browser = await launch('chromium');
  try {
    const isolated = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
    const url = server.addPage('/empty.html', '<!doctype html><link rel="icon" href="data:,">', isolated); // isolated: a clock of 5 µs
    const samples = new Map<string, number[]>(Object.keys(sources).map((contender) => [contender, []]));
    for (let i = 0; i < pages; i++) {
      for (const [contender, source] of Object.entries(sources)) {
        const context = await browser.createBrowserContext(); // a process of its own
        const page = await context.newPage();
        await page.goto(url);
        samples.get(contender)!.push(await page.evaluate(evaluate, source));
        await context.close();
      }
    }
    return Object.fromEntries([...samples].map(([contender, times]) => [contender, median(times)]));
  } finally {
    await browser.close();
    await server.stop();
  }
}

/** What a page loads at first, as the text of a script: a module, but for what it exports. */
async function firstScript(): Promise<string> {
  const module = await readFile(new URL('../../../build/size/index.js', import.meta.url), 'utf8');
  const script = module.replace(/export\s*\{[^}]*\};?\s*(?=\/\/#|$)/, '');
  if (script === module || /^\s*(?:import|export)\b(?!\()/m.test(script))
    throw new Error('build/size/index.js has imports, or exports elsewhere than at its end');
  return script;
}

const gzipped = (source: string): number => gzipSync(source, { level: 9 }).length / 1024;

/** The entry and its static chunks are in `build/size/`, what is loaded with the first account in `build/size/calls/`. */
async function moduleSize(path = ''): Promise<number> {
  const folder = new URL(`../../../build/size/${path}`, import.meta.url);
  const files = (await readdir(folder)).filter((file) => file.endsWith('.js'));
  const sources = await Promise.all(files.map((file) => readFile(new URL(file, folder), 'utf8')));
  return sources.reduce((sum, source) => sum + gzipped(source), 0);
}

export async function rows(): Promise<Row[]> {
  const sources = Object.fromEntries(
    await Promise.all(Object.entries(scripts).map(async ([name, { file }]) => [name, await readFile(file, 'utf8')])),
  ) as Record<Contender, string>;
  const peers = { JsSIP: gzipped(sources.JsSIP), 'SIP.js': gzipped(sources['SIP.js']) };
  const atFirst = await moduleSize();
  return [
    {
      name: 'core bundle, minified and gzipped: to register and wait',
      unit: 'KiB',
      better: 'less',
      values: { ...peers, evercall: atFirst },
      budget: { atMost: 40 },
      note: `what a page that imports it as an ES module loads at first; the script tag's bundle, with what is loaded on demand in it, is ${gzipped(sources.evercall).toFixed(2)} KiB. All by rollup with tree shaking, and terser; SIP.js is UserAgent, Registerer and Inviter.`,
    },
    {
      name: 'core bundle, minified and gzipped: with what calls are made of',
      unit: 'KiB',
      better: 'less',
      values: { ...peers, evercall: atFirst + (await moduleSize('calls/')) },
      budget: { atMost: 40 },
      note: 'the same, and what is loaded with the first account, ahead of the first call.',
    },
    {
      name: 'evaluation in Chromium: to register and wait',
      unit: 'ms',
      better: 'less',
      values: await evaluationTimes({ ...sources, evercall: await firstScript() }),
      budget: { atMost: 5 },
      note: `compiled and run in a fresh page of a fresh process each; of ours what the row of the same name above weighs, of the peers all there is. Median of ${pages}.`,
    },
    {
      name: "evaluation in Chromium: the script tag's bundle",
      unit: 'ms',
      better: 'less',
      values: await evaluationTimes(sources),
      budget: { atMost: 5 },
      note: `the same, with all that is loaded on demand in it: bridge, recorder, video, transfers, subscriptions … Median of ${pages}.`,
    },
  ];
}
