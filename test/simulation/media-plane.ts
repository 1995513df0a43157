// Media between machines: ICE finds a path only between addresses that reach each other and of which one end has told the other.
import type { MediaEnvironment } from '../../lib/media/environment.js';
import type { FakeClock } from '../support/fake-clock.js';
import { FakePeerConnection, fakeMediaEnvironment, ufragOf } from '../support/fake-media.js';
import type { FakeMedia, FakeTransceiver } from '../support/fake-media.js';
import type { Machine } from './machine.js';

/** What one negotiation has agreed on: whoever has these two names is talked to (RFC 8445 §5.3). */
interface Generation {
  readonly local: string;
  readonly remote: string;
  readonly ownAddresses: ReadonlySet<string>;
  readonly theirAddresses: ReadonlySet<string>;
}

/** What may become of a connection next. */
type Turn = 'path' | 'loss' | 'failure';

/** Milliseconds until a path is found, until one that is gone is noticed, and until it is given up. */
const timing: Readonly<Record<Turn, number>> = { path: 120, loss: 2500, failure: 12_000 };

export class MediaPlane {
  readonly clock: FakeClock;
  readonly #open = new Set<SimulatedConnection>();
  readonly #byName = new Map<string, SimulatedConnection>();

  constructor(clock: FakeClock) {
    this.clock = clock;
  }

  /** The media environment of one page. */
  environment(machine: Machine): FakeMedia {
    const plane = this as MediaPlane;
    const media = fakeMediaEnvironment();
    const { connections } = media;
    class Connection extends SimulatedConnection {
      constructor(config?: RTCConfiguration) {
        super(plane, machine, config);
        connections.push(this);
      }
    }
    return { ...media, RTCPeerConnection: Connection as unknown as MediaEnvironment['RTCPeerConnection'] };
  }

  /** The network is another one, or somebody has agreed on something. */
  update(): void {
    for (const connection of [...this.#open]) connection.look();
  }

  add(connection: SimulatedConnection): void {
    this.#open.add(connection);
  }

  name(ufrag: string, connection: SimulatedConnection): void {
    this.#byName.set(ufrag, connection);
  }

  remove(connection: SimulatedConnection): void {
    this.#open.delete(connection);
    for (const [name, owner] of this.#byName) if (owner === connection) this.#byName.delete(name);
    this.update();
  }

  /** The newest generation of both by which they reach each other. */
  path(
    connection: SimulatedConnection,
  ): { readonly generation: Generation; readonly peer: SimulatedConnection } | undefined {
    for (const generation of [...connection.generations].reverse()) {
      const peer = this.#byName.get(generation.remote);
      const theirs = peer?.generations.find(
        ({ local, remote }) => local === generation.remote && remote === generation.local,
      );
      if (generation === connection.failed || theirs === peer?.failed) continue;
      if (peer && theirs && isReachable(connection, generation, peer, theirs)) return { generation, peer };
    }
    return undefined;
  }
}

/** One of the addresses that the other end was told of answers; the address that the check came from is learned by it (RFC 8445 §7.3.1.3). */
function isReachable(
  one: SimulatedConnection,
  own: Generation,
  other: SimulatedConnection,
  theirs: Generation,
): boolean {
  const up = (of: SimulatedConnection, { ownAddresses }: Generation): string[] =>
    [...ownAddresses].filter((address) => of.machine.reaches(address));
  const [here, there] = [up(one, own), up(other, theirs)];
  if (here.length === 0 || there.length === 0) return false;
  return (
    there.some((address) => own.theirAddresses.has(address)) ||
    here.some((address) => theirs.theirAddresses.has(address))
  );
}

export class SimulatedConnection extends FakePeerConnection {
  readonly machine: Machine;
  readonly #plane: MediaPlane;
  /** Oldest first; what a new one replaces is gone once that one works. */
  generations: readonly Generation[] = [];
  /** Where each generation of ours was gathered, by its name; the one that looks for a path still gathers. */
  readonly #gathered = new Map<string, Set<string>>();
  /** Given up: only another one finds a path. */
  failed: Generation | undefined;
  #cancel: (() => void) | undefined;
  #expects: Turn | undefined;

  constructor(plane: MediaPlane, machine: Machine, config?: RTCConfiguration) {
    super(config);
    this.#plane = plane;
    this.machine = machine;
    plane.add(this);
  }

  /** What carries the call's audio. */
  get audio(): FakeTransceiver | undefined {
    return this.getTransceivers().find(({ kind, currentDirection }) => kind === 'audio' && currentDirection !== null);
  }

  /** To which connection media flow, if they do. */
  get peer(): SimulatedConnection | undefined {
    return this.connectionState === 'connected' ? this.#plane.path(this)?.peer : undefined;
  }

  /** Whether a microphone is heard at the other end. */
  get isHeard(): boolean {
    const { peer, audio } = this;
    const isSent = audio?.currentDirection?.startsWith('send') === true && audio.sender.track?.readyState === 'live';
    return (
      isSent && audio.sender.track!.enabled && peer?.peer === this && /recv/.test(peer.audio?.currentDirection ?? '')
    );
  }

  createDataChannel(): void {
    this.addTransceiver('audio'); // a section, as far as gathering is concerned
  }

  override close(): void {
    if (this.signalingState === 'closed') return;
    super.close();
    this.#stop();
    this.#plane.remove(this);
  }

  protected override addresses(): readonly string[] {
    return this.machine.published;
  }

  protected override found(address: string, place?: number): void {
    const ufrag = ufragOf(this.localDescription?.sdp ?? '');
    const known = this.#gathered.get(ufrag) ?? new Set<string>();
    this.#gathered.set(ufrag, known.add(address));
    super.found(address, place);
  }

  protected override fire(type: string, event: object = {}): void {
    super.fire(type, event);
    const handler = (this as unknown as Record<string, ((event: object) => void) | null | undefined>)[`on${type}`];
    handler?.({ type, ...event });
  }

  protected override onNegotiated(): void {
    const [own, theirs] = [this.currentLocalDescription?.sdp ?? '', this.currentRemoteDescription?.sdp ?? ''];
    const [local, remote] = [ufragOf(own), ufragOf(theirs)];
    const last = this.generations.at(-1);
    const theirAddresses = new Set(
      [...theirs.matchAll(/^a=candidate:\S+ \S+ \S+ \S+ (\S+)/gm)].map(([, address]) => address!),
    );
    const ownAddresses = this.#gathered.get(local) ?? new Set<string>();
    this.#gathered.set(local, ownAddresses);
    if (last?.local === local && last.remote === remote) return;
    this.generations = [...this.generations, { local, remote, ownAddresses, theirAddresses }];
    this.#plane.name(local, this);
    if (this.connectionState === 'new') this.become('connecting');
    this.#plane.update();
  }

  /** Sees what the network has become. */
  look(): void {
    this.#gatherMore();
    const path = this.#plane.path(this);
    const isUsable = path !== undefined;
    if (isUsable && this.connectionState === 'connected' && this.generations[0] !== path.generation)
      this.#settleOn(path.generation);
    if (isUsable) this.#expect(this.connectionState === 'connected' ? undefined : 'path');
    else if (this.connectionState === 'connected') this.#expect('loss');
    else if (this.#expects === 'path') this.#expect('failure');
    else if (this.#expects === undefined && this.connectionState === 'connecting') this.#expect('failure');
  }

  /** A generation that has found no path yet goes on gathering on what comes up; one that has, does not (seen in Chromium). */
  #gatherMore(): void {
    const ufrag = ufragOf(this.localDescription?.sdp ?? '');
    const known = this.#gathered.get(ufrag);
    const isSeeking = this.connectionState !== 'connected' || this.generations.at(-1)?.local !== ufrag;
    if (!known || !isSeeking) return;
    for (const address of this.machine.published) if (!known.has(address)) this.found(address);
  }

  #expect(what: Turn | undefined): void {
    if (this.#expects === what) return;
    this.#stop();
    this.#expects = what;
    if (what === undefined) return;
    this.#cancel = this.#plane.clock.after(timing[what], () => {
      this.#expects = undefined;
      this.#happen(what);
    });
  }

  #happen(what: Turn): void {
    if (what === 'path') {
      this.#settleOn(this.#plane.path(this)!.generation);
      this.become('connected');
    } else if (what === 'loss') {
      this.become('disconnected');
      this.#expect('failure');
    } else {
      this.failed = this.generations.at(-1);
      this.become('failed');
      this.#plane.update();
    }
  }

  #settleOn(generation: Generation): void {
    this.generations = this.generations.slice(this.generations.indexOf(generation));
  }

  #stop(): void {
    this.#cancel?.();
    this.#cancel = this.#expects = undefined;
  }
}
