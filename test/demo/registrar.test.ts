// The demo server's registrar, seen by its frames: RFC 3261 §10.3 and §22, RFC 5626 §6, RFC 7616, RFC 8760.
import { assert } from 'chai';
import { until } from '../support/servers/deadline.js';
import { authorize, statusOf, valueOf, valuesOf } from './raw-client.js';
import { Setting } from './servers.js';

const setting = new Setting();
const uri = 'sip:evercall.test';

describe('demo server: registration', () => {
  setting.hooks();

  for (const algorithm of ['MD5', 'SHA-256'] as const) {
    it(`a user registers with ${algorithm}, and the 200 lists the Contact with its time (§10.3 step 8)`, async () => {
      const alice = await setting.open('alice');
      const response = await alice.register(`<${alice.contact}>`, { Expires: '300' }, algorithm);
      assert.equal(statusOf(response), 200);
      assert.equal(valueOf(response, 'Contact'), `<${alice.contact}>;expires=300`);
    });
  }

  it('offers SHA-256 before MD5, in challenges of their own (RFC 8760 §2.3)', async () => {
    const alice = await setting.open('alice');
    alice.request('REGISTER', uri, { To: `<${alice.aor}>` });
    const challenges = valuesOf(await alice.next('SIP/2.0 401'), 'WWW-Authenticate');
    assert.deepEqual(
      challenges.map((value) => /algorithm=([\w-]+)/.exec(value)?.[1]),
      ['SHA-256', 'MD5'],
    );
  });

  it('a wrong password is challenged again, and the challenge is not stale (§22.1)', async () => {
    const alice = await setting.open('alice');
    alice.request('REGISTER', uri, { To: `<${alice.aor}>` });
    const challenge = await alice.next('SIP/2.0 401');
    const wrong = authorize(challenge, { method: 'REGISTER', uri, user: 'alice', password: 'guess' });
    alice.request('REGISTER', uri, { To: `<${alice.aor}>`, Authorization: wrong });
    assert.notMatch(await alice.next('SIP/2.0 401'), /stale/);
    assert.isEmpty(setting.server.registrar.lookup('alice'));
  });

  it('one user cannot register for another: 403 (§10.3 step 4)', async () => {
    const mallory = await setting.open('bob');
    const response = await mallory.register(`<${mallory.contact}>`, { To: '<sip:alice@evercall.test>' });
    assert.equal(statusOf(response), 403);
  });

  it('an address that nobody has: 404 (§10.3 step 5)', async () => {
    const bob = await setting.open('bob');
    assert.equal(statusOf(await bob.register(`<${bob.contact}>`, { To: '<sip:nobody@evercall.test>' })), 404);
  });

  it('a nonce that is too old is stale, and the right answer to the new one is taken (RFC 7616 §3.3)', async () => {
    const alice = await setting.open('alice');
    const common = { To: `<${alice.aor}>`, Contact: `<${alice.contact}>` };
    alice.request('REGISTER', uri, common);
    const first = await alice.next('SIP/2.0 401');
    setting.clock.sleep(301_000);
    alice.request('REGISTER', uri, {
      ...common,
      Authorization: authorize(first, { method: 'REGISTER', uri, user: 'alice' }),
    });
    const second = await alice.next('SIP/2.0 401');
    assert.match(second, /stale="?true/);
    alice.request('REGISTER', uri, {
      ...common,
      Authorization: authorize(second, { method: 'REGISTER', uri, user: 'alice' }),
    });
    await alice.next('SIP/2.0 200');
  });

  it('a nonce count that was used before is a replay: stale (RFC 7616 §3.4)', async () => {
    const alice = await setting.open('alice');
    const common = { To: `<${alice.aor}>`, Contact: `<${alice.contact}>` };
    alice.request('REGISTER', uri, common);
    const challenge = await alice.next('SIP/2.0 401');
    const withCount = (nc: string): string => authorize(challenge, { method: 'REGISTER', uri, user: 'alice', nc });
    alice.request('REGISTER', uri, { ...common, Authorization: withCount('00000001') });
    await alice.next('SIP/2.0 200');
    alice.request('REGISTER', uri, { ...common, Authorization: withCount('00000002') });
    await alice.next('SIP/2.0 200');
    alice.request('REGISTER', uri, { ...common, Authorization: withCount('00000002') });
    assert.match(await alice.next('SIP/2.0 401'), /stale="?true/);
  });

  it('an address has several contacts, and a REGISTER without Contact only asks for them (§10.2.3)', async () => {
    const [one, two] = [await setting.registered('alice'), await setting.registered('alice')];
    const contacts = valuesOf(await two.register(''), 'Contact').join();
    assert.include(contacts, one.contact);
    assert.include(contacts, two.contact);
  });

  it('Expires 0 removes one contact, Contact * removes them all (§10.2.2)', async () => {
    const [one, two] = [await setting.registered('alice'), await setting.registered('alice')];
    const left = await one.register(`<${one.contact}>`, { Expires: '0' });
    assert.deepEqual(valuesOf(left, 'Contact'), [`<${two.contact}>;expires=600`]);
    assert.isEmpty(valuesOf(await two.register('*', { Expires: '0' }), 'Contact'));
    assert.isEmpty(setting.server.registrar.lookup('alice'));
  });

  it('Contact * with another contact, or with time, is 400 (§10.3 step 6)', async () => {
    const alice = await setting.open('alice');
    assert.equal(statusOf(await alice.register('*', { Expires: '60' })), 400);
    assert.equal(statusOf(await alice.register(`*, <${alice.contact}>`, { Expires: '0' })), 400);
  });

  it('less time than the registrar grants: 423 with Min-Expires (§10.3 step 7)', async () => {
    const alice = await setting.open('alice');
    const response = await alice.register(`<${alice.contact}>;expires=10`);
    assert.equal(statusOf(response), 423);
    assert.equal(valueOf(response, 'Min-Expires'), '60');
  });

  it('a CSeq that is not higher does not change a binding of the same Call-ID (§10.3 step 7)', async () => {
    const alice = await setting.registered('alice');
    const response = await alice.register(`<${alice.contact}>`, { CSeq: '1 REGISTER' });
    assert.equal(statusOf(response), 500);
  });

  it('a binding whose time is over is gone', async () => {
    const alice = await setting.open('alice');
    await alice.register(`<${alice.contact}>`, { Expires: '60' });
    setting.clock.sleep(59_000);
    assert.lengthOf(setting.server.registrar.lookup('alice'), 1);
    setting.clock.sleep(1000);
    assert.isEmpty(setting.server.registrar.lookup('alice'));
  });

  it('a binding is gone with its WebSocket', async () => {
    const alice = await setting.registered('alice');
    alice.close();
    await until(2000, 'the binding to go', () => setting.server.registrar.lookup('alice').length === 0);
  });

  it('the same instance and reg-id replace a binding, and outbound is required of those who asked (RFC 5626 §6)', async () => {
    const params = ';+sip.instance="<urn:uuid:1>";reg-id=1';
    await setting.registered('alice', params);
    const again = await setting.open('alice');
    const response = await again.register(`<${again.contact}>${params}`, { Supported: 'outbound, path' });
    assert.lengthOf(valuesOf(response, 'Contact'), 1);
    assert.include(valueOf(response, 'Contact'), again.contact);
    assert.equal(valueOf(response, 'Require'), 'outbound');
  });

  it('an extension that it does not know: 420 with Unsupported (§10.3 step 2)', async () => {
    const alice = await setting.open('alice');
    const response = await alice.register(`<${alice.contact}>`, { Require: 'teleport' });
    assert.equal(statusOf(response), 420);
    assert.equal(valueOf(response, 'Unsupported'), 'teleport');
  });
});
