// A phone whose calls are watched: how their states follow each other, what its verbs say, and what is left when all is over.
import { EvercallError, UserAgent } from '../../lib/index.js';
import type { Account, AccountOptions, Call, CallState, Logger, UserAgentOptions } from '../../lib/index.js';
import type { WebSocketFactory } from '../../lib/transport/websocket-connection.js';
import type { FakeClock } from '../support/fake-clock.js';
import { fakeMediaEnvironment } from '../support/fake-media.js';
import type { FakeMedia } from '../support/fake-media.js';
import { seededRandom } from './seeded-random.js';

/** From each state of a call, where it may go (PJSIP's order; nothing comes after `disconnected`). */
const next: Readonly<Record<CallState, readonly CallState[]>> = {
  calling: ['early', 'connecting', 'confirmed', 'disconnected'],
  incoming: ['early', 'connecting', 'confirmed', 'disconnected'],
  early: ['connecting', 'confirmed', 'disconnected'],
  connecting: ['confirmed', 'disconnected'],
  confirmed: ['disconnected'],
  disconnected: [],
};

/** What is other than in the model of two phones. */
export interface WatchedPhoneOptions {
  readonly userAgent?: Partial<UserAgentOptions>;
  readonly account?: Partial<AccountOptions>;
  readonly media?: FakeMedia;
  /** Hears what is worth a warning. */
  readonly warn?: (line: string) => void;
}

export class WatchedPhone {
  readonly ua: UserAgent;
  readonly account: Account;
  readonly media: FakeMedia;
  /** All there ever were. */
  readonly calls: Call[] = [];
  /** What it has done that it must not. */
  readonly wrongs: string[] = [];
  readonly #user: string;
  #pending = 0;

  constructor(
    user: string,
    webSocket: WebSocketFactory,
    clock: FakeClock,
    seed: number,
    { userAgent, account, media = fakeMediaEnvironment(), warn }: WatchedPhoneOptions = {},
  ) {
    this.#user = user;
    this.media = media;
    const nothing = (): void => undefined;
    const { environment, ...options } = userAgent ?? {};
    const log: Logger = {
      error: (message, ...details) => this.wrongs.push(`${user} logs: ${[message, ...details].join(' ')}`),
      warn: warn ? (message, ...details) => warn(`${user}: ${[message, ...details].join(' ')}`) : nothing,
      info: warn ? (message, ...details) => warn(`${user}: ${[message, ...details].join(' ')}`) : nothing,
      debug: nothing,
    };
    this.ua = new UserAgent({
      servers: `ws://${user}.example/ws`,
      keepAlive: false,
      failback: false,
      ipChange: { monitor: 'manual' },
      log,
      environment: {
        webSocket,
        clock,
        random: seededRandom(seed),
        RTCPeerConnection: media.RTCPeerConnection,
        MediaStream: media.MediaStream,
        getUserMedia: (constraints) => media.getUserMedia(constraints),
        ...environment,
      },
      ...options,
    });
    this.ua.on('incomingCall', ({ call }) => {
      this.#watch(call);
    });
    this.account = this.ua.addAccount({ uri: `sip:${user}@example.com`, register: false, ...account });
  }

  get liveCalls(): Call[] {
    return this.calls.filter(({ state }) => state !== 'disconnected');
  }

  call(target: string, options: Parameters<Account['call']>[1]): void {
    this.#watch(this.account.call(target, options));
  }

  /** Runs one of the app's verbs: it may say no, by an EvercallError, and must come to an end. */
  run(what: string, verb: () => unknown): void {
    const judge = (error: unknown): void => {
      if (!(error instanceof EvercallError)) this.wrongs.push(`${this.#user}: ${what} failed with ${String(error)}`);
    };
    let result: unknown;
    try {
      result = verb();
    } catch (error) {
      judge(error);
    }
    if (!(result instanceof Promise)) return;
    this.#pending++;
    result.then(
      () => this.#pending--,
      (error: unknown) => {
        this.#pending--;
        judge(error);
      },
    );
  }

  /** How many verbs have not come to their end. */
  get pending(): number {
    return this.#pending;
  }

  /** When all calls are over: what should be, too. */
  get leftovers(): string[] {
    const { calls, media } = this;
    const left = [
      ...calls.filter(({ state }) => state !== 'disconnected').map(({ id, state }) => `call ${id} is ${state}`),
      ...media.connections
        .filter(({ signalingState, listenerCount }) => signalingState !== 'closed' || listenerCount > 0)
        .map(({ signalingState, listenerCount }) => `a connection is ${signalingState}, ${listenerCount} listeners`),
      ...media.microphones.filter(({ readyState }) => readyState === 'live').map(() => `a microphone is open`),
    ];
    if (this.#pending > 0) left.push(`${this.#pending} promises never settled`);
    return left.map((what) => `${this.#user}: ${what}`);
  }

  #watch(call: Call): void {
    this.calls.push(call);
    let { state } = call;
    let ended = 0;
    const name = `${this.#user}: call ${call.id}`;
    call.on('stateChanged', ({ state: now, previous }) => {
      if (previous !== state || !next[previous].includes(now)) this.wrongs.push(`${name} went from ${state} to ${now}`);
      state = now;
    });
    call.on('ended', () => {
      if (++ended > 1 || call.state !== 'disconnected')
        this.wrongs.push(`${name} ended ${ended} times, is ${call.state}`);
    });
    for (const event of ['holdChanged', 'muteChanged', 'dtmf', 'message', 'remoteTrack'] as const)
      call.on(event, () => {
        if (ended > 0) this.wrongs.push(`${name}: ${event} after its end`);
      });
    this.run('answered', () => call.answered);
  }
}
