// A page whose policy allows no blob: the processors come from `dist/audio-worklet.js`, and take samples out of the graph.
import { assert } from 'chai';
import type { Browser, Page } from 'puppeteer';
import { browserNames, launch, openPage } from '../support/browser/launch.js';
import { PageServer } from '../support/browser/page-server.js';
import { within } from '../support/servers/deadline.js';

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "media-src 'self' blob:",
  "img-src 'self'",
  "base-uri 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

/** Without a device and without a call: a tone into a tap. */
const app = `
import { UserAgent } from '/dist/evercall.js';
globalThis.violations = [];
addEventListener('securitypolicyviolation', ({ violatedDirective }) => violations.push(violatedDirective));
globalThis.tapped = async (workletUrl) => {
  const audio = { device: 'null', ...(workletUrl && { workletUrl }) };
  const ua = new UserAgent({ servers: 'ws://nowhere.example', audio });
  try {
    const system = await ua.audio.load();
    await system.useNullDevice();
    const tap = await system.createTap({ length: 4800 });
    let isSounding = false;
    const whole = new Promise((resolve) => tap.on('samples', (block) => {
      if (isSounding) resolve(block);
      isSounding = block.samples.some(Boolean); // the next one is full of it
    }));
    system.createToneGenerator({ frequencies: [440] }).connect(tap);
    const { samples, sampleRate } = await whole;
    let crossings = 0;
    samples.forEach((sample, i) => { if (i > 0 && samples[i - 1] < 0 && sample >= 0) crossings++; });
    return { hertz: (crossings * sampleRate) / samples.length };
  } catch (error) {
    return { code: error.code };
  } finally {
    await ua.stop();
  }
};
globalThis.isReady = true;
`;
interface Tapped {
  readonly code?: string;
  readonly hertz?: number;
}
declare const tapped: (workletUrl?: string) => Promise<Tapped>;
declare const violations: readonly string[];

describe('audio.workletUrl, under a Content-Security-Policy without blob:', () => {
  const server = new PageServer();
  before(async () => {
    await server.start();
    server.addPage('/worklet-app.js', app);
  });
  after(() => server.stop());

  for (const name of browserNames) {
    describe(name, () => {
      let browser: Browser;
      let page: Page;
      before(async () => {
        browser = await launch(name);
        const html = '<!doctype html><title>worklet</title><script type="module" src="/worklet-app.js"></script>';
        page = await openPage(browser, server.addPage('/worklet.html', html, { 'Content-Security-Policy': policy }));
        await page.waitForFunction('globalThis.isReady', { timeout: 10_000 });
      });
      after(() => browser.close());

      it('the file that is served does what the blob would have done', async () => {
        const heard = await within(15_000, 'a tap to hear something', page.evaluate(() => tapped('/dist/audio-worklet.js'))); // prettier-ignore
        assert.isUndefined(heard.code);
        assert.approximately(heard.hertz!, 440, 11); // crossings of 0.1 s
        assert.isEmpty(await page.evaluate(() => violations));
      });

      it('without it the policy refuses the blob, which is told as audioUnavailable', async () => {
        const refused = await within(
          15_000,
          'a refusal',
          page.evaluate(() => tapped()),
        );
        assert.equal(refused.code, 'audioUnavailable');
      });
    });
  }
});
