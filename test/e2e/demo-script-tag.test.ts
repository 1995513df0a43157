// A page without a bundler: the IIFE from dist/ with its SRI hash, under a policy without unsafe-inline and unsafe-eval.
import { assert } from 'chai';
import type { Browser, HTTPResponse } from 'puppeteer';
import type { Account, UserAgent } from '../../lib/index.js';
import { DemoProcess } from '../demo/demo-process.js';
import { openWithEars, violationsOf } from '../demo/softphone-page.js';
import { browserNames, launch } from '../support/browser/launch.js';
import type { BrowserName } from '../support/browser/launch.js';
import type * as Harness from '../support/browser/page/harness.js';
import { within } from '../support/servers/deadline.js';

declare const harness: typeof Harness;
declare const userAgent: UserAgent;
declare const account: Account;

const demo = new DemoProcess();
const browsers = new Map<BrowserName, Browser>();

describe('the script-tag page of npm start', () => {
  before(async () => {
    await demo.start();
    for (const name of browserNames) browsers.set(name, await launch(name));
  });
  after(async () => {
    for (const browser of browsers.values()) await browser.close();
    await demo.stop();
  });

  for (const name of browserNames) {
    it(`${name}: registers, calls tone and hears 440 Hz; its policy refuses nothing`, async () => {
      const page = await openWithEars(browsers.get(name)!, `${demo.url}script-tag`);
      await within(
        10_000,
        'to register',
        page.evaluate(() => account.registered),
      );
      await page.click('#call');
      const heard = page.evaluate(async () => {
        const [call] = userAgent.calls;
        await call!.answered;
        return harness.hears(call!.remoteStream!, 440);
      });
      await within(15_000, 'to hear the tone', heard);
      const ended = page.evaluate(() => userAgent.calls[0]!.ended);
      await page.click('#hangup');
      assert.equal((await within(5000, 'the end', ended)).cause, 'hangup');
      assert.isEmpty(await violationsOf(page));
      await page.browserContext().close();
    });
  }

  it('is served with the hash of the bundle that is served, and a policy without unsafe-inline and unsafe-eval', async () => {
    const page = await openWithEars(browsers.get('chromium')!, 'about:blank');
    const response: HTTPResponse | null = await page.goto(`${demo.url}script-tag`);
    const policy = response!.headers()['content-security-policy']!;
    assert.include(policy, "script-src 'self';");
    assert.notMatch(policy, /unsafe/);
    const integrity = await page.$eval('script[integrity]', ({ integrity: value }) => value);
    assert.match(integrity, /^sha384-/);
    assert.equal(await page.evaluate(() => typeof Reflect.get(globalThis, 'Evercall')), 'object');
    await page.browserContext().close();
  });

  it('what the policy refuses would have been seen', async () => {
    const page = await openWithEars(browsers.get('chromium')!, `${demo.url}script-tag`);
    const refused = page.evaluate(
      () => new Promise((resolve) => document.addEventListener('securitypolicyviolation', resolve, { once: true })),
    );
    await page.evaluate(() => {
      document.body.setAttribute('style', 'color: red');
    });
    await within(5000, 'a violation', refused);
    assert.deepEqual(await violationsOf(page), ['style-src-attr inline']);
    await page.browserContext().close();
  });

  it('another bundle than the one that was hashed does not run', async () => {
    const page = await openWithEars(browsers.get('chromium')!, 'about:blank');
    await page.setRequestInterception(true);
    page.on('request', (request) => {
      const isBundle = request.url().endsWith('/dist/evercall.iife.js');
      const forged = { status: 200, contentType: 'text/javascript', body: 'var Evercall = {};' };
      void (isBundle ? request.respond(forged) : request.continue());
    });
    await page.goto(`${demo.url}script-tag`);
    assert.equal(await page.evaluate(() => typeof Reflect.get(globalThis, 'Evercall')), 'undefined');
    await page.browserContext().close();
  });
});
