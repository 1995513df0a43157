// evercall/storage as it is published, in pages that are denied IndexedDB or its space.
import { readFileSync, readdirSync } from 'node:fs';
import { assert } from 'chai';
import type { Browser } from 'puppeteer';
import { browserNames, launch, openPage } from '../support/browser/launch.js';
import { PageServer } from '../support/browser/page-server.js';

/** Tells in the title how the storage took a value, and what it has afterwards. */
const page = `<!doctype html><title>waiting</title><link rel="icon" href="data:,"><script type="module">
import { idbStorage } from '/open/storage.js';
globalThis.storage = idbStorage();
globalThis.put = (value) => storage.set('key', value).then(() => 'stored', (error) => error.name);
document.title = await put('a little');
</script>`;

describe('evercall/storage', () => {
  const server = new PageServer();

  before(async () => {
    await server.start();
    // a page without an origin of its own may load modules only where that is allowed
    const forAll = { 'Access-Control-Allow-Origin': '*' };
    for (const path of ['storage.js', ...readdirSync('dist/chunks').map((name) => `chunks/${name}`)]) {
      server.addPage(`/open/${path}`, readFileSync(`dist/${path}`, 'utf8'), forAll);
    }
  });
  after(() => server.stop());

  for (const name of browserNames) {
    describe(`in ${name}`, () => {
      let browser: Browser;
      before(async () => {
        browser = await launch(name);
      });
      after(() => browser.close());

      async function titleOf(path: string, headers: Record<string, string> = {}): Promise<string> {
        const opened = await openPage(browser, server.addPage(path, page, headers));
        await opened.waitForFunction(() => document.title !== 'waiting', { timeout: 15_000 });
        return opened.title();
      }

      it('keeps a value in a page like any other', async () => {
        assert.equal(await titleOf('/usual.html'), 'stored');
      });

      it('rejects in a page that the browser denies IndexedDB', async () => {
        assert.equal(
          await titleOf('/denied.html', { 'Content-Security-Policy': 'sandbox allow-scripts' }),
          'SecurityError',
        );
      });
    });
  }

  it('rejects when there is no room, and keeps what was there', async () => {
    const browser = await launch('chromium');
    try {
      const url = server.addPage('/full.html', page);
      const opened = await openPage(browser, 'about:blank');
      const session = await opened.createCDPSession();
      await session.send('Storage.overrideQuotaForOrigin', { origin: server.origin, quotaSize: 100_000 });
      await opened.goto(url);
      await opened.waitForFunction(() => document.title === 'stored', { timeout: 15_000 });
      assert.equal(await opened.evaluate("put('much '.repeat(100000))"), 'QuotaExceededError');
      assert.equal(await opened.evaluate("storage.get('key')"), 'a little');
    } finally {
      await browser.close();
    }
  });
});
