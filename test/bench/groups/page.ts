/** From `call()` to the INVITE on the wire and to the first audio, page to page in Chromium with real media. */
import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'puppeteer';
import { launch } from '../../support/browser/launch.js';
import { PageServer } from '../../support/browser/page-server.js';
import type * as PagePhone from '../page/phone.js';
import { scripts } from '../page-scripts.js';
import { Relay, silentStun } from '../relay.js';
import type { Contender, Row } from '../row.js';
import { contenders } from '../row.js';
import { median, within } from '../sampling.js';

declare const harness: typeof PagePhone;

const patience = 45_000;

interface Latency {
  /** Milliseconds from `call()`. */
  readonly invite: number;
  /** Of the later of the two sides. */
  readonly audio: number;
}

interface Stage {
  readonly browser: Browser;
  readonly pages: PageServer;
  readonly relay: Relay;
}

interface Case {
  readonly name: string;
  readonly iceServers: readonly RTCIceServer[];
  readonly samples: Readonly<Record<Contender, number>>;
  readonly budget: Latency;
}

/** Two pages of one contender, the second of which answers what the first calls. */
class Pair {
  readonly #path: string;
  readonly #relay: Relay;
  readonly #caller: Page;
  readonly #callee: Page;

  private constructor(path: string, relay: Relay, caller: Page, callee: Page) {
    this.#path = path;
    this.#relay = relay;
    this.#caller = caller;
    this.#callee = callee;
  }

  static async open(contender: Contender, { browser, pages, relay }: Stage, { iceServers }: Case): Promise<Pair> {
    const path = `/${contender}`;
    const script = pages.addPage(`${path}.js`, await readFile(scripts[contender].file, 'utf8'));
    const url = pages.addPage(`${path}.html`, page(script));
    const open = async (user: string, servers: readonly RTCIceServer[]): Promise<Page> => {
      const context = await browser.createBrowserContext();
      const opened = await context.newPage();
      await opened.goto(url);
      await opened.waitForFunction('globalThis.harness', { timeout: patience });
      const options = { contender, url: relay.url(path), user, iceServers: servers };
      await within(
        patience,
        `${contender}: registering`,
        opened.evaluate((given) => harness.start(given), options),
      );
      return opened;
    };
    return new Pair(path, relay, await open('alice', iceServers), await open('bob', []));
  }

  async measure(): Promise<Latency> {
    const sides = [this.#caller, this.#callee];
    for (const side of sides) await side.evaluate(() => harness.ready());
    const called = await this.#caller.evaluate(() => harness.dial('sip:bob@example.test'));
    const packets = Promise.all(sides.map((side) => side.evaluate(() => harness.firstPacket())));
    const audio = Math.max(...(await within(patience, `${this.#path}: audio`, packets)));
    const latency = { invite: this.#relay.invited.get(this.#path)! - called, audio: audio - called };
    await pause(200); // until the ACK is through
    await this.#caller.evaluate(() => harness.hangUp());
    await pause(300);
    return latency;
  }

  async close(): Promise<void> {
    for (const side of [this.#caller, this.#callee]) await side.browserContext().close();
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const page = (script: string): string => `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<script src="${script}"></script>
<script type="module">
globalThis.__name = (value) => value; // functions that the bench sends here were compiled with it
globalThis.harness = await import('/test/bench/page/phone.js');
</script>`;

const how: Readonly<Record<keyof Latency, string>> = {
  invite: 'when a relay in Node receives it; pages have had a call before, so that the microphone is warm',
  audio: 'the later side, when its receiver hands on sound; the STUN server, where there is one, is the caller’s',
};

async function measure(stage: Stage, situation: Case): Promise<Row[]> {
  const { name, samples, budget } = situation;
  const taken = new Map<Contender, Latency[]>();
  const pairs: (readonly [Contender, Pair])[] = [];
  for (const contender of contenders) pairs.push([contender, await Pair.open(contender, stage, situation)]);
  for (let round = 0; round < Math.max(...Object.values(samples)); round++) {
    for (const [contender, pair] of pairs) {
      if (round >= samples[contender]) continue;
      taken.set(contender, [...(taken.get(contender) ?? []), await pair.measure()]);
    }
  }
  for (const [, pair] of pairs) await pair.close();
  const row = (what: string, key: keyof Latency): Row => ({
    name: `call() → ${what}, ${name}`,
    unit: 'ms',
    better: 'less',
    values: Object.fromEntries([...taken].map(([who, list]) => [who, median(list.map((one) => one[key]))])),
    budget: { atMost: budget[key] },
    note: `medians of ${contenders.map((contender) => `${samples[contender]} (${contender})`).join(', ')}; ${how[key]}.`,
  });
  return [row('INVITE on the wire', 'invite'), row('first audio packet on both sides', 'audio')];
}

const often = { JsSIP: 9, 'SIP.js': 9, evercall: 9 };
/** The peers wait for the server: 40 s and 5 s. */
const seldom = { JsSIP: 1, 'SIP.js': 2, evercall: 9 };

export async function rows(): Promise<Row[]> {
  const stun = await silentStun();
  const relay = await Relay.start();
  const pages = await new PageServer().start();
  const browser = await launch('chromium');
  const stage = { browser, pages, relay };
  const iceServers = [{ urls: stun.url }];
  try {
    const warm = {
      name: '',
      iceServers: [],
      samples: { JsSIP: 1, 'SIP.js': 1, evercall: 1 },
      budget: { invite: 0, audio: 0 },
    };
    await measure(stage, warm);
    return [
      ...(await measure(stage, { name: 'no STUN', iceServers: [], samples: often, budget: { invite: 30, audio: 90 } })),
      ...(await measure(stage, {
        name: 'silent STUN',
        iceServers,
        samples: seldom,
        budget: { invite: 120, audio: 180 },
      })),
    ];
  } finally {
    await browser.close();
    await pages.stop();
    relay.stop();
    stun.stop();
  }
}
