// The demo page as its user sees it: clicks, and what comes of them by the softphone's own events.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer';
import ts from 'typescript';
import type { SoftphoneEvents } from '../../lib/elements/index.js';
import { openPage } from '../support/browser/launch.js';
import type * as Harness from '../support/browser/page/harness.js';
import { within } from '../support/servers/deadline.js';

declare const harness: typeof Harness;
declare const violations: string[];
/** Events in their order, also those that came before anybody asked. */
declare const inbox: { [K in 'callend' | 'incomingcall']: () => Promise<SoftphoneEvents[K]> };

export interface Ending {
  readonly cause: string;
  readonly status: number;
  readonly by: string;
}

/** The ears of the test pages as a plain script: a page under a strict policy loads no module that its server does not have. */
async function harnessScript(): Promise<string> {
  const source = await readFile(join(import.meta.dirname, '../support/browser/page/harness.ts'), 'utf8');
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  const code = ts.transpileModule(source, { compilerOptions }).outputText.replace(/^export /gm, '');
  return `globalThis.__name = (value) => value; globalThis.violations = [];
    document.addEventListener('securitypolicyviolation', (event) => {
      violations.push(event.violatedDirective + ' ' + event.blockedURI);
    });
    globalThis.inbox = Object.fromEntries(['callend', 'incomingcall'].map((name) => {
      const [seen, waiting] = [[], []];
      document.addEventListener(name, ({ detail }) => {
        if (waiting.length > 0) waiting.shift()(detail);
        else seen.push(detail);
      });
      return [name, () => seen.length > 0 ? Promise.resolve(seen.shift()) : new Promise((resolve) => waiting.push(resolve))];
    }));
    globalThis.harness = (() => { ${code}; return { hears, hearsNothing, toneMicrophone }; })();`;
}

/** Opens a page of the demo with ears, and with a list of what its policy refused. */
export async function openWithEars(browser: Browser, url: string): Promise<Page> {
  const page = await openPage(browser, 'about:blank');
  await page.evaluateOnNewDocument(await harnessScript());
  await page.goto(url);
  return page;
}

export const violationsOf = (page: Page): Promise<readonly string[]> => page.evaluate(() => violations);

export class SoftphonePage {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  static async open(browser: Browser, url: string): Promise<SoftphonePage> {
    return new SoftphonePage(await openWithEars(browser, url));
  }

  /** Its microphone hears a tone, whatever the browser's own hears. */
  async useMicrophone(hertz: number): Promise<void> {
    await this.page.evaluate((tone) => {
      const environment = { getUserMedia: harness.toneMicrophone(tone) };
      document.querySelector('evercall-softphone')!.options = { environment };
    }, hertz);
  }

  /** One click on the list of users. */
  async signIn(name: string): Promise<void> {
    const registered = this.page.evaluate(
      () =>
        new Promise<void>((resolve) => {
          document.querySelector('evercall-softphone')!.addEventListener('registrationchange', (event) => {
            const { state } = (event as CustomEvent<SoftphoneEvents['registrationchange']>).detail;
            if (state === 'registered') resolve();
          });
        }),
    );
    await this.click(`[aria-label="Sign in as ${name}"]`);
    await within(10_000, `${name} to register`, registered);
  }

  /** One click on the list of numbers; resolves when the call is answered. */
  async callNumber(number: string): Promise<void> {
    const confirmed = this.reached('confirmed');
    await this.click(`[aria-label="Call ${number}"]`);
    await confirmed;
  }

  /** As a user does who has no list: types an address and presses Enter. */
  async dial(target: string): Promise<void> {
    await this.click('evercall-softphone >>> .target');
    await this.page.keyboard.type(target);
    await this.page.keyboard.press('Enter');
  }

  async click(selector: string): Promise<void> {
    const element = await this.page.waitForSelector(selector, { timeout: 10_000, visible: true });
    await element!.click();
  }

  /** Resolves when the next call of this page, or the one there is, comes into a state. */
  reached(wanted: string): Promise<void> {
    const reached = this.page.evaluate(
      (state) =>
        new Promise<void>((resolve) => {
          const softphone = document.querySelector('evercall-softphone')!;
          if (softphone.activeCall?.state === state) resolve();
          softphone.addEventListener('callstatechange', (event) => {
            const { detail } = event as CustomEvent<SoftphoneEvents['callstatechange']>;
            if (detail.state === state) resolve();
          });
        }),
      wanted,
    );
    return within(15_000, `a call to be ${wanted}`, reached);
  }

  /** Resolves with the address of the next caller. */
  incoming(): Promise<string> {
    const caller = this.page.evaluate(async () => (await inbox.incomingcall()).call.remote.uri);
    return within(10_000, 'an incoming call', caller);
  }

  /** Resolves with how the next call ends, or has ended. */
  ended(): Promise<Ending> {
    const ending = this.page.evaluate(async () => {
      const { cause, status, by } = (await inbox.callend()).end;
      return { cause, status, by };
    });
    return within(15_000, 'a call to end', ending);
  }

  /** Finds a tone in what the other side of the active call sends. */
  hears(hertz: number): Promise<Harness.HeardTone> {
    const heard = this.page.evaluate((tone) => {
      const stream = document.querySelector('evercall-softphone')!.activeCall?.remoteStream;
      if (!stream) throw new Error('there is nothing to be heard');
      return harness.hears(stream, tone);
    }, hertz);
    return within(15_000, `to hear ${hertz} Hz`, heard);
  }

  /** Finds silence in what the other side of the active call sends. */
  hearsNothing(): Promise<Harness.HeardTone> {
    const heard = this.page.evaluate(() =>
      harness.hearsNothing(document.querySelector('evercall-softphone')!.activeCall!.remoteStream!),
    );
    return within(15_000, 'to hear nothing', heard);
  }

  /** Opens a panel below the phone, unless it is open. */
  async openPanel(name: 'sound' | 'timeline' | 'faults'): Promise<void> {
    const button = `evercall-softphone >>> .open-${name}`;
    // `visible` has puppeteer look at each frame: else it sees no change in a shadow tree
    const element = await this.page.waitForSelector(button, { timeout: 10_000, visible: true });
    if ((await element!.evaluate((opener) => opener.getAttribute('aria-expanded'))) === 'false') await element!.click();
    await this.page.waitForSelector(`${button}[aria-expanded=true]`, { timeout: 10_000, visible: true });
  }

  /** What is written down, without the times. */
  timeline(): Promise<string[]> {
    return this.page.$$eval('evercall-softphone >>> .timeline li span', (lines) =>
      lines.map(({ textContent }) => textContent),
    );
  }

  async hangup(): Promise<void> {
    await this.click('evercall-softphone >>> .hangup');
  }

  /** What is shown about the last call. */
  notice(): Promise<string> {
    return this.page.$eval('evercall-softphone >>> .notice', ({ textContent }) => textContent);
  }

  /** The text of what has the focus, inside the softphone too. */
  focused(): Promise<string> {
    return this.page.evaluate(() => {
      const { activeElement } = document.querySelector('evercall-softphone')!.shadowRoot!;
      return activeElement?.textContent.trim() ?? '';
    });
  }

  async close(): Promise<void> {
    await this.page.browserContext().close();
  }
}
