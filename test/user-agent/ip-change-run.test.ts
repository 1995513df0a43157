import { assert } from 'chai';
import type { AccountOptions, Call, EvercallError, HandleIpChangeOptions, IpChangeProgress } from '../../lib/index.js';
import { headerValue } from '../../lib/parser/index.js';
import type { SipRequest } from '../../lib/parser/index.js';
import { peerOffer } from '../support/calls.js';
import { settle } from '../support/fake-clock.js';
import { answerAll, moving, ufrag } from '../support/moving.js';
import type { Moving } from '../support/moving.js';
import { peerRequest } from '../support/phone.js';
import { bound, leaving, registered } from '../support/registering.js';

const methods = ({ server }: Moving): string[] => (server.received as SipRequest[]).map(({ method }) => method);
const told = ({ steps }: Moving, name: IpChangeProgress['step']): IpChangeProgress[] =>
  steps.filter(({ step }) => step === name);

/** What is said from now on. */
async function saidAfter(stage: Moving, act: () => unknown): Promise<SipRequest[]> {
  await stage.server.skip();
  const known = stage.server.received.length;
  void act();
  await settle();
  return stage.server.received.slice(known) as SipRequest[];
}

/** A second account at the same server, which is registered. */
async function neighbour(stage: Moving, options: object = {}): Promise<void> {
  stage.ua.addAccount({ uri: 'sip:second@example.com', password: 'secret', ...options });
  const register = await stage.server.request('REGISTER');
  stage.server.respond(register, 200, { headers: [bound(register, 600)] });
  await settle();
}

/** A second call of the account, which rings there. */
async function ringingThere({ account, server }: Moving): Promise<{ call: Call; invite: SipRequest }> {
  const call = account.call('carol');
  await server.arrival();
  const requests = server.received.slice(-2) as SipRequest[];
  await server.skip();
  const invite = requests.find((request) => request.method === 'INVITE' && request.uri.includes('carol'))!;
  server.respond(invite, 180);
  await settle();
  return { call, invite };
}

/** … and one that rings here. */
async function ringingHere({ ua, server }: Moving): Promise<Call> {
  const announced = ua.once('incomingCall');
  const headers = { 'Call-ID': 'call-2', From: '<sip:dave@example.com>;tag=davetag' };
  server.send(peerRequest('INVITE', headers, peerOffer()));
  const { call } = await announced;
  await settle();
  return call;
}

describe('what a change of the network does, as the app or the account has it', () => {
  describe('connections', () => {
    it('IPC-1: reconnect: false trusts the connection: no handshake, REGISTER and re-INVITE go by it', async () => {
      const stage = await moving({ monitor: 'manual' });
      const done = stage.ua.handleIpChange({ reconnect: false });
      const { invite } = await answerAll(stage);
      assert.notEqual(ufrag(invite.body), ufrag(stage.invite.body));
      const report = await done;
      assert.lengthOf(stage.server.sockets, 1);
      assert.sameMembers(
        report.steps.map(({ step }) => step),
        ['refreshCall', 'updateContact', 'refreshCall'],
      );
    });

    it('IPC-8: … and where the Contact is to stay, no REGISTER: the calls are refreshed at once', async () => {
      const stage = await moving({ monitor: 'manual', account: { contactUpdate: 'off' } });
      const said = await saidAfter(stage, () => stage.ua.handleIpChange({ reconnect: false }));
      assert.deepEqual(said.map(({ method }) => method), ['INVITE']); // prettier-ignore
    });

    it('IPC-2: restartDelay: so long from the end of the connection to the next handshake', async () => {
      const stage = await moving({ monitor: 'manual' });
      void stage.ua.handleIpChange({ restartDelay: 500 });
      assert.isTrue(stage.server.sockets[0]!.isClosed);
      await stage.clock.advance(499);
      assert.lengthOf(stage.server.sockets, 1);
      await stage.clock.advance(1);
      assert.lengthOf(stage.server.sockets, 2);
      await answerAll(stage);
      assert.equal(stage.call.connection, 'connected');
    });

    it('IPC-2: … and a later run does not wait for the end of it', async () => {
      const stage = await moving({ monitor: 'manual' });
      void stage.ua.handleIpChange({ restartDelay: 500 });
      void stage.ua.handleIpChange();
      await settle();
      assert.lengthOf(stage.server.sockets, 2);
      await stage.clock.advance(1000);
      assert.lengthOf(stage.server.sockets, 2);
    });

    it('IPC-3: the next handshake begins at once though nobody answers on the old connection, whose late words change nothing', async () => {
      const stage = await moving({ monitor: 'manual' });
      const [former] = stage.server.sockets;
      former!.isDead = true;
      void stage.ua.handleIpChange();
      assert.lengthOf(stage.server.sockets, 2);
      await answerAll(stage);
      former!.isDead = false;
      former!.receive(peerRequest('INVITE', { 'Call-ID': 'late' }, peerOffer()).replace(/\n/g, '\r\n'));
      await settle();
      assert.lengthOf([...stage.account.calls], 1);
      assert.equal(stage.call.connection, 'connected');
    });

    it('IPC-4: two accounts on one connection, one for its end and one against: one close, one handshake, and both are told', async () => {
      const stage = await moving({ monitor: 'manual', account: { ipChange: { shutdownTransport: false } } });
      await neighbour(stage);
      void stage.ua.handleIpChange();
      await settle();
      assert.lengthOf(stage.server.sockets, 2);
      assert.isTrue(stage.server.sockets[0]!.isClosed);
      assert.lengthOf(told(stage, 'shutdownTransport'), 1);
      assert.lengthOf(told(stage, 'restartTransport'), 1);
      assert.deepEqual(
        told(stage, 'accountTransport').map((step) => 'account' in step && step.account.uri),
        ['sip:alice@example.com', 'sip:second@example.com'],
      );
    });

    it('IPC-4: … all against: the next one is opened first, and what is under way is answered on the former', async () => {
      const stage = await moving({ monitor: 'manual', shutdownTransport: false });
      await neighbour(stage);
      const call = await ringingHere(stage);
      void stage.ua.handleIpChange();
      await settle();
      assert.lengthOf(stage.server.sockets, 2);
      assert.isFalse(stage.server.sockets[0]!.isClosed);
      assert.isEmpty(told(stage, 'shutdownTransport'));
      assert.lengthOf(told(stage, 'accountTransport'), 2);
      call.reject();
      assert.include(String(stage.server.sockets[0]!.sent.at(-1)), 'SIP/2.0 486');
    });

    it('IPC-4: … and the app has the last word', async () => {
      const stage = await moving({ monitor: 'manual', shutdownTransport: false });
      void stage.ua.handleIpChange({ shutdownTransport: true });
      assert.isTrue(stage.server.sockets[0]!.isClosed);
      const other = await moving({ monitor: 'manual' });
      void other.ua.handleIpChange({ shutdownTransport: false });
      await settle();
      assert.isFalse(other.server.sockets[0]!.isClosed);
      assert.lengthOf(other.server.sockets, 2);
    });

    it('no server within the grace period: the report says why, and the calls come back when there is one', async () => {
      const stage = await moving({ monitor: 'manual', gracePeriod: 5000 });
      const { server, clock, ua, call } = stage;
      server.refused.add(server.socket.url);
      const done = ua.handleIpChange();
      await clock.advance(7000);
      await clock.advance(60_000);
      const [restart] = told(stage, 'restartTransport');
      assert.deepInclude(restart, { ok: false });
      assert.equal(restart?.step === 'restartTransport' && restart.error?.code, 'transport');
      assert.equal(call.connection, 'reconnecting');
      server.refused.clear();
      const known = server.sockets.length;
      while (server.sockets.length === known) await clock.advance(100);
      await answerAll(stage);
      assert.equal(call.connection, 'connected');
      assert.equal((await done).outcome, 'completed');
    });
  });

  describe('registrations', () => {
    it('ACC-21: where the former Contact is removed by itself, the report says both', async () => {
      const stage = await moving({ monitor: 'manual', account: { contactUpdate: 'unregister' } });
      const { server, ua, call } = stage;
      call.hangup({ silent: true });
      const done = ua.handleIpChange();
      const remove = await server.request('REGISTER');
      assert.lengthOf(leaving(remove), 1);
      server.respond(remove, 200);
      const again = await server.request('REGISTER');
      server.respond(again, 200, { headers: [bound(again, 600)] });
      const { steps } = await done;
      const updates = steps.flatMap((step) => (step.step === 'updateContact' ? [[step.register, step.ok, step.status]] : [])); // prettier-ignore
      assert.deepEqual(updates, [[false, true, 200], [true, true, 200]]); // prettier-ignore
    });
  });

  describe('IPC-5: hangupCalls', () => {
    it('BYE for calls that talk, CANCEL and 410 for those that ring, on the new connection; each is told; nothing is offered anew', async () => {
      const stage = await moving({ monitor: 'manual', account: { ipChange: { hangupCalls: true } } });
      const there = await ringingThere(stage);
      const here = await ringingHere(stage);
      await stage.server.skip();
      const known = stage.server.received.length;
      void stage.ua.handleIpChange();
      const calls = [stage.call, there.call, here];
      assert.deepEqual(calls.map(({ state }) => state), Array(3).fill('disconnected')); // prettier-ignore
      await settle();
      for (const { end } of calls) assert.deepInclude(end, { cause: 'ipChange', by: 'local' });
      assert.deepEqual(calls.map(({ end }) => end!.status), [200, 410, 410]); // prettier-ignore
      const said = (stage.server.received.slice(known) as SipRequest[]).map(({ method }) => method);
      assert.sameMembers(said, ['REGISTER', 'BYE', 'CANCEL']);
      assert.lengthOf(told(stage, 'hangupCall'), 3);
      assert.lengthOf(stage.server.sockets, 2);
      assert.include(String(stage.server.sockets[1]!.sent), 'BYE sip:');
    });

    it('calls of other accounts are kept', async () => {
      const stage = await moving({ monitor: 'manual' });
      await neighbour(stage, { ipChange: { hangupCalls: true } });
      void stage.ua.handleIpChange();
      await settle();
      assert.equal(stage.call.state, 'confirmed');
      assert.isEmpty(told(stage, 'hangupCall'));
    });

    it('the user agent’s, the account’s, and what is said of this change: each over the one before', async () => {
      for (const [all, own, now, isEnded] of [
        [true, undefined, undefined, true],
        [true, false, undefined, false],
        [false, true, undefined, true],
        [false, true, false, false],
        [undefined, undefined, true, true],
      ] as const) {
        const stage = await moving({
          monitor: 'manual',
          ...(all === undefined ? {} : { hangupCalls: all }),
          account: { ipChange: own === undefined ? {} : { hangupCalls: own } },
        });
        void stage.ua.handleIpChange(now === undefined ? {} : { hangupCalls: now });
        await settle();
        assert.equal(stage.call.state === 'disconnected', isEnded, String([all, own, now]));
      }
    });

    it('a change that is noticed ends them, a doubt that was none does not', async () => {
      const stage = await moving({ hangupCalls: true });
      stage.server.holdsHandshakes = true; // they take longer than a pong
      stage.witness('online');
      await settle();
      assert.equal(stage.call.state, 'confirmed', 'the connection works');
      await stage.clock.advance(2000);
      stage.server.holdsHandshakes = false;
      stage.witness('moved');
      await settle();
      assert.deepInclude(stage.call.end, { cause: 'ipChange', status: 200 });
    });
  });

  describe('IPC-6: refresh', () => {
    const moved = async (options: HandleIpChangeOptions, refresh?: 'media' | 'rebuild' | 'dialog' | false) => {
      const stage = await moving({
        monitor: 'manual',
        account: { ipChange: refresh === undefined ? {} : { refresh } },
      });
      const said = await saidAfter(stage, () => stage.ua.handleIpChange(options));
      return { stage, said: said.filter(({ method }) => method !== 'REGISTER') };
    };
    const fingerprint = (sdp: unknown): string => /a=fingerprint:(.*)/.exec(String(sdp))![1]!;

    it('false: no request in the dialog, not even when its media are lost', async () => {
      for (const { stage, said } of [await moved({}, false), await moved({ refresh: false })]) {
        assert.isEmpty(said);
        assert.equal(stage.call.connection, 'connected');
      }
      const { stage } = await moved({}, false);
      stage.media.connections[0]!.become('failed');
      await stage.clock.advance(20_000);
      assert.notInclude(methods(stage).slice(methods(stage).lastIndexOf('REGISTER')), 'INVITE');
      assert.equal(stage.call.state, 'confirmed');
    });

    it('dialog: where the media are well, an UPDATE without a description says where we are', async () => {
      for (const { said } of [await moved({}, 'dialog'), await moved({ refresh: 'dialog' })])
        assert.deepEqual(said.map(({ method, body }) => [method, body]), [['UPDATE', '']]); // prettier-ignore
    });

    it('media: an ICE restart of the same connection; rebuild: another one', async () => {
      const { stage, said } = await moved({ refresh: 'media' }, 'dialog');
      assert.notEqual(ufrag(said[0]!.body), ufrag(stage.invite.body));
      assert.equal(fingerprint(said[0]!.body), fingerprint(stage.invite.body));
      const rebuilt = await moved({}, 'rebuild');
      assert.lengthOf(rebuilt.stage.media.connections, 2);
      assert.notEqual(ufrag(rebuilt.said[0]!.body), ufrag(rebuilt.stage.invite.body));
    });

    it('the app says that servers can be reached again: calls that are left alone stay so', async () => {
      const stage = await moving({ account: { ipChange: { refresh: false } } });
      stage.ua.setNetworkReachable({ signalling: false });
      const said = await saidAfter(stage, () => stage.ua.setNetworkReachable({ signalling: true }));
      assert.deepEqual(said.map(({ method }) => method), ['REGISTER']); // prettier-ignore
    });
  });

  it('IPC-7: useUpdate of the account, as it is by now: what was changed since holds for calls that were there', async () => {
    const stage = await moving({ monitor: 'manual', account: { contactUpdate: 'off' } });
    await stage.account.update({ ipChange: { useUpdate: true } });
    void stage.ua.handleIpChange({ reconnect: false });
    const update = await stage.server.request('UPDATE');
    assert.notEqual(ufrag(update.body), ufrag(stage.invite.body));
  });

  describe('repair: off', () => {
    const off = (): Promise<Moving> => moving({ account: { ipChange: { repair: 'off' } } });

    it('IPC-14, IPC-15: a call of ours that nobody has answered ends with its connection, and is taken back on the next', async () => {
      const stage = await off();
      const { call, invite } = await ringingThere(stage);
      const said = await saidAfter(stage, () => stage.server.socket.drop());
      assert.deepInclude(call.end, { cause: 'ipChange', status: 410 });
      await stage.clock.advance(2000);
      const all = [...said, ...((await stage.server.skip(), stage.server.received) as SipRequest[])];
      const cancel = all.find(({ method }) => method === 'CANCEL')!;
      assert.equal(headerValue(cancel, 'Call-ID'), headerValue(invite, 'Call-ID'));
      const invites = all.filter(({ method, uri }) => method === 'INVITE' && uri.includes('carol'));
      assert.lengthOf(new Set(invites), 1, 'none is sent anew');
      assert.equal(stage.call.state, 'confirmed', 'an answered one is kept');
    });

    it('IPC-18: one that rings here ends, too', async () => {
      const stage = await off();
      const call = await ringingHere(stage);
      stage.server.socket.drop();
      await settle();
      assert.deepInclude(call.end, { cause: 'ipChange', status: 410 });
    });

    it('… and after make before break, as soon as the former connection has had its time', async () => {
      const stage = await off();
      const call = await ringingHere(stage);
      stage.witness('moved');
      await stage.clock.advance(900);
      assert.equal(call.state, 'incoming');
      await stage.clock.advance(5000);
      assert.deepInclude(call.end, { cause: 'ipChange' });
    });

    it('a call that was made without a connection is none that was lost', async () => {
      const stage = await off();
      stage.server.refused.add(stage.server.socket.url);
      stage.server.socket.drop();
      await stage.clock.advance(3000);
      const call = stage.account.call('carol');
      await stage.clock.advance(3000);
      assert.equal(call.state, 'calling');
      stage.server.refused.clear();
      await stage.clock.advance(10_000);
      assert.include((stage.server.received as SipRequest[]).map(({ uri }) => uri).join(), 'carol');
    });
  });

  describe('gracePeriod', () => {
    it('so long a refusal that may pass is put up with', async () => {
      const burst = async (gracePeriod?: number): Promise<number> => {
        const stage = await moving({ monitor: 'manual', ...(gracePeriod === undefined ? {} : { gracePeriod }) });
        const { server, clock } = stage;
        stage.media.connections[0]!.become('failed');
        void stage.ua.handleIpChange({ reconnect: false });
        let known = server.received.length;
        const began = clock.now();
        let latest = began;
        while (clock.now() - latest < 9000) {
          await clock.advance(50);
          for (; known < server.received.length; known++) {
            const request = server.received[known] as SipRequest;
            if (request.method === 'INVITE') latest = clock.now();
            if (request.method === 'REGISTER') server.respond(request, 200, { headers: [bound(request, 600)] });
            else if (request.method !== 'ACK') server.respond(request, 500);
          }
        }
        assert.equal(stage.call.state, 'confirmed', 'it pauses, and seeks on later');
        return latest - began;
      };
      assert.isBelow(await burst(2000), 8000);
      const usual = await burst();
      assert.isAbove(usual, 27_000);
      assert.isBelow(usual, 42_000);
    });

    it('so long a call without an answer waits for a connection, ours and the peer’s', async () => {
      const stage = await moving({ gracePeriod: 6000 });
      const { call } = await ringingThere(stage);
      const here = await ringingHere(stage);
      stage.server.refused.add(stage.server.socket.url);
      stage.server.socket.drop();
      await stage.clock.advance(5000);
      assert.deepEqual([call.state, here.state], ['early', 'incoming']);
      await stage.clock.advance(10_000);
      assert.deepEqual([call.end?.cause, here.end?.cause], ['transport', 'transport']);
      assert.equal(stage.call.state, 'confirmed', 'one that was answered waits as long as it takes');
    });
  });

  it('IPC-40: debounce: what is noticed later is another change', async () => {
    for (const [debounce, runs] of [
      [300, 2],
      [5000, 1],
    ] as const) {
      // prettier-ignore
      const stage = await moving({ debounce });
      stage.server.holdsHandshakes = true; // the connection is found to work
      stage.witness('online');
      await stage.clock.advance(400);
      stage.witness('online');
      await stage.clock.advance(2000);
      assert.lengthOf(told(stage, 'completed'), runs, `${debounce} ms`);
    }
  });

  describe('order', () => {
    const moved = async (account: Partial<AccountOptions>): Promise<Moving> => {
      const stage = await moving({ monitor: 'manual', account });
      void stage.ua.handleIpChange();
      await settle();
      return stage;
    };
    const said = (stage: Moving): string[] => methods(stage).slice(methods(stage).lastIndexOf('REGISTER'));

    it('calls-first: calls speak at once', async () => {
      const stage = await moved({});
      assert.sameMembers(methods(stage).slice(-2), ['REGISTER', 'INVITE']);
    });

    it('register-first: they speak when the account has registered, or could not', async () => {
      for (const status of [200, 403]) {
        const stage = await moved({ ipChange: { order: 'register-first' } });
        assert.deepEqual(said(stage), ['REGISTER']);
        const register = stage.server.received.at(-1) as SipRequest;
        stage.server.respond(register, status, { headers: status === 200 ? [bound(register, 600)] : [] });
        await stage.clock.advance(1000);
        assert.include(said(stage), 'INVITE', `${status}`);
      }
    });

    it('… or for as long as a call is not given up', async () => {
      const stage = await moved({ ipChange: { order: 'register-first', gracePeriod: 5000 } });
      const register = stage.server.received.at(-1) as SipRequest;
      stage.server.respond(register, 503, { headers: ['Retry-After: 600'] });
      await stage.clock.advance(4900);
      assert.deepEqual(said(stage), ['REGISTER']);
      await stage.clock.advance(100);
      assert.include(said(stage), 'INVITE');
    });

    it('… as where our Contact is what the registrar says', async () => {
      assert.deepEqual(said(await moved({ contactHost: 'received' })), ['REGISTER']);
    });
  });

  it('signal: nothing more is waited for, and everything comes back all the same', async () => {
    const stage = await moving({ monitor: 'manual' });
    const control = new AbortController();
    const done = stage.ua.handleIpChange({ signal: control.signal });
    control.abort();
    assert.equal(await done.catch((error: unknown) => (error as EvercallError).code), 'aborted');
    await answerAll(stage);
    assert.equal(stage.call.connection, 'connected');
    const { handshakes } = stage.ua.stats;
    const never = stage.ua.handleIpChange({ signal: AbortSignal.abort() });
    assert.equal(await never.catch((error: unknown) => (error as EvercallError).code), 'aborted');
    assert.equal(stage.ua.stats.handshakes, handshakes);
  });

  it('bad input: wrong options of an account are named, and change nothing', async () => {
    const { account, ua } = await registered();
    for (const [wrong, name] of [
      [{ refresh: 'all' }, 'ipChange.refresh'],
      [{ useUpdate: 'twice' }, 'ipChange.useUpdate'],
      [{ repair: 'on' }, 'ipChange.repair'],
      [{ gracePeriod: 0 }, 'ipChange.gracePeriod'],
      [{ hangupCalls: 1 }, 'ipChange.hangupCalls'],
      [{ shutdownTransport: 'no' }, 'ipChange.shutdownTransport'],
      [{ monitor: 'manual' }, 'monitor'],
      [null, 'ipChange'],
    ] as const) {
      assert.throws(() => void account.update({ ipChange: wrong as never }), name);
      assert.throws(() => ua.addAccount({ uri: 'sip:x@example.com', ipChange: wrong as never }), name);
    }
    assert.lengthOf(ua.accounts, 1);
  });
});
