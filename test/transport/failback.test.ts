import { assert } from 'chai';
import { headerValue, isRequest } from '../../lib/parser/index.js';
import { settle } from '../support/fake-clock.js';
import { peerRequest, peerSdp, phone } from '../support/phone.js';
import type { Phone, PhoneOptions } from '../support/phone.js';
import type { FakeSocket } from '../support/scripted-server.js';

const [best, middle, last] = ['ws://best.example', 'ws://middle.example', 'ws://last.example'] as const;

/** A phone that had to go to the last server of its list. */
async function fallen(options: PhoneOptions = {}): Promise<Phone & { socket: FakeSocket }> {
  const stage = await phone({ servers: [best, middle, last], ...options });
  const { server, clock } = stage;
  server.refused.add(best).add(middle);
  server.socket.drop();
  await clock.advance(1000);
  assert.equal(server.socket.url, last);
  await server.skip();
  const register = server.received.at(-1);
  if (register && isRequest(register)) {
    server.respond(register, 200, { headers: [`Contact: ${headerValue(register, 'Contact')}`] });
  }
  server.send('\r\n');
  await clock.advance(10_000); // a sound connection
  return { ...stage, socket: server.socket };
}

/** The better servers are there again; resolves when we have moved to the best. */
async function backAtBest({ server, clock }: Phone): Promise<void> {
  server.refused.clear();
  for (let i = 0; server.socket.url !== best; i++) {
    assert.isBelow(i, 700, 'within 70 s');
    await clock.advance(100);
  }
}

describe('failback', () => {
  it('a better server is looked for every 30 to 60 s, quietly: nothing is sent, nobody hears of it', async () => {
    const { server, clock, account } = await fallen();
    let changes = 0;
    account.on('connectionChanged', () => changes++);
    const times: number[] = [];
    for (const end = clock.now() + 600_000; clock.now() < end;) {
      const { length } = server.sockets;
      await clock.advance(100);
      if (server.sockets.length > length) times.push(clock.now());
    }
    const gaps = times.slice(1).map((t, i) => t - times[i]!);
    assert.isTrue(gaps.every((gap) => gap >= 29_900 && gap <= 60_200), String(gaps)); // prettier-ignore
    assert.isAtLeast(gaps.length, 9);
    assert.equal(changes, 0);
    await server.nothing();
  });

  it('when the best server is back we move to it, make before break, and register there', async () => {
    const stage = await fallen({ account: { register: true } });
    const { server, clock, account, socket } = stage;
    const changes: boolean[] = [];
    account.on('connectionChanged', ({ connected }) => changes.push(connected));
    await backAtBest(stage);
    server.respond(await server.request('REGISTER'), 403);
    assert.deepEqual(changes, [true], 'never disconnected');
    assert.isFalse(socket.isClosed, 'the former connection is kept for what is under way');
    await clock.advance(32_000);
    assert.isTrue(socket.isClosed);
    assert.isFalse(server.socket.isClosed);
  });

  it('the middle one is taken while the best is away, and the best when it comes', async () => {
    const { server, clock } = await fallen();
    server.refused.delete(middle);
    await clock.advance(60_000);
    assert.equal(server.socket.url, middle);
    server.refused.clear();
    await clock.advance(120_000);
    assert.equal(server.socket.url, best);
    const { length } = server.sockets;
    await clock.advance(3600_000);
    assert.lengthOf(server.sockets, length, 'at home nothing is looked for');
  });

  it('nobody is moved during a call', async () => {
    const stage = await fallen();
    const { server, clock, account } = stage;
    const call = account.call('bob');
    const invite = await server.request('INVITE');
    const contact = 'Contact: <sip:bob@bob.invalid;transport=ws>';
    server.respond(invite, 200, { headers: [contact, 'Content-Type: application/sdp'], body: peerSdp() });
    await call.answered;
    server.refused.clear();
    const { length } = server.sockets;
    await clock.advance(600_000);
    assert.lengthOf(server.sockets, length, 'not even looked for');
    call.hangup();
    await server.skip();
    server.respond(server.received.at(-1) as never, 200);
    await backAtBest(stage);
  });

  it('a call that begins while the better server is asked is not disturbed', async () => {
    const { server, clock, account, socket } = await fallen();
    server.refused.clear();
    server.holdsHandshakes = true;
    const { length } = server.sockets;
    while (server.sockets.length === length) await clock.advance(100);
    account.call('bob');
    server.socket.open();
    await settle();
    assert.isTrue(server.socket.isClosed, 'let go again');
    assert.isFalse(socket.isClosed);
    await server.request('INVITE');
    assert.isTrue(socket.sent.some((frame) => frame.toString().startsWith('INVITE')));
  });

  it('what came on the former connection is answered there', async () => {
    const stage = await fallen();
    const { server, clock, socket } = stage;
    await backAtBest(stage);
    const { length } = server.socket.sent;
    socket.receive(peerRequest('OPTIONS'));
    socket.receive('\r\n\r\n');
    assert.match(String(socket.sent.at(-2)), /^SIP\/2.0 200/);
    assert.equal(socket.sent.at(-1), '\r\n');
    assert.lengthOf(server.socket.sent, length);
    socket.drop();
    await clock.advance(60_000);
    assert.isFalse(server.socket.isClosed, 'its end means nothing any more');
  });

  it('server affinity: with failback false we stay as long as the server lives', async () => {
    const { server, clock, socket } = await fallen({ failback: false });
    server.refused.clear();
    const { length } = server.sockets;
    await clock.advance(3600_000);
    assert.lengthOf(server.sockets, length);
    assert.isFalse(socket.isClosed);
  });

  it('a better server that takes us and loses us again is tried less and less often', async () => {
    const { server, clock, account } = await fallen({ account: { register: true } });
    server.refused.clear();
    let moves = 0;
    for (let second = 0; second < 3600; second++) {
      await clock.advance(1000);
      const { socket } = server;
      if (socket.url !== last && !socket.isClosed) {
        moves++;
        server.refused.add(best).add(middle);
        socket.drop();
        await clock.advance(1000);
        server.refused.clear();
      } else if (socket.url === last && account.connected) {
        server.send('\r\n');
      }
    }
    assert.isAtLeast(moves, 4);
    assert.isAtMost(moves, 8, 'once a minute would be 60');
  });

  it('a stopped user agent leaves no connection and no timer', async () => {
    const stage = await fallen();
    const { server, clock, ua } = stage;
    await backAtBest(stage);
    await ua.stop();
    assert.isTrue(server.sockets.every((socket) => socket.isClosed));
    assert.equal(clock.pending, 0);
  });

  it('each connection has its own name in the Via', async () => {
    const stage = await fallen();
    const { server, account } = stage;
    const via = async (): Promise<string> => {
      void account.request('OPTIONS', 'bob').catch(() => undefined);
      const request = await server.request('OPTIONS');
      server.respond(request, 200);
      return headerValue(request, 'Via')!.split(';')[0]!;
    };
    const before = await via();
    await backAtBest(stage);
    assert.notEqual(await via(), before);
  });
});
