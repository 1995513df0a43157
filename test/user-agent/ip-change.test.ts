import { assert } from 'chai';
import { headerValue } from '../../lib/parser/index.js';
import type { SipRequest } from '../../lib/parser/index.js';
import { described, peerOffer, talkingTo } from '../support/calls.js';
import { settle } from '../support/fake-clock.js';
import { answerAll, moving, ufrag } from '../support/moving.js';
import type { Moving } from '../support/moving.js';
import { peerRequest, peerSdp } from '../support/phone.js';
import { bound, contactOf, leaving, registered } from '../support/registering.js';
import { unhandledIn } from '../support/unhandled.js';

describe('a change of the network', () => {
  it('IPC-1, IPC-8, IPC-10: handleIpChange: a new connection, REGISTER with the new Contact, every call by ICE restart; the report says it', async () => {
    const stage = await moving({ monitor: 'manual' });
    const { ua, server, call, account, steps } = stage;
    const former = account.contact;
    const done = ua.handleIpChange({ reason: 'Wi-Fi left' });
    const { register, invite } = await answerAll(stage);
    assert.lengthOf(server.sockets, 2);
    assert.isTrue(server.sockets[0]!.isClosed);
    assert.notEqual(contactOf(register).uri, former);
    assert.deepEqual(leaving(register), [former]);
    assert.notEqual(ufrag(invite.body), ufrag(stage.invite.body));
    assert.include(headerValue(invite, 'Contact'), contactOf(register).uri.split(';')[0]);
    const report = await done;
    assert.deepInclude(report, { outcome: 'completed', reason: 'Wi-Fi left' });
    assert.deepEqual(
      steps.map(({ step }) => step),
      [
        'shutdownTransport',
        'restartTransport',
        'accountTransport',
        'refreshCall',
        'updateContact',
        'refreshCall',
        'completed',
      ],
    );
    assert.isTrue(report.steps.every((step) => !('ok' in step) || step.ok));
    const [restarted, , , updated, refreshed] = report.steps.slice(1);
    assert.deepEqual(report.transports, [restarted] as never);
    assert.deepEqual(report.accounts, [{ account, registration: updated, calls: [refreshed] }] as never);
    const phases = steps.flatMap((step) => (step.step === 'refreshCall' ? [step.phase] : []));
    assert.deepEqual(phases, ['begun', 'done']);
    assert.equal(call.state, 'confirmed');
    assert.equal(call.connection, 'connected');
  });

  describe('IPC-7: useUpdate', () => {
    const moved = async (useUpdate: boolean | 'two-phase', headers: string[] = []): Promise<Moving> => {
      const stage = await moving({ monitor: 'manual', useUpdate });
      if (headers.length > 0) {
        void stage.call.reinvite();
        stage.server.respond(await stage.server.request('INVITE'), 200, { headers: [...described, ...headers], body: peerSdp() }); // prettier-ignore
        await stage.server.request('ACK');
      }
      void stage.ua.handleIpChange({ reconnect: false });
      const register = await stage.server.request('REGISTER');
      stage.server.respond(register, 200, { headers: [bound(register, 600)] });
      return stage;
    };

    it('true: the restart is offered by UPDATE, and answered in its 200', async () => {
      const { server, call, invite, media } = await moved(true);
      const update = await server.request('UPDATE');
      assert.notEqual(ufrag(update.body), ufrag(invite.body));
      assert.isDefined(headerValue(update, 'Contact'));
      server.respond(update, 200, { headers: described, body: peerSdp('sendrecv', 2) });
      await settle();
      assert.equal(media.connections[0]!.signalingState, 'stable');
      assert.equal(call.connection, 'connected');
      await server.nothing();
    });

    it('… by re-INVITE where the peer’s Allow does not name it, or it is refused', async () => {
      const first = await moved(true, ['Allow: INVITE, ACK, BYE']);
      await first.server.request('INVITE');
      const { server } = await moved(true);
      server.respond(await server.request('UPDATE'), 488);
      await server.request('INVITE');
    });

    it('… and an UPDATE that nobody answers in 4 s is followed by another dialog, as any other', async () => {
      const { server, clock } = await moved(true);
      await server.request('UPDATE');
      await clock.advance(4000);
      assert.isDefined(headerValue(await server.request('INVITE'), 'Replaces'));
    });

    it('two-phase: an UPDATE without a body says where we are, then the re-INVITE restarts ICE', async () => {
      const { server, invite } = await moved('two-phase');
      const update = await server.request('UPDATE');
      assert.equal(update.body, '');
      assert.isDefined(headerValue(update, 'Contact'));
      server.respond(update, 200, { headers: described.slice(1) });
      assert.notEqual(ufrag((await server.request('INVITE')).body), ufrag(invite.body));
    });
  });

  it('IPC-40, S11: online: a connection that is dead is replaced, and then the media have moved, too', async () => {
    const stage = await moving();
    const { server, witness } = stage;
    server.socket.isDead = true;
    witness('online');
    await answerAll(stage);
    assert.lengthOf(server.sockets, 2);
    assert.equal(stage.call.connection, 'connected');
  });

  it('IPC-40: … and one that works stays, with its calls: nothing is said, nothing is told', async () => {
    const { server, witness, steps } = await moving();
    server.holdsHandshakes = true; // they take longer than a pong
    for (const evidence of ['online', 'changed', 'awake'] as const) witness(evidence);
    await settle();
    assert.isFalse(server.sockets[0]!.isClosed);
    assert.isTrue(server.sockets.slice(1).every(({ isClosed }) => isClosed));
    await server.request('OPTIONS'); // whether it answers CRLF was not known
    await server.nothing();
    assert.deepEqual(steps.map(({ step }) => step), ['completed']); // prettier-ignore
  });

  it('IPC-40: three witnesses at once make one run', async () => {
    const stage = await moving();
    const { server, witness, steps } = stage;
    server.socket.isDead = true;
    for (const evidence of ['online', 'changed', 'awake'] as const) witness(evidence);
    await answerAll(stage);
    assert.lengthOf(server.sockets, 2);
    assert.lengthOf(
      steps.filter(({ step }) => step === 'completed'),
      1,
    );
  });

  it('evidence that comes while nothing can be reached is not lost: a second after the first there is another attempt', async () => {
    const stage = await moving();
    const { server, witness, clock } = stage;
    server.refused.add(server.socket.url);
    server.socket.drop();
    witness('changed');
    await clock.advance(500);
    server.refused.clear();
    witness('online');
    await clock.advance(500);
    assert.isFalse(server.socket.isClosed);
    await answerAll(stage);
    assert.equal(stage.call.connection, 'connected');
  });

  it('during a call a server that says nothing is asked every 3 s, and left when it is silent: nobody tells that a NAT has forgotten us', async () => {
    const { server, clock, call } = await moving({ keepAlive: 'auto' });
    await clock.advance(30_000);
    assert.isAtLeast(server.pings, 6);
    assert.lengthOf(server.sockets, 1);
    server.socket.isDead = true;
    await clock.advance(5000);
    assert.isTrue(server.sockets[0]!.isClosed);
    assert.isFalse(server.socket.isClosed);
    assert.equal(call.state, 'confirmed');
    call.hangup();
    await clock.advance(1000);
    const { pings } = server;
    await clock.advance(20_000);
    assert.isAtMost(server.pings - pings, 2, 'no longer than that');
  });

  it('… and that takes the time of a journey to pong is asked as often', async () => {
    const { server, clock } = await moving({ keepAlive: 'auto' });
    server.soon = (answer) => clock.after(20, answer);
    await clock.advance(10_000);
    const { pings } = server;
    await clock.advance(30_000);
    assert.isAtLeast(server.pings - pings, 9);
    assert.isAtMost(server.pings - pings, 10);
  });

  it('… and that nobody can be reached then, no timer throws at the page', async () => {
    const { server, clock, call } = await moving({ keepAlive: 'auto' });
    await clock.advance(10_000);
    server.socket.isDead = true;
    server.refused.add('ws://server.example/ws');
    assert.deepEqual(await unhandledIn(() => clock.advance(60_000)), []);
    assert.equal(call.state, 'confirmed');
  });

  it('… and while it rings, too: who answers on a dead connection is not heard', async () => {
    const { server, clock, account } = await moving({ keepAlive: 'auto' });
    await clock.advance(10_000);
    const [first] = account.calls;
    first!.hangup();
    await clock.advance(10_000);
    account.call('bob');
    await settle();
    server.socket.isDead = true;
    await clock.advance(5000);
    assert.isTrue(server.sockets[0]!.isClosed);
  });

  it('… and a new connection that says nothing at all, though the server was left for silence before: it may be dead as well', async () => {
    const stage = await registered({ ipChange: { monitor: 'auto' }, keepAlive: 'auto' });
    const { ua, server, clock } = stage;
    const announced = ua.once('incomingCall');
    server.send(peerRequest('INVITE', {}, peerOffer()));
    const { call } = await announced;
    void call.answer().catch(() => undefined);
    await settle();
    server.holdsHandshakes = server.socket.isDead = true;
    while (server.sockets.length === 1) await clock.advance(100);
    const { socket } = server;
    socket.isDead = true;
    socket.open();
    assert.isBelow(clock.now(), 5000);
    await clock.advance(10_000);
    assert.equal(call.state, 'connecting');
    assert.isAbove(server.sockets.length, 2, 'another is tried beside it');
    server.socket.open();
    await settle();
    assert.isTrue(socket.isClosed);
  });

  it('… and once more when it is over: a BYE that nobody takes goes out on another connection', async () => {
    const { server, clock, call } = await moving({ keepAlive: 'auto' });
    await clock.advance(10_000);
    server.socket.isDead = true;
    call.hangup();
    await clock.advance(8000);
    assert.isFalse(server.socket.isDead);
    assert.include(
      (server.received as SipRequest[]).map(({ method }) => method),
      'BYE',
    );
  });

  it('IPC-42: offline alone is a hint: nothing is given up', async () => {
    const { server, witness, clock, call } = await moving();
    witness('offline');
    await clock.advance(10_000);
    await server.nothing();
    assert.equal(call.connection, 'connected');
  });

  it('make before break: moved, the call is moved while the old connection still works', async () => {
    const stage = await moving();
    const { server, witness } = stage;
    witness('moved');
    await answerAll(stage);
    assert.lengthOf(server.sockets, 2);
    assert.isFalse(server.sockets[0]!.isClosed, 'what is under way is answered there');
  });

  it('… and a second later nothing more is said there, not even the answer to what came by it: it may lead nowhere', async () => {
    const stage = await moving();
    const { server, witness, clock, ua } = stage;
    const headers = { 'Call-ID': 'call-2', From: '<sip:carol@example.com>;tag=caroltag' };
    const announced = ua.once('incomingCall');
    server.send(peerRequest('INVITE', headers, peerOffer()));
    const { call } = await announced;
    await server.skip();
    witness('moved');
    await answerAll(stage);
    await clock.advance(1001);
    call.reject();
    assert.include(String(server.socket.sent.at(-1)), 'SIP/2.0 486');
  });

  it('… and where the former has not said a word to what it was asked for half a second, nothing is waited for', async () => {
    const stage = await moving();
    const { server, witness, clock, call } = stage;
    const held = call.hold();
    const reinvite = await server.request('INVITE');
    await clock.advance(500);
    witness('moved');
    const register = await server.request('REGISTER');
    server.respond(register, 200, { headers: [bound(register, 600)] });
    await server.request('CANCEL'); // of the one that is lost there
    const again = await server.request('INVITE');
    assert.notEqual(headerValue(again, 'Via'), headerValue(reinvite, 'Via'));
    assert.equal(server.sockets.indexOf(server.socket), 1);
    assert.equal(clock.now(), 500);
    void held.catch(() => undefined);
  });

  it('IPC-40: manual: nothing is noticed', async () => {
    const { server, witness, clock } = await moving({ monitor: 'manual' });
    witness('moved');
    await clock.advance(10_000);
    await server.nothing();
    assert.lengthOf(server.sockets, 1);
  });

  it('IPC-4, IPC-44: two accounts on a connection that is dead, as after a push: one handshake, one REGISTER each, and both are told', async () => {
    const { ua, server, account, steps, clock } = await moving({ monitor: 'manual' });
    const second = ua.addAccount({ uri: 'sip:second@example.com', password: 'secret' });
    const register = await server.request('REGISTER');
    server.respond(register, 200, { headers: [bound(register, 600)] });
    for (const call of ua.calls) call.hangup({ silent: true });
    await server.skip();
    server.socket.isDead = true;
    void ua.handleIpChange({ reason: 'a push' });
    await settle();
    assert.lengthOf(server.sockets, 2);
    for (const each of [await server.request('REGISTER'), await server.request('REGISTER')])
      server.respond(each, 200, { headers: [bound(each, 600)] });
    await clock.advance(5000);
    await server.nothing();
    assert.isTrue(account.isRegistered && second.isRegistered);
    const seen = steps.map((step) => (step.step === 'updateContact' ? step.account.uri : step.step));
    const uris = [account.uri, second.uri];
    const told = ['shutdownTransport', 'restartTransport', 'accountTransport', 'accountTransport'];
    assert.deepEqual(seen, [...told, ...uris, 'completed']);
  });

  it('bad input: evidence that flaps for a minute: bounded traffic, and the call is as it was', async () => {
    for (const evidence of ['online', 'changed', 'moved'] as const) {
      const { server, witness, clock, call, ua } = await moving({ keepAlive: 'auto' });
      await clock.advance(10_000);
      const { requests, handshakes } = ua.stats;
      let known = server.received.length;
      const pause = evidence === 'moved' ? 250 : 100; // as often as the addresses are looked at
      for (let time = 0; time < 60_000; time += pause) {
        witness(evidence);
        await clock.advance(pause);
        for (; known < server.received.length; known++) {
          const request = server.received[known] as SipRequest;
          const isInvite = request.method === 'INVITE';
          if (request.method === 'ACK') continue;
          const headers = request.method === 'REGISTER' ? [bound(request, 600)] : described;
          server.respond(request, 200, { headers, body: isInvite ? peerSdp('sendrecv', 2) : '' });
        }
      }
      await clock.advance(5000);
      const perSecond = evidence === 'moved' ? 10 : 2;
      assert.isAtMost((ua.stats.handshakes - handshakes) / 60, perSecond, `${evidence}: handshakes`);
      assert.isAtMost((ua.stats.requests - requests) / 60, perSecond, `${evidence}: requests`);
      assert.equal(call.state, 'confirmed');
    }
  });

  it('bad input: a registrar that refuses us after the change: the calls are brought back all the same, and the report tells both', async () => {
    const stage = await moving({ monitor: 'manual' });
    const { server, ua, call } = stage;
    const done = ua.handleIpChange();
    await settle();
    for (const request of server.received.slice(-2) as SipRequest[])
      if (request.method === 'REGISTER') server.respond(request, 403);
      else server.respond(request, 200, { headers: described, body: peerSdp('sendrecv', 2) });
    await settle();
    stage.media.connections.at(-1)!.become('disconnected');
    stage.media.connections.at(-1)!.become('connected');
    await stage.clock.advance(6000);
    const { steps } = await done;
    const told = steps.flatMap((step) => ('status' in step ? [[step.step, step.ok, step.status]] : []));
    assert.sameDeepMembers(told, [
      ['updateContact', false, 403],
      ['refreshCall', true, undefined],
    ]);
    assert.equal(call.connection, 'connected');
  });

  it('bad input: the first server of the list is a black hole after the change: the next one has us after connectTimeout', async () => {
    const servers = ['ws://one.example/', 'ws://two.example/'];
    const { ua, server, clock } = await talkingTo({}, {}, { servers, ipChange: { monitor: 'manual' } });
    server.holes.add(servers[0]!);
    const done = ua.handleIpChange();
    await clock.advance(5001);
    const invite = await server.request('INVITE');
    assert.equal(server.socket.url, servers[1]);
    server.respond(invite, 200, { headers: described, body: peerSdp('sendrecv', 2) });
    await clock.advance(10_000);
    assert.deepInclude((await done).steps[1], { step: 'restartTransport', ok: true });
  });

  it('IPC-17: a later run supersedes: the report says so', async () => {
    const stage = await moving({ monitor: 'manual' });
    const { ua } = stage;
    const first = ua.handleIpChange({ reason: 'one' });
    const second = ua.handleIpChange({ reason: 'two' });
    await answerAll(stage);
    assert.equal((await first).outcome, 'superseded');
    assert.deepInclude(await second, { outcome: 'completed', reason: 'two' });
  });

  it('IPC-41, LIN-30: without a network nothing is tried and nothing sent, accounts are none, calls live; with it come handshake, REGISTER, re-INVITE', async () => {
    const stage = await moving();
    const { ua, server, account, call, clock, witness } = stage;
    const states: unknown[] = [];
    account.on('registrationChanged', ({ state }) => states.push(state));
    ua.setNetworkReachable(false);
    assert.isTrue(server.socket.isClosed);
    assert.deepEqual(states, ['none']);
    assert.isFalse(account.isRegistered);
    assert.deepEqual([call.state, call.connection], ['confirmed', 'reconnecting']);
    witness('online'); // the app has the word now
    await clock.advance(700_000); // more than the binding lasts
    await server.nothing();
    assert.lengthOf(server.sockets, 1);
    ua.setNetworkReachable(true);
    await settle();
    assert.lengthOf(server.sockets, 2);
    const { invite } = await answerAll(stage);
    assert.notEqual(ufrag(invite.body), ufrag(stage.invite.body));
    assert.deepEqual(states, ['none', 'registering', 'registered']);
    assert.equal(call.connection, 'connected');
  });

  it('IPC-41, IPC-42: handleIpChange() tries all the same; what is said twice changes nothing; a user agent that was stopped refuses', async () => {
    const { ua, server } = await moving({ monitor: 'manual' });
    ua.setNetworkReachable(false);
    ua.setNetworkReachable(false);
    await settle();
    assert.lengthOf(server.sockets, 1);
    void ua.handleIpChange();
    await settle();
    assert.lengthOf(server.sockets, 2);
    assert.throws(() => ua.setNetworkReachable('yes' as never), /isReachable/);
    await ua.stop({ unregister: false });
    assert.throws(() => ua.setNetworkReachable(true), /was stopped/);
  });

  describe('IPC-41, LIN-30: signalling and media apart', () => {
    it('without signalling media that are well go on, and are left alone when it is back', async () => {
      const { ua, server, account, call, clock, media, invite } = await moving();
      ua.setNetworkReachable({ signalling: false });
      assert.isTrue(server.socket.isClosed);
      assert.equal(account.state, 'none');
      await clock.advance(60_000);
      await server.nothing();
      assert.equal(media.connections[0]!.connectionState, 'connected');
      ua.setNetworkReachable({ signalling: true });
      await settle();
      const messages = (server.received as SipRequest[]).slice(-2);
      assert.sameMembers(messages.map(({ method }) => method), ['REGISTER', 'UPDATE']); // prettier-ignore
      assert.equal(messages.find(({ method }) => method === 'UPDATE')!.body, '');
      assert.equal(call.state, 'confirmed');
      assert.isDefined(invite);
    });

    it('without media no path is sought, and what is said goes on; with them each call is offered with an ICE restart', async () => {
      const { ua, server, account, call, clock, media, invite } = await moving();
      ua.setNetworkReachable({ media: false });
      assert.equal(call.connection, 'reconnecting');
      assert.isTrue(account.isRegistered);
      media.connections[0]!.become('failed');
      await clock.advance(60_000);
      const requests = (await server.take('OPTIONS')).length; // keep-alive at most
      assert.isAtMost(requests, 30);
      const told = call.sendMessage('still here');
      server.respond(await server.request('MESSAGE'), 200);
      await told;
      ua.setNetworkReachable({ media: true });
      const again = await server.request('INVITE');
      assert.notEqual(ufrag(again.body), ufrag(invite.body));
      server.respond(again, 200, { headers: described, body: peerSdp('sendrecv', 2) });
      await server.request('ACK');
      media.connections[0]!.become('connected');
      await settle();
      assert.equal(call.connection, 'connected');
    });

    it('wrong words are named', async () => {
      const { ua } = await moving();
      for (const wrong of [null, 'no', { signaling: true }, { media: 1 }, { signalling: 'yes' }])
        assert.throws(() => ua.setNetworkReachable(wrong as never), /isReachable|signaling/);
    });
  });

  it('IPC-41: hung up without a network, the call is over, and the BYE is said with it', async () => {
    const { ua, server, call, clock } = await moving();
    ua.setNetworkReachable(false);
    call.hangup();
    await clock.advance(60_000);
    await server.nothing();
    ua.setNetworkReachable(true);
    await settle();
    assert.include(
      (server.received as SipRequest[]).map(({ method }) => method),
      'BYE',
    );
  });

  it('wrong options are named; a user agent that was stopped refuses', async () => {
    const { ua } = await moving({ monitor: 'manual' });
    for (const options of [{ reconect: true }, { refresh: 'all' }, { restartDelay: -1 }, { reconnect: 1 }])
      assert.throws(() => void ua.handleIpChange(options as never), /reconect|refresh|restartDelay|reconnect/);
    await ua.stop({ unregister: false });
    assert.throws(() => void ua.handleIpChange(), /was stopped/);
  });
});
