// The fault buttons of the softphone, pressed in a call: each is a true fault on the path, and the call is kept and heard.
import { assert } from 'chai';
import { violationsOf } from '../demo/softphone-page.js';
import type { SoftphonePage } from '../demo/softphone-page.js';
import { SoftphonePages, microphone } from '../demo/softphone-pages.js';
import { browserNames } from '../support/browser/launch.js';
import type { BrowserName } from '../support/browser/launch.js';
import { until } from '../support/servers/deadline.js';

const pages = new SoftphonePages();
let page: SoftphonePage;

/** What the library has done so far, counted. */
interface Witness {
  readonly handshakes: number;
  /** The peer's ICE generation. */
  readonly fragment: string;
  readonly remote: string;
}

const witness = (): Promise<Witness> =>
  page.page.evaluate(() => {
    const { userAgent, activeCall } = document.querySelector('evercall-softphone')!;
    const { handshakes } = userAgent!.stats;
    const connection = activeCall!.peerConnection!;
    const fragment = (sdp: string): string => /ice-ufrag:(\S+)/.exec(sdp)![1]!;
    return {
      handshakes,
      fragment: fragment(connection.localDescription!.sdp),
      remote: fragment(connection.remoteDescription!.sdp),
    };
  });

/** A fresh page, in a call to a number; what happens to the call is kept as `page.events`. */
async function inCall(number: string, browser: BrowserName = 'chromium'): Promise<Witness> {
  page = await pages.open(browser, 'Alice');
  await page.callNumber(number);
  await page.hears(number === 'echo' ? microphone : 440);
  await page.openPanel('timeline');
  return witness();
}

/** Resolves when the timeline has a line; rejects with all that it has. */
async function told(line: RegExp, ms = 20_000): Promise<string> {
  let lines: readonly string[] = [];
  try {
    return await until(ms, String(line), async () => {
      lines = await page.timeline();
      return lines.find((text) => line.test(text));
    });
  } catch (error) {
    throw new Error(`${(error as Error).message}; the timeline says:\n${lines.join('\n')}`, { cause: error });
  }
}

async function press(selector: string): Promise<void> {
  await page.openPanel('faults');
  await page.click(selector);
  await page.openPanel('timeline');
}

/** The same call as before, which never ended. */
async function isKept(hertz = 440): Promise<void> {
  await page.hears(hertz);
  const shown = await page.page.$eval('evercall-softphone >>> .connection', ({ textContent }) => textContent);
  assert.match(shown, /^Connected/);
  const lines = await page.timeline();
  assert.isEmpty(lines.filter((text) => / ended$/.test(text)));
  assert.lengthOf(lines.filter((text) => /^In call with/.test(text)), 1); // prettier-ignore
  assert.isEmpty(await violationsOf(page.page));
}

const provoke = (name: string): Promise<void> => press(`evercall-softphone >>> [data-fault=${name}]`);

describe('5.3: the fault buttons of the softphone', () => {
  pages.serve();

  it('the WebSocket is cut: the call says so, and goes on over another one', async () => {
    const before = await inCall('tone');
    await provoke('cut');
    await told(/^Call with tone: reconnecting/);
    await told(/^Call with tone: back after \d+\.\d s$/);
    await isKept();
    assert.isAbove((await witness()).handshakes, before.handshakes);
  });

  it('all messages are swallowed: the silence is noticed while somebody talks, and the WebSocket replaced', async () => {
    const before = await inCall('tone');
    await provoke('hole');
    await told(/^Call with tone: back after \d+\.\d s$/);
    await isKept();
    assert.isAbove((await witness()).handshakes, before.handshakes);
  });

  it('the network is changed by hand: another WebSocket, and an ICE restart', async () => {
    const before = await inCall('tone');
    await provoke('move');
    await told(/^Call with tone: the sound takes a new path, after \d+\.\d s$/);
    await told(/^Network change \(the button was pressed\) seen to in/);
    await isKept();
    const now = await witness();
    assert.isAbove(now.handshakes, before.handshakes);
    assert.notEqual(now.fragment, before.fragment);
    assert.notEqual(now.remote, before.remote);
  });

  it('offline and online are said, and not true: the call notices nothing', async () => {
    const before = await inCall('tone');
    await provoke('lie');
    await told(/^Network change \(online\) seen to in/);
    await isKept();
    assert.equal((await witness()).fragment, before.fragment);
    assert.isEmpty((await page.timeline()).filter((text) => text.includes('reconnecting')));
  });

  it('the clock jumps ahead, as after a sleep: the connection is raced against another one, and the call goes on', async () => {
    const before = await inCall('tone');
    await provoke('sleep');
    await told(/^Network change \(awake\) seen to in/);
    await isKept();
    assert.isAbove((await witness()).handshakes, before.handshakes);
  });

  for (const name of browserNames)
    it(`${name}: the microphone is pulled out: another one takes its place, or the same when it is back`, async () => {
      await inCall('echo', name);
      await provoke('unplug');
      await told(/^Sound devices: .* is gone, and was in use$/);
      await told(/^Sound devices: .* is there$/);
      await told(/^Microphone in use: /);
      await isKept(microphone);
    });

  it('the server is restarted: it has forgotten everybody, and has us again', async () => {
    const before = await inCall('tone');
    await press('#restart');
    await told(/^The connection to the server is lost/);
    await told(/^Signed in/);
    await told(/^Call with tone: back after \d+\.\d s$/);
    await isKept();
    assert.isAbove((await witness()).handshakes, before.handshakes);
  });

  it('the path of the sound is lost: silence, an ICE restart, and the tone again', async () => {
    const before = await inCall('tone');
    await press('#path');
    await page.hearsNothing();
    await told(/^Call with tone: reconnecting/);
    await told(/^Call with tone: back after \d+\.\d s$/, 30_000);
    await isKept();
    assert.notEqual((await witness()).fragment, before.fragment);
  });
});
