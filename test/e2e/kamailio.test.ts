// Calls through Kamailio: page to page, page to phone and phone to page, with the sound measured at both ends.
import { assert } from 'chai';
import { browserNames } from '../support/browser/launch.js';
import type { PhonePage } from '../support/browser/phone-page.js';
import { PhonePages } from '../support/browser/phone-pages.js';
import { Baresip } from '../support/servers/baresip.js';
import { Kamailio } from '../support/servers/kamailio.js';
import { RtpEngine } from '../support/servers/rtpengine.js';

const rtpengine = new RtpEngine();
const kamailio = new Kamailio({ rtpengine });
const impatient = new Kamailio({ algorithm: 'SHA-256', ringTimeout: 2000 });
const phone = new Baresip({ user: '1010', proxy: kamailio, tone: 440 });
const autoPhone = new Baresip({ user: '1011', proxy: kamailio, tone: 440, answer: 'auto' });
const pages = new PhonePages(rtpengine, kamailio, impatient, phone, autoPhone);

async function answered(caller: PhonePage, callee: PhonePage): Promise<void> {
  await callee.answer();
  await Promise.all([caller.reached('confirmed'), callee.reached('confirmed')]);
}

describe('calls through Kamailio', () => {
  pages.serve();

  describe('registration', () => {
    for (const name of browserNames) {
      it(`${name} over ws with MD5, and nothing is left after stop()`, async () => {
        const page = await pages.open(name, '1003', 660);
        assert.equal(page.registration.state, 'registered');
        assert.lengthOf(await kamailio.locations('1003'), 1);
        pages.forget(page);
        await page.close();
        assert.lengthOf(await kamailio.locations('1003'), 0);
      });

      it(`${name} over wss with SHA-256`, async () => {
        const page = await pages.open(name, '1003', 660, { servers: impatient.wssUrl });
        assert.equal(page.registration.state, 'registered');
        assert.lengthOf(await impatient.locations('1003'), 1);
      });
    }

    it('a wrong password fails with 401', async () => {
      const page = await pages.open('chromium', '1003', 660, { password: 'wrong' });
      assert.deepEqual(page.registration, { state: 'failed', status: 401 });
    });
  });

  describe('page to page', () => {
    for (const from of browserNames) {
      for (const to of browserNames) {
        it(`${from} calls ${to}: each hears the other's tone; the caller hangs up`, async () => {
          const [caller, callee] = await pages.ringing(from, to);
          await answered(caller, callee);
          await Promise.all([caller.hears(660), callee.hears(440)]);
          await caller.hangup();
          assert.deepEqual(await caller.ended(), { cause: 'hangup', status: 200, by: 'local' });
          assert.deepEqual(await callee.ended(), { cause: 'hangup', status: 200, by: 'remote' });
        });
      }

      it(`${from} calls over wss; the callee hangs up`, async () => {
        const [caller, callee] = await pages.ringing(from, 'chromium', { servers: impatient.wssUrl });
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
        const page = await pages.open(name, '1001', 660);
        await page.call(autoPhone.uri);
        await page.reached('confirmed');
        await autoPhone.event('CALL_ESTABLISHED');
        await Promise.all([page.hears(440), autoPhone.hears(660)]);
        await page.hangup();
        await autoPhone.event('CALL_CLOSED');
        assert.deepEqual(await page.ended(), { cause: 'hangup', status: 200, by: 'local' });
      });

      it(`${name} calls baresip, and baresip hangs up`, async () => {
        const page = await pages.open(name, '1001', 660);
        await page.call(autoPhone.uri);
        await page.reached('confirmed');
        await autoPhone.event('CALL_ESTABLISHED');
        await autoPhone.hangup();
        assert.deepEqual(await page.ended(), { cause: 'hangup', status: 200, by: 'remote' });
      });

      it(`baresip calls ${name}: each hears the other's tone; baresip hangs up`, async () => {
        const page = await pages.open(name, '1001', 660);
        await phone.dial(page.uri);
        assert.equal(await page.incoming(), phone.uri);
        await page.answer();
        await phone.event('CALL_ESTABLISHED');
        await Promise.all([page.hears(440), phone.hears(660)]);
        await phone.hangup();
        assert.deepEqual(await page.ended(), { cause: 'hangup', status: 200, by: 'remote' });
      });

      it(`baresip calls ${name}, and the page hangs up`, async () => {
        const page = await pages.open(name, '1001', 660);
        await phone.dial(page.uri);
        await page.incoming();
        await page.answer();
        await phone.event('CALL_ESTABLISHED');
        await page.hangup();
        await phone.event('CALL_CLOSED');
      });
    }

    it('baresip rings and refuses: busy', async () => {
      const page = await pages.open('chromium', '1001', 660);
      await page.call(phone.uri);
      await phone.event('CALL_INCOMING');
      await page.reached('early');
      await phone.hangup();
      assert.deepEqual(await page.ended(), { cause: 'busy', status: 486, by: 'remote' });
    });

    it('the page cancels while baresip rings', async () => {
      const page = await pages.open('chromium', '1001', 660);
      await page.call(phone.uri);
      await phone.event('CALL_INCOMING');
      await page.reached('early');
      await page.hangup();
      await phone.event('CALL_CLOSED');
      assert.deepEqual(await page.ended(), { cause: 'cancelled', status: 487, by: 'local' });
    });

    it('baresip cancels while the page rings', async () => {
      const page = await pages.open('chromium', '1001', 660);
      await phone.dial(page.uri);
      await page.incoming();
      await phone.hangup();
      assert.deepEqual(await page.ended(), { cause: 'cancelled', status: 487, by: 'remote' });
    });
  });

  describe('calls that nobody takes', () => {
    it('busy: 486', async () => {
      const [caller, callee] = await pages.ringing('chromium', 'firefox');
      await callee.reject(486);
      assert.deepEqual(await caller.ended(), { cause: 'busy', status: 486, by: 'remote' });
      assert.deepEqual(await callee.ended(), { cause: 'busy', status: 486, by: 'local' });
    });

    it('declined: 603', async () => {
      const [caller, callee] = await pages.ringing('firefox', 'chromium');
      await callee.hangup();
      assert.deepEqual(await caller.ended(), { cause: 'declined', status: 603, by: 'remote' });
      assert.deepEqual(await callee.ended(), { cause: 'declined', status: 603, by: 'local' });
    });

    it('cancelled: 487 at both sides', async () => {
      const [caller, callee] = await pages.ringing('chromium', 'chromium');
      await caller.hangup();
      assert.deepEqual(await caller.ended(), { cause: 'cancelled', status: 487, by: 'local' });
      assert.deepEqual(await callee.ended(), { cause: 'cancelled', status: 487, by: 'remote' });
    });

    it('no answer: the proxy gives up with 408, and the callee stops ringing', async () => {
      const [caller, callee] = await pages.ringing('chromium', 'chromium', { servers: impatient.wsUrl });
      assert.deepEqual(await caller.ended(), { cause: 'noAnswer', status: 408, by: 'remote' });
      assert.equal((await callee.ended()).cause, 'cancelled');
    });

    it('a user that does not exist: 404', async () => {
      const caller = await pages.open('chromium', '1001', 660);
      await caller.call('sip:nobody@example.test');
      assert.deepEqual(await caller.ended(), { cause: 'notFound', status: 404, by: 'remote' });
    });

    it('a user who is not registered: 480', async () => {
      const caller = await pages.open('chromium', '1001', 660);
      await caller.call('sip:1029@example.test');
      assert.deepEqual(await caller.ended(), { cause: 'unavailable', status: 480, by: 'remote' });
    });

    it('a call with the wrong password: 407', async () => {
      const caller = await pages.open('chromium', '1001', 660, { password: 'wrong', register: false });
      await caller.call('sip:1029@example.test');
      assert.deepEqual(await caller.ended(), { cause: 'authentication', status: 407, by: 'remote' });
    });
  });
});
