// A page with a phone, in a browser that lives in a namespace; its files come from here by no network at all.
import type { Browser, HTTPRequest, Page } from 'puppeteer';
import { launch, openPage } from '../support/browser/launch.js';
import type { BrowserName } from '../support/browser/launch.js';
import type { PageServer } from '../support/browser/page-server.js';
import { PhonePage } from '../support/browser/phone-page.js';
import type * as MovingPhone from '../support/browser/page/moving-phone.js';
import { within } from '../support/servers/deadline.js';
import type { Ear, Heard } from './ears.js';
import { entering } from './ip.js';
import type { Host } from './network.js';

declare const harness: typeof MovingPhone;

export class MovingPage implements Ear {
  readonly phone: PhonePage;
  readonly #browser: Browser;
  readonly #files: Files;

  private constructor(phone: PhonePage, browser: Browser, files: Files) {
    this.phone = phone;
    this.#browser = browser;
    this.#files = files;
  }

  static async open(
    host: Host,
    server: PageServer,
    options: MovingPhone.PhoneOptions,
    name: BrowserName = 'chromium',
  ): Promise<MovingPage> {
    const flags = name === 'chromium' ? ['--disable-features=LocalNetworkAccessChecks'] : [];
    const browser = await launch(name, { enter: entering(host.namespace), flags });
    try {
      const files = new Files(server);
      const page = await openPage(browser, server.harnessUrl('moving-phone'), (made) => files.serve(made));
      return new MovingPage(await PhonePage.begin(page, options), browser, files);
    } catch (error) {
      await browser.close();
      throw error;
    }
  }

  /** From now on no file reaches the page, as it is when there is no network: what recovery needs must be there before. */
  cutFiles(): void {
    this.#files.areCut = true;
  }

  mendFiles(): void {
    this.#files.areCut = false;
  }

  get filesMissed(): readonly string[] {
    return this.#files.missed;
  }

  listen(hertz: number): Promise<void> {
    return this.#page.evaluate((tone) => harness.listen(tone), hertz);
  }

  heard(): Promise<Heard> {
    return this.#ask(() => harness.silences());
  }

  stop(): void {
    // it ends with its page
  }

  watchPackets(): Promise<void> {
    return this.#ask(() => {
      harness.watchPackets();
    });
  }

  countPackets(): Promise<MovingPhone.Packets> {
    return this.#ask(() => harness.countPackets());
  }

  watchAddresses(): Promise<void> {
    return this.#ask(() => harness.watchAddresses());
  }

  publishedAddresses(): Promise<readonly number[]> {
    return this.#ask(() => harness.publishedAddresses());
  }

  notes(): Promise<ReturnType<typeof MovingPhone.notes>> {
    return this.#ask(() => harness.notes());
  }

  remember(): Promise<void> {
    return this.#ask(() => {
      harness.remember();
    });
  }

  standing(): Promise<ReturnType<typeof MovingPhone.standing>> {
    return this.#ask(() => harness.standing());
  }

  leftOvers(): Promise<ReturnType<typeof MovingPhone.leftOvers>> {
    return this.#ask(() => harness.leftOvers());
  }

  /** Stops the library; the page stays. */
  stopPhone(): Promise<void> {
    return within(
      45_000,
      'the library to stop',
      this.#ask(() => harness.stop()),
    );
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }

  get #page(): Page {
    return this.phone.page;
  }

  #ask<T>(run: () => T | Promise<T>): Promise<T> {
    return within(45_000, `the page to answer ${String(run)}`, this.#page.evaluate(run) as Promise<T>);
  }
}

/** Gives a page its files, by the hand of the test. */
class Files {
  areCut = false;
  readonly missed: string[] = [];
  readonly #server: PageServer;

  constructor(server: PageServer) {
    this.#server = server;
  }

  async serve(page: Page): Promise<void> {
    await page.setRequestInterception(true);
    page.on('request', (request) => {
      this.#answer(request).catch(() => undefined); // the page is gone
    });
  }

  async #answer(request: HTTPRequest): Promise<void> {
    const url = request.url();
    if (!url.startsWith(this.#server.origin)) return request.continue(); // a WebSocket
    if (this.areCut) {
      this.missed.push(url);
      return request.abort('internetdisconnected');
    }
    const { status, headers, body } = await this.#server.answer(url);
    return request.respond({ status, headers, body });
  }
}
