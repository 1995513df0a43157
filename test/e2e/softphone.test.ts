// The softphone of `npm start`: devices, meter and hints by what is heard and shown, its words as text, and all of it by axe.
import { readFileSync } from 'node:fs';
import { assert } from 'chai';
import type { AxeResults } from 'axe-core';
import { openWithEars, violationsOf } from '../demo/softphone-page.js';
import type { SoftphonePage } from '../demo/softphone-page.js';
import { SoftphonePages, microphone } from '../demo/softphone-pages.js';
import { launch } from '../support/browser/launch.js';
import type { SoftphoneEvents } from '../../lib/elements/index.js';
import type * as Harness from '../support/browser/page/harness.js';
import { until } from '../support/servers/deadline.js';

declare const harness: typeof Harness;
declare const axe: { run(): Promise<AxeResults> };

const axeScript = readFileSync('node_modules/axe-core/axe.min.js', 'utf8');
const pages = new SoftphonePages(['chromium']);
const { demo } = pages;
const open = (user?: string): Promise<SoftphonePage> => pages.open('chromium', user);

/** What axe finds wrong with the page as it is now: rules of WCAG 2.2 AA and its best practices. */
async function problems({ page }: SoftphonePage): Promise<string[]> {
  await page.evaluate(axeScript);
  const { violations } = await page.evaluate(() => axe.run());
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

/** Resolves when the softphone shows such a text there. */
const shows = ({ page }: SoftphonePage, selector: string, text: RegExp, ms = 10_000): Promise<string> =>
  until(ms, `${selector} to say ${String(text)}`, async () => {
    const texts = await page.$$eval(`evercall-softphone >>> ${selector}`, (found) =>
      found.map(({ textContent }) => textContent.trim()),
    );
    return texts.find((one) => text.test(one));
  });

const hides = ({ page }: SoftphonePage, selector: string): Promise<boolean> =>
  until(
    10_000,
    `${selector} to be gone`,
    async () => !(await page.$(`evercall-softphone >>> ${selector}`)) || undefined,
  );

/** The labels of a list, without the default. */
const options = ({ page }: SoftphonePage, list: string): Promise<string[]> =>
  page.$$eval(`evercall-softphone >>> select.${list} option`, (found) =>
    found.slice(1).map(({ textContent }) => textContent.trim()),
  );

/** Resolves when its lists are filled: nothing moves any more, and can be clicked. */
async function openSound(page: SoftphonePage): Promise<void> {
  await page.openPanel('sound');
  await page.page.waitForSelector('evercall-softphone >>> fieldset input', { timeout: 10_000, visible: true });
}

/** The user picks the entry that says so. */
async function choose({ page }: SoftphonePage, list: string, label: string): Promise<void> {
  await page.$eval(
    `evercall-softphone >>> select.${list}`,
    (select, wanted) => {
      const option = [...select.options].find(({ textContent }) => textContent.trim() === wanted);
      select.value = option!.value;
      select.dispatchEvent(new Event('change'));
    },
    label,
  );
}

const audioState = ({ page }: SoftphonePage): Promise<string> =>
  page.evaluate(async () => {
    const { userAgent } = document.querySelector('evercall-softphone')!;
    return (await userAgent!.audio.load()).state;
  });

describe('6.4: the softphone', () => {
  pages.serve();

  it('axe finds nothing wrong: signed out, dialling, ringing, talking, and with each panel open', async () => {
    const alice = await open();
    await alice.page.waitForSelector('[aria-label="Sign in as Alice"]');
    assert.deepEqual(await problems(alice), [], 'signed out');
    await alice.signIn('Alice');
    assert.deepEqual(await problems(alice), [], 'dialling');
    const bob = await open('Bob');
    await bob.dial('alice');
    await alice.incoming();
    assert.deepEqual(await problems(alice), [], 'ringing');
    await alice.click('evercall-softphone >>> .answer');
    await shows(alice, '.connection', /^Connected$/);
    assert.deepEqual(await problems(alice), [], 'talking');
    for (const panel of ['sound', 'timeline', 'faults'] as const) {
      await alice.openPanel(panel);
      if (panel === 'sound') await alice.page.waitForSelector('evercall-softphone >>> meter', { visible: true });
      assert.deepEqual(await problems(alice), [], panel);
    }
  });

  it('the panels are opened and closed by the keyboard alone', async () => {
    const alice = await open('Alice');
    await alice.page.focus('evercall-softphone >>> .open-sound');
    await alice.page.keyboard.press('Enter');
    await alice.page.waitForSelector('evercall-softphone >>> select.audioinput', { visible: true });
    assert.equal(await alice.focused(), 'Sound');
    await alice.page.keyboard.press('Enter');
    await hides(alice, 'select.audioinput');
  });

  it('the microphone is chosen in a call: another one is in use, no INVITE is sent, and the choice is told to the page', async () => {
    const alice = await open('Alice');
    await alice.callNumber('echo');
    await alice.hears(microphone);
    await alice.openPanel('sound');
    const labels = await until(10_000, 'two microphones', async () => {
      const found = await options(alice, 'audioinput');
      return found.length > 1 ? found : undefined;
    });
    const wanted = labels.at(-1)!;
    const changed = alice.page.evaluate(
      () =>
        new Promise<string>((resolve) => {
          document.addEventListener('soundchange', (event) => {
            resolve((event as CustomEvent<SoftphoneEvents['soundchange']>).detail.preferences.input!.label!);
          });
        }),
    );
    const invites = (): number => demo.log.split('◀ INVITE').length;
    const before = invites();
    await choose(alice, 'audioinput', wanted);
    assert.equal(await changed, wanted);
    await until(10_000, 'it to be in use', () =>
      alice.page.evaluate(async (label) => {
        const { userAgent } = document.querySelector('evercall-softphone')!;
        const { granted } = (await userAgent!.audio.load()).inputSettings;
        const devices = await navigator.mediaDevices.enumerateDevices();
        const id = devices.find((device) => device.kind === 'audioinput' && device.label === label)!.deviceId;
        return granted?.deviceId === id || undefined;
      }, wanted),
    );
    await alice.openPanel('timeline');
    await shows(alice, '.timeline li span', new RegExp(`^Microphone in use: ${wanted.replace(/\W/g, '.')}$`));
    await alice.hears(microphone);
    assert.equal(invites(), before);
    assert.isEmpty(await violationsOf(alice.page));
  });

  it('the meter shows the microphone, at most twenty times a second; nobody asked for it before, and it is closed afterwards', async () => {
    const alice = await open('Alice');
    await openSound(alice);
    assert.equal(await audioState(alice), 'closed');
    assert.isNull(await alice.page.$('evercall-softphone >>> meter'));
    await alice.click('evercall-softphone >>> .try-microphone');
    await alice.page.waitForSelector('evercall-softphone >>> meter', { visible: true });
    const measured = await alice.page.evaluate(async () => {
      const meter = document.querySelector('evercall-softphone')!.shadowRoot!.querySelector('meter')!;
      const values: number[] = [];
      const prototype = HTMLMeterElement.prototype;
      Object.defineProperty(meter, 'value', {
        get: () => Reflect.get(prototype, 'value', meter),
        set(value: number) {
          values.push(value);
          Reflect.set(prototype, 'value', value, meter);
        },
      });
      await new Promise((resolve) => setTimeout(resolve, 2000));
      return { values: values.length, highest: Math.max(...values) };
    });
    assert.isAtMost(measured.values, 41);
    assert.isAbove(measured.values, 5);
    assert.isAbove(measured.highest, 0.3);
    await alice.click('evercall-softphone >>> .open-sound');
    await until(10_000, 'it to be closed', async () => (await audioState(alice)) === 'closed' || undefined);
  });

  it('the speaker and the ring are tried out; where it rings is chosen, and calls ring', async () => {
    const alice = await open('Alice');
    await openSound(alice);
    await alice.click('evercall-softphone >>> .try-speaker');
    await shows(alice, '.try-speaker', /^You should hear a tone$/);
    await shows(alice, '.try-speaker', /^Test the speaker$/);
    await alice.click('evercall-softphone >>> fieldset input');
    const ring = await alice.page.evaluate(() => document.querySelector('evercall-softphone')!.sound.ring);
    assert.lengthOf(ring!, 1);
    assert.isString(ring![0]!.deviceId);
    const bob = await open('Bob');
    await bob.dial('alice');
    await alice.incoming();
    const isRinging = (): Promise<boolean> =>
      alice.page.evaluate(async () => {
        const { userAgent } = document.querySelector('evercall-softphone')!;
        return (await userAgent!.audio.load()).ringer.isRinging;
      });
    await until(10_000, 'it to ring', async () => (await isRinging()) || undefined);
    await alice.click('evercall-softphone >>> .answer');
    await until(10_000, 'the ring to stop', async () => !(await isRinging()) || undefined);
  });

  it('where a page may not choose the output, that is said', async () => {
    const alice = await open();
    await alice.page.evaluate(() => {
      document.querySelector('evercall-softphone')!.options = { environment: { canChooseOutput: false } };
    });
    await alice.signIn('Alice');
    await alice.openPanel('sound');
    await shows(alice, '.panel .dim', /^This browser plays everything where the system says\.$/);
    assert.isNull(await alice.page.$('evercall-softphone >>> select.audiooutput'));
  });

  it('a preferred device that is not there is shown as such', async () => {
    const alice = await open();
    await alice.page.evaluate(() => {
      document.querySelector('evercall-softphone')!.sound = { input: { deviceId: 'gone', label: 'My headset' } };
    });
    await alice.signIn('Alice');
    await alice.openPanel('sound');
    await shows(alice, 'select.audioinput option:checked', /^My headset \(not there\)$/);
    await alice.callNumber('echo');
    await alice.hears(microphone);
  });

  it('who talks while muted is told so, until the microphone is on again', async () => {
    const alice = await open('Alice');
    await alice.callNumber('tone');
    await alice.hears(440);
    await alice.click('evercall-softphone >>> .mute');
    await shows(alice, '.hint', /^You are talking, and muted/);
    await alice.click('evercall-softphone >>> .mute');
    await hides(alice, '.hint');
  });

  it('a microphone that gives not a sound is told after ten seconds', async () => {
    const alice = await open();
    await alice.page.evaluate(() => {
      const silence = (): Promise<MediaStream> =>
        Promise.resolve(new AudioContext().createMediaStreamDestination().stream);
      document.querySelector('evercall-softphone')!.options = { environment: { getUserMedia: silence } };
    });
    await alice.signIn('Alice');
    await alice.callNumber('tone');
    await shows(alice, '.hint', /^Nothing comes from your microphone/, 25_000);
  });

  it('what happened can be copied as text', async () => {
    const alice = await open('Alice');
    const { origin } = new URL(demo.url);
    for (const name of ['clipboard-read', 'clipboard-write'])
      await alice.page.browserContext().setPermission(origin, { permission: { name }, state: 'granted' });
    await alice.callNumber('tone');
    await alice.hears(440);
    await alice.openPanel('timeline');
    await alice.page.bringToFront();
    await alice.click('evercall-softphone >>> .copy');
    await shows(alice, '[role=status]', /^Copied$/);
    const text = await alice.page.evaluate(() => navigator.clipboard.readText());
    assert.match(text, /^\d{4}-\d\d-\d\dT[\d:.]+Z Signed in\n/);
    assert.match(text, /Z In call with tone\n$/);
  });

  it('where the browser plays nothing before a click, there is a button', async () => {
    const strict = await launch('chromium', { microphone, flags: ['--autoplay-policy=user-gesture-required'] });
    try {
      const page = await openWithEars(strict, demo.url);
      const session = await page.createCDPSession();
      /** What puppeteer evaluates by itself is a gesture of the user to the page. */
      const quietly = async (expression: string): Promise<unknown> => {
        const asked = { expression, awaitPromise: true, returnByValue: true };
        const { result } = await session.send('Runtime.evaluate', asked);
        return result.value;
      };
      const phone = "document.querySelector('evercall-softphone')";
      const isShown = `${phone}.shadowRoot.querySelector('.unblock') !== null`;
      await until(10_000, 'the page to load', () => quietly(`${phone}?.shadowRoot != null || undefined`));
      const identity = JSON.stringify({ address: 'alice@evercall.test', password: 'alice-pw' });
      assert.isTrue(
        await quietly(`${phone}.signIn(${identity})`),
        String(await quietly(`${phone}.shadowRoot.textContent`)),
      );
      await quietly(`${phone}.call('tone').answered.then(() => true)`);
      await until(10_000, 'the button', async () => (await quietly(isShown)) || undefined);
      await page.click('evercall-softphone >>> .unblock');
      await until(10_000, 'it to be gone', async () => !(await quietly(isShown)) || undefined);
      const state = `${phone}.userAgent.audio.load().then(({ state }) => state)`;
      await until(10_000, 'it to play', async () => (await quietly(state)) === 'running' || undefined);
      await page.evaluate(async () => {
        await harness.hears(document.querySelector('evercall-softphone')!.activeCall!.remoteStream!, 440);
      });
    } finally {
      await strict.close();
    }
  });
});
