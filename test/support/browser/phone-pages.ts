// Phone pages in each browser and the servers that they talk to, for the tests of one file.
import type { Browser } from 'puppeteer';
import type { Daemon } from '../servers/daemon.js';
import { Kamailio } from '../servers/kamailio.js';
import { browserNames, launch } from './launch.js';
import type { BrowserName } from './launch.js';
import { PageServer } from './page-server.js';
import { PhonePage } from './phone-page.js';
import type { PhoneOptions } from './page/phone.js';

export class PhonePages {
  readonly server = new PageServer();
  readonly #daemons: readonly Daemon[];
  readonly #kamailio: Kamailio;
  readonly #browsers = new Map<BrowserName, Browser>();
  readonly #open: PhonePage[] = [];

  /** The daemons start one after the other, and stop the other way round. The pages register at the first Kamailio. */
  constructor(...daemons: readonly Daemon[]) {
    this.#daemons = daemons;
    this.#kamailio = daemons.find((daemon) => daemon instanceof Kamailio)!;
  }

  /** Starts and stops it all with the suite that it is called in; what a test opens is closed behind it. */
  serve(): void {
    before(async () => {
      await this.server.start();
      for (const daemon of this.#daemons) await daemon.start();
      for (const name of browserNames) this.#browsers.set(name, await launch(name));
    });
    after(async () => {
      for (const browser of this.#browsers.values()) await browser.close();
      for (const daemon of [...this.#daemons].reverse()) await daemon.stop();
      await this.server.stop();
    });
    afterEach(async () => {
      for (const page of this.#open.splice(0)) await page.close();
    });
  }

  browser(name: BrowserName): Browser {
    return this.#browsers.get(name)!;
  }

  /** A page whose microphone hears `tone` hertz; resolves when it has registered, or has failed to. */
  async open(name: BrowserName, user: string, tone: number, options: Partial<PhoneOptions> = {}): Promise<PhonePage> {
    const given = { servers: this.#kamailio.wsUrl, user, tone, ...options };
    return this.adopt(await PhonePage.open(this.browser(name), this.server, given));
  }

  /** Two pages, of 440 and 660 Hz, the first of which calls the second; resolves when it rings there. */
  async ringing(
    from: BrowserName,
    to: BrowserName,
    options: Partial<PhoneOptions> = {},
    call: Parameters<PhonePage['call']>[1] = {},
  ): Promise<[PhonePage, PhonePage]> {
    const [caller, callee] = await Promise.all([
      this.open(from, '1001', 440, options),
      this.open(to, '1002', 660, options),
    ]);
    await caller.call(callee.uri, call);
    await callee.incoming();
    return [caller, callee];
  }

  /** As `ringing()`; resolves when both have the call confirmed. */
  async talking(...from: Parameters<PhonePages['ringing']>): Promise<[PhonePage, PhonePage]> {
    const [caller, callee] = await this.ringing(...from);
    await callee.answer();
    await Promise.all([caller.reached('confirmed'), callee.reached('confirmed')]);
    return [caller, callee];
  }

  /** A page that was opened in another way is closed as all are. */
  adopt(page: PhonePage): PhonePage {
    this.#open.push(page);
    return page;
  }

  /** It is gone, or the test has closed it. */
  forget(page: PhonePage): void {
    this.#open.splice(this.#open.indexOf(page), 1);
  }
}
