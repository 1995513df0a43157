// Video and the screen between pages through Kamailio; a STUN server that says nothing, and a call whose only candidates come late.
import { assert } from 'chai';
import { silentStun } from '../bench/relay.js';
import type { PhonePage } from '../support/browser/phone-page.js';
import { PhonePages } from '../support/browser/phone-pages.js';
import { Kamailio } from '../support/servers/kamailio.js';
import { LateUdp } from '../support/servers/late-udp.js';
import { Turn } from '../support/servers/turn.js';

const kamailio = new Kamailio();
const turn = new Turn();
const late = new LateUdp(2500);
const pages = new PhonePages(kamailio, turn);

async function answered(caller: PhonePage, callee: PhonePage, video = false): Promise<void> {
  await callee.answer({ video });
  await Promise.all([caller.reached('confirmed'), callee.reached('confirmed')]);
}

describe('video and late candidates through Kamailio', () => {
  pages.serve();
  before(() => late.start(turn.port));
  after(() => {
    late.stop();
  });

  for (const [from, to] of [
    ['chromium', 'firefox'],
    ['firefox', 'chromium'],
  ] as const) {
    it(`CALL-25: ${from} calls ${to} with video: each decodes the other's frames and hears its tone`, async () => {
      const [caller, callee] = await pages.ringing(from, to, {}, { video: true });
      await answered(caller, callee, true);
      await Promise.all([caller.seesVideo(), callee.seesVideo(), caller.hears(660), callee.hears(440)]);
      assert.deepEqual(await callee.media(), ['audio sendrecv active', 'video sendrecv active']);
    });

    it(`CALL-23, 25: ${from} adds video in mid-call: ${to} leaves it, refuses it, takes it; removed, it leaves its place`, async () => {
      const [caller, callee] = await pages.ringing(from, to);
      await answered(caller, callee);
      assert.equal(await caller.addVideo(), 'negotiation');
      assert.deepEqual(await callee.media(), ['audio sendrecv active', 'video inactive none']);
      await callee.onOffers('reject');
      assert.equal(await caller.addVideo(), 'rejected');
      await Promise.all([caller.hears(660), callee.hears(440)]);
      await callee.onOffers('accept');
      assert.equal(await caller.addVideo(), 'done');
      await Promise.all([caller.seesVideo(), callee.seesVideo()]);
      await caller.removeVideo();
      for (const page of [caller, callee])
        assert.deepEqual(await page.media(), ['audio sendrecv active', 'video inactive none']);
      await callee.onOffers('silent');
      await caller.onOffers('accept');
      assert.equal(await callee.addVideo(), 'done');
      await Promise.all([caller.seesVideo(), callee.seesVideo()]);
      assert.lengthOf(await caller.media(), 2);
      await Promise.all([caller.hears(660), callee.hears(440)]);
    });

    it(`CALL-31: ${from} shows ${to} its screen in the camera's place, and the camera again: no request is sent`, async () => {
      const [caller, callee] = await pages.ringing(from, to, {}, { video: true });
      await answered(caller, callee, true);
      await Promise.all([caller.seesVideo(), callee.seesVideo()]);
      const requests = async (): Promise<number[]> => [
        (await caller.wire('sent', /^[A-Z]+ sip:/)).length,
        (await callee.wire('received', /^[A-Z]+ sip:/)).length,
        kamailio.log.match(/<script>: (INVITE|UPDATE) /g)!.length,
      ];
      const before = await requests();
      const camera = await caller.videoSource();
      await caller.shareScreen(from === 'chromium' ? 'display' : 'canvas'); // without a head Firefox has no screen
      assert.notEqual(await caller.videoSource(), camera);
      await callee.seesVideo();
      await caller.stopScreenShare();
      assert.equal(await caller.videoSource(), camera);
      await callee.seesVideo();
      assert.deepEqual(await requests(), before);
      await Promise.all([caller.seesVideo(), caller.hears(660), callee.hears(440)]);
    });

    it(`${from} has a STUN server that never answers: the INVITE is on the wire 120 ms after call()`, async () => {
      const stun = await silentStun();
      const page = await pages.open(from, '1003', 440, { iceServers: [{ urls: stun.url }] });
      const times: number[] = [];
      for (let i = 0; i < 6; i++) {
        await page.call('sip:1029@example.test'); // 480: nobody is registered there
        await page.ended();
        times.push(await page.timeToInvite());
      }
      stun.stop();
      times.shift(); // the first sets up the microphone
      assert.isAtMost(Math.min(...times), 120, times.join(', '));
      assert.isAtMost(times.sort((a, b) => a - b)[2]!, 180, 'the median, on a machine that is busy');
    });

    for (const trickleIce of ['supported', 'off'] as const) {
      const way = trickleIce === 'off' ? 'another offer' : 'INFO, with no other offer';
      it(`${from} calls ${to}, and only relays work, which answer after 2.5 s: the INVITE leaves at once, and the call connects by ${way}`, async () => {
        const { username, credential } = turn;
        const iceServers = [{ urls: `turn:127.0.0.1:${late.port}?transport=udp`, username, credential }];
        const [caller, callee] = await pages.ringing(from, to, { iceServers, hidesHosts: true, trickleIce });
        assert.isBelow(await caller.timeToOffer(), 250, 'milliseconds; what is typical, the bench says');
        await answered(caller, callee);
        await Promise.all([caller.connected(), callee.connected()]);
        await Promise.all([caller.hears(660), callee.hears(440)]);
        const count = async (start: RegExp): Promise<number> => {
          const frames = await Promise.all([caller, callee].map((page) => page.wire('sent', start)));
          return frames.flat().length;
        };
        if (trickleIce === 'off') assert.equal(await count(/^INFO /), 0);
        else assert.deepEqual([await count(/^INVITE [^]*\r\nTo:[^\r]*;tag=/), (await count(/^INFO /)) > 0], [0, true]);
      });
    }
  }
});
