// Two phones in virtual time, each the other's peer, and what must hold of their calls whatever happens.
import { EvercallError, UserAgent } from '../../lib/index.js';
import type { Account, Call, CallState, Logger } from '../../lib/index.js';
import { FakeClock, settle } from '../support/fake-clock.js';
import { fakeMediaEnvironment } from '../support/fake-media.js';
import type { FakeMedia } from '../support/fake-media.js';
import { Link } from './link.js';
import type { Side } from './link.js';
import { seededRandom } from './seeded-random.js';
import { WireRules } from './wire-rules.js';

/** From each state of a call, where it may go (PJSIP's order; nothing comes after `disconnected`). */
const next: Readonly<Record<CallState, readonly CallState[]>> = {
  calling: ['early', 'connecting', 'confirmed', 'disconnected'],
  incoming: ['early', 'connecting', 'confirmed', 'disconnected'],
  early: ['connecting', 'confirmed', 'disconnected'],
  connecting: ['confirmed', 'disconnected'],
  confirmed: ['disconnected'],
  disconnected: [],
};

export interface Phone {
  readonly ua: UserAgent;
  readonly account: Account;
  readonly media: FakeMedia;
  /** All there ever were. */
  readonly calls: Call[];
}

export class Phones {
  readonly clock = new FakeClock();
  readonly rules: WireRules;
  readonly link: Link;
  readonly phones: readonly [Phone, Phone];
  /** What a phone has done that it must not. */
  readonly wrongs: string[] = [];
  #pending = 0;

  private constructor(seed: number, trace?: (line: string) => void) {
    this.rules = new WireRules(this.clock, trace);
    this.link = new Link(this.rules);
    this.phones = [this.#newPhone(0, 'alice', seed), this.#newPhone(1, 'bob', seed + 1)];
  }

  /** @param trace takes a line for each message that leaves or arrives. */
  static async make(seed: number, trace?: (line: string) => void): Promise<Phones> {
    const phones = new Phones(seed, trace);
    await settle();
    return phones;
  }

  /** Runs one of the app's verbs: it may say no, by an EvercallError, and must come to an end. */
  run(what: string, verb: () => unknown): void {
    const judge = (error: unknown): void => {
      if (!(error instanceof EvercallError)) this.wrongs.push(`${what} failed with ${String(error)}`);
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

  call(from: Side, options: Parameters<Account['call']>[1]): void {
    const { account } = this.phones[from];
    this.#watch(from, account.call(from === 0 ? 'sip:bob@example.com' : 'sip:alice@example.com', options));
  }

  /** Lets everything arrive that is on its way, and what follows from it. */
  async deliverAll(): Promise<void> {
    for (let delivered = true; delivered;) {
      delivered = this.link.deliver(0);
      delivered = this.link.deliver(1) || delivered;
      await settle();
    }
  }

  /** Time goes by on a network without faults. */
  async rest(seconds: number): Promise<void> {
    await this.deliverAll();
    for (let i = 0; i < seconds * 4; i++) {
      await this.clock.advance(250);
      await this.deliverAll();
    }
  }

  /** All calls end, on a network without faults; returns what is left over then. */
  async end(): Promise<string[]> {
    await this.rest(34);
    this.#checkAgreement();
    for (const { ua } of this.phones) ua.hangupAll();
    await this.rest(34);
    const left = this.phones.flatMap(({ calls, media }, side) => [
      ...calls
        .filter(({ state }) => state !== 'disconnected')
        .map(({ id, state }) => `${side}: call ${id} is ${state}`),
      ...media.connections
        .filter(({ signalingState, listenerCount }) => signalingState !== 'closed' || listenerCount > 0)
        .map(
          ({ signalingState, listenerCount }) =>
            `${side}: a connection is ${signalingState}, ${listenerCount} listeners`,
        ),
      ...media.microphones.filter(({ readyState }) => readyState === 'live').map(() => `${side}: a microphone is open`),
    ]);
    if (this.#pending > 0) left.push(`${this.#pending} promises never settled`);
    if (this.clock.pending > 0) left.push(`${this.clock.pending} timers are set`);
    for (const { ua } of this.phones) void ua.stop({ unregister: false });
    await settle();
    return [
      ...this.wrongs,
      ...this.rules.violations,
      ...left,
      ...(this.rules.isDisturbed ? [] : this.rules.unanswered),
    ];
  }

  /** Where nothing was lost, both ends of a call see the same call. */
  #checkAgreement(): void {
    if (this.rules.isDisturbed) return;
    const [ours, theirs] = this.phones;
    for (const call of ours.calls) {
      const peer = theirs.calls.find(({ callId }) => callId === call.callId);
      if (!peer) continue;
      const isLive = (one: Call): boolean => one.state === 'confirmed';
      if (isLive(call) !== isLive(peer)) this.wrongs.push(`${call.id}: ${call.state} here, ${peer.state} there`);
      if (!isLive(call) || !isLive(peer)) continue;
      for (const [one, two] of [
        [call, peer],
        [peer, call],
      ] as const) {
        if (one.localHold !== two.remoteHold)
          this.wrongs.push(`${one.id}: held here ${one.localHold}, by the peer's view ${two.remoteHold}`);
        if (one.peerConnection?.signalingState !== 'stable')
          this.wrongs.push(`${one.id}: signalling is ${one.peerConnection?.signalingState}`);
      }
    }
  }

  #newPhone(side: Side, user: string, seed: number): Phone {
    const media = fakeMediaEnvironment();
    const calls: Call[] = [];
    const log: Logger = {
      error: (message, ...details) => this.wrongs.push(`${user} logs: ${[message, ...details].join(' ')}`),
      warn: () => undefined,
      info: () => undefined,
      debug: () => undefined,
    };
    const ua = new UserAgent({
      servers: `ws://${user}.example/ws`,
      keepAlive: false,
      failback: false,
      log,
      environment: {
        webSocket: this.link.webSocket(side),
        clock: this.clock,
        random: seededRandom(seed),
        RTCPeerConnection: media.RTCPeerConnection,
        MediaStream: media.MediaStream,
        getUserMedia: (constraints) => media.getUserMedia(constraints),
      },
    });
    ua.on('incomingCall', ({ call }) => this.#watch(side, call));
    const account = ua.addAccount({ uri: `sip:${user}@example.com`, register: false });
    return { ua, account, media, calls };
  }

  #watch(side: Side, call: Call): void {
    this.phones[side].calls.push(call);
    let { state } = call;
    let ended = 0;
    const name = `${side}: call ${call.id}`;
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
