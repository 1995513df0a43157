// Calls through Kamailio: page to page, page to phone and phone to page, with the sound measured at both ends.
import { assert } from 'chai';
import type { Browser } from 'puppeteer';
import { browserNames, launch } from '../support/browser/launch.js';
import type { BrowserName } from '../support/browser/launch.js';
import { PageServer } from '../support/browser/page-server.js';
import { PhonePage } from '../support/browser/phone-page.js';
import type { PhoneOptions } from '../support/browser/page/phone.js';
import { Baresip } from '../support/servers/baresip.js';
import { Kamailio } from '../support/servers/kamailio.js';
import { RtpEngine } from '../support/servers/rtpengine.js';

const server = new PageServer();
const rtpengine = new RtpEngine();
const kamailio = new Kamailio({ rtpengine });
const impatient = new Kamailio({ algorithm: 'SHA-256', ringTimeout: 2000 });
const phone = new Baresip({ user: '1010', proxy: kamailio, tone: 440 });
const autoPhone = new Baresip({ user: '1011', proxy: kamailio, tone: 440, answer: 'auto' });
const daemons = [rtpengine, kamailio, impatient, phone, autoPhone];
const browsers = new Map<BrowserName, Browser>();
const pages: PhonePage[] = [];

async function openPhone(name: BrowserName, options: Partial<PhoneOptions> & { user: string }): Promise<PhonePage> {
  const page = await PhonePage.open(browsers.get(name)!, server, { servers: kamailio.wsUrl, tone: 660, ...options });
  pages.push(page);
  return page;
}

/** Two pages, the first of which calls the second; resolves when it rings there. */
async function ringing(from: BrowserName, to: BrowserName, servers = kamailio.wsUrl): Promise<[PhonePage, PhonePage]> {
  const [caller, callee] = await Promise.all([
    openPhone(from, { user: '1001', tone: 440, servers }),
    openPhone(to, { user: '1002', tone: 660, servers }),
  ]);
  await caller.call(callee.uri);
  assert.equal(await callee.incoming(), caller.uri);
  return [caller, callee];
}

async function answered(caller: PhonePage, callee: PhonePage): Promise<void> {
  await callee.answer();
  await Promise.all([caller.reached('confirmed'), callee.reached('confirmed')]);
}

describe('calls through Kamailio', () => {
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

  describe('registration', () => {
    for (const name of browserNames) {
      it(`${name} over ws with MD5, and nothing is left after stop()`, async () => {
        const page = await openPhone(name, { user: '1003' });
        assert.equal(page.registration.state, 'registered');
        assert.lengthOf(await kamailio.locations('1003'), 1);
        await pages.pop()!.close();
        assert.lengthOf(await kamailio.locations('1003'), 0);
      });

      it(`${name} over wss with SHA-256`, async () => {
        const page = await openPhone(name, { user: '1003', servers: impatient.wssUrl });
        assert.equal(page.registration.state, 'registered');
        assert.lengthOf(await impatient.locations('1003'), 1);
      });
    }

    it('a wrong password fails with 401', async () => {
      const page = await openPhone('chromium', { user: '1003', password: 'wrong' });
      assert.deepEqual(page.registration, { state: 'failed', status: 401 });
    });
  });

  describe('page to page', () => {
    for (const from of browserNames) {
      for (const to of browserNames) {
        it(`${from} calls ${to}: each hears the other's tone; the caller hangs up`, async () => {
          const [caller, callee] = await ringing(from, to);
          await answered(caller, callee);
          await Promise.all([caller.hears(660), callee.hears(440)]);
          await caller.hangup();
          assert.deepEqual(await caller.ended(), { cause: 'hangup', status: 200, by: 'local' });
          assert.deepEqual(await callee.ended(), { cause: 'hangup', status: 200, by: 'remote' });
        });
      }

      it(`${from} calls over wss; the callee hangs up`, async () => {
        const [caller, callee] = await ringing(from, 'chromium', impatient.wssUrl);
        await answered(caller, callee);
        await Promise.all([caller.hears(660), callee.hears(440)]);
        await callee.hangup();
        assert.deepEqual(await callee.ended(), { cause: 'hangup', status: 200, by: 'local' });
        assert.deepEqual(await caller.ended(), { cause: 'hangup', status: 200, by: 'remote' });
      });
    }
  });

  describe('page and phone, through rtpengine', () => {
    for (const name of browserNames) {
      it(`${name} calls baresip: each hears the other's tone; the page hangs up`, async () => {
        const page = await openPhone(name, { user: '1001' });
        await page.call(autoPhone.uri);
        await page.reached('confirmed');
        await autoPhone.event('CALL_ESTABLISHED');
        await Promise.all([page.hears(440), autoPhone.hears(660)]);
        await page.hangup();
        await autoPhone.event('CALL_CLOSED');
        assert.deepEqual(await page.ended(), { cause: 'hangup', status: 200, by: 'local' });
      });

      it(`${name} calls baresip, and baresip hangs up`, async () => {
        const page = await openPhone(name, { user: '1001' });
        await page.call(autoPhone.uri);
        await page.reached('confirmed');
        await autoPhone.event('CALL_ESTABLISHED');
        await autoPhone.hangup();
        assert.deepEqual(await page.ended(), { cause: 'hangup', status: 200, by: 'remote' });
      });

      it(`baresip calls ${name}: each hears the other's tone; baresip hangs up`, async () => {
        const page = await openPhone(name, { user: '1001' });
        await phone.dial(page.uri);
        assert.equal(await page.incoming(), phone.uri);
        await page.answer();
        await phone.event('CALL_ESTABLISHED');
        await Promise.all([page.hears(440), phone.hears(660)]);
        await phone.hangup();
        assert.deepEqual(await page.ended(), { cause: 'hangup', status: 200, by: 'remote' });
      });

      it(`baresip calls ${name}, and the page hangs up`, async () => {
        const page = await openPhone(name, { user: '1001' });
        await phone.dial(page.uri);
        await page.incoming();
        await page.answer();
        await phone.event('CALL_ESTABLISHED');
        await page.hangup();
        await phone.event('CALL_CLOSED');
      });
    }

    it('baresip rings and refuses: busy', async () => {
      const page = await openPhone('chromium', { user: '1001' });
      await page.call(phone.uri);
      await phone.event('CALL_INCOMING');
      await page.reached('early');
      await phone.hangup();
      assert.deepEqual(await page.ended(), { cause: 'busy', status: 486, by: 'remote' });
    });

    it('the page cancels while baresip rings', async () => {
      const page = await openPhone('chromium', { user: '1001' });
      await page.call(phone.uri);
      await phone.event('CALL_INCOMING');
      await page.reached('early');
      await page.hangup();
      await phone.event('CALL_CLOSED');
      assert.deepEqual(await page.ended(), { cause: 'cancelled', status: 487, by: 'local' });
    });

    it('baresip cancels while the page rings', async () => {
      const page = await openPhone('chromium', { user: '1001' });
      await phone.dial(page.uri);
      await page.incoming();
      await phone.hangup();
      assert.deepEqual(await page.ended(), { cause: 'cancelled', status: 487, by: 'remote' });
    });
  });

  describe('calls that nobody takes', () => {
    it('busy: 486', async () => {
      const [caller, callee] = await ringing('chromium', 'firefox');
      await callee.reject(486);
      assert.deepEqual(await caller.ended(), { cause: 'busy', status: 486, by: 'remote' });
      assert.deepEqual(await callee.ended(), { cause: 'busy', status: 486, by: 'local' });
    });

    it('declined: 603', async () => {
      const [caller, callee] = await ringing('firefox', 'chromium');
      await callee.hangup();
      assert.deepEqual(await caller.ended(), { cause: 'declined', status: 603, by: 'remote' });
      assert.deepEqual(await callee.ended(), { cause: 'declined', status: 603, by: 'local' });
    });

    it('cancelled: 487 at both sides', async () => {
      const [caller, callee] = await ringing('chromium', 'chromium');
      await caller.hangup();
      assert.deepEqual(await caller.ended(), { cause: 'cancelled', status: 487, by: 'local' });
      assert.deepEqual(await callee.ended(), { cause: 'cancelled', status: 487, by: 'remote' });
    });

    it('no answer: the proxy gives up with 408, and the callee stops ringing', async () => {
      const [caller, callee] = await ringing('chromium', 'chromium', impatient.wsUrl);
      assert.deepEqual(await caller.ended(), { cause: 'noAnswer', status: 408, by: 'remote' });
      assert.equal((await callee.ended()).cause, 'cancelled');
    });

    it('a user that does not exist: 404', async () => {
      const caller = await openPhone('chromium', { user: '1001' });
      await caller.call('sip:nobody@example.test');
      assert.deepEqual(await caller.ended(), { cause: 'notFound', status: 404, by: 'remote' });
    });

    it('a user who is not registered: 480', async () => {
      const caller = await openPhone('chromium', { user: '1001' });
      await caller.call('sip:1029@example.test');
      assert.deepEqual(await caller.ended(), { cause: 'unavailable', status: 480, by: 'remote' });
    });

    it('a call with the wrong password: 407', async () => {
      const caller = await openPhone('chromium', { user: '1001', password: 'wrong', register: false });
      await caller.call('sip:1029@example.test');
      assert.deepEqual(await caller.ended(), { cause: 'authentication', status: 407, by: 'remote' });
    });
  });
});
