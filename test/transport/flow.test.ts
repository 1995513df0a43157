import { assert } from 'chai';
import { systemRandom } from '../../lib/base/random.js';
import type { EvercallError } from '../../lib/index.js';
import { silentLogger } from '../../lib/index.js';
import { headerValue } from '../../lib/parser/index.js';
import { TransportPool } from '../../lib/transport/transport-pool.js';
import type { FlowLease } from '../../lib/transport/transport-pool.js';
import { FakeClock, settle } from '../support/fake-clock.js';
import { peerRequest, phone } from '../support/phone.js';
import { ScriptedServer } from '../support/scripted-server.js';

const [first, second, third] = ['ws://first.example', 'ws://second.example', 'ws://third.example'] as const;
const urls = ({ sockets }: ScriptedServer): string[] => sockets.map(({ url }) => url);

describe('flow', () => {
  it('RFC 7118 §5: WS or WSS in the Via, a name under .invalid of its own for each connection', async () => {
    for (const [servers, transport] of [
      ['ws://a.example', 'WS'],
      ['wss://a.example', 'WSS'],
    ] as const) {
      const { account, server } = await phone({ servers });
      void account.request('OPTIONS', 'bob').catch(() => undefined);
      const via = headerValue(await server.request('OPTIONS'), 'Via')!;
      assert.match(via, new RegExp(`^SIP/2\\.0/${transport} [0-9a-v]+\\.invalid;branch=z9hG4bK`));
    }
  });

  it('accounts with the same servers share one WebSocket; the last one to go closes it', async () => {
    const { ua, account, server } = await phone();
    const second = ua.addAccount({ uri: 'sip:carol@example.com', register: false });
    await settle();
    assert.lengthOf(server.sockets, 1);
    await account.dispose();
    assert.isFalse(server.socket.isClosed);
    await second.dispose();
    assert.isTrue(server.socket.isClosed);
  });

  it('the next server of the list is tried at once when one cannot be reached', async () => {
    const { server, account, clock } = await phone({ servers: [first, second] });
    server.refused.add(first);
    server.socket.drop();
    await clock.advance(1000);
    assert.deepEqual(urls(server), [first, first, second]);
    assert.isTrue(account.connected);
  });

  it('when no server answers, attempts go on with growing, jittered delays of at most 30 s, for ever', async () => {
    const { server, clock, account } = await phone();
    server.refused.add('ws://server.example/ws');
    server.socket.drop();
    const times: number[] = [];
    for (let i = 0, count = server.sockets.length; i < 600; i++) {
      await clock.advance(500);
      if (server.sockets.length > count) times.push(clock.now());
      count = server.sockets.length;
    }
    const gaps = times.slice(1).map((t, i) => t - times[i]!);
    assert.isAtLeast(gaps.length, 8);
    assert.isTrue(
      gaps.every((gap) => gap <= 30_500),
      String(gaps),
    );
    assert.isAbove(gaps.at(-1)!, 14_000);
    server.refused.clear();
    await clock.advance(31_000);
    assert.isTrue(account.connected);
  });

  it('a server that accepts and closes at once is not hammered', async () => {
    const { server, clock } = await phone();
    for (let i = 0; i < 20; i++) {
      server.socket.drop();
      await clock.advance(1000);
    }
    assert.isBelow(server.sockets.length, 10);
  });

  it('a handshake that hangs is given up after connectTimeout', async () => {
    const { server, clock } = await phone({ connectTimeout: 3000 });
    server.holdsHandshakes = true;
    server.socket.drop();
    while (server.sockets.length === 1) await clock.advance(1);
    const hanging = server.socket;
    await clock.advance(2998);
    assert.isFalse(hanging.isClosed);
    await clock.advance(2);
    assert.isTrue(hanging.isClosed);
  });

  it('a request made while no server can be reached fails with code transport and status 503 (§8.1.3.1)', async () => {
    const { server, account, clock } = await phone();
    server.refused.add('ws://server.example/ws');
    server.socket.drop();
    const outcome = account.request('OPTIONS', 'bob').catch((error: unknown) => error as EvercallError);
    await clock.advance(1000);
    assert.deepInclude((await outcome) as object, { code: 'transport', status: 503 });
  });

  it('a frame of bytes is read as one of text', async () => {
    const { server } = await phone();
    server.socket.receive(new TextEncoder().encode(peerRequest('OPTIONS')));
    await server.response(200);
  });

  it('nothing of a closed socket is heard any more', async () => {
    const { server, ua } = await phone();
    const { socket } = server;
    const { onmessage } = socket;
    await ua.stop();
    onmessage?.({ data: peerRequest('OPTIONS') });
    await server.nothing();
  });

  it('each server of the list has its try before we wait, wherever the failing run begins', async () => {
    const { server, clock } = await phone({ servers: [first, second, third], failback: false });
    server.refused.add(first);
    server.socket.drop();
    await clock.advance(1000);
    assert.deepEqual(urls(server), [first, first, second]);
    server.send('\r\n');
    await clock.advance(10_000); // a sound connection
    server.refused.add(second).add(third);
    server.socket.drop();
    await clock.advance(1000);
    assert.deepEqual(urls(server).slice(3, 6), [second, third, first]);
    await clock.advance(60_000);
    assert.deepEqual(urls(server).slice(6, 9), [first, second, third], 'the next round begins with the best');
  });

  it('ACC-31: many clients that lose their server in the same moment do not come back in step', async () => {
    const delays: number[] = [];
    for (let i = 0; i < 100; i++) {
      const { server, clock } = await phone();
      server.socket.drop();
      while (server.sockets.length === 1) await clock.advance(10);
      delays.push(clock.now());
    }
    assert.isAtMost(Math.max(...delays), 1010);
    for (let from = 0; from < 1000; from += 100) {
      assert.isBelow(delays.filter((d) => d >= from && d < from + 100).length, 30, `${from}-${from + 100} ms`);
    }
  });

  it('a connection lost during a call is opened again at once', async () => {
    const { server, account, clock } = await phone();
    account.call('bob');
    await server.request('INVITE');
    server.socket.drop();
    await clock.advance(0);
    assert.isTrue(account.connected);
  });

  it('a server that answers each request with a 503 and closes at once is not hammered', async () => {
    const { server, clock } = await phone({ account: { register: true } });
    for (let second = 0; second < 120; second++) {
      await settle();
      const { socket } = server;
      const register = server.received.at(-1);
      if (!socket.isClosed && register && 'method' in register) {
        server.respond(register, 503);
        socket.drop();
      }
      await clock.advance(1000);
    }
    assert.isBelow(server.sockets.length, 15);
  });

  it('every transaction hears `transport` at once when the server closes the connection in mid-transaction', async () => {
    const { server, account, clock } = await phone();
    const outcomes = ['OPTIONS', 'MESSAGE', 'OPTIONS'].map((method) =>
      account.request(method, 'bob').catch((error: unknown) => (error as EvercallError).code),
    );
    await settle();
    server.socket.drop();
    assert.deepEqual(await Promise.all(outcomes), ['transport', 'transport', 'transport']);
    assert.equal(clock.now(), 0);
  });

  it('two slots of one server are two WebSockets; the same slot is shared', async () => {
    const { pool, server, lease } = rig();
    const [a, b, again] = [lease(0), lease(1), lease(1)];
    for (const { flow } of [a, b, again]) flow.open();
    await settle();
    assert.lengthOf(server.sockets, 2);
    assert.notEqual(a.flow, b.flow);
    assert.equal(b.flow, again.flow);
    assert.notEqual(a.flow.sentBy, b.flow.sentBy);
    b.release();
    assert.isFalse(server.sockets[1]!.isClosed);
    again.release();
    assert.isTrue(server.sockets[1]!.isClosed);
    assert.isTrue(a.flow.isOpen);
    assert.equal(pool.stats.handshakes, 2);
  });

  it('reconnect() gives the connection up without waiting for it, and connects at once', async () => {
    const { lease, server, clock, heard } = rig();
    const { flow } = lease();
    flow.open();
    await settle();
    assert.equal(flow.connectionId, 1);
    const { sentBy } = flow;
    for (let i = 0; i < 5; i++) {
      flow.reconnect('the network changed');
      assert.isTrue(server.sockets.at(-2)!.isClosed);
      assert.isFalse(flow.isOpen);
      await settle();
      assert.isTrue(flow.isOpen, 'no back-off');
    }
    assert.equal(clock.now(), 0);
    assert.equal(flow.connectionId, 6);
    assert.notEqual(flow.sentBy, sentBy);
    assert.deepEqual(heard.slice(0, 3), ['open', 'lost: the network changed', 'open']);
  });

  it('reconnect() ends a wait and a handshake under way, and who waits for the connection gets it', async () => {
    const { lease, server, clock } = rig();
    const { flow } = lease();
    server.refused.add(first);
    flow.open();
    await settle();
    assert.equal(flow.state, 'waiting');
    server.refused.clear();
    server.holdsHandshakes = true;
    const opened = flow.whenOpen();
    flow.reconnect('online');
    assert.equal(flow.state, 'connecting');
    server.holdsHandshakes = false;
    flow.reconnect('online');
    await opened;
    assert.equal(clock.now(), 0);
    assert.deepEqual(server.sockets.map((s) => s.isClosed), [true, true, false]); // prettier-ignore
  });

  it('reconnect() of a closed flow does nothing; elsewhere begins with the next server', async () => {
    const { lease, server } = rig([first, second]);
    const share = lease();
    const { flow } = share;
    flow.reconnect('early');
    assert.equal(flow.state, 'idle');
    flow.open();
    await settle();
    flow.reconnect('503', { elsewhere: true });
    await settle();
    assert.deepEqual(urls(server), [first, second]);
    share.release();
    flow.reconnect('late');
    assert.lengthOf(server.sockets, 2);
  });

  it('lastReceived tells when the present connection last said anything', async () => {
    const { lease, server, clock } = rig();
    const { flow } = lease();
    flow.open();
    await clock.advance(5000);
    assert.isUndefined(flow.lastReceived);
    server.send('\r\n');
    assert.equal(flow.lastReceived, 5000);
    flow.reconnect('x');
    await clock.advance(0);
    assert.isUndefined(flow.lastReceived);
  });

  it('EXO-15: ua.stats counts frames, messages, bytes, reconnects, pings, requests and retries', async () => {
    const { ua, server, account, clock } = await phone({ keepAlive: 20 });
    const before = ua.stats;
    const outcome = account.request('OPTIONS', 'bob');
    const headers = ['WWW-Authenticate: Digest realm="example.com", nonce="n1"'];
    server.respond(await server.request('OPTIONS'), 401, { headers });
    server.respond(await server.request('OPTIONS'), 200);
    await outcome;
    server.socket.receive('nonsense');
    await clock.advance(20_000);
    server.socket.drop();
    await clock.advance(1000);
    const { bytesIn, bytesOut, ...rest } = ua.stats;
    assert.deepEqual(rest, {
      framesIn: 4,
      framesOut: 3,
      messagesIn: 2,
      messagesOut: 2,
      handshakes: 2,
      reconnects: 1,
      pings: 1,
      requests: 2,
      retries: 1,
    });
    assert.equal(bytesOut, server.sockets[0]!.sent.reduce((sum, frame) => sum + frame.length, 0)); // prettier-ignore
    assert.isAbove(bytesIn, 100);
    assert.equal(before.requests, 0, 'a snapshot');
  });
});

/** A pool on a scripted server, without a user agent. */
function rig(servers: readonly string[] = [first]) {
  const clock = new FakeClock();
  const server = new ScriptedServer();
  const heard: string[] = [];
  const pool = new TransportPool({
    clock,
    random: systemRandom,
    log: silentLogger,
    isInUse: () => false,
    isSuspended: () => false,
    ask: () => undefined,
  });
  const nobody = { onMessage: () => undefined, onMalformed: () => undefined, onConnectionLost: () => undefined };
  pool.attach(nobody);
  const listener = {
    onFlowOpen: () => heard.push('open'),
    onFlowLost: (_: unknown, reason: string) => heard.push(`lost: ${reason}`),
  };
  const config = { servers, open: server.webSocket, connectTimeout: 5000, limits: {} };
  const lease = (slot?: number): FlowLease =>
    pool.lease({ ...config, keepAlive: false, failback: false }, listener, slot);
  return { clock, server, pool, lease, heard };
}
