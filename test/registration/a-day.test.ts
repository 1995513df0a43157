// A day in the life of an account, in virtual time, on servers that do by chance whatever servers do.
import { assert } from 'chai';
import { challengeParts } from '../../lib/core/authenticator.js';
import { UserAgent, silentLogger } from '../../lib/index.js';
import type { Account, Random } from '../../lib/index.js';
import { Contact, header, headerValue, isRequest, parseMessage, readAll } from '../../lib/parser/index.js';
import { ParseError } from '../../lib/parser/index.js';
import type { SipRequest } from '../../lib/parser/index.js';
import { allParts } from '../../lib/user-agent/all-parts.js';
import { FakeClock } from '../support/fake-clock.js';
import { FakeSocket } from '../support/scripted-server.js';

const minute = 60_000;
const hour = 60 * minute;

/** Chance that can be had again: Tommy Ettinger's mulberry32. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function randomFrom(number: () => number): Random {
  const token = (length: number): string =>
    Array.from({ length }, () => Math.floor(number() * 32).toString(32)).join('');
  const hex = (length: number): string => Array.from({ length }, () => Math.floor(number() * 16).toString(16)).join('');
  return { number, token, uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}` };
}

const moods = [
  'refuses', //    no handshake succeeds, and the connections are closed
  'hangs', //      no handshake is answered, and the connections are closed
  'black hole', // nothing comes through any more, in either direction, and nobody says so
  'flaps', //      each connection is closed after a moment
  'slams', //      each REGISTER is answered by closing the connection
  'slow', //       each answer takes up to 40 s
  'deaf', //       pings are answered, requests are not
  'busy', //       503
  'patient', //    503 with Retry-After
  'brief', //      423, until more is asked for
  'forgetful', //  200 without our Contact
  'strict', //     a new nonce for each REGISTER
  'garbage', //    no SIP
] as const;
type Mood = 'well' | (typeof moods)[number];

/** A server with moods. */
class MoodyServer {
  mood: Mood = 'well';
  readonly sockets = new Set<FakeSocket>();
  /** Where calls for the account are sent. */
  #binding: FakeSocket | undefined;
  /** Lost for good: a NAT has forgotten them. */
  readonly #lost = new Set<FakeSocket>();
  readonly #clock: FakeClock;
  readonly #number: () => number;
  #nonce = 0;

  constructor(clock: FakeClock, number: () => number) {
    this.#clock = clock;
    this.#number = number;
  }

  enter(mood: Mood): void {
    this.mood = mood;
    if (mood === 'refuses' || mood === 'hangs') for (const socket of this.sockets) this.#close(socket);
    if (mood === 'black hole') this.forget();
  }

  /** Nothing comes through on the present connections any more. */
  forget(): void {
    for (const socket of this.sockets) this.#lost.add(socket);
  }

  /** Whether a call would arrive. */
  get reaches(): boolean {
    return this.#binding !== undefined && !this.#binding.isClosed && !this.#lost.has(this.#binding);
  }

  connect(socket: FakeSocket): void {
    this.sockets.add(socket);
    this.#later(20 + this.#number() * 60, () => {
      if (this.mood === 'hangs' || this.mood === 'black hole') return;
      if (this.mood === 'refuses') {
        this.#close(socket);
        return;
      }
      socket.open();
      if (this.mood === 'flaps') this.#later(this.#number() * 3000, () => { this.#close(socket); }); // prettier-ignore
    });
  }

  /** `answered` is called just before the client gets its final answer. */
  receive(frame: string | Uint8Array, socket: FakeSocket, answered: () => void): void {
    if (this.#lost.has(socket) || this.mood === 'black hole') return;
    if (frame === '\r\n\r\n') {
      this.#later(30, () => { this.#deliver(socket, '\r\n'); }); // prettier-ignore
      return;
    }
    const message = parseMessage(frame);
    assert.notInstanceOf(message, ParseError, 'what we send is SIP');
    if (message instanceof ParseError || !isRequest(message) || this.mood === 'deaf') return;
    if (this.mood === 'slams') {
      this.#close(socket);
      return;
    }
    const answer = this.#answer(message);
    this.#later(this.mood === 'slow' ? this.#number() * 40_000 : 20 + this.#number() * 80, () => {
      this.#deliver(socket, answer, answered);
      if (answer.includes('\nContact:')) this.#binding = socket;
    });
  }

  #answer(request: SipRequest): string {
    const respond = (status: number, ...lines: string[]): string =>
      [
        `SIP/2.0 ${status} Because`,
        ...request.headers.filter((h) => h.name === 'Via').map((h) => `Via: ${h.value}`),
        `From: ${headerValue(request, 'From')}`,
        `To: ${headerValue(request, 'To')};tag=x`,
        `Call-ID: ${headerValue(request, 'Call-ID')}`,
        `CSeq: ${headerValue(request, 'CSeq')}`,
        ...lines,
        'Content-Length: 0\r\n\r\n',
      ].join('\r\n');
    const challenge = (): string =>
      respond(401, `WWW-Authenticate: Digest realm="r", nonce="n${this.#nonce}", qop="auth"`);
    const authorization = headerValue(request, 'Authorization');
    const expires = Number(headerValue(request, 'Expires'));
    if (this.mood === 'busy') return respond(503);
    if (this.mood === 'patient') return respond(503, `Retry-After: ${Math.ceil(this.#number() * 60)}`);
    if (this.mood === 'garbage') return this.#number() < 0.5 ? '\0\0SIP?\r\n' : respond(200).slice(0, -30);
    if (!authorization?.includes(`"n${this.#nonce}"`)) return challenge();
    if (this.mood === 'strict') this.#nonce++;
    if (this.mood === 'brief' && expires < 900) return respond(423, 'Min-Expires: 900');
    if (this.mood === 'forgetful') return respond(200);
    const bindings = readAll(request, Contact).filter((c) => c !== '*' && c.params.get('expires') !== '0');
    const granted = bindings.map((c) =>
      c === '*' ? c : { ...c, params: new Map(c.params).set('expires', `${expires}`) },
    );
    return respond(200, ...granted.map((c) => `Contact: ${header(Contact, c).value}`));
  }

  #deliver(socket: FakeSocket, text: string, before?: () => void): void {
    if (!this.sockets.has(socket) || socket.isClosed || this.#lost.has(socket) || this.mood === 'black hole') return;
    if (text.startsWith('SIP/2.0') && text.endsWith('\r\n\r\n')) before?.();
    socket.receive(text);
  }

  #close(socket: FakeSocket): void {
    this.sockets.delete(socket);
    if (!socket.isClosed) socket.drop(1006);
  }

  #later(ms: number, run: () => void): void {
    this.#clock.after(ms, run);
  }
}

/** How often each thing happened, and when. */
class Log {
  readonly times: number[] = [];

  /** The most within any stretch of this length. */
  most(ms: number): number {
    let most = 0;
    for (let from = 0, to = 0; to < this.times.length; to++) {
      while (this.times[to]! - this.times[from]! > ms) from++;
      most = Math.max(most, to - from + 1);
    }
    return most;
  }
}

interface Day {
  readonly clock: FakeClock;
  readonly ua: UserAgent;
  readonly account: Account;
  readonly servers: readonly MoodyServer[];
  readonly registers: Log;
  /** REGISTERs sent while another one waited for its answer. */
  readonly overlaps: Log;
  readonly handshakes: Log;
  readonly pings: Log;
}

function dawn(number: () => number, count: number): Day {
  const clock = new FakeClock();
  const servers = Array.from({ length: count }, () => new MoodyServer(clock, number));
  const urls = servers.map((_, index) => `ws://server${index}.example`);
  const [registers, overlaps, handshakes, pings] = [new Log(), new Log(), new Log(), new Log()];
  /** REGISTERs that wait for their final answer: the socket, and when they were sent. */
  const inFlight = new Map<FakeSocket, number>();
  const send = (frame: string | Uint8Array, socket: FakeSocket): void => {
    const now = clock.now();
    if (frame === '\r\n\r\n') pings.times.push(now);
    const isRegister = frame.toString().startsWith('REGISTER');
    if (isRegister) {
      registers.times.push(now);
      for (const [other, since] of inFlight) if (!other.isClosed && now - since < 32_000) overlaps.times.push(now);
      inFlight.clear();
      inFlight.set(socket, now);
    }
    servers[urls.indexOf(socket.url)]!.receive(frame, socket, () => {
      if (isRegister) inFlight.delete(socket);
    });
  };
  const webSocket = (url: string): FakeSocket => {
    handshakes.times.push(clock.now());
    const socket = new FakeSocket(url, send);
    servers[urls.indexOf(url)]!.connect(socket);
    return socket;
  };
  const environment = { clock, random: randomFrom(number), webSocket };
  const ua = new UserAgent({ servers: urls, log: silentLogger, environment }, allParts);
  const account = ua.addAccount({ uri: 'sip:alice@example.com', password: 'secret' });
  return { clock, ua, account, servers, registers, overlaps, handshakes, pings };
}

/** Resolves when the account says that it is registered, and is; that takes at most `bound` milliseconds. */
async function untilRegistered({ clock, account, servers }: Day, bound: number, what: string): Promise<void> {
  const start = clock.now();
  while (!account.isRegistered || !servers.some(({ reaches }) => reaches)) {
    assert.isBelow(clock.now() - start, bound, `not registered again in time after: ${what}`);
    await clock.advance(1000);
  }
}

async function live(seed: number, count: number): Promise<void> {
  await Promise.all([allParts.load(), challengeParts.load()]); // it takes real time
  const number = chance(seed);
  const day = dawn(number, count);
  const { clock, servers } = day;
  const between = (low: number, high: number): number => low + number() * (high - low);
  await untilRegistered(day, 5000, 'the start');
  while (clock.now() < 24 * hour) {
    await clock.advance(between(minute, 40 * minute));
    await untilRegistered(day, minute, 'nothing at all'); // a failback may be under way
    if (number() < 0.1) {
      if (number() < 0.5) for (const each of servers) each.forget();
      clock.sleep(between(minute, 3 * hour));
      await untilRegistered(day, minute, 'sleep');
    }
    const server = servers[Math.floor(number() * count)]!;
    const mood = moods[Math.floor(number() * moods.length)]!;
    const duration = between(1000, 15 * minute);
    server.enter(mood);
    if (count > 1 && ['refuses', 'hangs', 'black hole'].includes(mood)) await untilRegistered(day, minute, mood);
    await clock.advance(duration);
    server.enter('well');
    // back-off doubles: the next wait is not longer than twice what has been waited, nor than its maximum
    await untilRegistered(
      day,
      Math.min(2 * duration + 2 * minute, 31 * minute),
      `${mood} for ${Math.round(duration / 1000)} s`,
    );
  }
  assert.isEmpty(day.overlaps.times, 'never two REGISTERs in flight');
  assert.isAtMost(day.registers.most(minute), 12, 'REGISTERs in a minute');
  // seven in the first five seconds, then after waits of 1, 2, 4, 8 and 15 s at least
  assert.isAtMost(day.handshakes.most(minute), 14, 'handshakes in a minute');
  assert.isAtMost(day.pings.most(minute), 6, 'pings in a minute');
  assert.isAtMost(day.registers.times.length, 600, 'REGISTERs in a day');
  await day.ua.stop({ unregister: false });
  await clock.advance(minute); // what the servers still had to say
  assert.equal(clock.pending, 0);
}

describe('a day', function () {
  this.timeout(20_000);
  for (const [count, seeds] of [
    [1, [1, 2, 3, 4, 5]],
    [2, [6, 7, 8]],
  ] as const) {
    for (const seed of seeds) {
      it(`${count} server${count > 1 ? 's' : ''}, faults by chance (seed ${seed}): always registered again, never two REGISTERs in flight, never a burst`, () =>
        live(seed, count));
    }
  }
});
