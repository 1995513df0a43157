// Two phones in virtual time, each the other's peer, and what must hold of their calls whatever happens.
import { loadReplacement } from '../../lib/call/load-replacement.js';
import { challengeParts } from '../../lib/core/authenticator.js';
import { allParts } from '../../lib/user-agent/all-parts.js';
import type { Account, Call } from '../../lib/index.js';
import { FakeClock, settle } from '../support/fake-clock.js';
import { Link } from './link.js';
import type { Side } from './link.js';
import { WatchedPhone } from './watched-phone.js';
import { WireRules } from './wire-rules.js';

export class Phones {
  readonly clock = new FakeClock();
  readonly rules: WireRules;
  readonly link: Link;
  readonly phones: readonly [WatchedPhone, WatchedPhone];
  readonly #disagreements: string[] = [];

  private constructor(seed: number, trace?: (line: string) => void) {
    this.rules = new WireRules(this.clock, trace);
    this.link = new Link(this.rules);
    this.phones = [
      new WatchedPhone('alice', this.link.webSocket(0), this.clock, seed),
      new WatchedPhone('bob', this.link.webSocket(1), this.clock, seed + 1),
    ];
  }

  /** @param trace takes a line for each message that leaves or arrives. */
  static async make(seed: number, trace?: (line: string) => void): Promise<Phones> {
    await Promise.all([allParts.load(), challengeParts.load(), loadReplacement()]); // it takes real time
    const phones = new Phones(seed, trace);
    await settle();
    return phones;
  }

  call(from: Side, options: Parameters<Account['call']>[1]): void {
    this.phones[from].call(from === 0 ? 'sip:bob@example.com' : 'sip:alice@example.com', options);
  }

  /** Lets everything arrive that is on its way, and what follows from it. */
  async deliverAll(): Promise<void> {
    for (let delivered = true; delivered;) {
      delivered = this.link.deliver(0);
      delivered = this.link.deliver(1) || delivered;
      await settle();
    }
  }

  /** All calls end, on a network without faults; resolves with what was wrong, and what is left over then. */
  async end(): Promise<string[]> {
    await this.#rest(34);
    this.#checkAgreement();
    for (const { ua } of this.phones) ua.hangupAll();
    await this.#rest(34);
    const wrongs = [
      ...this.rules.violations,
      ...this.#disagreements,
      ...this.phones.flatMap(({ wrongs, leftovers }) => [...wrongs, ...leftovers]),
      ...(this.rules.isDisturbed ? [] : this.rules.unanswered.map((request) => `${request} was never answered`)),
    ];
    if (this.clock.pending > 0) wrongs.push(`${this.clock.pending} timers are set`);
    for (const { ua } of this.phones) void ua.stop({ unregister: false });
    await settle();
    return wrongs;
  }

  /** Time goes by on a network without faults. */
  async #rest(seconds: number): Promise<void> {
    await this.deliverAll();
    for (let i = 0; i < seconds * 4; i++) {
      await this.clock.advance(250);
      await this.deliverAll();
    }
  }

  /** Where nothing was lost, both ends of a call see the same call. */
  #checkAgreement(): void {
    if (this.rules.isDisturbed) return;
    const [alice, bob] = this.phones;
    for (const call of alice.calls) {
      const peer = bob.calls.find(({ callId }) => callId === call.callId);
      if (!peer) continue;
      const isLive = (one: Call): boolean => one.state === 'confirmed';
      if (isLive(call) !== isLive(peer))
        this.#disagreements.push(`${call.id}: ${call.state} here, ${peer.state} there`);
      if (!isLive(call) || !isLive(peer)) continue;
      this.#checkHalf(call, peer);
      this.#checkHalf(peer, call);
    }
  }

  #checkHalf(call: Call, peer: Call): void {
    if (call.localHold !== peer.remoteHold)
      this.#disagreements.push(`${call.id}: held here ${call.localHold}, as the peer sees it ${peer.remoteHold}`);
    const signalling = call.peerConnection?.signalingState;
    if (signalling !== 'stable') this.#disagreements.push(`${call.id}: signalling is ${signalling}`);
  }
}
