// The script-tag bundles of dist/, in a page with subresource integrity and a Content-Security-Policy that allows nothing inline.
import { readFileSync } from 'node:fs';
import { assert } from 'chai';
import type { Browser } from 'puppeteer';
import { browserNames, launch, openPage } from '../support/browser/launch.js';
import { PageServer } from '../support/browser/page-server.js';
import { Baresip } from '../support/servers/baresip.js';
import { within } from '../support/servers/deadline.js';
import { Kamailio } from '../support/servers/kamailio.js';
import { RtpEngine } from '../support/servers/rtpengine.js';

const hashes = JSON.parse(readFileSync('dist/sri.json', 'utf8')) as Record<string, string>;

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  'connect-src ws:',
  "img-src 'self'", // the icon that a browser asks for
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

/** Twenty lines as an integrator writes them: registers, calls, and shows how it went in the title. */
function app(server: string, target: string): string {
  return `
const ua = new Evercall.UserAgent({ servers: ${JSON.stringify(server)} });
const account = ua.addAccount({ uri: 'sip:1001@example.test', password: 'pw1001' });
addEventListener('securitypolicyviolation', ({ violatedDirective }) => { document.title = 'violated ' + violatedDirective; });
account.registered
  .then(() => {
    globalThis.call = account.call(${JSON.stringify(target)});
    return call.answered;
  })
  .then(() => { document.title = 'in call'; }, (error) => { document.title = String(error); });
`;
}

const bundles = ['evercall.iife.js', 'evercall.adapter.iife.js'];

describe('a script tag', () => {
  const server = new PageServer();
  const rtpengine = new RtpEngine();
  const kamailio = new Kamailio({ rtpengine });
  const phone = new Baresip({ user: '1011', proxy: kamailio, answer: 'auto' });
  const daemons = [rtpengine, kamailio, phone];

  before(async () => {
    await server.start();
    for (const daemon of daemons) await daemon.start();
    server.addPage('/app.js', app(kamailio.wsUrl, phone.uri));
  });
  after(async () => {
    for (const daemon of [...daemons].reverse()) await daemon.stop();
    await server.stop();
  });

  for (const name of browserNames) {
    describe(`in ${name}`, () => {
      let browser: Browser;
      before(async () => {
        browser = await launch(name, { microphone: 880 });
      });
      after(() => browser.close());

      for (const bundle of bundles) {
        it(`${bundle} calls a phone under a strict policy, and the phone hears the microphone`, async () => {
          const tag = `<script src="/dist/${bundle}" integrity="${hashes[bundle]}" crossorigin="anonymous"></script>`;
          const html = `<!doctype html><title>waiting</title>${tag}<script src="/app.js" defer></script>`;
          const url = server.addPage(`/${bundle}.html`, html, { 'Content-Security-Policy': policy });
          const page = await openPage(browser, url);
          await page.waitForFunction(() => document.title !== 'waiting', { timeout: 15_000 });
          assert.equal(await page.title(), 'in call');
          await phone.event('CALL_ESTABLISHED');
          await phone.hears(880);
          await page.evaluate('call.hangup()');
          await phone.event('CALL_CLOSED');
          await page.browserContext().close();
        });
      }

      it('a bundle that is not the one of the hash does not run', async () => {
        const tag = `<script src="/dist/evercall.iife.js" integrity="${hashes['parser.js']}" crossorigin="anonymous"></script>`;
        const url = server.addPage('/tampered.html', `<!doctype html><title>x</title>${tag}`, {
          'Content-Security-Policy': policy,
        });
        const page = await openPage(browser, url);
        const ran = await within(5000, 'the page', page.evaluate("typeof Evercall !== 'undefined'"));
        assert.isFalse(ran);
        await page.browserContext().close();
      });
    });
  }
});
