// LIN-37: whom an account calls, and who it appears to be.
import { assert } from 'chai';
import { dialPlan } from '../../lib/account/dial-plan.js';
import type { Privacy } from '../../lib/index.js';
import { headerValue } from '../../lib/parser/index.js';
import { settle } from '../support/fake-clock.js';
import { peerSdp, phone } from '../support/phone.js';
import { registered } from '../support/registering.js';

const anonymous = /^"?Anonymous"? <sip:anonymous@anonymous\.invalid>;tag=/;

describe('LIN-37: number and identity tools', () => {
  it('normalize() makes a URI of what was typed, and call() and request() go there', async () => {
    const { account, server } = await phone({ account: { normalize: dialPlan({ countryCode: '33' }) } });
    assert.equal(account.normalize('06 12 34 56 78'), 'sip:+33612345678@example.com');
    assert.equal(account.normalize('bob@elsewhere.example'), 'sip:bob@elsewhere.example');
    account.call('06 12 34 56 78');
    assert.equal((await server.request('INVITE')).uri, 'sip:+33612345678@example.com');
    void account.sendMessage('tel:06-12-34-56-78', 'hello');
    assert.equal((await server.request('MESSAGE')).uri, 'sip:+33612345678@example.com');
  });

  it('normalize() without rules spells a number as it goes out; nonsense is refused', async () => {
    const { account } = await phone();
    assert.equal(account.normalize(' +49 (30) 12-34 '), 'sip:+49301234@example.com');
    assert.throws(() => account.normalize('mailto:bob@example.com'), 'no SIP or tel URI');
  });

  for (const [privacy, header] of [
    [['id'], 'id'],
    [['none'], 'none'],
    [['critical', 'session', 'header'], 'header;session;critical'],
  ] as const) {
    it(`privacy [${privacy.join()}] is \`Privacy: ${header}\`, and From stays (RFC 3323 §4.2, RFC 3325 §9.3)`, async () => {
      const { account, server } = await phone({ account: { privacy } });
      account.call('bob');
      const invite = await server.request('INVITE');
      assert.equal(headerValue(invite, 'Privacy'), header);
      assert.equal(headerValue(invite, 'Proxy-Require'), header.includes('critical') ? 'privacy' : undefined);
      assert.match(headerValue(invite, 'From')!, /^<sip:alice@example.com>;tag=/);
      assert.isUndefined(headerValue(invite, 'P-Preferred-Identity'));
    });
  }

  it('with `user` From is anonymous, whole dialogs long, and nobody is asked for what we do ourselves (RFC 3323 §4.1.1.3, §4.2)', async () => {
    const { account, server } = await phone({ account: { displayName: 'Alice', privacy: ['user'] } });
    const call = account.call('bob');
    const invite = await server.request('INVITE');
    assert.match(headerValue(invite, 'From')!, anonymous);
    assert.isUndefined(headerValue(invite, 'Privacy'));
    assert.notMatch(invite.headers.map(({ value }) => value).join('\n'), /alice/i);
    server.respond(invite, 200, {
      headers: ['Contact: <sip:bob@bob.invalid>', 'Content-Type: application/sdp'],
      body: peerSdp(),
    });
    await call.answered;
    await server.request('ACK');
    call.hangup();
    assert.equal(headerValue(await server.request('BYE'), 'From'), headerValue(invite, 'From'));
  });

  it('with `user` and `id` the trusted proxy is told whom it keeps secret (RFC 3325 §9.2, §10.2)', async () => {
    const { account, server } = await phone({ account: { displayName: 'Alice', privacy: ['user', 'id'] } });
    account.call('bob');
    const invite = await server.request('INVITE');
    assert.match(headerValue(invite, 'From')!, anonymous);
    assert.equal(headerValue(invite, 'Privacy'), 'id');
    assert.match(headerValue(invite, 'P-Preferred-Identity')!, /^"?Alice"? <sip:alice@example.com>$/);
  });

  it('Contact of an anonymous call is the temporary GRUU, of any other the public one (RFC 5627 §6.1.1)', async () => {
    const gruu = ';pub-gruu="sip:alice@example.com;gr=1";temp-gruu="sip:tgruu.7hs@example.com;gr"';
    const { account, server } = await registered({ extra: gruu });
    account.call('bob', { privacy: ['user'] });
    account.call('bob');
    const [hidden, open] = await server.take('INVITE');
    assert.equal(headerValue(hidden!, 'Contact'), '<sip:tgruu.7hs@example.com;gr>');
    assert.equal(headerValue(open!, 'Contact'), '<sip:alice@example.com;gr=1>');
  });

  it('a call says otherwise than its account, either way; a MESSAGE does as the account says; REGISTER is not touched', async () => {
    const { account, server, register } = await registered({ account: { privacy: ['user', 'id'] } });
    assert.match(headerValue(register, 'From')!, /alice@/);
    assert.isUndefined(headerValue(register, 'Privacy'));
    account.call('bob', { privacy: [] });
    const invite = await server.request('INVITE');
    assert.match(headerValue(invite, 'From')!, /alice@/);
    assert.isUndefined(headerValue(invite, 'Privacy'));
    void account.sendMessage('bob', 'hello');
    const message = await server.request('MESSAGE');
    assert.match(headerValue(message, 'From')!, anonymous);
    assert.equal(headerValue(message, 'Privacy'), 'id');
  });

  for (const privacy of [
    ['none', 'id'],
    ['critical'],
    ['critical', 'user'],
    ['secret'],
    'id',
  ] as unknown as Privacy[][]) {
    it(`privacy ${JSON.stringify(privacy)} is refused, at the account and at a call`, async () => {
      const { account, server } = await phone();
      assert.throws(() => account.call('bob', { privacy }), /^privacy: takes/);
      assert.throws(() => void account.update({ privacy }), /^privacy: takes/);
      await server.nothing();
    });
  }

  it('params are kept, changed, and never sent', async () => {
    const { account, server, register } = await registered({ account: { params: { picture: 'blue-cat' } } });
    assert.deepEqual(account.params, { picture: 'blue-cat' });
    assert.notInclude(JSON.stringify(register), 'blue-cat');
    await account.update({ params: { picture: 'red-cat' } });
    assert.deepEqual(account.params, { picture: 'red-cat' });
    assert.throws(() => void account.update({ params: { n: 1 as never } }), /^params.n: takes/);
    await server.nothing();
  });
});

describe('options of an account that are the user agent’s by default (section 2.6)', () => {
  it('media: an account’s own servers, policy and hold style, over the user agent’s', async () => {
    const stage = await phone({
      media: { iceServers: [{ urls: 'stun:ua.example' }], iceTransportPolicy: 'relay' },
      account: { media: { iceServers: [{ urls: 'turn:account.example', username: 'u', credential: 'c' }] } },
    });
    const { account, server, ua } = stage;
    const other = ua.addAccount({ uri: 'sip:bob@example.com', register: false });
    const [own, usual] = [account.call('carol'), other.call('carol')];
    const urls = (call: typeof own): unknown => call.peerConnection!.getConfiguration().iceServers!.map((s) => s.urls);
    await settle();
    assert.deepEqual([urls(own), urls(usual)], [['turn:account.example'], ['stun:ua.example']]);
    assert.equal(own.peerConnection!.getConfiguration().iceTransportPolicy, 'relay');
    own.hangup();
    usual.hangup();
    await server.skip();
    assert.throws(() => void account.update({ media: { holdStyle: 'silent' as never } }), /^media.holdStyle: takes/);
    assert.throws(() => void account.update({ media: { networkPriority: 'top' as never } }), /^media.networkPriority:/);
  });

  for (const holdStyle of ['sendonly', 'inactive'] as const) {
    it(`holdStyle ${holdStyle}: hold() says so`, async () => {
      const { account, server } = await phone({ account: { media: { holdStyle } } });
      const call = account.call('bob');
      server.respond(await server.request('INVITE'), 200, {
        headers: ['Contact: <sip:bob@bob.invalid>', 'Content-Type: application/sdp'],
        body: peerSdp(),
      });
      await call.answered;
      await server.request('ACK');
      void call.hold();
      assert.include(String((await server.request('INVITE')).body), `a=${holdStyle}\r\n`);
      call.hangup();
    });
  }

  it('outboundProxies of the user agent are those of accounts that name none', async () => {
    const { ua, server, account } = await phone({ outboundProxies: ['sip:edge.example'] });
    account.call('bob');
    assert.equal(headerValue(await server.request('INVITE'), 'Route'), '<sip:edge.example;lr>');
    const [other, none] = [{ outboundProxies: ['sip:mine.example'] }, { outboundProxies: [] }].map((options) =>
      ua.addAccount({ uri: 'sip:bob@example.com', register: false, ...options }),
    );
    other!.call('carol');
    none!.call('carol');
    const [first, second] = await server.take('INVITE');
    assert.equal(headerValue(first!, 'Route'), '<sip:mine.example;lr>');
    assert.isUndefined(headerValue(second!, 'Route'));
  });
});
