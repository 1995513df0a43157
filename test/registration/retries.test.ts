import { assert } from 'chai';
import { headerValue } from '../../lib/parser/index.js';
import type { SipRequest } from '../../lib/parser/index.js';
import type { Account, NetworkEvidence, RegistrationChange } from '../../lib/index.js';
import { settle } from '../support/fake-clock.js';
import { bound, challenge, contactOf, leaving, registered, registering } from '../support/registering.js';
import type { RegisteringPhone } from '../support/registering.js';

/** Answers the next `count` REGISTERs with `status` and says how many milliseconds passed before each. */
async function gaps(
  { server, clock }: RegisteringPhone,
  status: number,
  count: number,
  headers: readonly string[] = [],
): Promise<number[]> {
  const result: number[] = [];
  for (let i = 0; i < count; i++) {
    let waited = 0;
    let requests: SipRequest[] = [];
    for (; requests.length === 0 && waited < 4000_000; waited += 100) {
      await clock.advance(100);
      requests = await server.take('REGISTER');
    }
    assert.lengthOf(requests, 1);
    result.push(waited);
    server.respond(requests[0]!, status, { headers });
  }
  return result;
}

describe('retries', () => {
  for (const expires of [1, 10, 60, 600, 3600]) {
    it(`ACC-30: a binding of ${expires} s is refreshed once, before it ends and not before half of it`, async () => {
      const stage = await registered({ expires });
      const [wait] = await gaps(stage, 200, 1);
      assert.isAtLeast(wait!, expires * 450);
      assert.isBelow(wait!, expires * 1000);
    });
  }

  it('ACC-30: `refreshBefore` is kept where it comes before 90 % (reg_delay_before_refresh)', async () => {
    const { server, clock } = await registered({ expires: 600, account: { refreshBefore: 200 } });
    await clock.advance(370_000);
    await server.nothing();
    await clock.advance(30_001);
    await server.request('REGISTER');
  });

  it('ACC-30: ten to the ninth seconds granted overflow no timer', async () => {
    const { server, clock, account } = await registered({ expires: 1_000_000_000 });
    await clock.advance(40 * 24 * 3600_000);
    await server.nothing();
    assert.isTrue(account.isRegistered);
  });

  it('ACC-10: 0 seconds granted are no registration', async () => {
    const { server, register, account } = await registering();
    server.respond(register, 200, { headers: [bound(register, 0)] });
    const second = await server.request('REGISTER');
    server.respond(second, 200, { headers: [bound(second, 0)] });
    await settle();
    assert.equal(account.state, 'failed');
    await server.nothing();
  });

  it('ACC-31: the delays double from 30 s to half an hour, each between half and whole of that (RFC 5626 §4.5)', async () => {
    const stage = await registering();
    stage.server.respond(stage.register, 500);
    const waits = await gaps(stage, 500, 9);
    waits.forEach((wait, i) => {
      const whole = Math.min(1800_000, 30_000 * 2 ** i);
      assert.isAtLeast(wait, whole / 2, `wait ${i}`);
      assert.isAtMost(wait, whole + 200, `wait ${i}`);
    });
  });

  it('ACC-31, EXO-10: `retry` sets first, interval, max and jitter; false leaves further tries to the app', async () => {
    const retry = { first: 0, interval: 10, max: 15, jitter: 0 };
    const stage = await registering({ account: { retry } });
    stage.server.respond(stage.register, 503);
    const waits = await gaps(stage, 503, 3);
    assert.deepEqual(waits, [100, 15_000, 15_000]);

    const manual = await registering({ account: { retry: false } });
    const changes: RegistrationChange[] = [];
    manual.account.on('registrationChanged', (change) => changes.push(change));
    manual.server.respond(manual.register, 503);
    await manual.clock.advance(3600_000);
    await manual.server.nothing();
    assert.isTrue(changes[0]!.isPermanent);
    void manual.account.register();
    await manual.server.request('REGISTER');
  });

  it('ACC-31: a hundred clients that fail together do not come back in the same second', async () => {
    const seconds = new Map<number, number>();
    for (let i = 0; i < 100; i++) {
      const { account, server, register } = await registering();
      const failed = account.once('registrationChanged');
      server.respond(register, 503);
      const { retryAt } = await failed;
      const second = Math.floor(retryAt! / 1000);
      seconds.set(second, (seconds.get(second) ?? 0) + 1);
    }
    assert.isAtLeast(seconds.size, 10);
    assert.isBelow(Math.max(...seconds.values()), 25);
  });

  for (const status of [400, 403, 404, 405, 420, 501]) {
    it(`ACC-32: ${status} is final: nothing follows in an hour, on a new connection neither, until the app acts`, async () => {
      const { server, register, clock, account } = await registering();
      const failed = account.once('registrationChanged');
      server.respond(register, status);
      const change = await failed;
      assert.include(change, { state: 'failed', status, isPermanent: true, retryAt: undefined });
      server.socket.drop();
      await clock.advance(3600_000);
      await server.nothing();
      void account.register().catch(() => undefined);
      await server.request('REGISTER');
    });
  }

  for (const status of [408, 480, 500, 502, 503, 504, 600, 603]) {
    it(`ACC-31: after ${status} it is tried again, and the event says when`, async () => {
      const { server, register, clock, account } = await registering();
      const failed = account.once('registrationChanged');
      server.respond(register, status);
      const { retryAt, isPermanent } = await failed;
      assert.isFalse(isPermanent);
      await clock.advance(retryAt! - clock.wallTime() - 1);
      await server.nothing();
      await clock.advance(1);
      await server.request('REGISTER');
    });
  }

  it('RFC 3263 §4.3: a 503 without a time sends us to the next server at once, then as back-off says', async () => {
    const servers = ['ws://one.example/', 'ws://two.example/'];
    const stage = await registering({ servers, account: { retry: { jitter: 0, interval: 30 } }, failback: false });
    const { server, clock, register, account } = stage;
    server.respond(register, 503);
    await clock.advance(1000);
    const second = await server.request('REGISTER');
    assert.equal(server.socket.url, servers[1]);
    server.respond(second, 503);
    await clock.advance(59_000);
    await server.nothing();
    await clock.advance(2000);
    const third = await server.request('REGISTER');
    assert.equal(server.socket.url, servers[0]);
    server.respond(third, 200, { headers: [bound(third, 600)] });
    await account.registered;
    assert.lengthOf(server.sockets, 3);
  });

  it('a server that restarts has us back within a second of listening again, when that took it no more than three', async () => {
    for (let outage = 250; outage <= 3000; outage += 250) {
      const { server, clock, account } = await registered();
      const { url } = server.socket;
      server.refused.add(url);
      server.socket.drop();
      await clock.advance(outage);
      server.refused.clear();
      await clock.advance(1000);
      assert.isTrue(account.connected, `${outage} ms`);
      await server.request('REGISTER');
    }
  });

  describe('a REGISTER that is under way as we move, make before break', () => {
    async function moved(): Promise<RegisteringPhone & { pending: SipRequest; account: Account }> {
      let tell: ((evidence: NetworkEvidence) => void) | undefined;
      const network = { watch: (listener: typeof tell) => ((tell = listener), () => undefined) };
      const stage = await registered({ network, ipChange: {} });
      void stage.account.register().catch(() => undefined);
      const pending = await stage.server.request('REGISTER');
      tell!('moved');
      await settle();
      assert.deepEqual(stage.server.sockets.map(({ isClosed }) => isClosed), [false, false]); // prettier-ignore
      await stage.server.nothing(); // RFC 3261 §10.2: not before the one under way has its answer
      return { ...stage, pending };
    }

    it('is answered on the connection of before, where nobody finds us any more: another goes out on the present one', async () => {
      const { server, account, pending, clock } = await moved();
      server.respondOn(server.sockets[0]!, pending, 200, { headers: [bound(pending, 600)] });
      const second = await server.request('REGISTER');
      assert.include(server.sockets[1]!.sent.at(-1), 'REGISTER');
      assert.notEqual(contactOf(second).uri, contactOf(pending).uri);
      assert.deepEqual(leaving(second), [contactOf(pending).uri]);
      server.respond(second, 200, { headers: [bound(second, 600)] });
      await account.registered;
      await clock.advance(60_000);
      await server.nothing();
    });

    it('… or it is not, and is waited for no longer than a second (PJSIP #3021)', async () => {
      const { server, account, clock } = await moved();
      await clock.advance(1000);
      const second = await server.request('REGISTER');
      assert.include(server.sockets[1]!.sent.at(-1), 'REGISTER');
      server.respond(second, 200, { headers: [bound(second, 600)] });
      await settle();
      assert.isTrue(account.isRegistered);
      await clock.advance(60_000);
      await server.nothing();
    });

    it('… or is refused for good: that holds on the present one, too', async () => {
      const { server, account, pending, clock } = await moved();
      server.respondOn(server.sockets[0]!, pending, 404);
      await clock.advance(60_000);
      await server.nothing();
      assert.equal(account.state, 'failed');
    });
  });

  it('ACC-32: Retry-After is honoured everywhere, in a 404 too; and by a new connection', async () => {
    const { server, register, clock } = await registering();
    server.respond(register, 404, { headers: ['Retry-After: 120 (maintenance)'] });
    await settle();
    server.socket.drop();
    await clock.advance(119_000);
    await server.nothing();
    await clock.advance(1000);
    await server.request('REGISTER');
  });

  it('ACC-32: Retry-After is honoured by a new connection of a registered account too', async () => {
    const { server, clock, account } = await registered();
    void account.register().catch(() => undefined);
    server.respond(await server.request('REGISTER'), 503, { headers: ['Retry-After: 120'] });
    await settle();
    server.socket.drop();
    await clock.advance(119_000);
    assert.isTrue(account.connected);
    await server.nothing();
    await clock.advance(1000);
    await server.request('REGISTER');
  });

  it('LIN 5.1: a registered account that meets a 503 is registering, not failed; when its time runs out meanwhile, it is failed', async () => {
    const retry = { interval: 100, jitter: 0 };
    const { server, account, clock } = await registered({ expires: 60, account: { retry } });
    const changes: RegistrationChange[] = [];
    account.on('registrationChanged', (change) => changes.push(change));
    void account.register().catch(() => undefined);
    server.respond(await server.request('REGISTER'), 503, { reason: 'Later' });
    await settle();
    assert.deepInclude(changes.at(-1), { state: 'registering', status: 503, reason: 'Later', cause: 'rejected' });
    assert.isTrue(account.isRegistered, 'the registrar lists us still');
    await clock.advance(100_000);
    assert.isFalse(account.isRegistered);
    server.respond(await server.request('REGISTER'), 503);
    await settle();
    assert.equal(account.state, 'failed');
  });

  it('ACC-33: a 423 without Min-Expires is followed by one REGISTER for 3601 s', async () => {
    const { server, register, account } = await registering();
    server.respond(register, 423);
    const second = await server.request('REGISTER');
    assert.equal(headerValue(second, 'Expires'), '3601');
    server.respond(second, 423);
    await settle();
    assert.equal(account.state, 'failed');
    await server.nothing();
  });

  it('ACC-33: a 423 that names less than was asked for fails at once', async () => {
    const { server, register, account } = await registering();
    server.respond(register, 423, { headers: ['Min-Expires: 60'] });
    await settle();
    assert.equal(account.state, 'failed');
    await server.nothing();
  });

  it('ACC-35: a 302 is followed once, to the registrar it names; the refresh goes to the configured one again', async () => {
    const { server, register, account } = await registering();
    server.respond(register, 302, { headers: ['Contact: <sip:b.example>'] });
    const second = await server.request('REGISTER');
    assert.equal(second.uri, 'sip:b.example');
    assert.equal(headerValue(second, 'To'), '<sip:alice@example.com>');
    server.respond(second, 200, { headers: [bound(second, 600)] });
    await account.registered;
    void account.register();
    assert.equal((await server.request('REGISTER')).uri, 'sip:example.com');
  });

  it('ACC-35: two registrars that point at each other end in `failed` after the second', async () => {
    const { server, register, account } = await registering();
    server.respond(register, 302, { headers: ['Contact: <sip:b.example>'] });
    server.respond(await server.request('REGISTER'), 301, { headers: ['Contact: <sip:example.com>'] });
    await settle();
    assert.equal(account.state, 'failed');
    await server.nothing();
  });

  for (const [status, contact] of [
    [305, '<sip:b.example>'],
    [302, '<mailto:b@b.example>'],
    [302, '*'],
  ] as const) {
    it(`ACC-35: a ${status} to ${contact} is not followed`, async () => {
      const { server, register, account } = await registering();
      server.respond(register, status, { headers: [`Contact: ${contact}`] });
      await settle();
      assert.equal(account.state, 'failed');
      await server.nothing();
    });
  }

  it('ACC-46: a registrar that challenges for ever gets a bounded number of REGISTERs', async () => {
    const { server, register, account, clock } = await registering();
    let request: SipRequest | undefined = register;
    let count = 0;
    for (; request && count < 20; count++) {
      server.respond(request, 401, { headers: [challenge.replace('n1', `n${count}`), 'X-Try: 1'] });
      request = (await server.take('REGISTER'))[0];
    }
    assert.isAtMost(count, 3);
    assert.equal(account.state, 'failed');
    await clock.advance(3600_000);
    await server.nothing();
  });

  it('EXO-6: `minExpires` raises what is asked for; register({ expires: 0 }) unregisters', async () => {
    const { server, account } = await registered({ account: { minExpires: 30 } });
    void account.register({ expires: 1 });
    const raised = await server.request('REGISTER');
    assert.equal(headerValue(raised, 'Expires'), '30');
    server.respond(raised, 200, { headers: [bound(raised, 30)] });
    await settle();
    const done = account.register({ expires: 0 });
    const remove = await server.request('REGISTER');
    assert.equal(headerValue(remove, 'Expires'), '0');
    server.respond(remove, 200);
    await done;
    assert.equal(account.state, 'unregistered');
    assert.throws(() => void account.register({ expires: -1 }), /expires/);
    assert.throws(() => void account.register({ expires: 1.5 }), /expires/);
  });

  it('ACC-5, EXO-1: a register with other values has the same Call-ID, the next CSeq, the new Expires; its headers are its own', async () => {
    const { server, account, register } = await registered();
    const { id } = account;
    const done = account.register({ expires: 1200, headers: [{ name: 'X-Once', value: 'yes' }] });
    const second = await server.request('REGISTER');
    assert.equal(headerValue(second, 'Call-ID'), headerValue(register, 'Call-ID'));
    assert.equal(headerValue(second, 'CSeq'), '2 REGISTER');
    assert.equal(headerValue(second, 'Expires'), '1200');
    assert.equal(headerValue(second, 'X-Once'), 'yes');
    server.respond(second, 200, { headers: [bound(second, 1200)] });
    await done;
    void account.register();
    const third = await server.request('REGISTER');
    assert.equal(headerValue(third, 'Expires'), '1200', 'from now on');
    assert.isUndefined(headerValue(third, 'X-Once'));
    assert.equal(account.id, id);
  });

  it('EXO-2: option tags and Supported headers of the app are merged with ours, each once', async () => {
    const { register } = await registering({
      account: { supported: ['100rel', 'path'], registerHeaders: [{ name: 'Supported', value: 'path, timer' }] },
    });
    assert.equal(headerValue(register, 'Supported'), 'outbound, path, gruu, 100rel, timer');
  });

  it('EXO-2: a function provides the headers of each REGISTER; its bug costs the headers, not the registration', async () => {
    let count = 0;
    const { server, register, account } = await registering({
      account: {
        registerHeaders: () => [{ name: 'X-Count', value: count++ === 1 ? 'bad\r\nVia: x' : String(count) }],
      },
    });
    assert.equal(headerValue(register, 'X-Count'), '1');
    server.respond(register, 200, { headers: [bound(register, 600)] });
    await account.registered;
    const bugs: unknown[] = [];
    const onBug = (error: unknown): void => void bugs.push(error);
    const former = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException').on('uncaughtException', onBug);
    void account.register();
    const second = await server.request('REGISTER');
    await settle();
    process.removeAllListeners('uncaughtException');
    for (const listener of former) process.on('uncaughtException', listener);
    assert.isUndefined(headerValue(second, 'X-Count'));
    assert.lengthOf(bugs, 1);
  });

  it('LIN-7: paused, nothing is sent and the binding runs out; register() goes on', async () => {
    const { server, account, clock } = await registered({ expires: 600 });
    account.pauseRegistration();
    await clock.advance(599_000);
    assert.isTrue(account.isRegistered);
    await clock.advance(3600_000);
    await server.nothing();
    assert.isFalse(account.isRegistered, 'ACC-10: expiry passed with no refresh');
    void account.register();
    await server.request('REGISTER');
  });

  it('a registrar that never answers: a clear state after timer F, and one REGISTER at a time', async () => {
    const { server, account, clock } = await registering();
    await clock.advance(32_000);
    assert.include(['failed', 'registering'], account.state);
    assert.isFalse(account.isRegistered);
    let inFlight = 0;
    for (let second = 0; second < 600; second += 5) {
      await clock.advance(5000);
      inFlight += (await server.take('REGISTER')).length;
    }
    assert.isAtLeast(inFlight, 2);
    assert.isAtMost(inFlight, 20);
  });

  it('a registrar that answers twice: the second answer changes nothing', async () => {
    const { server, account, register } = await registered();
    server.respond(register, 200, { headers: [bound(register, 5)] });
    server.respond(register, 403);
    await settle();
    assert.equal(account.state, 'registered');
    assert.equal(account.info.expires, 600);
  });

  it('an unregister that the registrar does not confirm rejects, and the state is `none`', async () => {
    const { server, account } = await registered();
    const outcome = account.unregister().catch((error: unknown) => error);
    server.respond(await server.request('REGISTER'), 500);
    assert.propertyVal(await outcome, 'status', 500);
    assert.equal(account.state, 'none');
    await server.nothing();
  });

  it('LIN-8: headers of the last answer can be read', async () => {
    const { account } = await registered({ headers: ['X-Licence: gold'] });
    assert.equal(headerValue(account.lastResponse!, 'X-Licence'), 'gold');
  });

  it('ACC-24: an expiry beside our Contact goes before the header', async () => {
    const { server, register, account } = await registering();
    const { uri } = contactOf(register);
    server.respond(register, 200, { headers: ['Expires: 3000', `Contact: <${uri}>;expires=40`] });
    await account.registered;
    assert.equal(account.info.expires, 40);
    assert.equal(account.info.expiresIn, 40);
  });
});
