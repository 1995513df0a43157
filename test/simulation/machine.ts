// A machine that moves between networks: its addresses, what its browser knows of them, and what its page is told.
import type { NetworkEvidence, NetworkSource } from '../../lib/index.js';
import type { FakeClock } from '../support/fake-clock.js';

/** Milliseconds after which Chromium publishes an address that is lost, and one that is new (seen: 0.2 s, 0.5 to 2.2 s). */
const losing = 200;

export class Machine implements NetworkSource {
  readonly name: string;
  /** The kernel ends the sockets of an address that is lost, as Android's does; others leave them open for minutes. */
  readonly endsSockets: boolean;
  /** Milliseconds after which a new address is published. */
  readonly publishing: number;
  /** Called after each change, the published ones included. */
  onChange: () => void = () => undefined;
  readonly #clock: FakeClock;
  /** The default route first. */
  #addresses: readonly string[];
  #published: readonly string[];
  readonly #holes = new Set<string>();
  #mapping = 0;
  #serial = 1;
  readonly #watchers = new Set<(evidence: NetworkEvidence) => void>();

  constructor(name: string, net: number, clock: FakeClock, options: { endsSockets: boolean; publishing: number }) {
    this.name = name;
    this.#clock = clock;
    this.#net = net;
    this.endsSockets = options.endsSockets;
    this.publishing = options.publishing;
    this.#addresses = this.#published = [this.#newAddress()];
  }

  readonly #net: number;

  /** Where a new socket leaves by. */
  get route(): string | undefined {
    return this.#addresses[0];
  }

  get published(): readonly string[] {
    return this.#published;
  }

  /** Counts what the NAT before it has forgotten: a socket of an earlier count is dead, and nobody says so. */
  get mapping(): number {
    return this.#mapping;
  }

  has(address: string): boolean {
    return this.#addresses.includes(address);
  }

  /** Whether packets by this address get through. */
  reaches(address: string): boolean {
    return this.has(address) && !this.#holes.has(address);
  }

  /** Another interface comes up, and new connections leave by it; returns its address. */
  join(): string {
    const address = this.#newAddress();
    this.#addresses = [address, ...this.#addresses];
    this.#publish(this.publishing);
    this.onChange();
    return address;
  }

  /** An interface goes down: the one that is in use, unless an address is named. */
  leave(address = this.route): void {
    if (address === undefined) return;
    this.#addresses = this.#addresses.filter((other) => other !== address);
    this.#holes.delete(address);
    this.#publish(losing);
    this.onChange();
  }

  /** Packets by an address vanish, or do so no more. */
  swallow(address: string, isHole: boolean): void {
    if (isHole) this.#holes.add(address);
    else this.#holes.delete(address);
    this.onChange();
  }

  rebind(): void {
    this.#mapping++;
    this.onChange();
  }

  watch(tell: (evidence: NetworkEvidence) => void): () => void {
    this.#watchers.add(tell);
    return () => this.#watchers.delete(tell);
  }

  /** What the browser tells the page. */
  tell(evidence: NetworkEvidence): void {
    for (const watcher of [...this.#watchers]) watcher(evidence);
  }

  #publish(delay: number): void {
    const now = this.#addresses;
    this.#clock.after(delay, () => {
      // what has changed since is published in its own time
      const lost = this.#published.filter((address) => !this.#addresses.includes(address));
      if (delay === losing) this.#published = this.#published.filter((address) => !lost.includes(address));
      else this.#published = now.filter((address) => this.#addresses.includes(address));
      this.onChange();
    });
  }

  #newAddress(): string {
    return `10.${this.#net}.0.${this.#serial++}`;
  }
}
