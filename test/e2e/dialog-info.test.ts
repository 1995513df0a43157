// A page that watches a colleague's calls at Kamailio's presence server, which puts together what two of his devices publish.
import { assert } from 'chai';
import type { Browser, Page } from 'puppeteer';
import type { Account } from '../../lib/index.js';
import { headerValue } from '../../lib/parser/index.js';
import { browserNames, launch, openPage } from '../support/browser/launch.js';
import { PageServer } from '../support/browser/page-server.js';
import { NodeAgent } from '../support/node-agent.js';
import { within } from '../support/servers/deadline.js';
import { Kamailio } from '../support/servers/kamailio.js';

/** Watches, and shows in the title what it knows: the status, and who the other side of each call is. */
const watcher = (servers: string, user: string, watched: string): string => `<!doctype html><title>waiting</title>
<link rel="icon" href="data:,"><script type="module">
import { UserAgent } from '/dist/evercall.js';
import { dialogInfoType, watchDialogs } from '/dist/dialog-info.js';
const ua = new UserAgent({ servers: '${servers}' });
const account = ua.addAccount({ uri: 'sip:${user}@${Kamailio.domain}', password: 'pw${user}' });
globalThis.subscription = account.subscribeTo('${watched}', { event: 'dialog', accept: dialogInfoType });
globalThis.line = watchDialogs(subscription);
globalThis.ua = ua;
line.on('changed', ({ status, dialogs }) => {
  document.title = [status, ...dialogs.map(({ direction, remote }) => direction + ' ' + remote.uri).sort()].join(', ');
});
</script>`;

/** One device of his, which tells what it does (RFC 3903 with RFC 4235). */
class Device {
  #version = 0;
  #tag: string | undefined;
  readonly #account: Account;
  readonly #name: string;

  constructor(account: Account, name: string) {
    this.#account = account;
    this.#name = name;
  }

  async tells(state: string, direction: 'initiator' | 'recipient', peer: string): Promise<void> {
    const { uri } = this.#account;
    const body = `<?xml version="1.0"?>
<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="${this.#version++}" state="full" entity="${uri}">
 <dialog id="${this.#name}" call-id="${this.#name}@example.test" direction="${direction}">
  <state>${state}</state>
  <local><identity>${uri}</identity><target uri="${uri}"/></local>
  <remote><identity display="A &amp; B">sip:${peer}@example.test</identity><target uri="sip:${peer}@example.test"/></remote>
 </dialog>
</dialog-info>`;
    const headers = [
      { name: 'Event', value: 'dialog' },
      { name: 'Expires', value: '600' },
      { name: 'Content-Type', value: 'application/dialog-info+xml' },
      ...(this.#tag === undefined ? [] : [{ name: 'SIP-If-Match', value: this.#tag }]),
    ];
    const response = await within(10_000, 'PUBLISH', this.#account.request('PUBLISH', uri, { headers, body }));
    assert.equal(response.status, 200, response.reason);
    this.#tag = headerValue(response, 'SIP-ETag');
  }
}

const shows = (page: Page, title: string): Promise<unknown> =>
  page
    .waitForFunction((wanted: string) => document.title === wanted, { timeout: 20_000 }, title)
    .catch(async () => {
      assert.equal(await page.title(), title);
    });

describe('evercall/dialog-info at Kamailio', () => {
  const server = new PageServer();
  const kamailio = new Kamailio();
  const agents: NodeAgent[] = [];

  before(async () => {
    await server.start();
    await kamailio.start();
  });
  after(async () => {
    await Promise.all(agents.map((agent) => agent.stop()));
    await kamailio.stop();
    await server.stop();
  });

  browserNames.forEach((name, index) => {
    describe(`in ${name}`, () => {
      let browser: Browser;
      before(async () => {
        browser = await launch(name);
      });
      after(() => browser.close());

      it('PRES-2: rung, talking on two devices, on one, on none; and the same after the page has moved', async () => {
        const [watched, user] = [`${1020 + index}`, `${1030 + index}`];
        const agent = new NodeAgent({ servers: [kamailio.wsUrl] });
        agents.push(agent);
        const account = agent.ua.addAccount({ uri: `sip:${watched}@${Kamailio.domain}`, password: `pw${watched}` });
        await within(10_000, 'it to be registered', account.registered);
        const [desk, mobile] = [new Device(account, 'desk'), new Device(account, 'mobile')];
        const page = await openPage(browser, server.addPage(`/${name}.html`, watcher(kamailio.wsUrl, user, watched)));
        await shows(page, 'idle');
        await desk.tells('early', 'recipient', '1041');
        await shows(page, 'ringing, recipient sip:1041@example.test');
        await desk.tells('confirmed', 'recipient', '1041');
        await shows(page, 'busy, recipient sip:1041@example.test');
        await mobile.tells('confirmed', 'initiator', '1042');
        await shows(page, 'busy, initiator sip:1042@example.test, recipient sip:1041@example.test');
        await page.evaluate('ua.handleIpChange().then(({ outcome }) => outcome)');
        await desk.tells('terminated', 'recipient', '1041');
        await shows(page, 'busy, initiator sip:1042@example.test');
        await mobile.tells('terminated', 'initiator', '1042');
        await shows(page, 'idle');
        assert.equal(await page.evaluate('line.dialogs.length'), 0);
        await page.browserContext().close();
      });
    });
  });
});
