// A conference in a page, through Kamailio and rtpengine: each of the three hears the two others and not itself.
import { assert } from 'chai';
import type { Browser } from 'puppeteer';
import { browserNames, launch, openPage } from '../support/browser/launch.js';
import type { BrowserName } from '../support/browser/launch.js';
import { PageServer } from '../support/browser/page-server.js';
import type * as Host from '../support/browser/page/conference.js';
import { PhonePage } from '../support/browser/phone-page.js';
import { Baresip } from '../support/servers/baresip.js';
import { within } from '../support/servers/deadline.js';
import { Kamailio } from '../support/servers/kamailio.js';
import { RtpEngine } from '../support/servers/rtpengine.js';

declare const harness: typeof Host;
type Verb = 'meet' | 'host' | 'muteSecond' | 'calls' | 'end' | 'hearsOnly';

const [hosts, guests, phones] = [440, 660, 530];

const server = new PageServer();
const rtpengine = new RtpEngine();
const kamailio = new Kamailio({ rtpengine });
const phone = new Baresip({ user: '1011', proxy: kamailio, tone: phones, answer: 'auto' });
const daemons = [rtpengine, kamailio, phone];
const browsers = new Map<BrowserName, Browser>();
const pages: PhonePage[] = [];

async function open(name: BrowserName, user: string, tone: number): Promise<PhonePage> {
  const page = await openPage(browsers.get(name)!, server.harnessUrl('conference'));
  const opened = await PhonePage.begin(page, { servers: kamailio.wsUrl, user, tone });
  pages.push(opened);
  return opened;
}

function act<V extends Verb>(
  { page, uri }: PhonePage,
  verb: V,
  ...args: Parameters<(typeof Host)[V]>
): Promise<unknown> {
  const run = (name: Verb, given: readonly unknown[]): unknown =>
    (harness[name] as (...values: readonly unknown[]) => unknown)(...given);
  return within(20_000, `${uri}: ${verb}`, page.evaluate(run, verb, args as readonly unknown[]));
}

describe('a conference through Kamailio', () => {
  before(async () => {
    await server.start();
    for (const daemon of daemons) await daemon.start();
    for (const name of browserNames) browsers.set(name, await launch(name));
  });
  after(async () => {
    for (const browser of browsers.values()) await browser.close();
    for (const daemon of [...daemons].reverse()) await daemon.stop();
    await server.stop();
  });
  afterEach(async () => {
    for (const page of pages.splice(0)) await page.close();
  });

  for (const name of browserNames) {
    const other = name === 'chromium' ? 'firefox' : 'chromium';
    it(`MED-5: ${name} brings ${other} and baresip together: each hears the two others, not itself; mute, leave, and the end`, async () => {
      const [host, guest] = await Promise.all([open(name, '1001', hosts), open(other, '1002', guests)]);
      await host.call(guest.uri);
      await guest.incoming();
      await guest.answer();
      await host.reached('confirmed');
      await act(host, 'meet', phone.uri);
      assert.deepEqual(await act(host, 'calls'), [guest.uri, phone.uri]);
      await act(guest, 'hearsOnly', [hosts, phones], [guests]);
      await phone.hearsOnly([hosts, guests], [phones]);
      await act(host, 'hearsOnly', [guests], [hosts, phones]); // what that call brings; the sum of both is played

      await act(host, 'muteSecond', true);
      await act(guest, 'hearsOnly', [hosts], [guests, phones]);
      await act(host, 'muteSecond', false);
      await act(host, 'host', false);
      await act(guest, 'hearsOnly', [phones], [hosts, guests]);
      await phone.hearsOnly([guests], [hosts, phones]);
      await act(host, 'end');
      await Promise.all([guest.ended(), phone.event('CALL_CLOSED')]);
      assert.deepEqual(await act(host, 'calls'), []);
    });
  }
});
