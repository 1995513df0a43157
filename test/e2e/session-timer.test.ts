// Session timers through Kamailio (RFC 4028): who refreshes does, and who hears nothing hangs up. The library's seconds are shortened once a call is there.
import { join } from 'node:path';
import { assert } from 'chai';
import type { PhoneOptions } from '../support/browser/page/phone.js';
import { PhonePages } from '../support/browser/phone-pages.js';
import { Kamailio } from '../support/servers/kamailio.js';
import { RtpEngine } from '../support/servers/rtpengine.js';
import { Sipp } from '../support/servers/sipp.js';

type Timer = NonNullable<PhoneOptions['sessionTimer']>;

const rtpengine = new RtpEngine();
const kamailio = new Kamailio({ rtpengine });
const pages = new PhonePages(rtpengine, kamailio);
const pace = 20;

/** Seconds on the library's clock between what was seen. */
const between = (frames: readonly { readonly time: number }[]): number[] =>
  frames.slice(1).map(({ time }, index) => (time - frames[index]!.time) / 1000);

describe('session timers through Kamailio', () => {
  pages.serve();

  for (const [from, to] of [
    ['chromium', 'firefox'],
    ['firefox', 'chromium'],
  ] as const) {
    for (const refresher of ['caller', 'callee'] as const) {
      it(`CALL-29: ${from} calls ${to}, and the ${refresher} refreshes at half of 90 s, again and again; they go on hearing each other`, async () => {
        const [ofCaller, ofCallee]: [Timer, Timer] =
          refresher === 'caller'
            ? [{ mode: 'required', expires: 90 }, {}]
            : [{ mode: 'off' }, { mode: 'always', expires: 90 }];
        const [caller, callee] = [
          await pages.open(from, '1001', 440, { sessionTimer: ofCaller }),
          await pages.open(to, '1002', 660, { sessionTimer: ofCallee }),
        ];
        await caller.call(callee.uri);
        await callee.incoming();
        await callee.answer();
        await caller.reached('confirmed');
        const [refreshes, refreshed] = refresher === 'caller' ? [caller, callee] : [callee, caller];
        await refreshes.hurry(pace);
        await refreshed.hurry(pace);
        const updates = await refreshes.seen('sent', /^UPDATE /, 3);
        for (const seconds of between(updates)) assert.approximately(seconds, 45, 4);
        assert.include(updates[0]!.text, '\r\nSession-Expires: 90;refresher=uac\r\n');
        await refreshed.seen('received', /^UPDATE /, 3);
        await refreshes.seen('received', /^SIP\/2\.0 200 [^]*CSeq: \d+ UPDATE/, 3);
        assert.lengthOf(await refreshed.wire('sent', /^UPDATE /), 0);
        await Promise.all([caller.hears(660), callee.hears(440)]);
        assert.deepEqual([await caller.state(), await callee.state()], ['confirmed', 'confirmed']);
      });
    }

    it(`CALL-29: sipp refreshes by UPDATE and by re-INVITE, then falls silent: ${from} hangs up 60 s after the last one (§10)`, async () => {
      const page = await pages.open(from, '1001', 440, { sessionTimer: { expires: 90 } });
      const callee = await new Sipp({
        scenario: join(import.meta.dirname, '../support/scenarios/refreshing-uas.xml'),
        port: kamailio.peerPort,
      }).start();
      await page.call('sip:1090@example.test');
      await page.reached('confirmed');
      await page.hurry(pace);
      assert.deepEqual(await page.ended(), { cause: 'timeout', status: 408, by: 'network' });
      await callee.finished();
      const [update] = await page.wire('received', /^UPDATE /);
      const [invite] = await page.wire('received', /^INVITE /);
      const [bye] = await page.wire('sent', /^BYE /);
      assert.isAbove(invite!.time - update!.time, 15_000);
      for (const seconds of between([invite!, bye!])) assert.approximately(seconds, 60, 4);
      await callee.stop();
    });

    it(`CALL-29: ${to} is gone without a word: the refresh of ${from} finds out, and the call ends`, async () => {
      const [caller, callee] = [
        await pages.open(from, '1001', 440, { sessionTimer: { mode: 'required', expires: 90 } }),
        await pages.open(to, '1002', 660, { sessionTimer: {} }),
      ];
      await caller.call(callee.uri);
      await callee.incoming();
      await callee.answer();
      await caller.reached('confirmed');
      await callee.page.browserContext().close();
      pages.forget(callee);
      await caller.hurry(pace);
      const { by, cause } = await caller.ended();
      assert.deepEqual({ by, cause }, { by: 'network', cause: 'timeout' });
      assert.isNotEmpty(await caller.wire('sent', /^UPDATE /));
    });
  }
});
