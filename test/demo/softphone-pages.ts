// `npm start`, and its softphone on pages of each browser, for the tests of one file.
import type { Browser } from 'puppeteer';
import { browserNames, launch } from '../support/browser/launch.js';
import type { BrowserName } from '../support/browser/launch.js';
import { DemoProcess } from './demo-process.js';
import { SoftphonePage } from './softphone-page.js';

/** Hertz that the browsers' own microphones hear. */
export const microphone = 880;

export class SoftphonePages {
  readonly demo = new DemoProcess();
  readonly #names: readonly BrowserName[];
  readonly #browsers = new Map<BrowserName, Browser>();
  readonly #open: SoftphonePage[] = [];

  constructor(names: readonly BrowserName[] = browserNames) {
    this.#names = names;
  }

  /** Starts and stops it all with the suite that it is called in; what a test opens is closed behind it. */
  serve(): void {
    before(async () => {
      await this.demo.start();
      for (const name of this.#names) this.#browsers.set(name, await launch(name, { microphone }));
    });
    after(async () => {
      for (const browser of this.#browsers.values()) await browser.close();
      await this.demo.stop();
    });
    afterEach(async () => {
      for (const page of this.#open.splice(0)) await page.close();
    });
  }

  /** A fresh page, signed in where a user is named; its microphone may hear another tone. */
  async open(name: BrowserName = 'chromium', user?: string, tone?: number): Promise<SoftphonePage> {
    const page = await SoftphonePage.open(this.#browsers.get(name)!, this.demo.url);
    this.#open.push(page);
    if (tone !== undefined) await page.useMicrophone(tone);
    if (user !== undefined) await page.signIn(user);
    return page;
  }
}
