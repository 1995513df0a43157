// A page that keeps its accounts in IndexedDB, loaded twice: what Kamailio sees of it, and what the database holds.
import { assert } from 'chai';
import type { Browser, Page } from 'puppeteer';
import { browserNames, launch, openPage } from '../support/browser/launch.js';
import { PageServer } from '../support/browser/page-server.js';
import { Kamailio } from '../support/servers/kamailio.js';

/** Adds two accounts if there are none yet; tells in the title what has become of them. */
const script = (servers: string, user: number): string => `<!doctype html><title>waiting</title>
<link rel="icon" href="data:,"><script type="module">
import { UserAgent } from '/dist/evercall.js';
import { idbStorage } from '/dist/storage.js';
const storage = idbStorage({ name: 'phone-${user}' });
const ua = new UserAgent({ servers: '${servers}', storage });
globalThis.stored = () => storage.get('evercall.accounts');
globalThis.ua = ua;
let accounts = await ua.restoreAccounts();
const isRestored = accounts.length > 0;
if (!isRestored) {
  const [address, password] = [(user) => 'sip:' + user + '@example.test', (user) => 'pw' + user];
  accounts = [
    ua.addAccount({ id: 'dependent', uri: address(${user + 1}), password: password(${user + 1}), dependsOn: 'master' }),
    ua.addAccount({ id: 'master', uri: address(${user}), password: password(${user}), expires: 120 }),
  ];
  ua.defaultAccount = accounts[1];
}
await Promise.all(accounts.map((account) => account.registered));
const told = accounts.map(({ id, dependsOn, state, contact, gruu }) => ({ id, dependsOn, state, contact, gruu }));
document.title = JSON.stringify({ isRestored, default: ua.defaultAccount.id, told });
</script>`;

interface Told {
  readonly isRestored: boolean;
  readonly default: string;
  readonly told: { id: string; dependsOn?: string; state: string; contact: string; gruu?: string }[];
}

async function told(page: Page): Promise<Told> {
  await page.waitForFunction(() => document.title !== 'waiting', { timeout: 20_000 });
  return JSON.parse(await page.title()) as Told;
}

describe('LIN-23: a page that is reloaded', () => {
  const kamailio = new Kamailio();
  const server = new PageServer();

  before(() => Promise.all([kamailio.start(), server.start()]));
  after(() => Promise.all([kamailio.stop(), server.stop()]));

  browserNames.forEach((name, index) => {
    describe(`in ${name}`, () => {
      let browser: Browser;
      before(async () => {
        browser = await launch(name);
      });
      after(() => browser.close());

      it('S20: registers again as the same instance, without the password, its dependent with it; no password is in the database', async () => {
        const user = 1040 + 2 * index;
        const page = await openPage(browser, server.addPage(`/reload-${name}.html`, script(kamailio.wsUrl, user)));
        const first = await told(page);
        assert.isFalse(first.isRestored);
        const [before] = await kamailio.locations(String(user));
        assert.match(before!.instance, /^<urn:uuid:/);

        const stored = JSON.stringify(await page.evaluate('stored()'));
        assert.include(stored, '"ha1"');
        for (const secret of [`pw${user}`, `pw${user + 1}`, 'password']) assert.notInclude(stored, secret);

        await page.reload();
        const second = await told(page);
        assert.isTrue(second.isRestored);
        assert.equal(second.default, 'master');
        assert.deepEqual(
          second.told.map(({ id, dependsOn, state }) => [id, dependsOn, state]),
          [
            ['dependent', 'master', 'registered'],
            ['master', undefined, 'registered'],
          ],
        );
        const [after, ...more] = await kamailio.locations(String(user));
        assert.isEmpty(more, 'the same instance-id: the new binding takes the place of the old one');
        assert.equal(after!.instance, before!.instance);
        assert.notEqual(after!.received, before!.received);
        const [dependent, ...others] = await kamailio.locations(String(user + 1));
        assert.isEmpty(others);
        assert.equal(dependent!.contact, second.told[1]!.gruu);

        await page.evaluate('ua.accounts[1].dispose()');
        const kept = (await page.evaluate('stored()')) as { accounts: { id: string; dependsOn?: string }[] };
        assert.deepEqual(
          kept.accounts.map(({ id, dependsOn }) => [id, dependsOn]),
          [['dependent', undefined]],
        );
        await page.evaluate('ua.stop()');
      });
    });
  });
});
