// Before the answer, through Kamailio: forks of which two answer at once, early media by its tones, provisional responses that are reliable.
import { join } from 'node:path';
import { assert } from 'chai';
import { browserNames } from '../support/browser/launch.js';
import type { BrowserName } from '../support/browser/launch.js';
import { PhonePages } from '../support/browser/phone-pages.js';
import { Baresip } from '../support/servers/baresip.js';
import { Kamailio } from '../support/servers/kamailio.js';
import { RtpEngine } from '../support/servers/rtpengine.js';
import { Sipp } from '../support/servers/sipp.js';
import { sineMuLaw } from '../support/tone.js';

const rtpengine = new RtpEngine();
const kamailio = new Kamailio({ rtpengine });
const phone = new Baresip({ user: '1010', proxy: kamailio, tone: 520 });
const pages = new PhonePages(rtpengine, kamailio, phone);
const other = (name: BrowserName): BrowserName => (name === 'chromium' ? 'firefox' : 'chromium');
const scenario = (name: string): string => join(import.meta.dirname, '../support/scenarios', name);

/** The header of a message, in the spelling of the library. */
const header = (text: string, name: string): string =>
  new RegExp(`^${name}: (.*)\r$`, 'm').exec(text)?.[1] ?? `no ${name}`;
/** Final responses to an INVITE that belong to a call, and not to its authentication. */
const answered = /^SIP\/2\.0 200 [^]*\r\nCSeq: \d+ INVITE/;
const toTag = (text: string): string => /;tag=([^;]+)/.exec(header(text, 'To'))![1]!;

describe('early dialogs through Kamailio', () => {
  pages.serve();

  for (const name of browserNames) {
    it(`CALL-7, J1: ${name} calls three, of whom two answer at once: one stays, one gets ACK and BYE, one CANCEL`, async () => {
      const caller = await pages.open(name, '1001', 440);
      const first = await pages.open('chromium', '1002', 660);
      const second = await pages.open('firefox', '1002', 880);
      const third = await pages.open('chromium', '1002', 550);
      const callees = [first, second, third];
      assert.lengthOf(await kamailio.locations('1002'), 3);
      await caller.call(first.uri);
      await Promise.all(callees.map((callee) => callee.incoming()));
      await caller.seen('received', /^SIP\/2\.0 180 /, 3);

      kamailio.freeze(); // until both have answered
      const answers = [first.answer(), second.answer()];
      await Promise.all([first.seen('sent', answered), second.seen('sent', answered)]);
      kamailio.thaw();
      await Promise.all(answers);
      await caller.reached('confirmed');

      const oks = await caller.seen('received', answered, 2);
      const [bye] = await caller.seen('sent', /^BYE /);
      const loserTag = toTag(bye!.text);
      assert.equal(loserTag, toTag(oks[1]!.text), 'the second to answer is hung up');
      const acks = await caller.wire('sent', /^ACK [^]*\r\nCSeq: \d+ ACK/);
      for (const ok of oks) assert.isTrue(acks.some(({ text }) => toTag(text) === toTag(ok.text)));
      const [winner, loser] = (await first.wire('sent', answered))[0]!.text.includes(loserTag)
        ? [second, first]
        : [first, second];
      assert.deepEqual(await loser.ended(), { cause: 'hangup', status: 200, by: 'remote' });
      assert.equal((await third.ended()).cause, 'answeredElsewhere');
      await Promise.all([caller.hears(winner === first ? 660 : 880), winner.hears(440)]);
      assert.lengthOf(await caller.wire('sent', /^BYE /), 1);
      await caller.hangup();
      assert.deepEqual(await winner.ended(), { cause: 'hangup', status: 200, by: 'remote' });
    });

    it(`CALL-7: ${name} hears sipp before it answers, and goes on hearing it`, async () => {
      const page = await pages.open(name, '1001', 440);
      const sounds = { 'tone.ulaw': sineMuLaw(520) };
      const callee = new Sipp({ scenario: scenario('early-uas.xml'), port: kamailio.peerPort, sounds });
      await callee.start();
      await page.call('sip:1090@example.test');
      await page.reached('early');
      await page.hears(520);
      assert.equal(await page.state(), 'early');
      assert.lengthOf(await page.wire('received', answered), 0);
      await page.reached('confirmed');
      await page.hears(520);
      await page.hangup();
      await callee.finished();
      await callee.stop();
    });

    it(`CALL-4: ${name} rings with early media: baresip hears it before the answer, and a page in ${other(name)} does`, async () => {
      const callee = await pages.open(name, '1002', 660);
      await phone.dial(callee.uri);
      await callee.incoming();
      await callee.ringWithMedia();
      await phone.event('CALL_PROGRESS');
      await phone.hears(660);
      assert.equal(await callee.state(), 'early');
      await callee.answer();
      await phone.event('CALL_ESTABLISHED');
      await Promise.all([phone.hears(660), callee.hears(520)]);
      await phone.hangup();
      await phone.event('CALL_CLOSED');
      await callee.ended();

      const caller = await pages.open(other(name), '1001', 440);
      await caller.call(callee.uri);
      await callee.incoming();
      await callee.ringWithMedia();
      await caller.reached('early');
      await caller.hears(660);
      assert.equal(await caller.state(), 'early');
      assert.lengthOf(await caller.wire('received', answered), 0);
      await callee.answer();
      await caller.reached('confirmed');
      await Promise.all([caller.hears(660), callee.hears(440)]);
    });

    const required = { reliableProvisional: 'required' } as const;

    it(`CALL-29: ${name} requires 100rel, and so does ${other(name)}: PRACK to the 180 and to early media; they hear each other`, async () => {
      const [caller, callee] = [
        await pages.open(name, '1001', 440, required),
        await pages.open(other(name), '1002', 660, required),
      ];
      await caller.call(callee.uri);
      await callee.incoming();
      const [ringing] = await caller.seen('received', /^SIP\/2\.0 180 /);
      assert.include(header(ringing!.text, 'Require'), '100rel');
      await callee.seen('received', /^PRACK /);
      await callee.ringWithMedia();
      await caller.hears(660);
      assert.equal(await caller.state(), 'early');
      const [progress] = await caller.wire('received', /^SIP\/2\.0 183 /);
      const pracks = await callee.seen('received', /^PRACK /, 2);
      const rseqs = [ringing, progress].map((response) => header(response!.text, 'RSeq'));
      assert.deepEqual(
        pracks.map(({ text }) => header(text, 'RAck').split(' ')[0]),
        rseqs,
      );
      assert.equal(Number(rseqs[1]), Number(rseqs[0]) + 1); // RFC 3262 §3
      await callee.answer();
      await caller.reached('confirmed');
      await Promise.all([caller.hears(660), callee.hears(440)]);
      await callee.hangup();
      assert.deepEqual(await caller.ended(), { cause: 'hangup', status: 200, by: 'remote' });
    });

    it(`CALL-29: ${name} requires 100rel of sipp, whose answer comes in a reliable 183; then sipp requires it of the page`, async () => {
      const page = await pages.open(name, '1001', 440, required);
      const callee = await new Sipp({ scenario: scenario('reliable-uas.xml'), port: kamailio.peerPort }).start();
      await page.call('sip:1090@example.test');
      await page.reached('confirmed');
      await page.hangup();
      await callee.finished();
      assert.deepEqual(await page.ended(), { cause: 'hangup', status: 200, by: 'local' });
      await callee.stop();

      const caller = await new Sipp({
        scenario: scenario('reliable-uac.xml'),
        proxy: kamailio,
        service: '1001',
        fields: [['1012', '[authentication username=1012 password=pw1012]']],
      }).start();
      await page.incoming();
      await page.seen('received', /^PRACK /);
      await page.answer();
      await caller.finished();
      assert.deepEqual(await page.ended(), { cause: 'hangup', status: 200, by: 'remote' });
      await caller.stop();
    });

    it(`CALL-9: ${name} requires 100rel of baresip, which knows nothing of it: 420 one way, 421 the other`, async () => {
      const page = await pages.open(name, '1001', 440, required);
      await page.call(phone.uri);
      assert.deepInclude(await page.ended(), { status: 420, by: 'remote' });
      await phone.dial(page.uri);
      const closed = await phone.event('CALL_CLOSED');
      assert.match(closed.param ?? '', /421/);
    });
  }
});
