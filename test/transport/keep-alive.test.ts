import { assert } from 'chai';
import { headerValue } from '../../lib/parser/index.js';
import type { SipRequest } from '../../lib/parser/index.js';
import type { EvercallError } from '../../lib/index.js';
import type { Clock } from '../../lib/base/clock.js';
import { systemRandom } from '../../lib/base/random.js';
import { KeepAlive } from '../../lib/transport/keep-alive.js';
import type { Habit } from '../../lib/transport/keep-alive.js';
import { FakeClock, settle } from '../support/fake-clock.js';
import { peerRequest, phone } from '../support/phone.js';
import type { Phone, PhoneOptions } from '../support/phone.js';

const kept = (options: PhoneOptions = {}): Promise<Phone> => phone({ keepAlive: 'auto', ...options });

/** The seconds at which pings come within `ms`. */
async function pingTimes({ server, clock }: Phone, ms: number): Promise<number[]> {
  const times: number[] = [];
  for (const end = clock.now() + ms; clock.now() < end;) {
    const before = server.pings;
    await clock.advance(100);
    if (server.pings > before) times.push(clock.now() / 1000);
  }
  return times;
}

const gaps = (times: readonly number[]): number[] => times.slice(1).map((t, i) => t - times[i]!);

/** OPTIONS requests that came, answered or not. */
const asked = ({ server }: Phone): SipRequest[] =>
  server.received.filter((m): m is SipRequest => 'method' in m && m.method === 'OPTIONS');

describe('keep-alive', () => {
  it('ACC-37: CRLF CRLF goes out in a frame of its own, every 20 to 25 s, never in the same rhythm (RFC 5626 §3.5.1)', async () => {
    const stage = await kept();
    const times = await pingTimes(stage, 600_000);
    assert.isAtMost(times[0]!, 10.1, 'early, to learn whether the server pongs');
    assert.isTrue(
      gaps(times).every((gap) => gap >= 19.9 && gap <= 25.2),
      String(gaps(times)),
    );
    assert.isAbove(new Set(gaps(times).map((gap) => gap.toFixed(1))).size, 5);
    assert.lengthOf(stage.server.sockets, 1);
    assert.isTrue(stage.server.socket.sent.every((frame) => frame === '\r\n\r\n'));
  });

  it('ACC-37: a Flow-Timer sets the interval to 80 to 100 % of it (RFC 5626 §4.4)', () => {
    const { clock, keepAlive, pings } = machine('auto');
    keepAlive.setFlowTimer(120);
    return run(clock, keepAlive, 1_200_000).then(() => {
      const intervals = gaps(pings).slice(1); // the first one is early
      assert.isTrue(
        intervals.every((gap) => gap >= 95_900 && gap <= 120_100),
        String(intervals),
      );
    });
  });

  it('ACC-37: the app may ask more often than the Flow-Timer says, not less', async () => {
    for (const [interval, flowTimer, most] of [
      [10_000, 120, 10_000],
      [300_000, 30, 30_000],
    ] as const) {
      const { clock, keepAlive, pings } = machine(interval, 'pongs');
      keepAlive.setFlowTimer(flowTimer);
      await run(clock, keepAlive, 300_000);
      assert.isTrue(gaps(pings).every((gap) => gap >= most * 0.8 - 1 && gap <= most + 1));
    }
  });

  it('RFC 5626 §4.4: with a Flow-Timer pings go out whatever else is sent', async () => {
    const { clock, keepAlive, pings } = machine('auto', 'pongs');
    keepAlive.setFlowTimer(30);
    for (let second = 0; second < 120; second++) {
      await clock.advance(1000);
      keepAlive.onFrame(false);
    }
    assert.isAtLeast(pings.length, 3);
  });

  it('ACC-37: while SIP traffic flows no ping is wasted', async () => {
    const stage = await kept();
    for (let i = 0; i < 100; i++) {
      stage.server.send(peerRequest('OPTIONS'));
      await stage.clock.advance(4000);
    }
    assert.equal(stage.server.pings, 0);
  });

  it('keepAlive: false sends none', async () => {
    const stage = await kept({ keepAlive: false });
    await stage.clock.advance(3600_000);
    assert.equal(stage.server.pings, 0);
    assert.equal(stage.clock.pending, 0);
  });

  for (const seconds of [1, 5, 100]) {
    it(`keepAlive: ${seconds} pings each ${seconds} s; no timer is left when the connection is closed`, async () => {
      const stage = await kept({ keepAlive: seconds });
      const times = (await pingTimes(stage, 20_000 * seconds)).slice(1);
      assert.isTrue(
        gaps(times).every((gap) => gap >= seconds * 0.8 - 0.2 && gap <= seconds + 0.2),
        String(gaps(times)),
      );
      await stage.ua.stop();
      assert.equal(stage.clock.pending, 0);
    });
  }

  it('ACC-37: a pong that is missing for 10 s ends the connection, and the next one is there within 12 s of the ping', async () => {
    const stage = await kept({ account: { register: true } });
    const { server, clock } = stage;
    await clock.advance(12_000);
    assert.equal(server.pings, 1);
    const { socket } = server;
    socket.isDead = true;
    const { length } = socket.sent;
    while (socket.sent.length === length) await clock.advance(100);
    const pinged = clock.now();
    await clock.advance(9800);
    assert.isFalse(socket.isClosed);
    await clock.advance(400);
    assert.isTrue(socket.isClosed, 'given up by us: no close event came');
    assert.lengthOf(server.sockets, 2);
    assert.isTrue(stage.account.connected);
    assert.isAtMost(clock.now() - pinged, 12_000);
  });

  it('ACC-37: a server that never pongs is asked by OPTIONS, and not torn down when it answers', async () => {
    const stage = await kept();
    const { server, clock } = stage;
    server.pongs = false;
    for (let second = 0, answered = 0; second < 600; second++) {
      await clock.advance(1000);
      for (const request of asked(stage).slice(answered)) {
        server.respond(request, 483);
        answered++;
      }
    }
    assert.lengthOf(server.sockets, 1);
    assert.equal(server.pings, 1, 'what it does not answer is not repeated');
    assert.isAtLeast(asked(stage).length, 20);
    const [options] = asked(stage);
    assert.equal(options!.uri, 'sip:server.example');
    assert.equal(headerValue(options!, 'Max-Forwards'), '0', 'for the server itself (RFC 3261 §11)');
    assert.match(headerValue(options!, 'From')!, /^<sip:anonymous@anonymous\.invalid>;tag=/);
  });

  it('ACC-37: a server that stops answering its OPTIONS is given up', async () => {
    const stage = await kept();
    const { server, clock } = stage;
    server.pongs = false;
    while (asked(stage).length === 0) await clock.advance(1000);
    server.respond(asked(stage)[0]!, 200);
    await clock.advance(36_000);
    assert.isTrue(server.sockets[0]!.isClosed);
    assert.isTrue(stage.account.connected);
  });

  it('ACC-37: a server that answers neither is given up once, and then left alone', async () => {
    const stage = await kept();
    const { server, clock } = stage;
    server.pongs = false;
    await clock.advance(3600_000);
    assert.lengthOf(server.sockets, 2);
    assert.isFalse(server.socket.isClosed);
    assert.isAtLeast(server.pings, 100, 'the way through the NAT is kept open all the same');
  });

  it('a server that ceases to pong but lives is given up once, then asked by OPTIONS', async () => {
    const stage = await kept();
    const { server, clock } = stage;
    await clock.advance(60_000);
    server.pongs = false;
    for (let second = 0, answered = 0; second < 600; second++) {
      await clock.advance(1000);
      for (const request of asked(stage).slice(answered)) {
        server.respond(request, 200);
        answered++;
      }
    }
    assert.lengthOf(server.sockets, 2);
  });

  it('any frame within the 10 s is a sign of life', async () => {
    const stage = await kept();
    const { server, clock } = stage;
    await clock.advance(12_000);
    server.pongs = false;
    const { pings } = server;
    while (server.pings === pings) await clock.advance(100);
    await clock.advance(9000);
    server.send(peerRequest('OPTIONS'));
    await clock.advance(9000);
    assert.lengthOf(server.sockets, 1);
  });

  it('ACC-37: a machine that slept asks at once', async () => {
    const stage = await kept();
    const { server, clock } = stage;
    await clock.advance(12_000);
    const { pings } = server;
    clock.sleep(3600_000);
    await clock.advance(5000);
    assert.equal(server.pings, pings + 1);
    await clock.advance(10_000);
    assert.equal(server.pings, pings + 1, 'once');
  });

  it('ACC-37: a connection that did not survive the sleep is replaced within 15 s of waking up', async () => {
    const stage = await kept();
    const { server, clock } = stage;
    await clock.advance(12_000);
    server.socket.isDead = true;
    clock.sleep(3600_000);
    await clock.advance(15_000);
    assert.lengthOf(server.sockets, 2);
    assert.isTrue(stage.account.connected);
  });

  it('a page whose timers the browser throttles to one a minute notices a dead server all the same', async () => {
    const clock = new FakeClock();
    const { keepAlive, pings, silences } = machine('auto', 'pongs', {
      now: () => clock.now(),
      wallTime: () => clock.wallTime(),
      after: (ms, run) => clock.after(Math.max(60_000, ms), run),
    });
    await run(clock, keepAlive, 600_000);
    assert.isAtLeast(pings.length, 9, 'one each minute');
    assert.lengthOf(silences, 0);
    await clock.advance(180_000);
    assert.lengthOf(silences, 1);
  });

  it('ping and pong are answered and swallowed, not parsed', async () => {
    const { server, log } = await kept();
    server.socket.receive('\r\n\r\n');
    assert.deepEqual(server.socket.sent, ['\r\n']);
    server.socket.receive('\r\n');
    server.socket.receive(new TextEncoder().encode('\r\n\r\n'));
    assert.deepEqual(server.socket.sent, ['\r\n', '\r\n']);
    assert.deepEqual(log.filter((line) => line.startsWith('warn')), []); // prettier-ignore
  });

  describe('probe', () => {
    it('is true with the first frame, at once', async () => {
      const { clock, keepAlive } = machine(false, 'pongs');
      const alive = keepAlive.probe(2000);
      keepAlive.onFrame(true);
      assert.isTrue(await alive);
      assert.equal(clock.pending, 0);
    });

    it('is false after its own deadline, and leaves the connection to who asked', async () => {
      const { clock, keepAlive, silences } = machine(false, 'pongs');
      let alive: boolean | undefined;
      void keepAlive.probe(2000).then((value) => (alive = value));
      await clock.advance(1999);
      assert.isUndefined(alive);
      await clock.advance(1);
      assert.isFalse(alive);
      assert.lengthOf(silences, 0);
      assert.equal(clock.pending, 0);
    });

    it('asks by OPTIONS too where the server is not known to pong', () => {
      const unknown = machine(false);
      void unknown.keepAlive.probe(2000);
      assert.deepEqual([unknown.pings.length, unknown.asks.length], [1, 1]);
      const known = machine(false, 'pongs');
      void known.keepAlive.probe(2000);
      assert.deepEqual([known.pings.length, known.asks.length], [1, 0]);
    });

    it('is false when the connection ends, and rejects when its signal aborts', async () => {
      const { clock, keepAlive } = machine(false);
      const abort = new AbortController();
      const aborted = keepAlive.probe(2000, abort.signal).catch((error: unknown) => (error as EvercallError).code);
      const alive = keepAlive.probe(2000);
      abort.abort();
      keepAlive.stop();
      assert.equal(await aborted, 'aborted');
      assert.isFalse(await alive);
      assert.equal(clock.pending, 0);
      const late = keepAlive.probe(2000, AbortSignal.abort()).catch((error: unknown) => (error as EvercallError).code);
      assert.equal(await late, 'aborted');
    });
  });
});

describe('an unanswered request', () => {
  it('ACC-36: a REGISTER without an answer, and nothing else heard: a new connection, and REGISTER again', async () => {
    const { server, account, clock } = await phone({ account: { register: true } });
    const outcome = account.registered.catch((error: unknown) => (error as EvercallError).status);
    const { socket } = server;
    await server.request('REGISTER');
    await clock.advance(31_999);
    assert.isFalse(socket.isClosed);
    await clock.advance(1);
    assert.equal(await outcome, 408, 'as ever');
    assert.isTrue(socket.isClosed);
    await clock.advance(1000);
    assert.lengthOf(server.sockets, 2);
    await server.request('REGISTER');
    await server.nothing();
  });

  it('ACC-36: an INVITE with not even a provisional response', async () => {
    const { server, account, clock } = await phone();
    const call = account.call('bob');
    await server.request('INVITE');
    await clock.advance(32_000);
    assert.propertyVal(await call.ended, 'status', 408);
    await settle();
    assert.lengthOf(server.sockets, 2);
    assert.isTrue(account.connected);
  });

  for (const [what, frame] of [
    ['other requests', peerRequest('OPTIONS')],
    ['pongs', '\r\n'],
  ] as const) {
    it(`ACC-36: a server that sends ${what} meanwhile is not torn down`, async () => {
      const { server, account, clock } = await phone();
      const outcome = account.request('OPTIONS', 'bob').catch((error: unknown) => (error as EvercallError).code);
      await clock.advance(1000);
      server.send(frame);
      await clock.advance(60_000);
      assert.equal(await outcome, 'timeout');
      assert.lengthOf(server.sockets, 1);
    });
  }

  it('ACC-36: a call that rings for minutes is no reason', async () => {
    const { server, account, clock } = await phone();
    account.call('bob');
    server.respond(await server.request('INVITE'), 180);
    await clock.advance(600_000);
    assert.lengthOf(server.sockets, 1);
  });

  it('ACC-36: the next server of the list is asked first; one that is silent from the start is asked ever less often', async () => {
    const servers = ['ws://first.example', 'ws://second.example'];
    const { server, clock } = await phone({ servers, failback: false, account: { register: true } });
    await clock.advance(33_000);
    assert.deepEqual(server.sockets.map(({ url }) => url), servers); // prettier-ignore
    await clock.advance(3600_000);
    assert.isAtMost(server.sockets.length, 90);
    assert.isAtLeast(server.sockets.length, 40);
  });
});

/** The machine alone; `pings` and the others hold the moments. */
function machine(interval: 'auto' | number | false, habit?: Habit, given?: Clock) {
  const own = new FakeClock();
  const clock = given ?? own;
  const url = 'ws://server.example';
  const habits = new Map<string, Habit>(habit ? [[url, habit]] : []);
  const pings: number[] = [];
  const asks: number[] = [];
  const silences: number[] = [];
  const keepAlive = new KeepAlive(
    { url, interval, habits, clock, random: systemRandom },
    {
      ping: () => pings.push(clock.now()),
      ask: () => asks.push(clock.now()),
      onSilence: () => silences.push(clock.now()),
    },
  );
  return { clock: own, keepAlive, pings, asks, silences, habits };
}

/** Lets time pass on a server that pongs. */
async function run(clock: FakeClock, keepAlive: KeepAlive, ms: number): Promise<void> {
  for (const end = clock.now() + ms; clock.now() < end;) {
    await clock.advance(100);
    keepAlive.onFrame(true);
  }
}
