// The first call on a fresh page: what calls are made of is on its way here, late, or cannot be had.
import { assert } from 'chai';
import { Deferred } from '../../lib/base/deferred.js';
import { OnDemand } from '../../lib/base/on-demand.js';
import type { Call, CallEnd, RejectedCall } from '../../lib/index.js';
import { EvercallError } from '../../lib/index.js';
import { headerValue } from '../../lib/parser/index.js';
import type { AllParts } from '../../lib/user-agent/all-parts.js';
import { allParts } from '../../lib/user-agent/all-parts.js';
import { described, inviteVia, peerOffer } from '../support/calls.js';
import { settle } from '../support/fake-clock.js';
import { peerRequest, peerSdp, phone } from '../support/phone.js';
import { bound } from '../support/registering.js';
import type { Phone, PhoneOptions } from '../support/phone.js';

interface ColdPhone extends Phone {
  /** How often the parts were fetched. */
  readonly fetched: () => number;
  /** They arrive, and what waited for them goes on. */
  readonly arrive: () => Promise<void>;
  /** They cannot be had, this time. */
  readonly fail: () => Promise<void>;
}

/** A phone whose account is up, and whose parts are still on their way. */
async function coldPhone(options: PhoneOptions = {}): Promise<ColdPhone> {
  let fetches: Deferred<AllParts>[] = [];
  let fetched = 0;
  const parts = new OnDemand<AllParts>(() => {
    fetched++;
    const fetch = new Deferred<AllParts>();
    fetches.push(fetch);
    return fetch.promise;
  });
  const all = await allParts.load();
  const stage = await phone({ ...options, parts });
  const settleAll = async (each: (fetch: Deferred<AllParts>) => void): Promise<void> => {
    const pending = fetches;
    fetches = [];
    pending.forEach(each);
    await settle();
  };
  return {
    ...stage,
    fetched: () => fetched,
    arrive: () => settleAll((fetch) => fetch.resolve(all)),
    fail: () => settleAll((fetch) => fetch.reject(new TypeError('Failed to fetch dynamically imported module'))),
  };
}

/** A call of the peer's that is refused before the app is shown it. */
function refusals({ ua }: Phone): RejectedCall[] {
  const refused: RejectedCall[] = [];
  ua.on('rejectedCall', (call) => refused.push(call));
  return refused;
}

function incomingCalls({ ua }: Phone): Call[] {
  const calls: Call[] = [];
  ua.on('incomingCall', ({ call }) => calls.push(call));
  return calls;
}

const invite = (branch = 'z9hG4bKinvite', callId = 'call-1'): string =>
  peerRequest('INVITE', { Via: `SIP/2.0/WS edge.example;branch=${branch}`, 'Call-ID': callId }, peerOffer());

describe('The parts that calls are made of', () => {
  it('are waited for by a request outside of any dialog; where they cannot be had it rejects', async () => {
    const { account, server, arrive, fail } = await coldPhone();
    const failed = account.sendMessage('bob', 'too early').catch((error: unknown) => error);
    await fail();
    assert.deepInclude(await failed, { code: 'notLoaded' });
    const sent = account.sendMessage('bob', 'hello');
    await server.nothing();
    await arrive();
    server.respond(await server.request('MESSAGE'), 200);
    await sent;
    assert.throws(() => void account.request('INVITE', 'bob'), /method: takes a method that stands alone/);
  });

  it('are fetched with the first account, once for all calls', async () => {
    const stage = await coldPhone();
    assert.equal(stage.fetched(), 1);
    stage.ua.addAccount({ uri: 'sip:carol@example.com', register: false });
    stage.account.call('bob');
    stage.account.call('dave');
    assert.equal(stage.fetched(), 1);
    await stage.arrive();
    stage.account.call('erin');
    assert.equal(stage.fetched(), 1);
    assert.lengthOf(await stage.server.take('INVITE'), 3);
  });

  it('are fetched again when the account is registered, if they could not be had with it', async () => {
    const stage = await coldPhone({ account: { register: true } });
    await stage.fail();
    assert.equal(stage.fetched(), 1);
    const register = await stage.server.request('REGISTER');
    stage.server.respond(register, 200, { headers: [`Contact: ${headerValue(register, 'Contact')!};expires=600`] });
    await stage.account.registered;
    assert.equal(stage.fetched(), 2);
  });

  describe('are on their way when a call of ours is placed', () => {
    it('the call is there at once; its INVITE leaves when they have come', async () => {
      const stage = await coldPhone();
      const call = stage.account.call('bob', { data: 17 });
      const { callId } = call;
      assert.isTrue(stage.account.calls.has(call));
      assert.deepInclude(call, { data: 17 });
      assert.deepEqual(call.getSnapshot(), {
        state: 'calling',
        direction: 'outgoing',
        remote: { uri: 'sip:bob@example.com', displayName: undefined },
        muted: false,
        localHold: false,
        remoteHold: false,
        connection: 'connected',
        mediaState: 'new',
        media: [],
        autoAnswer: undefined,
        end: undefined,
      });
      assert.deepInclude(call.info, { role: 'caller', callId, status: 0, offerer: undefined, connectDuration: 0 });
      assert.deepEqual(call.dialogs, []);
      assert.isFalse(call.remoteAllows('UPDATE'));
      await stage.server.nothing();

      await stage.arrive();
      const sent = await stage.server.request('INVITE');
      assert.equal(headerValue(sent, 'Call-ID'), callId);
      assert.equal(call.callId, callId);
    });

    it('whoever listened and waited before hears of all that follows', async () => {
      const stage = await coldPhone();
      const call = stage.account.call('bob');
      const states: string[] = [];
      call.on('stateChanged', ({ state }) => states.push(state));
      let changes = 0;
      call.subscribe(() => changes++);
      const { answered, ended } = call;
      await stage.arrive();
      const sent = await stage.server.request('INVITE');
      stage.server.respond(sent, 180);
      stage.server.respond(sent, 200, { body: peerSdp(), headers: described });
      await stage.server.request('ACK');
      await answered;
      call.hangup();
      assert.deepInclude(await ended, { cause: 'hangup', stage: 'confirmed' });
      assert.deepEqual(states, ['early', 'connecting', 'confirmed', 'disconnected']);
      assert.isAbove(changes, 3);
    });

    it('verbs wait for them; those that a call must be answered for are refused as ever', async () => {
      const stage = await coldPhone();
      const call = stage.account.call('bob');
      const muted: boolean[] = [];
      call.on('muteChanged', (event) => muted.push(event.muted));
      call.mute();
      assert.isTrue(call.muted);
      const held = call.hold();
      const stats = call.getStats();
      assert.throws(() => void call.transfer('carol'), /transfer: the call is calling/);
      assert.throws(() => {
        call.reject();
      }, /reject: the call is calling/);
      await stage.arrive();
      assert.isTrue(call.muted);
      assert.deepEqual(muted, [true]);
      assert.equal((await rejection(held)).code, 'invalidState');
      assert.isDefined(await stats);
      await stage.server.request('INVITE');
      call.unmute();
      assert.isFalse(call.muted);
    });

    it('hung up before they have come, the call is over at once, and no INVITE leaves', async () => {
      const stage = await coldPhone();
      const call = stage.account.call('bob');
      const ended: CallEnd[] = [];
      call.on('ended', (end) => ended.push(end));
      call.hangup();
      call.hangup();
      assert.lengthOf(ended, 1);
      assert.deepInclude(call.end, { cause: 'cancelled', status: 487, by: 'local', stage: 'calling', tried: [] });
      assert.equal(call.state, 'disconnected');
      assert.equal((await rejection(call.answered)).code, 'cancelled');
      assert.isFalse(stage.account.calls.has(call));
      assert.lengthOf(stage.ua.callLog.getSnapshot().entries, 1);
      const verb = call.hold();
      await stage.arrive();
      await stage.server.nothing();
      assert.equal((await rejection(verb)).code, 'invalidState');
    });

    it('aborted before they have come, by a signal that was aborted already or is then', async () => {
      const stage = await coldPhone();
      const first = stage.account.call('bob', { signal: AbortSignal.abort() });
      assert.equal(first.state, 'calling', 'the caller holds the call before it hears of its end');
      const later = new AbortController();
      const second = stage.account.call('bob', { signal: later.signal });
      later.abort();
      for (const call of [first, second]) assert.deepInclude(await call.ended, { cause: 'cancelled', status: 487 });
      await stage.arrive();
      await stage.server.nothing();
    });

    it('what is wrong with its options is thrown at once', async () => {
      const stage = await coldPhone();
      for (const [options, name] of [
        [{ ringTimeout: 0 }, /ringTimeout/],
        [{ video: 'yes' }, /video/],
        [{ codecs: { audio: [] } }, /codecs.audio/],
        [{ sessionTimer: { minSE: 10 } }, /minSE/],
        [{ headers: [{ name: 'X-A', value: 'a\r\nb' }] }, /X-A/],
        [{ userToUser: 17 }, /userToUser/],
        [{ privacy: ['all'] }, /privacy/],
        [{ replaces: { callId: '' } }, /replaces/],
      ] as const)
        assert.throws(() => stage.account.call('bob', options as never), name);
      assert.equal(stage.account.calls.size, 0);
    });

    it('where they cannot be had, the call ends with notLoaded; the next one tries again', async () => {
      const stage = await coldPhone();
      const call = stage.account.call('bob');
      const { answered } = call;
      await stage.fail();
      assert.equal((await rejection(answered)).code, 'notLoaded');
      assert.deepInclude(call.end, { cause: 'notLoaded', status: 480, by: 'local' });
      assert.equal(call.end?.error?.code, 'notLoaded');
      assert.equal(stage.account.calls.size, 0);

      stage.account.call('bob');
      assert.equal(stage.fetched(), 2);
      await stage.arrive();
      await stage.server.request('INVITE');
    });
  });

  describe('are on their way when an INVITE comes', () => {
    it('it gets 100 at once, and once only; it rings when they have come', async () => {
      const stage = await coldPhone();
      const calls = incomingCalls(stage);
      stage.server.send(invite());
      await stage.server.response(100);
      stage.server.send(invite()); // repeated by an impatient hop
      await stage.server.response(100);
      assert.deepEqual(calls, []);
      await stage.arrive();
      assert.lengthOf(calls, 1);
      await stage.server.response(180);
      void calls[0]!.answer();
      await stage.server.response(200);
    });

    it('§9.2: a CANCEL is honoured with 487, and the app hears whom it has missed', async () => {
      const stage = await coldPhone();
      const [calls, refused] = [incomingCalls(stage), refusals(stage)];
      stage.server.send(invite());
      await stage.server.response(100);
      stage.server.send(peerRequest('CANCEL', { Via: inviteVia }));
      await stage.server.response(200);
      await stage.server.response(487);
      assert.deepEqual(
        refused.map(({ status, remote }) => [status, remote.uri]),
        [[487, 'sip:bob@example.com']],
      );
      await stage.arrive();
      assert.deepEqual(calls, []);
      await stage.server.nothing();
    });

    it('where they cannot be had it gets 480; the next one tries again', async () => {
      const stage = await coldPhone();
      const [calls, refused] = [incomingCalls(stage), refusals(stage)];
      stage.server.send(invite());
      await stage.server.response(100);
      await stage.fail();
      await stage.server.response(480);
      assert.deepEqual(
        refused.map(({ status }) => status),
        [480],
      );
      stage.server.send(invite('z9hG4bKagain', 'call-2'));
      await stage.server.response(100);
      await stage.arrive();
      await stage.server.response(180);
      assert.lengthOf(calls, 1);
    });

    it('of several that wait only as many ring as calls are allowed', async () => {
      const stage = await coldPhone({ maxCalls: 1 });
      const calls = incomingCalls(stage);
      stage.server.send(invite());
      stage.server.send(invite('z9hG4bKsecond', 'call-2'));
      await stage.server.response(100);
      await stage.server.response(100);
      await stage.arrive();
      await stage.server.response(180);
      await stage.server.response(486);
      assert.lengthOf(calls, 1);
    });

    it('whose account is gone by then is for whoever is left', async () => {
      const stage = await coldPhone();
      const refused = refusals(stage);
      stage.server.send(invite());
      await stage.server.response(100);
      const other = stage.ua.addAccount({ uri: 'sip:carol@example.com', register: false }); // keeps the connection
      await stage.account.dispose();
      await stage.arrive();
      await stage.server.response(480); // nobody listens
      assert.equal(refused[0]?.account, other);
    });
  });

  it('other requests wait for them, and are answered in their order; where they cannot be had, with 480', async () => {
    const stage = await coldPhone();
    const { ua, server } = stage;
    const messages: unknown[] = [];
    ua.on('message', ({ body }) => messages.push(body));
    const early = (): void => {
      server.send(peerRequest('OPTIONS', { 'Call-ID': 'o' }));
      server.send(peerRequest('MESSAGE', { 'Call-ID': 'm', 'Content-Type': 'text/plain' }, 'hello'));
      server.send(peerRequest('DANCE', { 'Call-ID': 'd' }));
    };
    early();
    await server.nothing();
    await stage.fail();
    for (let i = 0; i < 3; i++) assert.equal((await server.response(480)).reason, 'Temporarily Unavailable');
    assert.deepEqual(messages, []);
    const again = (method: string, body = ''): void => {
      const Via = `SIP/2.0/WS edge.example;branch=z9hG4bK${method}`;
      server.send(peerRequest(method, { Via, 'Call-ID': method, 'Content-Type': 'text/plain' }, body));
    };
    again('OPTIONS');
    again('MESSAGE', 'hello');
    again('DANCE');
    await stage.arrive();
    await server.response(200);
    await server.response(200);
    await server.response(501);
    assert.deepEqual(messages, ['hello']);
  });

  it('handleIpChange waits for them', async () => {
    const stage = await coldPhone();
    const report = stage.ua.handleIpChange({ reason: 'the app says so' });
    await stage.arrive();
    assert.deepInclude(await report, { reason: 'the app says so', outcome: 'completed' });
  });

  it('options that change before they have come take effect when they have; wrong ones throw at once', async () => {
    const stage = await coldPhone({ account: { register: true } });
    const { account, server } = stage;
    const register = await server.request('REGISTER');
    server.respond(register, 200, { headers: [bound(register, 600)] });
    await account.registered;
    assert.throws(() => void account.update({ expires: -1 }), /^expires: takes/);
    const first = account.update({ expires: 100 });
    const second = account.update({ params: { desk: '7' } });
    await settle();
    const third = account.update({ registerHeaders: [{ name: 'X-Desk', value: '7' }] });
    await server.nothing();
    await stage.arrive();
    const change = await server.request('REGISTER');
    assert.deepEqual(
      ['Expires', 'X-Desk'].map((name) => headerValue(change, name)),
      ['100', undefined],
    );
    server.respond(change, 200, { headers: [bound(change, 100)] });
    const next = await server.request('REGISTER');
    assert.deepEqual(
      ['Expires', 'X-Desk'].map((name) => headerValue(next, name)),
      ['100', '7'],
    );
    server.respond(next, 200, { headers: [bound(next, 100)] });
    await Promise.all([first, second, third]);
    assert.deepEqual(account.params, { desk: '7' });
  });

  it('options whose change they are needed for, and cannot be had for, are as before', async () => {
    const stage = await coldPhone();
    const { account } = stage;
    const updates = [account.update({ params: { desk: '7' } })];
    await settle();
    updates.push(account.update({ uri: 'sip:carol@example.com' }));
    const errors = Promise.all(updates.map(rejection));
    assert.equal(account.edit().uri, 'sip:carol@example.com');
    await stage.fail();
    assert.deepEqual(
      (await errors).map(({ code }) => code),
      ['notLoaded', 'notLoaded'],
    );
    assert.deepEqual(
      [account.uri, account.edit().uri, account.params],
      ['sip:alice@example.com', 'sip:alice@example.com', {}],
    );
    const later = account.update({ params: { desk: '8' } });
    await settle();
    await stage.arrive();
    await later;
    assert.deepEqual(account.params, { desk: '8' });
  });

  it('setNetworkReachable before they have come is heeded when they have', async () => {
    let watchers = 0;
    const network = {
      watch: () => {
        watchers++;
        return () => undefined;
      },
    };
    const told = await coldPhone({ network, ipChange: { monitor: 'auto' } });
    told.ua.setNetworkReachable(true);
    await told.arrive();
    assert.equal(watchers, 0);
    const untold = await coldPhone({ network, ipChange: { monitor: 'auto' } });
    await untold.arrive();
    assert.equal(watchers, 1);
  });
});

async function rejection(promise: Promise<unknown>): Promise<EvercallError> {
  const error: unknown = await promise.then(
    () => assert.fail('it should have been rejected'),
    (reason: unknown) => reason,
  );
  assert.instanceOf(error, EvercallError);
  return error;
}
