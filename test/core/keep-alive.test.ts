import { assert } from 'chai';
import { CSeq, headerValue, read } from '../../lib/parser/index.js';
import { phone } from '../support/phone.js';

describe('keep-alive by OPTIONS', () => {
  for (const [url, host] of [
    ['ws://sip.example', 'sip.example'],
    ['wss://sip.example:8443/ws?x=1', 'sip.example:8443'],
    ['ws://[2001:db8::1]:8080/', '[2001:db8::1]:8080'],
  ] as const) {
    it(`ACC-37: at ${url} it is ${host} that is asked, and no proxy behind it (RFC 3261 §11)`, async () => {
      const { server, clock } = await phone({ servers: url, keepAlive: 'auto' });
      server.pongs = false;
      await clock.advance(20_000);
      const options = await server.request('OPTIONS');
      assert.equal(options.uri, `sip:${host}`);
      assert.equal(headerValue(options, 'To'), `<sip:${host}>`);
      assert.equal(headerValue(options, 'Max-Forwards'), '0');
      assert.equal(read(options, CSeq)!.method, 'OPTIONS');
      assert.isUndefined(headerValue(options, 'Authorization'));
    });
  }

  for (const status of [200, 401, 404, 407, 483, 503]) {
    it(`ACC-37: a ${status} is a sign of life`, async () => {
      const { server, clock } = await phone({ keepAlive: 'auto' });
      server.pongs = false;
      await clock.advance(20_000);
      server.respond(await server.request('OPTIONS'), status);
      await clock.advance(20_000);
      assert.lengthOf(server.sockets, 1);
    });
  }
});
