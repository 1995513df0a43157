import { assert } from 'chai';
import { Deferred } from '../../lib/base/deferred.js';
import type { Call, NetworkEvidence } from '../../lib/index.js';
import { headerValue, isRequest } from '../../lib/parser/index.js';
import type { SipRequest } from '../../lib/parser/index.js';
import { calling, described } from '../support/calls.js';
import { settle } from '../support/fake-clock.js';
import { peerSdp, phone } from '../support/phone.js';
import type { Phone } from '../support/phone.js';
import { contactOf, registered } from '../support/registering.js';
import type { ScriptedServer } from '../support/scripted-server.js';

/** A callee who still rings: it is not he who began the dialog (RFC 3891 §3). */
async function refuseClaim(server: ScriptedServer): Promise<void> {
  server.respond(await server.request('INVITE'), 481);
  await server.request('ACK');
}

describe('an INVITE that is lost with its connection', () => {
  it('J7, S3, IPC-14: is taken back on the next one and sent anew: the same call, another Call-ID, one INVITE alive', async () => {
    const { ua, call, server, clock, invite, media } = await calling();
    const states: string[] = [];
    call.on('stateChanged', ({ state }) => states.push(state));
    call.on('ended', () => states.push('ended'));
    server.respond(invite, 180);
    server.socket.drop();
    await clock.advance(1000);
    await refuseClaim(server);
    const cancel = await server.request('CANCEL');
    assert.equal(headerValue(cancel, 'Call-ID'), headerValue(invite, 'Call-ID'));
    assert.equal(headerValue(cancel, 'Via'), headerValue(invite, 'Via'), 'the branch of the INVITE (§9.1)');
    server.respond(cancel, 481);
    const again = await server.request('INVITE');
    assert.notEqual(headerValue(again, 'Call-ID'), headerValue(invite, 'Call-ID'));
    assert.equal(call.callId, headerValue(again, 'Call-ID'));
    server.respond(again, 180);
    server.respond(again, 200, { headers: described, body: peerSdp() });
    await server.request('ACK');
    await call.answered;
    assert.deepEqual(states, ['early', 'connecting', 'confirmed'], 'it rings on, for the app');
    assert.isTrue(media.connections.slice(0, -1).every(({ signalingState }) => signalingState === 'closed'));
    assert.lengthOf(
      media.microphones.filter(({ readyState }) => readyState === 'live'),
      1,
    );
    call.hangup();
    assert.lengthOf(ua.callLog.entries, 1);
    assert.deepInclude(ua.callLog.entries[0], { status: 'success', callId: call.callId });
  });

  it('before any response, too', async () => {
    const { call, server, clock } = await calling();
    server.socket.drop();
    await clock.advance(1000);
    await server.request('CANCEL');
    server.respond(await server.request('INVITE'), 200, { headers: described, body: peerSdp() });
    await server.request('ACK');
    await call.answered;
  });

  it('§13.2.2.4: a 200 to it that finds the next connection is acknowledged, and hung up on', async () => {
    const { server, clock, invite } = await calling();
    server.socket.drop();
    await clock.advance(1000);
    await server.request('CANCEL');
    const again = await server.request('INVITE');
    server.respond(invite, 200, { headers: described, body: peerSdp(), toTag: 'first' });
    assert.equal(headerValue(await server.request('ACK'), 'Call-ID'), headerValue(invite, 'Call-ID'));
    const bye = await server.request('BYE');
    assert.equal(headerValue(bye, 'Call-ID'), headerValue(invite, 'Call-ID'));
    server.respond(bye, 200);
    server.respond(again, 200, { headers: described, body: peerSdp() });
    await server.request('ACK');
  });

  it('§17.1.1.3: a refusal of it that finds the next connection gets its ACK', async () => {
    const { server, clock, invite } = await calling();
    server.socket.drop();
    await clock.advance(1000);
    await server.request('CANCEL');
    await server.request('INVITE');
    server.respond(invite, 487);
    const ack = await server.request('ACK');
    assert.equal(headerValue(ack, 'Via'), headerValue(invite, 'Via'));
    await server.nothing();
  });

  it('one whose answer comes by a connection that was left before is not sent anew', async () => {
    let tell: ((evidence: NetworkEvidence) => void) | undefined;
    const network = { watch: (listener: typeof tell) => ((tell = listener), () => (tell = undefined)) };
    const { call, server, clock, invite } = await calling({}, { network, ipChange: {} });
    server.respond(invite, 180);
    tell?.('moved');
    await clock.advance(500);
    const [former, present] = server.sockets;
    assert.isFalse(former!.isClosed, 'make before break');
    server.refused.add(present!.url);
    present!.drop();
    await settle();
    server.respondOn(former!, invite, 200, { headers: [...described, 'Allow: UPDATE'], body: peerSdp() });
    server.refused.clear();
    await clock.advance(1000);
    await call.answered;
    server.respond(await server.request('UPDATE'), 200, { headers: described.slice(1) }); // where we are
    await server.request('ACK');
    await clock.advance(10_000);
    await server.nothing();
    assert.equal(call.connection, 'connected');
  });

  describe('that was left for another one, make before break', () => {
    /** It rings there; the server is known to answer pings, or not. */
    async function movedWhileRinging(pongs: boolean): Promise<Phone & { call: Call; invite: SipRequest }> {
      let tell: ((evidence: NetworkEvidence) => void) | undefined;
      const network = { watch: (listener: typeof tell) => ((tell = listener), () => (tell = undefined)) };
      const keepAlive = pongs ? 'auto' : false;
      const stage = await calling({}, { network, ipChange: {}, keepAlive });
      stage.server.respond(stage.invite, 180);
      await stage.clock.advance(30_000);
      await stage.server.skip();
      tell?.('moved');
      await stage.clock.advance(999);
      assert.equal(stage.server.sockets.indexOf(stage.server.socket), 1);
      return stage;
    }

    it('while that lives it rings on, and is answered there', async () => {
      const { call, server, clock, invite } = await movedWhileRinging(true);
      await clock.advance(20_000);
      await server.nothing();
      server.respondOn(server.sockets[0]!, invite, 200, { headers: described, body: peerSdp() });
      await call.answered;
      assert.equal(call.callId, headerValue(invite, 'Call-ID'));
    });

    it('silent by then, or some time later, the INVITE is lost', async () => {
      for (const later of [0, 10_000]) {
        const { server, clock, invite } = await movedWhileRinging(true);
        await clock.advance(later);
        await server.nothing();
        server.sockets[0]!.isDead = true;
        await clock.advance(4001);
        await refuseClaim(server);
        const cancel = await server.request('CANCEL');
        assert.equal(headerValue(cancel, 'Call-ID'), headerValue(invite, 'Call-ID'));
        assert.notEqual(headerValue(await server.request('INVITE'), 'Call-ID'), headerValue(invite, 'Call-ID'));
        assert.isTrue(server.sockets[0]!.isClosed);
      }
    });

    it('and closed by the server, too', async () => {
      const { server, clock } = await movedWhileRinging(true);
      await clock.advance(1);
      server.sockets[0]!.drop();
      await clock.advance(1);
      await refuseClaim(server);
      await server.request('CANCEL');
      await server.request('INVITE');
    });

    it('and of a server that never says whether it lives nothing is expected after a second', async () => {
      const { server, clock } = await movedWhileRinging(false);
      await server.nothing();
      await clock.advance(1);
      await refuseClaim(server);
      await server.request('CANCEL');
      await server.request('INVITE');
    });
  });

  it('IPC-14: a callee who is not back yet is called once more, and again, for half a minute', async () => {
    const { call, server, clock, invite } = await calling();
    server.respond(invite, 180);
    server.socket.drop();
    await clock.advance(1000);
    await refuseClaim(server);
    server.respond(await server.request('CANCEL'), 481);
    for (const wait of [1000, 1000]) {
      server.respond(await server.request('INVITE'), 480);
      await server.request('ACK');
      assert.equal(call.state, 'early');
      await clock.advance(wait);
    }
    server.respond(await server.request('INVITE'), 200, { headers: described, body: peerSdp() });
    await server.request('ACK');
    await call.answered;
  });

  it('… and no longer; whoever is busy or declines is believed at once', async () => {
    for (const status of [480, 486]) {
      const { call, server, clock } = await calling();
      server.socket.drop();
      await clock.advance(1000);
      server.respond(await server.request('CANCEL'), 481);
      let asked = 0;
      for (let second = 0; second < 60 && !call.end; second++) {
        for (; server.isNext('INVITE'); asked++) {
          server.respond(await server.request('INVITE'), status);
          await server.request('ACK');
        }
        await clock.advance(1000);
      }
      assert.deepInclude(call.end, { status });
      if (status === 480) assert.isBelow(asked, 15);
      else assert.equal(asked, 1);
    }
  });

  it('hung up meanwhile, it is only taken back', async () => {
    const { call, server, clock, invite } = await calling();
    server.respond(invite, 180);
    server.refused.add('ws://server.example/ws');
    server.socket.drop();
    await clock.advance(5000);
    call.hangup();
    assert.equal(call.state, 'disconnected');
    server.refused.clear();
    await clock.advance(20_000);
    await server.request('CANCEL');
    await server.nothing();
    assert.deepInclude(call.end, { cause: 'cancelled', by: 'local' });
  });

  it('without a connection for half a minute it has failed', async () => {
    const { call, server, clock } = await calling();
    server.refused.add('ws://server.example/ws');
    server.socket.drop();
    await clock.advance(70_000);
    assert.deepInclude(call.end, { by: 'network', status: 503 });
    assert.isTrue(call.peerConnection === undefined || call.peerConnection.signalingState === 'closed');
  });

  for (const isHungUp of [false, true])
    it(`IPC-16: the user is asked for the microphone while the connection changes: ${isHungUp ? 'hung up meanwhile, no INVITE leaves, and it is not opened' : 'one INVITE, on the new one'}`, async () => {
      const stage = await phone();
      const { account, server, media, clock } = stage;
      const prompt = new Deferred<void>();
      media.microphonePrompt = prompt.promise;
      const call = account.call('bob');
      await server.nothing();
      server.socket.drop();
      await clock.advance(1000);
      const [former, present] = server.sockets;
      if (isHungUp) call.hangup();
      prompt.resolve();
      if (isHungUp) {
        await clock.advance(1000);
        await server.nothing();
      } else {
        const invite = await server.request('INVITE');
        server.respond(invite, 200, { headers: described, body: peerSdp() });
        await server.request('ACK');
        await call.answered;
        assert.isTrue(present!.sent.some((frame) => String(frame).startsWith('INVITE')));
        assert.isFalse(former!.sent.some((frame) => String(frame).startsWith('INVITE')));
      }
      await server.nothing();
      assert.equal(media.microphones.some(({ readyState }) => readyState === 'live'), !isHungUp); // prettier-ignore
    });

  it('IPC-43: a call that is made without a connection goes out when there is one, after REGISTER', async () => {
    const { account, server, clock } = await registered();
    server.refused.add('ws://server.example/ws');
    server.socket.drop();
    await clock.advance(3000);
    const call = account.call('carol');
    await clock.advance(3000);
    await server.nothing();
    server.refused.clear();
    await clock.advance(20_000);
    assert.equal(call.state, 'calling');
    const register = await server.request('REGISTER');
    const invite = await server.request('INVITE');
    assert.include(invite.uri, 'carol');
    assert.equal(headerValue(invite, 'Contact'), `<${contactOf(register).uri}>`);
    await server.nothing();
  });

  for (const [what, limit] of [
    ['no server can be reached', 45_000],
    ['no handshake is answered', 45_000],
    ['the app says that there is no network', 32_000],
  ] as const)
    it(`IPC-43: … and has failed after half a minute where ${what}`, async () => {
      const { ua, account, server, clock } = await registered();
      const { url } = server.socket;
      if (what === 'no server can be reached') server.refused.add(url);
      else if (what === 'no handshake is answered') server.holes.add(url);
      else ua.setNetworkReachable(false);
      if (!server.socket.isClosed) server.socket.drop();
      await clock.advance(3000);
      const began = clock.now();
      const call = account.call('carol');
      await clock.advance(30_000);
      assert.equal(call.state, 'calling');
      while (!call.end && clock.now() < began + 100_000) await clock.advance(100);
      assert.isAtMost(clock.now() - began, limit);
      assert.deepInclude(call.end, { by: 'network', status: 503 });
      server.refused.clear();
      server.holes.clear();
      ua.setNetworkReachable(true);
      await clock.advance(60_000);
      assert.isTrue(server.received.every((message) => !isRequest(message) || message.method !== 'INVITE'));
    });

  it('IPC-43: the app says that there is no network as a call waits for one: half a minute later it has failed, too', async () => {
    const { ua, account, server, clock } = await registered();
    server.holdsHandshakes = true;
    server.socket.drop();
    await clock.advance(1000);
    const call = account.call('carol');
    await settle();
    ua.setNetworkReachable(false);
    await clock.advance(31_000);
    assert.equal(call.state, 'calling');
    await clock.advance(1000);
    assert.deepInclude(call.end, { by: 'network', status: 503 });
  });

  it('IPC-43: … and there is one again in time: it goes out, with the candidates of then', async () => {
    const { ua, account, server, clock, media } = await registered();
    ua.setNetworkReachable(false);
    account.call('carol');
    await clock.advance(20_000);
    assert.isEmpty(media.connections);
    ua.setNetworkReachable(true);
    await server.request('REGISTER');
    await server.request('INVITE');
  });
});
