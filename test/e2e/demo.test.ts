// `npm start` as a newcomer meets it: the page registers and calls by clicks, and what is heard is measured in the page.
import { assert } from 'chai';
import { violationsOf } from '../demo/softphone-page.js';
import type { SoftphonePage } from '../demo/softphone-page.js';
import { SoftphonePages, microphone } from '../demo/softphone-pages.js';
import { browserNames } from '../support/browser/launch.js';
import type * as Harness from '../support/browser/page/harness.js';
import { until, within } from '../support/servers/deadline.js';

declare const harness: typeof Harness;

const pages = new SoftphonePages();

/** The first calls the second, who takes the call with a key. */
async function talking(caller: SoftphonePage, callee: SoftphonePage, number: string): Promise<void> {
  const confirmed = caller.reached('confirmed');
  await caller.dial(number);
  await callee.incoming();
  await until(2000, 'the focus to be on Answer', async () => (await callee.focused()) === 'Answer' || undefined);
  await callee.page.keyboard.press('Enter');
  await confirmed;
}

describe('npm start', () => {
  pages.serve();

  it('prints where it is, the users with their passwords, and the numbers', () => {
    assert.match(pages.demo.log, /http:\/\/127\.0\.0\.1:\d+\//);
    for (const word of ['alice (alice-pw)', 'bob (bob-pw)', 'echo', 'tone', 'music', 'busy', 'silence', 'late']) {
      assert.include(pages.demo.log, word);
    }
  });

  for (const name of browserNames) {
    it(`${name} calls echo and hears its own microphone, under a policy that nothing offends`, async () => {
      const alice = await pages.open(name, 'Alice');
      await alice.callNumber('echo');
      await alice.hears(microphone);
      await alice.hangup();
      assert.deepEqual(await alice.ended(), { cause: 'hangup', status: 200, by: 'local' });
      assert.equal(await alice.notice(), 'Call with echo ended');
      assert.isEmpty(await violationsOf(alice.page));
    });

    it(`${name} calls tone and hears 440 Hz, also after hold and resume`, async () => {
      const alice = await pages.open(name, 'Alice');
      await alice.callNumber('tone');
      await alice.hears(440);
      await alice.page.evaluate(async () => {
        const call = document.querySelector('evercall-softphone')!.activeCall!;
        await call.hold();
        await call.resume();
      });
      await alice.hears(440);
    });
  }

  for (const name of browserNames) {
    it(`${name} restarts ICE in a call to tone, which goes on (RFC 8839 §4.4.1.1.1)`, async () => {
      const alice = await pages.open(name, 'Alice');
      await alice.callNumber('tone');
      await alice.hears(440);
      const [before, after] = await alice.page.evaluate(async () => {
        const call = document.querySelector('evercall-softphone')!.activeCall!;
        const fragment = (): string => /ice-ufrag:(\S+)/.exec(call.peerConnection!.remoteDescription!.sdp)![1]!;
        const former = fragment();
        call.peerConnection!.restartIce();
        await call.hold();
        await call.resume();
        return [former, fragment()];
      });
      assert.notEqual(before, after);
      await alice.hears(440);
    });
  }

  it('tone makes the offer when the page does not', async () => {
    const alice = await pages.open('chromium', 'Alice');
    const heard = alice.page.evaluate(async () => {
      const call = document.querySelector('evercall-softphone')!.account!.call('tone', { offer: 'late' });
      await call.answered;
      return harness.hears(call.remoteStream!, 440);
    });
    assert.approximately((await within(15_000, 'to hear the tone', heard)).frequency, 440, 15);
  });

  it('busy is busy', async () => {
    const alice = await pages.open('chromium', 'Alice');
    await alice.click('[aria-label="Call busy"]');
    assert.deepEqual(await alice.ended(), { cause: 'busy', status: 486, by: 'remote' });
    assert.equal(await alice.notice(), 'busy is busy');
  });

  it('late rings, and answers after 5 s with the tone', async () => {
    const alice = await pages.open('chromium', 'Alice');
    const [ringing, confirmed] = [alice.reached('early'), alice.reached('confirmed')];
    await alice.click('[aria-label="Call late"]');
    await ringing;
    const since = performance.now();
    await confirmed;
    assert.approximately(performance.now() - since, 5000, 1000);
    await alice.hears(440);
  });

  it('a wrong password is told in plain words', async () => {
    const page = await pages.open();
    await page.page.waitForSelector('[aria-label="Sign in as Alice"]');
    const worked = await page.page.evaluate(() =>
      document.querySelector('evercall-softphone')!.signIn({ address: 'alice@evercall.test', password: 'guess' }),
    );
    assert.isFalse(worked);
    assert.equal(await page.notice(), 'The server refused this address or password.');
  });

  for (const [from, to] of [
    ['chromium', 'chromium'],
    ['chromium', 'firefox'],
    ['firefox', 'chromium'],
  ] as const) {
    it(`two pages call each other, ${from} to ${to}: each hears the other, and either side hangs up`, async () => {
      const [alice, bob] = [await pages.open(from, 'Alice', 550), await pages.open(to, 'Bob', 660)];
      await talking(alice, bob, 'bob');
      await Promise.all([alice.hears(660), bob.hears(550)]);
      await alice.hangup();
      assert.deepEqual(await alice.ended(), { cause: 'hangup', status: 200, by: 'local' });
      assert.deepEqual(await bob.ended(), { cause: 'hangup', status: 200, by: 'remote' });

      await talking(bob, alice, 'alice');
      await Promise.all([alice.hears(660), bob.hears(550)]);
      await alice.hangup();
      assert.deepEqual(await alice.ended(), { cause: 'hangup', status: 200, by: 'local' });
      assert.deepEqual(await bob.ended(), { cause: 'hangup', status: 200, by: 'remote' });
    });
  }

  it('of two phones of one user that ring, the other one hears that the call was answered elsewhere', async () => {
    const alice = await pages.open('chromium', 'Alice', 550);
    const [desk, mobile] = [await pages.open('chromium', 'Bob', 660), await pages.open('chromium', 'Bob', 770)];
    const confirmed = alice.reached('confirmed');
    await alice.dial('bob');
    await Promise.all([desk.incoming(), mobile.incoming()]);
    await desk.click('evercall-softphone >>> .answer');
    await confirmed;
    assert.equal((await mobile.ended()).cause, 'answeredElsewhere');
    await alice.hears(660);
  });
});
