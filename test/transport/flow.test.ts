import { assert } from 'chai';
import type { EvercallError } from '../../lib/index.js';
import { headerValue } from '../../lib/parser/index.js';
import { settle } from '../support/fake-clock.js';
import { peerRequest, phone } from '../support/phone.js';

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
    const { ua, server } = await phone({ servers: ['ws://first.example', 'ws://second.example'] });
    await ua.stop();
    server.refused.add('ws://first.example');
    const other = await phone({ servers: ['ws://first.example', 'ws://second.example'] });
    other.server.refused.add('ws://first.example');
    other.server.socket.drop();
    await other.clock.advance(0);
    await settle();
    assert.deepEqual(
      other.server.sockets.map((s) => s.url),
      ['ws://first.example', 'ws://first.example', 'ws://second.example'],
    );
    assert.isTrue(other.account.connected);
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
    await clock.advance(0);
    const hanging = server.socket;
    await clock.advance(2999);
    assert.isFalse(hanging.isClosed);
    await clock.advance(1);
    assert.isTrue(hanging.isClosed);
  });

  it('a request made while no server can be reached fails with code transport and status 503 (§8.1.3.1)', async () => {
    const { server, account, clock } = await phone();
    server.refused.add('ws://server.example/ws');
    server.socket.drop();
    const outcome = account.request('OPTIONS', 'bob').catch((error: unknown) => error as EvercallError);
    await clock.advance(0);
    await clock.advance(100);
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
});
