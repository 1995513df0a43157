// The browsers by themselves, without the library: a known tone goes in at one page and is found at the other.
import { assert } from 'chai';
import type { Browser, Page } from 'puppeteer';
import { browserNames, launch, openPage } from '../support/browser/launch.js';
import type { BrowserName } from '../support/browser/launch.js';
import { PageServer } from '../support/browser/page-server.js';

declare const harness: typeof import('../support/browser/page/peer.js');

const server = new PageServer();
const browsers = new Map<BrowserName, Browser>();

before(async () => {
  await server.start();
  for (const name of browserNames) browsers.set(name, await launch(name, { microphone: 880 }));
});
after(async () => {
  for (const browser of browsers.values()) await browser.close();
  await server.stop();
});

function open(name: BrowserName): Promise<Page> {
  return openPage(browsers.get(name)!, server.harnessUrl('peer'));
}

async function connect(caller: Page, callee: Page): Promise<void> {
  const offer = await caller.evaluate(() => harness.offer());
  const answer = await callee.evaluate((sdp) => harness.answer(sdp), offer);
  await caller.evaluate((sdp) => harness.accept(sdp), answer);
}

describe('tones between pages', () => {
  for (const from of browserNames) {
    for (const to of browserNames) {
      it(`${from} to ${to}, both ways`, async () => {
        const caller = await open(from);
        const callee = await open(to);
        await caller.evaluate(() => harness.useMicrophone(440));
        await callee.evaluate(() => harness.useMicrophone(660));
        await connect(caller, callee);
        const [heard] = await Promise.all([
          callee.evaluate(() => harness.hearsRemote(440)),
          caller.evaluate(() => harness.hearsRemote(660)),
        ]);
        assert.approximately(heard.frequency, 440, 15);
        await caller.close();
        await callee.close();
      });
    }
  }

  for (const name of browserNames) {
    it(`the fake device of ${name} hears the tone that it was started with`, async () => {
      const caller = await open(name);
      const callee = await open(name);
      await caller.evaluate(() => harness.useMicrophone());
      await connect(caller, callee);
      await callee.evaluate(() => harness.hearsRemote(880));
      await caller.close();
      await callee.close();
    });
  }

  it('a tone that is not there is not heard', async () => {
    const caller = await open('chromium');
    const callee = await open('chromium');
    await caller.evaluate(() => harness.useMicrophone(440));
    await connect(caller, callee);
    const failure = await callee.evaluate(() => harness.hearsRemote(500, 500).then(JSON.stringify, String));
    assert.match(failure, /did not hear 500 Hz/);
    await caller.close();
    await callee.close();
  });
});
