import { assert } from 'chai';
import { Race } from '../../lib/transport/race.js';
import { migrate, race } from '../../lib/transport/suspicion.js';
import { WebSocketConnection } from '../../lib/transport/websocket-connection.js';
import type { ConnectionUser } from '../../lib/transport/websocket-connection.js';
import { FakeSocket } from '../support/scripted-server.js';
import { FakeClock, settle } from '../support/fake-clock.js';
import { wire } from '../support/wire.js';
import type { Wire } from '../support/wire.js';

/** The present connection, and one that tries to take its place. */
async function racing(stage: Wire): Promise<{ old: FakeSocket; challenger: FakeSocket; kept: Promise<boolean> }> {
  const { server, flow } = stage;
  const old = server.socket;
  server.holdsHandshakes = true;
  const kept = race(flow, 'a test');
  await settle();
  assert.notEqual(server.socket, old, 'another connection is tried beside it at once');
  return { old, challenger: server.socket, kept };
}

describe('a connection that is suspect', () => {
  it('that answers first stays: the new one is dropped, and nothing has happened', async () => {
    const stage = await wire();
    const { old, challenger, kept } = await racing(stage);
    assert.isTrue(await kept);
    assert.isFalse(old.isClosed);
    assert.isTrue(challenger.isClosed);
    assert.equal(stage.flow.connectionId, 1);
    assert.equal(stage.clock.pending, 0);
  });

  it('IPC-3: that is silent is left as soon as the new one opens, without its close event; what it says later changes nothing', async () => {
    const stage = await wire();
    stage.server.pongs = false;
    const { old, challenger, kept } = await racing(stage);
    challenger.open();
    assert.isFalse(await kept);
    assert.isTrue(old.isClosed);
    assert.equal(stage.flow.connectionId, 2);
    const { framesReceived } = stage.flow;
    old.receive('\r\n');
    assert.equal(stage.flow.framesReceived, framesReceived);
    assert.isTrue(stage.flow.isOpen);
  });

  it('that is left for another reason meanwhile is asked no longer, though a witness speaks in this moment: no handshake follows', async () => {
    const clock = new FakeClock();
    const left = new AbortController();
    let handshakes = 0;
    const open = (url: string): FakeSocket => new FakeSocket(url, () => undefined);
    const connect = (url: string, user: ConnectionUser): WebSocketConnection => {
      handshakes++;
      return new WebSocketConnection({ url, open, connectTimeout: 5000, clock, user });
    };
    const race = new Race(
      { clock, probe: () => new Promise(() => undefined), servers: ['ws://server.example/ws'], connect },
      left.signal,
    );
    left.abort();
    race.again();
    await clock.advance(60_000);
    assert.equal(handshakes, 1);
    assert.equal(await race.outcome, 'silent');
    assert.equal(clock.pending, 0);
  });

  it('what was sent on it fails at once, as on any connection that is lost', async () => {
    const stage = await wire();
    stage.server.pongs = false;
    const { outcome } = stage.send('MESSAGE', undefined);
    const { challenger, kept } = await racing(stage);
    challenger.open();
    await kept;
    assert.equal(await outcome, 'transport');
  });

  it('is asked once, however many suspect it', async () => {
    const stage = await wire();
    stage.server.pongs = false;
    const { challenger, kept } = await racing(stage);
    const again = race(stage.flow, 'another witness');
    await settle();
    assert.equal(stage.server.pings, 1);
    challenger.open();
    assert.deepEqual(await Promise.all([kept, again]), [false, false]);
    assert.lengthOf(stage.server.sockets, 2);
  });

  it('stays although no other can be opened, if only it answers in the end', async () => {
    const stage = await wire();
    stage.server.pongs = false;
    const { old, challenger, kept } = await racing(stage);
    challenger.drop();
    await stage.clock.advance(3000);
    old.receive('\r\n');
    assert.isTrue(await kept);
    assert.isFalse(old.isClosed);
  });

  it('is left for one that opens at the second attempt, which new evidence has asked for', async () => {
    const stage = await wire();
    stage.server.pongs = false;
    const { old, challenger, kept } = await racing(stage);
    challenger.drop();
    await settle();
    void race(stage.flow, 'the network is back');
    await settle();
    assert.notEqual(stage.server.socket, challenger);
    assert.equal(stage.server.pings, 1);
    stage.server.socket.open();
    assert.isFalse(await kept);
    assert.isTrue(old.isClosed);
    assert.equal(stage.flow.connectionId, 2);
    assert.lengthOf(stage.server.sockets, 3);
  });

  it('is given up where neither shows life within the time of a handshake', async () => {
    const stage = await wire();
    stage.server.pongs = false;
    const { old, kept } = await racing(stage);
    stage.server.holdsHandshakes = false;
    await stage.clock.advance(5000);
    assert.isFalse(await kept);
    assert.isTrue(old.isClosed);
    assert.isTrue(stage.flow.isOpen);
  });

  it('is left for another server of the list at once where its own refuses: each has its try, the present one first, before we wait', async () => {
    const [first, second] = ['ws://server.example/ws', 'ws://other.example/ws'];
    const { server, clock, flow } = await wire([first, second]);
    server.pongs = false;
    server.refused.add(first).add(second);
    const { length } = server.sockets;
    const kept = race(flow, 'the network has changed');
    await settle();
    assert.deepEqual(
      server.sockets.slice(length).map(({ url }) => url),
      [first, second],
    );
    server.refused.delete(second);
    await clock.advance(100);
    assert.isFalse(await kept);
    assert.equal(flow.url, second);
    assert.equal(server.socket.url, second);
  });

  it('and whose server may never answer CRLF is not left at once for a ping of before: what is under way is answered there', async () => {
    const { server, flow, clock } = await wire();
    server.pongs = false;
    void flow.probe(60_000);
    await clock.advance(500);
    assert.equal(server.pings, 1);
    await migrate(flow, 'a test');
    assert.lengthOf(server.sockets, 2);
    assert.isFalse(server.sockets[0]!.isClosed);
  });

  it('… but of one that pongs: then nothing is hoped for', async () => {
    const { server, flow, clock } = await wire();
    assert.isTrue(await flow.probe(1000));
    server.pongs = false;
    void flow.probe(60_000);
    await clock.advance(500);
    await migrate(flow, 'a test');
    assert.isTrue(server.sockets[0]!.isClosed);
  });

  it('is left by another way: the handshakes that hang on the former hold up none after them, as they would in Firefox (RFC 6455 §4.1)', async () => {
    const stage = await wire();
    const { server, flow, clock } = stage;
    server.pongs = false;
    const { challenger, kept } = await racing(stage);
    await clock.advance(300);
    const hedge = server.socket;
    void migrate(flow, 'the machine has another address');
    await settle();
    assert.deepEqual(
      [challenger, hedge].map(({ isClosed }) => isClosed),
      [true, true],
    );
    server.socket.open();
    assert.isFalse(await kept);
    assert.isTrue(flow.isOpen);
    await clock.advance(60_000);
    assert.equal(server.sockets.filter(({ isClosed }) => !isClosed).length, 1);
  });

  it('that is closed meanwhile is replaced as always, and the one beside it is dropped', async () => {
    const stage = await wire();
    stage.server.pongs = false;
    const { old, challenger, kept } = await racing(stage);
    stage.server.holdsHandshakes = false;
    old.drop();
    await stage.clock.advance(1000);
    assert.isFalse(await kept);
    assert.isTrue(challenger.isClosed);
    assert.isTrue(stage.flow.isOpen);
  });
});
