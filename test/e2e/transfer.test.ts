// Transfers through Kamailio: pages and a phone send each other on, and who talks to whom in the end is heard by the tones.
import { assert } from 'chai';
import type { Browser } from 'puppeteer';
import { browserNames, launch } from '../support/browser/launch.js';
import type { BrowserName } from '../support/browser/launch.js';
import { PageServer } from '../support/browser/page-server.js';
import { PhonePage } from '../support/browser/phone-page.js';
import { Baresip } from '../support/servers/baresip.js';
import { Kamailio } from '../support/servers/kamailio.js';
import { RtpEngine } from '../support/servers/rtpengine.js';

const server = new PageServer();
const rtpengine = new RtpEngine();
const kamailio = new Kamailio({ rtpengine });
const phone = new Baresip({ user: '1011', proxy: kamailio, tone: 520, answer: 'auto' });
const daemons = [rtpengine, kamailio, phone];
const browsers = new Map<BrowserName, Browser>();
const pages: PhonePage[] = [];

/** Each page has a tone of its own. */
async function open(name: BrowserName, user: string, tone: number): Promise<PhonePage> {
  const page = await PhonePage.open(browsers.get(name)!, server, { servers: kamailio.wsUrl, user, tone });
  pages.push(page);
  return page;
}

/** The first page has called the second. */
async function talking(from: BrowserName, to: BrowserName): Promise<[PhonePage, PhonePage]> {
  const [agent, customer] = await Promise.all([open(from, '1001', 440), open(to, '1002', 660)]);
  await agent.call(customer.uri);
  await customer.incoming();
  await customer.answer();
  await agent.reached('confirmed');
  return [agent, customer];
}

const transferred = { cause: 'transferred', status: 200, by: 'local' };

describe('transfer through Kamailio', () => {
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
    it(`CALL-40, 42: ${name} sends a page to baresip: they hear each other`, async () => {
      const [agent, customer] = await talking(name, 'chromium');
      const statuses = await agent.transfer(phone.uri);
      assert.equal(statuses.at(-1), 200);
      assert.deepEqual(await agent.ended(), transferred);
      assert.deepEqual(await customer.moved(), { cause: 'hangup', status: 200, by: 'remote' });
      await Promise.all([customer.hears(520), phone.hears(660)]);
      await customer.hangup();
    });

    it(`CALL-40: ${name} sends baresip to a page: they hear each other`, async () => {
      const [agent, colleague] = await Promise.all([open(name, '1001', 440), open('chromium', '1003', 880)]);
      await agent.call(phone.uri);
      await agent.reached('confirmed');
      const sent = agent.transfer(colleague.uri);
      await colleague.incoming();
      await colleague.answer();
      assert.equal((await sent).at(-1), 200);
      assert.equal((await agent.ended()).status, 200);
      await Promise.all([colleague.hears(520), phone.hears(880)]);
      await colleague.hangup();
    });

    it(`CALL-41, 43: ${name} consults a page and joins it with another: no second ringing, both hear each other`, async () => {
      const [agent, customer] = await talking(name, 'firefox');
      const colleague = await open('chromium', '1003', 880);
      const consulting = agent.consult(colleague.uri);
      await colleague.incoming();
      await colleague.answer();
      await consulting;
      const statuses = await agent.transfer();
      assert.equal(statuses.at(-1), 200);
      assert.deepEqual(await agent.ended(), transferred);
      assert.equal((await colleague.moved()).cause, 'replaced');
      assert.deepEqual(await customer.moved(), { cause: 'hangup', status: 200, by: 'remote' });
      assert.equal((await agent.consulted()).status, 200);
      await Promise.all([customer.hears(880), colleague.hears(660)]);
    });
  }

  it('CALL-41: a page consults baresip and joins it with a page', async () => {
    const [agent, customer] = await talking('chromium', 'chromium');
    await agent.consult(phone.uri);
    const statuses = await agent.transfer();
    assert.equal(statuses.at(-1), 200);
    await customer.moved();
    await agent.consulted();
    await Promise.all([customer.hears(520), phone.hears(660)]);
    await customer.hangup();
  });

  it('CALL-40: who cannot be reached: the call goes on, off hold', async () => {
    const [agent, customer] = await talking('chromium', 'firefox');
    const error = await agent.transfer('sip:1029@example.test').then(
      () => assert.fail('it should have failed'),
      (failure: unknown) => String(failure),
    );
    assert.match(error, /480/);
    await Promise.all([agent.hears(660), customer.hears(440)]);
    await agent.hangup();
  });
});
