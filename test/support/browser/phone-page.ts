// A page with one account of the library, seen from the test: each method runs its namesake in page/phone.ts.
import type { Browser, Page } from 'puppeteer';
import { until, within } from '../servers/deadline.js';
import { openPage } from './launch.js';
import type { PageServer } from './page-server.js';
import type * as Phone from './page/phone.js';

declare const harness: typeof Phone;
type Verb = keyof typeof Phone;

export class PhonePage {
  readonly page: Page;
  /** What became of the registration. */
  readonly registration: Awaited<ReturnType<typeof Phone.start>>;
  readonly uri: string;

  private constructor(page: Page, uri: string, registration: PhonePage['registration']) {
    this.page = page;
    this.uri = uri;
    this.registration = registration;
  }

  static async open(browser: Browser, server: PageServer, options: Phone.PhoneOptions): Promise<PhonePage> {
    return PhonePage.begin(await openPage(browser, server.harnessUrl('phone')), options);
  }

  /** Starts the phone of a page that was opened with it, or with one that does more. */
  static async begin(page: Page, options: Phone.PhoneOptions): Promise<PhonePage> {
    const start = page.evaluate((given) => harness.start(given), options);
    const registration = await within(15_000, `${options.user} to register`, start);
    return new PhonePage(page, `sip:${options.user}@example.test`, registration);
  }

  call(target: string, options: Parameters<typeof Phone.call>[1] = {}): Promise<void> {
    return this.#do('call', target, options);
  }
  onOffers(wish: Parameters<typeof Phone.onOffers>[0]): Promise<void> {
    return this.#do('onOffers', wish);
  }
  timeToOffer(): Promise<number> {
    return this.#do('timeToOffer');
  }
  timeToInvite(): Promise<number> {
    return this.#do('timeToInvite');
  }
  addVideo(): Promise<string> {
    return this.#do('addVideo');
  }
  removeVideo(): Promise<void> {
    return this.#do('removeVideo');
  }
  media(): Promise<string[]> {
    return this.#do('media');
  }
  seesVideo(): Promise<void> {
    return this.#do('seesVideo');
  }
  connected(): Promise<void> {
    return this.#do('connected');
  }
  reached(state: Parameters<typeof Phone.reached>[0]): Promise<void> {
    return this.#do('reached', state);
  }
  incoming(): Promise<string> {
    return this.#do('incoming');
  }
  answer(options: Parameters<typeof Phone.answer>[0] = {}): Promise<void> {
    return this.#do('answer', options);
  }
  reject(status?: number): Promise<void> {
    return this.#do('reject', ...(status === undefined ? [] : [status]));
  }
  ringWithMedia(): Promise<void> {
    return this.#do('ringWithMedia');
  }
  hold(): Promise<void> {
    return this.#do('hold');
  }
  resume(): Promise<void> {
    return this.#do('resume');
  }
  onHold(): Promise<string> {
    return this.#do('onHold');
  }
  state(): Promise<string> {
    return this.#do('state');
  }
  hurry(pace: number): Promise<void> {
    return this.#do('hurry', pace);
  }
  shareScreen(what: Parameters<typeof Phone.shareScreen>[0]): Promise<void> {
    return this.#do('shareScreen', what);
  }
  stopScreenShare(): Promise<void> {
    return this.#do('stopScreenShare');
  }
  videoSource(): Promise<string> {
    return this.#do('videoSource');
  }
  hangup(): Promise<void> {
    return this.#do('hangup');
  }
  ended(): Promise<Phone.Ending> {
    return this.#do('ended');
  }
  consult(target: string): Promise<void> {
    return this.#do('consult', target);
  }
  transfer(target?: string): Promise<number[]> {
    return this.#do('transfer', ...(target === undefined ? [] : [target]));
  }
  consulted(): Promise<Phone.Ending> {
    return this.#do('consulted');
  }
  moved(): Promise<Phone.Ending> {
    return this.#do('moved');
  }
  hears(hertz: number): Promise<Awaited<ReturnType<typeof Phone.hearsTone>>> {
    return this.#do('hearsTone', hertz);
  }

  hearsSilence(): Promise<Awaited<ReturnType<typeof Phone.hearsSilence>>> {
    return this.#do('hearsSilence');
  }

  /** What went over its WebSocket one way and begins so, in order. */
  async wire(way: Phone.Frame['way'], start: RegExp): Promise<Phone.Frame[]> {
    const frames = await this.#do<Phone.Frame[]>('wire');
    return frames.filter((frame) => frame.way === way && start.test(frame.text));
  }

  /** Resolves when so many frames that begin so went over its WebSocket. */
  seen(way: Phone.Frame['way'], start: RegExp, count = 1, ms = 10_000): Promise<Phone.Frame[]> {
    return until(ms, `${this.uri}: ${count} of ${String(start)} ${way}`, async () => {
      const found = await this.wire(way, start);
      return found.length >= count ? found : undefined;
    });
  }

  /** Unregisters and closes the page. */
  async close(): Promise<void> {
    await this.#do('stop');
    await this.page.browserContext().close();
  }

  #do<T>(verb: Verb, ...args: readonly unknown[]): Promise<T> {
    const run = (name: Verb, given: readonly unknown[]): unknown =>
      (harness[name] as (...values: readonly unknown[]) => unknown)(...given);
    return within(
      20_000,
      `${this.uri}: ${verb}(${args.join(', ')})`,
      this.page.evaluate(run, verb, args) as Promise<T>,
    );
  }
}
