/** The calls in the bridge: a port enters when its call has audio, leaves on hold, and comes back with what it was connected to. */
import type { Logger } from '../base/log.js';
import type { Call } from '../call/call.js';
import type { Leg } from '../call/leg.js';
import type { AudioConfig } from './audio-options.js';
import type { Bridge } from './bridge.js';
import { CallPort } from './call-port.js';
import type { DevicePort } from './device-port.js';
import type { AudioPort } from './port.js';

export interface CallPortsUser {
  /** A call is on its way, or answered: it will be heard. */
  onNeeded(): void;
  /** No call is left but those that ring. */
  onIdle(): void;
}

/** What a port was connected to, while it is not in the bridge. */
interface Way {
  readonly source: AudioPort;
  readonly sink: AudioPort;
  readonly level: number;
}

interface Entry {
  readonly port: CallPort;
  readonly leg: Leg;
  ways: readonly Way[] | undefined;
  isNeeded: boolean;
  readonly undo: (() => void)[];
}

export class CallPorts {
  readonly #bridge: Bridge;
  readonly #device: DevicePort;
  readonly #config: AudioConfig;
  readonly #log: Logger;
  readonly #user: CallPortsUser;
  readonly #entries = new Map<Call, Entry>();

  constructor(bridge: Bridge, device: DevicePort, config: AudioConfig, log: Logger, user: CallPortsUser) {
    this.#bridge = bridge;
    this.#device = device;
    this.#config = config;
    this.#log = log;
    this.#user = user;
  }

  get calls(): readonly Call[] {
    return [...this.#entries.keys()];
  }

  get ports(): readonly CallPort[] {
    return [...this.#entries.values()].map(({ port }) => port);
  }

  /** Whether a call is heard, or will be without a further word of the user. */
  get isNeeded(): boolean {
    return [...this.#entries.values()].some(({ isNeeded }) => isNeeded);
  }

  portOf(call: Call): CallPort | undefined {
    return this.#entries.get(call)?.port;
  }

  /** Nothing where it is over, or here already; tells whether it is new. */
  adopt(leg: Leg): boolean {
    const { call } = leg;
    if (leg.end || this.#entries.has(call)) return false;
    if (!leg.context.media.routed) leg.media.route();
    const port = new CallPort(this.#bridge, leg, this.#device, this.#log);
    const update = (): void => {
      this.#update(entry);
    };
    const entry: Entry = { port, leg, ways: undefined, isNeeded: false, undo: [] };
    this.#entries.set(call, entry);
    entry.undo.push(
      call.on('stateChanged', update),
      call.on('holdChanged', update),
      call.on('remoteTrack', ({ kind }) => {
        if (kind === 'video') return;
        this.#evenOut(leg);
        port.onRemoteTrack();
        update();
      }),
      call.on('peerConnection', () => {
        this.#bridge.settle(port);
      }),
      call.on('ended', () => {
        this.#release(entry);
      }),
    );
    if (leg.media.session.remoteStream) this.#evenOut(leg);
    update();
    return true;
  }

  stop(): void {
    for (const entry of [...this.#entries.values()]) this.#release(entry);
  }

  #update(entry: Entry): void {
    const { leg, port } = entry;
    const isRinging = leg.call.direction === 'incoming' && (leg.state === 'incoming' || leg.state === 'early');
    if (!isRinging && !leg.end && !entry.isNeeded) {
      entry.isNeeded = true;
      this.#user.onNeeded();
    }
    const hasAudio = leg.state === 'confirmed' || leg.media.session.remoteStream !== undefined;
    const isActive = hasAudio && !leg.end && !leg.media.session.localHold;
    if (isActive && port.slot === undefined) this.#enter(entry);
    else if (!isActive && port.slot !== undefined) this.#leave(entry);
  }

  #enter(entry: Entry): void {
    const { port, ways } = entry;
    this.#bridge.add(port);
    if (!ways) {
      if (this.#config.autoConnect) this.connectToDevice(port.call);
      return;
    }
    entry.ways = undefined;
    if (this.#config.restoreConnections) for (const way of ways) this.#restore(way);
  }

  /** Both ways, as calls are from the start. */
  connectToDevice(call: Call): void {
    const port = this.portOf(call);
    if (port?.slot === undefined) return;
    this.#try(() => port.connect(this.#device));
    this.#try(() => this.#device.connect(port));
  }

  /** A way to a port that is on hold itself waits for that one. */
  #restore(way: Way): void {
    const absent = [way.source, way.sink].find((port) => port.slot === undefined);
    if (!absent) {
      this.#try(() => way.source.connect(way.sink, { level: way.level }));
      return;
    }
    const entry = [...this.#entries.values()].find(({ port }) => port === absent);
    if (entry?.ways) entry.ways = [...entry.ways, way];
  }

  #leave(entry: Entry): void {
    const cut = this.#bridge.remove(entry.port);
    entry.ways = cut.map(({ source, sink, level }) => ({ source, sink, level }));
  }

  #release(entry: Entry): void {
    for (const undo of entry.undo) undo();
    this.#entries.delete(entry.leg.call);
    entry.port.close();
    if (!this.isNeeded) this.#user.onIdle();
  }

  #evenOut({ media: { session } }: Leg): void {
    const { jitterBufferTarget } = this.#config;
    if (jitterBufferTarget === undefined) return;
    for (const receiver of session.peerConnection?.getReceivers() ?? [])
      if (receiver.track.kind === 'audio' && 'jitterBufferTarget' in receiver)
        receiver.jitterBufferTarget = jitterBufferTarget;
  }

  /** The bridge of a call that goes on must not break it. */
  #try(act: () => unknown): void {
    try {
      act();
    } catch (error) {
      this.#log.error('a call could not be connected', error);
    }
  }
}
