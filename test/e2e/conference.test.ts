// A conference in a page, through Kamailio and rtpengine: each of the three hears the two others and not itself.
import { assert } from 'chai';
import { browserNames, openPage } from '../support/browser/launch.js';
import type { BrowserName } from '../support/browser/launch.js';
import type * as Host from '../support/browser/page/conference.js';
import { PhonePage } from '../support/browser/phone-page.js';
import { PhonePages } from '../support/browser/phone-pages.js';
import { Baresip } from '../support/servers/baresip.js';
import { within } from '../support/servers/deadline.js';
import { Kamailio } from '../support/servers/kamailio.js';
import { RtpEngine } from '../support/servers/rtpengine.js';

declare const harness: typeof Host;
type Verb = 'meet' | 'host' | 'muteSecond' | 'calls' | 'end' | 'hearsOnly';

const [hosts, guests, phones] = [440, 660, 530];

const rtpengine = new RtpEngine();
const kamailio = new Kamailio({ rtpengine });
const phone = new Baresip({ user: '1011', proxy: kamailio, tone: phones, answer: 'auto' });
const pages = new PhonePages(rtpengine, kamailio, phone);

async function open(name: BrowserName, user: string, tone: number): Promise<PhonePage> {
  const page = await openPage(pages.browser(name), pages.server.harnessUrl('conference'));
  return pages.adopt(await PhonePage.begin(page, { servers: kamailio.wsUrl, user, tone }));
}

function act<V extends Verb>(
  { page, uri }: PhonePage,
  verb: V,
  ...args: Parameters<(typeof Host)[V]>
): Promise<unknown> {
  const run = (name: Verb, given: readonly unknown[]): unknown =>
    (harness[name] as (...values: readonly unknown[]) => unknown)(...given);
  return within(20_000, `${uri}: ${verb}`, page.evaluate(run, verb, args as readonly unknown[]));
}

describe('a conference through Kamailio', () => {
  pages.serve();

  for (const name of browserNames) {
    const other = name === 'chromium' ? 'firefox' : 'chromium';
    it(`MED-5: ${name} brings ${other} and baresip together: each hears the two others, not itself; mute, leave, and the end`, async () => {
      const [host, guest] = await Promise.all([open(name, '1001', hosts), open(other, '1002', guests)]);
      await host.call(guest.uri);
      await guest.incoming();
      await guest.answer();
      await host.reached('confirmed');
      await act(host, 'meet', phone.uri);
      assert.deepEqual(await act(host, 'calls'), [guest.uri, phone.uri]);
      await act(guest, 'hearsOnly', [hosts, phones], [guests]);
      await phone.hearsOnly([hosts, guests], [phones]);
      await act(host, 'hearsOnly', [guests], [hosts, phones]); // what that call brings; the sum of both is played

      await act(host, 'muteSecond', true);
      await act(guest, 'hearsOnly', [hosts], [guests, phones]);
      await act(host, 'muteSecond', false);
      await act(host, 'host', false);
      await act(guest, 'hearsOnly', [phones], [hosts, guests]);
      await phone.hearsOnly([guests], [hosts, phones]);
      await act(host, 'end');
      await Promise.all([guest.ended(), phone.event('CALL_CLOSED')]);
      assert.deepEqual(await act(host, 'calls'), []);
    });
  }
});
