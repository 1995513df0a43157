// Hold and resume from both ends through Kamailio and rtpengine: what the other side hears meanwhile, and again afterwards.
import { join } from 'node:path';
import { assert } from 'chai';
import { browserNames } from '../support/browser/launch.js';
import type { PhonePage } from '../support/browser/phone-page.js';
import { PhonePages } from '../support/browser/phone-pages.js';
import { Baresip } from '../support/servers/baresip.js';
import { until } from '../support/servers/deadline.js';
import { Kamailio } from '../support/servers/kamailio.js';
import { RtpEngine } from '../support/servers/rtpengine.js';
import { Sipp } from '../support/servers/sipp.js';

const rtpengine = new RtpEngine();
const kamailio = new Kamailio({ rtpengine });
const phone = new Baresip({ user: '1011', proxy: kamailio, tone: 520, answer: 'auto' });
const pages = new PhonePages(rtpengine, kamailio, phone);

const holds = (page: PhonePage, who: string): Promise<unknown> =>
  until(5000, `${page.uri}: hold by ${who}`, async () => (await page.onHold()) === who || undefined);

describe('hold and resume through Kamailio', () => {
  pages.serve();

  for (const name of browserNames) {
    it(`CALL-21: ${name} holds baresip and resumes it, then baresip holds the page: its tone is gone, and comes again, each time`, async () => {
      const page = await pages.open(name, '1001', 440);
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
      const page = await pages.open(name, '1001', 440);
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
      const [caller, callee] = await Promise.all([pages.open(name, '1001', 440), pages.open(other, '1002', 660)]);
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
