// A push has come: what stands between us and the call that waits is found and healed.
import { assert } from 'chai';
import type { Call, PushOptions, PushReport } from '../../lib/index.js';
import type { SipRequest } from '../../lib/parser/index.js';
import { inDialog, peerOffer, talking } from '../support/calls.js';
import { settle } from '../support/fake-clock.js';
import { peerRequest } from '../support/phone.js';
import type { FakeSocket } from '../support/scripted-server.js';
import { bound, leaving, registered, registering } from '../support/registering.js';
import type { RegisteringPhone } from '../support/registering.js';

interface Woken extends RegisteringPhone {
  readonly calls: Call[];
  /** Hands over a push; what it resolves with is told as soon as it does. */
  readonly push: (options?: PushOptions) => { readonly report: () => PushReport | undefined };
}

/** Whether its server pongs is known by then. */
async function known<T extends RegisteringPhone>(stage: T): Promise<T> {
  await stage.clock.advance(11_000);
  assert.equal(stage.server.pings, 1);
  return stage;
}

/** A registered phone that nobody has called yet. */
async function woken(isDead = false): Promise<Woken> {
  const stage = await known(await registered({ keepAlive: 'auto' }));
  stage.server.holdsHandshakes = !isDead; // they take longer than an answer does
  stage.server.socket.isDead = isDead;
  const calls: Call[] = [];
  stage.ua.on('incomingCall', ({ call }) => calls.push(call));
  const push: Woken['push'] = (given) => {
    let report: PushReport | undefined;
    void stage.ua.handlePush(given).then((found) => (report = found));
    return { report: () => report };
  };
  return { ...stage, calls, push };
}

/** The connection that stays, whatever was tried beside it. */
const present = ({ server }: Woken): FakeSocket => server.sockets.filter(({ isClosed }) => !isClosed).at(-1)!;

const accept = (stage: Woken, register: SipRequest): void => {
  stage.server.respondOn(present(stage), register, 200, { headers: [bound(register, 600)] });
};

const invite = (callId = 'call-1'): string =>
  peerRequest('INVITE', { 'Call-ID': callId, From: `<sip:bob@example.com>;tag=${callId}` }, peerOffer());

describe('a push', () => {
  it('LIN-33: a healthy connection is reused: it is asked, one REGISTER, and the call that comes is reported', async () => {
    const stage = await woken();
    const { server, clock, calls, push } = stage;
    const pending = push({ callId: 'call-1' });
    accept(stage, await server.request('REGISTER'));
    await clock.advance(300);
    assert.equal(server.pings, 2);
    assert.lengthOf(
      server.sockets.filter(({ isClosed }) => !isClosed),
      1,
    );
    assert.isFalse(server.sockets[0]!.isClosed);
    assert.isUndefined(pending.report(), 'the call is still to come');
    present(stage).receive(invite());
    await settle();
    const report = pending.report();
    assert.deepInclude(report, { outcome: 'call', call: calls[0]!, duration: 300 });
    assert.deepInclude(report!.recovery, { outcome: 'completed', reason: 'a push has come' });
    assert.deepEqual(
      report!.recovery!.steps.map((step) => [step.step, 'ok' in step && step.ok]),
      [['updateContact', true]],
    );
    await server.response(180);
    await server.nothing();
  });

  it('LIN-33, IPC-44: a dead one is found at once and replaced: one handshake, one REGISTER for each account, with the new Contact', async () => {
    const stage = await woken();
    const { ua, server, clock, account, calls, push } = stage;
    const former = account.contact;
    const second = ua.addAccount({ uri: 'sip:second@example.com', password: 'secret' });
    accept(stage, await server.request('REGISTER'));
    await settle();
    server.socket.isDead = true;
    server.holdsHandshakes = false;
    const pending = push();
    await settle();
    assert.lengthOf(server.sockets, 2);
    const registers = [await server.request('REGISTER'), await server.request('REGISTER')];
    assert.deepEqual(leaving(registers[0]!), [former]);
    for (const register of registers) accept(stage, register);
    await clock.advance(1000);
    await server.nothing();
    assert.lengthOf(server.sockets, 2);
    assert.isTrue(account.isRegistered && second.isRegistered);
    server.send(invite());
    await settle();
    assert.deepInclude(pending.report(), { outcome: 'call', call: calls[0]!, duration: 1000 });
    assert.deepEqual(
      pending.report()!.recovery!.steps.map(({ step }) => step),
      ['restartTransport', 'accountTransport', 'accountTransport', 'updateContact', 'updateContact'],
    );
  });

  it('PUSH-10: the INVITE may come before the REGISTER is answered: its call is reported at once', async () => {
    const stage = await woken();
    const { server, calls, push } = stage;
    const pending = push();
    const register = await server.request('REGISTER');
    present(stage).receive(invite());
    await settle();
    assert.deepInclude(pending.report(), { outcome: 'call', call: calls[0]!, recovery: undefined });
    accept(stage, register);
    await server.response(180);
    await server.nothing();
  });

  it('LIN-33: a Call-ID that is known: nothing is done; not for one that rings, talks, or is over', async () => {
    const { server, clock, calls, push } = await woken();
    server.send(invite());
    const pings = server.pings;
    const ringing = push({ callId: 'call-1' });
    await server.response(180);
    assert.deepEqual(ringing.report(), { outcome: 'known', call: calls[0]!, recovery: undefined, duration: 0 });
    calls[0]!.reject();
    await server.response(486);
    const over = push({ callId: 'call-1' });
    await clock.advance(100);
    assert.deepInclude(over.report(), { outcome: 'known', call: undefined });
    assert.equal(server.pings, pings);
    assert.lengthOf(server.sockets, 1);
    await server.nothing();
  });

  it('… and one that rings already is what a push without a Call-ID is for: we register all the same (RFC 8599 §4.1.3)', async () => {
    const stage = await woken();
    const { server, calls, push } = stage;
    server.send(invite());
    await server.response(180);
    const pending = push();
    accept(stage, await server.request('REGISTER'));
    assert.deepInclude(pending.report(), { outcome: 'call', call: calls[0]! });
  });

  it('a push that comes again waits with the first; another call is another push', async () => {
    const stage = await woken();
    const { server, clock, calls, push } = stage;
    const first = push({ callId: 'call-1' });
    const again = push({ callId: 'call-1' });
    accept(stage, await server.request('REGISTER'));
    await server.nothing();
    const other = push({ callId: 'call-2' });
    accept(stage, await server.request('REGISTER'));
    present(stage).receive(invite('call-2'));
    await clock.advance(100);
    assert.equal(other.report()?.call, calls[0]);
    assert.isUndefined(first.report());
    present(stage).receive(invite('call-1'));
    await clock.advance(100);
    assert.equal(first.report()?.call, calls[1]);
    assert.strictEqual(again.report(), first.report());
  });

  it('LIN-33: no call within 20 s: nothing was found; one whose Call-ID was changed on the way is what was found', async () => {
    const stage = await woken();
    const { server, clock, calls, push } = stage;
    const nothing = push({ callId: 'call-1' });
    accept(stage, await server.request('REGISTER'));
    await clock.advance(19_999);
    assert.isUndefined(nothing.report());
    await clock.advance(1);
    assert.deepInclude(nothing.report(), { outcome: 'nothing', call: undefined, duration: 20_000 });
    assert.equal(nothing.report()?.recovery?.outcome, 'completed');
    const changed = push({ callId: 'call-2' });
    accept(stage, await server.request('REGISTER'));
    present(stage).receive(invite('another'));
    await clock.advance(20_000);
    assert.deepInclude(changed.report(), { outcome: 'call', call: calls[0]! });
  });

  it('LIN-33: the network is assumed to be there, whatever the app has said', async () => {
    const stage = await woken();
    const { ua, server, account, push } = stage;
    server.holdsHandshakes = false;
    ua.setNetworkReachable(false);
    await settle();
    assert.equal(account.state, 'none');
    push();
    accept(stage, await server.request('REGISTER'));
    assert.lengthOf(server.sockets, 2);
    assert.isTrue(account.isRegistered);
  });

  it('a call that is talked goes on undisturbed', async () => {
    const { ua, server, call, ok, clock } = await talking({}, { keepAlive: 'auto' });
    await clock.advance(11_000);
    server.holdsHandshakes = true;
    void ua.handlePush({ callId: 'call-2' });
    await settle();
    await server.nothing();
    assert.deepInclude(call, { state: 'confirmed', connection: 'connected' });
    server.sockets[0]!.receive(inDialog('BYE', ok, 2));
    await server.response(200);
  });

  it('who unregistered, paused, or was refused for good stays so; whom the registrar told to wait registers now', async () => {
    const unregistered = await woken();
    void unregistered.account.unregister();
    unregistered.server.respond(await unregistered.server.request('REGISTER'), 200);
    await settle();
    unregistered.push();
    await unregistered.server.nothing();

    const paused = await woken();
    paused.account.pauseRegistration();
    paused.push();
    await paused.server.nothing();

    const forbidden = await registering({ keepAlive: 'auto' });
    forbidden.server.respond(forbidden.register, 403);
    await known(forbidden);
    void forbidden.ua.handlePush();
    await forbidden.server.nothing();

    const waiting = await registering({ keepAlive: 'auto' });
    waiting.server.respond(waiting.register, 500, { headers: ['Retry-After: 300'] });
    await known(waiting);
    void waiting.ua.handlePush();
    await waiting.server.request('REGISTER');
  });

  it('on a page that has just been opened: no second handshake beside the first', async () => {
    const { ua, server } = await woken();
    void ua.handleIpChange();
    await settle();
    assert.lengthOf(server.sockets, 2);
    void ua.handlePush();
    await settle();
    assert.lengthOf(server.sockets, 2);
    server.socket.open();
    await server.request('REGISTER');
    await server.nothing();
  });

  it('bad input: no server can be reached: nothing is found, nothing is thrown', async () => {
    const { server, clock, push } = await woken(true);
    server.refused.add('ws://server.example/ws');
    const pending = push();
    await clock.advance(20_000);
    assert.deepInclude(pending.report(), { outcome: 'nothing' });
  });

  it('its signal ends the waiting, and that alone; a user agent that stops ends it, too', async () => {
    const { ua, server, push } = await woken();
    const controller = new AbortController();
    const aborted = ua.handlePush({ callId: 'call-1', signal: controller.signal }).catch((error: unknown) => error);
    const patient = push({ callId: 'call-1' });
    await server.request('REGISTER');
    controller.abort();
    assert.propertyVal(await aborted, 'code', 'aborted');
    assert.isUndefined(patient.report());
    void ua.stop({ unregister: false });
    await settle();
    assert.deepInclude(patient.report(), { outcome: 'nothing' });
    assert.throws(() => void ua.handlePush(), /stopped/);
  });

  it('bad input: wrong options are named, and nothing is done', async () => {
    const { ua, server } = await woken();
    for (const [options, name] of [
      [{ callID: 'x' }, 'callID'],
      [{ callId: 7 }, 'callId'],
      [{ callId: 'a\r\nb' }, 'callId'],
      ['call-1', 'options'],
    ] as const) {
      const error: unknown = await ua.handlePush(options as never).catch((thrown: unknown) => thrown);
      assert.propertyVal(error, 'code', 'invalidOption');
      assert.include((error as Error).message, name);
    }
    await server.nothing();
  });
});
