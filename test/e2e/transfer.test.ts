// Transfers through Kamailio: pages and a phone send each other on, and who talks to whom in the end is heard by the tones.
import { assert } from 'chai';
import { browserNames } from '../support/browser/launch.js';
import { PhonePages } from '../support/browser/phone-pages.js';
import { Baresip } from '../support/servers/baresip.js';
import { Kamailio } from '../support/servers/kamailio.js';
import { RtpEngine } from '../support/servers/rtpengine.js';

const rtpengine = new RtpEngine();
const kamailio = new Kamailio({ rtpengine });
const phone = new Baresip({ user: '1011', proxy: kamailio, tone: 520, answer: 'auto' });
const pages = new PhonePages(rtpengine, kamailio, phone);

const transferred = { cause: 'transferred', status: 200, by: 'local' };

describe('transfer through Kamailio', () => {
  pages.serve();

  for (const name of browserNames) {
    it(`CALL-40, 42: ${name} sends a page to baresip: they hear each other`, async () => {
      const [agent, customer] = await pages.talking(name, 'chromium');
      const statuses = await agent.transfer(phone.uri);
      assert.equal(statuses.at(-1), 200);
      assert.deepEqual(await agent.ended(), transferred);
      assert.deepEqual(await customer.moved(), { cause: 'hangup', status: 200, by: 'remote' });
      await Promise.all([customer.hears(520), phone.hears(660)]);
      await customer.hangup();
    });

    it(`CALL-40: ${name} sends baresip to a page: they hear each other`, async () => {
      const [agent, colleague] = await Promise.all([
        pages.open(name, '1001', 440),
        pages.open('chromium', '1003', 880),
      ]);
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
      const [agent, customer] = await pages.talking(name, 'firefox');
      const colleague = await pages.open('chromium', '1003', 880);
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
    const [agent, customer] = await pages.talking('chromium', 'chromium');
    await agent.consult(phone.uri);
    const statuses = await agent.transfer();
    assert.equal(statuses.at(-1), 200);
    await customer.moved();
    await agent.consulted();
    await Promise.all([customer.hears(520), phone.hears(660)]);
    await customer.hangup();
  });

  it('CALL-40: who cannot be reached: the call goes on, off hold', async () => {
    const [agent, customer] = await pages.talking('chromium', 'firefox');
    const error = await agent.transfer('sip:1029@example.test').then(
      () => assert.fail('it should have failed'),
      (failure: unknown) => String(failure),
    );
    assert.match(error, /480/);
    await Promise.all([agent.hears(660), customer.hears(440)]);
    await agent.hangup();
  });
});
