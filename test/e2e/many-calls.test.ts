// Hundreds of calls in a row through Kamailio, both ends in one page: what is in use afterwards is what was in use before.
import { assert } from 'chai';
import type { Browser, Page } from 'puppeteer';
import { launch, openPage } from '../support/browser/launch.js';
import type { BrowserName } from '../support/browser/launch.js';
import { PageServer } from '../support/browser/page-server.js';
import type { Census } from '../support/browser/page/many-calls.js';
import { within } from '../support/servers/deadline.js';
import { Kamailio } from '../support/servers/kamailio.js';

declare const harness: typeof import('../support/browser/page/many-calls.js');

const server = new PageServer();
const kamailio = new Kamailio();
let browser: Browser | undefined;

async function open(name: BrowserName): Promise<Page> {
  browser = await launch(name);
  const page = await openPage(browser, server.harnessUrl('many-calls'));
  await page.evaluate((url) => harness.start(url), kamailio.wsUrl);
  return page;
}

/** Calls until so many have been made; resolves with what is in use then. */
async function calls(page: Page, count: number): Promise<Census> {
  for (let made = 0; made < count; made += 50) {
    const some = page.evaluate((times) => harness.callInTurn(times), Math.min(50, count - made));
    await within(60_000, `calls ${made} to ${made + 50}`, some);
  }
  return page.evaluate(() => harness.rest());
}

/** What Chromium has not let go of. */
interface Kept {
  /** RTCPeerConnections, the closed ones too. */
  readonly connections: number;
  /** Bytes of the page's heap. */
  readonly heap: number;
}

async function kept(page: Page): Promise<Kept> {
  const session = await page.createCDPSession();
  for (let i = 0; i < 3; i++) await session.send('HeapProfiler.collectGarbage'); // what falls in one may free more in the next
  const prototype = await page.evaluateHandle(() => RTCPeerConnection.prototype);
  const found = await page.queryObjects(prototype);
  const connections = await page.evaluate((all) => all.length - 1, found); // without that of the test's own class
  for (const handle of [found, prototype]) await handle.dispose();
  const { usedSize: heap } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return { connections, heap };
}

describe('many calls in a row through Kamailio', () => {
  before(async () => {
    await Promise.all([server.start(), kamailio.start()]);
  });
  after(async () => {
    await Promise.all([kamailio.stop(), server.stop()]);
  });
  afterEach(() => browser?.close());

  it('500 in firefox: no connection, track, timer, socket or player is left', async function () {
    this.timeout(240_000);
    const page = await open('firefox');
    const idle = await page.evaluate(() => harness.rest());
    assert.deepEqual(await calls(page, 500), idle);
    assert.deepInclude(idle, { connections: 0, tracks: 0, sockets: 2, players: 0 });
  });

  it('500 in chromium, each hung up as its media connect, after 100 others: the same, and neither connections nor memory are kept', async function () {
    this.timeout(240_000);
    const page = await open('chromium');
    const idle = await calls(page, 100);
    const before = await kept(page);
    assert.deepEqual(await calls(page, 500), idle);
    assert.deepInclude(idle, { connections: 0, tracks: 0, sockets: 2, players: 0 });
    const after = await kept(page);
    assert.deepEqual([before.connections, after.connections], [0, 0]);
    assert.isBelow((after.heap - before.heap) / 500, 1024, 'bytes a call, of which some are for the log of calls');
  });
});
