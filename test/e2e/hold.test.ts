// Hold and resume from both ends through Kamailio and rtpengine: what the other side hears meanwhile, and again afterwards.
import { join } from 'node:path';
import { assert } from 'chai';
import type { Browser } from 'puppeteer';
import { browserNames, launch } from '../support/browser/launch.js';
import type { BrowserName } from '../support/browser/launch.js';
import { PageServer } from '../support/browser/page-server.js';
import { PhonePage } from '../support/browser/phone-page.js';
import { Baresip } from '../support/servers/baresip.js';
import { until } from '../support/servers/deadline.js';
import { Kamailio } from '../support/servers/kamailio.js';
import { RtpEngine } from '../support/servers/rtpengine.js';
import { Sipp } from '../support/servers/sipp.js';

const server = new PageServer();
const rtpengine = new RtpEngine();
const kamailio = new Kamailio({ rtpengine });
const phone = new Baresip({ user: '1011', proxy: kamailio, tone: 520, answer: 'auto' });
const daemons = [rtpengine, kamailio, phone];
const browsers = new Map<BrowserName, Browser>();
const pages: PhonePage[] = [];

async function open(name: BrowserName, user: string, tone: number): Promise<PhonePage> {
  const page = await PhonePage.open(browsers.get(name)!, server, { servers: kamailio.wsUrl, user, tone });
  pages.push(page);
  return page;
}

const holds = (page: PhonePage, who: string): Promise<unknown> =>
  until(5000, `${page.uri}: hold by ${who}`, async () => (await page.onHold()) === who || undefined);

describe('hold and resume through Kamailio', () => {
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
    it(`CALL-21: ${name} holds baresip and resumes it, then baresip holds the page: its tone is gone, and comes again, each time`, async () => {
      const page = await open(name, '1001', 440);
      await page.call(phone.uri);
      await page.reached('confirmed');
      await phone.event('CALL_ESTABLISHED');
      await Promise.all([page.hears(520), phone.hears(440)]);
      await page.hold();
      assert.equal(await page.onHold(), 'local');
      await page.hearsSilence();
      await page.resume();
      assert.equal(await page.onHold(), 'nobody');
      await page.hears(520); // baresip 1.0 itself decodes nothing after a re-INVITE: the far end's ear is sipp's, below

      await phone.hold();
      await holds(page, 'remote');
      await page.hearsSilence();
      await phone.resume();
      await holds(page, 'nobody');
      await page.hears(520);
      await page.hangup();
      await phone.event('CALL_CLOSED');
    });

    it(`CALL-21: what ${name} sends is heard at the far end again, after a hold by either side: sipp sends back what it hears`, async () => {
      const echo = await new Sipp({
        scenario: join(import.meta.dirname, '../support/scenarios/echoing-uas.xml'),
        port: kamailio.peerPort,
        service: '1090',
        echoes: true,
        timeout: 50,
      }).start();
      const page = await open(name, '1001', 440);
      await page.call('sip:1090@example.test');
      await page.reached('confirmed');
      await page.hears(440);
      await page.hold();
      await page.hearsSilence();
      await page.resume();
      await page.hears(440);
      await holds(page, 'remote');
      await page.hearsSilence();
      await holds(page, 'nobody');
      await page.hears(440);
      await page.hangup();
      await echo.finished();
      await echo.stop();
    });

    const other = name === 'chromium' ? 'firefox' : 'chromium';
    it(`CALL-21: ${name} calls ${other}: each holds the other, then both at once; who resumes first stays held`, async () => {
      const [caller, callee] = await Promise.all([open(name, '1001', 440), open(other, '1002', 660)]);
      const silence = (): Promise<unknown> => Promise.all([caller.hearsSilence(), callee.hearsSilence()]);
      const tones = (): Promise<unknown> => Promise.all([caller.hears(660), callee.hears(440)]);
      await caller.call(callee.uri);
      await callee.incoming();
      await callee.answer();
      await caller.reached('confirmed');
      await tones();
      for (const [holder, held] of [
        [caller, callee],
        [callee, caller],
      ] as const) {
        await holder.hold();
        assert.deepEqual([await holder.onHold(), await held.onHold()], ['local', 'remote']);
        await silence();
        await holder.resume();
        assert.deepEqual([await holder.onHold(), await held.onHold()], ['nobody', 'nobody']);
        await tones();
      }
      await caller.hold();
      await callee.hold();
      assert.deepEqual([await caller.onHold(), await callee.onHold()], ['both', 'both']);
      await silence();
      await caller.resume();
      assert.deepEqual([await caller.onHold(), await callee.onHold()], ['remote', 'local']);
      await silence();
      await callee.resume();
      await tones();
    });
  }
});
