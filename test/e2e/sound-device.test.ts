// A page without a sound device registers and answers; then it gets one, and baresip and the page hear each other, with no INVITE.
import { assert } from 'chai';
import { browserNames, launch, openPage } from '../support/browser/launch.js';
import type { BrowserName } from '../support/browser/launch.js';
import type * as Quiet from '../support/browser/page/quiet-phone.js';
import { PhonePage } from '../support/browser/phone-page.js';
import { PhonePages } from '../support/browser/phone-pages.js';
import { Baresip } from '../support/servers/baresip.js';
import { until } from '../support/servers/deadline.js';
import { Kamailio } from '../support/servers/kamailio.js';
import { RtpEngine } from '../support/servers/rtpengine.js';

declare const harness: typeof Quiet;

const rtpengine = new RtpEngine();
const kamailio = new Kamailio({ rtpengine });
const phone = new Baresip({ user: '1011', proxy: kamailio, tone: 520 });
const pages = new PhonePages(rtpengine, kamailio, phone);

/** Runs in the page before anything else. */
function spy(): void {
  const asked: string[] = [];
  const { mediaDevices } = navigator;
  const open = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = (constraints) => {
    asked.push('getUserMedia');
    return open(constraints);
  };
  const Context = AudioContext;
  const Spied = class extends Context {
    constructor(options?: AudioContextOptions) {
      super(options);
      asked.push('AudioContext');
    }
  };
  Object.assign(globalThis, { asked, AudioContext: Spied });
}

async function open(name: BrowserName): Promise<PhonePage> {
  const page = await openPage(pages.browser(name), pages.server.harnessUrl('quiet-phone'), async (opened) => {
    await opened.evaluateOnNewDocument('globalThis.__name = (value) => value'); // functions sent there were compiled with it
    await opened.evaluateOnNewDocument(spy);
  });
  const options = { servers: kamailio.wsUrl, user: '1001', tone: 440, audio: { device: 'none' } } as const;
  return pages.adopt(await PhonePage.begin(page, options));
}

/** baresip calls the page, which answers. */
async function answered(page: PhonePage): Promise<void> {
  await phone.dial(page.uri);
  await page.incoming();
  await page.answer();
  await page.reached('confirmed');
  await phone.event('CALL_ESTABLISHED');
}

describe('a page without a sound device', () => {
  pages.serve();

  for (const name of browserNames)
    it(`MED-10, 12: ${name} loads, registers and answers baresip without getUserMedia or AudioContext; activate() brings both tones, with no INVITE`, async () => {
      const page = await open(name);
      await answered(page);
      await page.connected();
      assert.deepEqual(await page.page.evaluate(() => harness.asked()), []);
      await page.page.evaluate(() => harness.activate());
      await Promise.all([page.hears(520), phone.hears(440)]);
      assert.isEmpty(await page.wire('sent', /^INVITE/));
      await page.hangup();
      await phone.event('CALL_CLOSED');
    });

  it("MED-17: by Chromium's own autoplay policy nothing plays: the call is confirmed, it is told, and a click brings the sound", async () => {
    const strict = await launch('chromium', { flags: ['--autoplay-policy=document-user-activation-required'] });
    const html = `<!doctype html><script type="module">
globalThis.harness = await import('/test/support/browser/page/quiet-phone.js');
globalThis.isReady = true;
</script>`;
    try {
      const page = await openPage(strict, pages.server.addPage('/strict', html));
      const session = await page.createCDPSession();
      /** What puppeteer evaluates by itself is a gesture of the user to the page. */
      const quietly = async (expression: string): Promise<unknown> => {
        const { result } = await session.send('Runtime.evaluate', {
          expression,
          awaitPromise: true,
          returnByValue: true,
        });
        return result.value;
      };
      const sound = async (): Promise<string> => String(await quietly('harness.sound().then(String)'));
      await until(5000, 'the page to load', async () => (await quietly('globalThis.isReady')) ?? undefined);
      const options = { servers: kamailio.wsUrl, user: '1001', tone: 440, audio: { device: 'none' } };
      await quietly(`harness.start(${JSON.stringify(options)})`);
      await phone.dial('sip:1001@example.test');
      await quietly('harness.incoming()');
      await quietly('harness.answer()');
      await phone.event('CALL_ESTABLISHED');
      await quietly('harness.openSpeaker()');
      const blocked = 'activationRequired,suspended,confirmed';
      await until(5000, 'it is told', async () => (await sound()) === blocked || undefined);
      await page.mouse.click(10, 10);
      const heard = 'activationRequired,running,confirmed';
      await until(5000, 'it plays', async () => (await sound()) === heard || undefined);
      await quietly('harness.hangup()');
      await phone.event('CALL_CLOSED');
      await quietly('harness.stop()');
    } finally {
      await strict.close();
    }
  });
});
