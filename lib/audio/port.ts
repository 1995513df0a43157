/** A port of the bridge: what gives audio, takes some, or both (PJSIP's conference port). */
import { EvercallError } from '../base/errors.js';
import { Emitter } from '../base/emitter.js';
import { checkLevel } from './audio-options.js';
import type { Bridge } from './bridge.js';
import type { Connection } from './connection.js';
import { Meter } from './meter.js';
import type { SignalLevel } from './meter.js';

export type PortKind = 'device' | 'call' | 'player' | 'recorder' | 'tones' | 'detector' | 'tap' | 'custom';

export interface PortEvents {
  /** About every 50 ms while someone listens. */
  levelChanged: SignalLevel;
  /** It is gone from the bridge for good. */
  closed: Record<string, never>;
}

/** One end in the graph, as long as someone uses it. */
interface End {
  readonly gain: GainNode;
  uses: number;
  undo: () => void;
}

export abstract class AudioPort<Events extends PortEvents = PortEvents> {
  readonly kind: PortKind;
  readonly name: string;
  protected readonly bridge: Bridge;
  protected readonly emitter = new Emitter<Events>();
  #slot: number | undefined;
  #rxLevel = 1;
  #txLevel = 1;
  #source: End | undefined;
  #sink: End | undefined;
  #meter: Meter | undefined;

  constructor(bridge: Bridge, kind: PortKind, name: string) {
    this.bridge = bridge;
    this.kind = kind;
    this.name = name;
  }

  /** Its number in the bridge, the device's is 0; undefined while it is not in it: closed, or a call on hold. */
  get slot(): number | undefined {
    return this.#slot;
  }

  /** Whether others can listen to it. */
  abstract get gives(): boolean;
  /** Whether it can listen to others. */
  abstract get takes(): boolean;

  /** The ports that hear this one. */
  get listeners(): readonly AudioPort[] {
    return this.bridge.from(this).map(({ sink }) => sink);
  }

  /** The ports that this one hears. */
  get sources(): readonly AudioPort[] {
    return this.bridge.into(this).map(({ source }) => source);
  }

  /** The ways that lead from here. */
  get connections(): readonly Connection[] {
    return this.bridge.from(this);
  }

  /** How loud what it gives is for all who listen: 0 is silence, 1 as it is (PJSIP's adjust_rx_level). */
  get rxLevel(): number {
    return this.#rxLevel;
  }

  set rxLevel(level: number) {
    this.#rxLevel = checkLevel('rxLevel', level);
    if (this.#source) this.#source.gain.gain.value = level;
    for (const sink of this.listeners) sink.settle();
  }

  /** How loud what it hears is, all together (PJSIP's adjust_tx_level). */
  get txLevel(): number {
    return this.#txLevel;
  }

  set txLevel(level: number) {
    this.#txLevel = checkLevel('txLevel', level);
    if (this.#sink) this.#sink.gain.gain.value = level;
    this.settle();
  }

  /** Root mean squares from 0 to 1, as last measured: while someone listens to `levelChanged`. */
  get signalLevel(): SignalLevel {
    return this.#meter?.level ?? { rx: 0, tx: 0 };
  }

  on<K extends keyof Events>(event: K, listener: (payload: Events[K]) => void): () => void {
    const off = this.emitter.on(event, listener);
    if (event !== 'levelChanged') return off;
    this.#measure();
    return () => {
      off();
      if (!this.emitter.has('levelChanged')) this.#stopMeter();
    };
  }

  /**
   * Lets `sink` hear this port, besides what it hears already. Twice is once; the level is that of the last time. A port may
   * hear itself. Throws `invalidState` where one of them cannot, `audioUnavailable` where the browser cannot mix.
   */
  connect(sink: AudioPort, { level = 1 }: { readonly level?: number } = {}): Connection {
    return this.bridge.connect(this, sink, checkLevel('level', level));
  }

  /** Nothing where they are not connected. */
  disconnect(sink: AudioPort): void {
    this.bridge.disconnect(this, sink);
  }

  /** Takes it out of the bridge, with all its connections. Twice is fine. */
  close(): void {
    if (this.#slot === undefined) return;
    this.bridge.remove(this);
    this.emitter.emit('closed', {});
  }

  /** @internal Brings what is heard here into line with the connections. */
  settle(): void {
    for (const connection of this.bridge.into(this)) connection.wire();
  }

  /** @internal */
  enter(slot: number): void {
    this.#slot = slot;
    if (this.emitter.has('levelChanged')) this.#measure();
  }

  /** @internal */
  leave(): void {
    this.#stopMeter();
    this.#slot = undefined;
    this.settle();
  }

  /** @internal What it gives, for as long as it is not released. */
  acquireSource(): AudioNode {
    this.#source = acquired(this.#source, this.bridge, this.#rxLevel, (gain) => this.openSource(gain));
    return this.#source.gain;
  }

  /** @internal */
  releaseSource(): void {
    this.#source = released(this.#source, this.bridge);
  }

  /** @internal What it hears is led here. */
  acquireSink(): AudioNode {
    this.#sink = acquired(this.#sink, this.bridge, this.#txLevel, (gain) => this.openSink(gain));
    return this.#sink.gain;
  }

  /** @internal */
  releaseSink(): void {
    this.#sink = released(this.#sink, this.bridge);
  }

  /** @internal Where it hears through the graph. */
  get sinkNode(): AudioNode | undefined {
    return this.#sink?.gain;
  }

  /** @internal What plays without a graph, where there is such a thing. */
  get stream(): MediaStream | undefined {
    return undefined;
  }

  /** Leads what the port gives into the graph; returns its undo. */
  protected openSource(_into: AudioNode): () => void {
    throw new EvercallError('invalidState', `the ${this.kind} gives no audio`);
  }

  /** Takes what the port is to hear out of the graph; returns its undo. */
  protected openSink(_from: AudioNode): () => void {
    throw new EvercallError('invalidState', `the ${this.kind} takes no audio`);
  }

  /** It gives something else now. */
  protected sourceChanged(): void {
    if (this.#source) {
      this.#source.undo();
      this.#source.undo = this.openSource(this.#source.gain);
    }
    for (const sink of new Set(this.listeners)) sink.settle();
  }

  #measure(): void {
    if (this.#slot !== undefined)
      this.#meter ??= new Meter(this, this.bridge.clock, (level) => {
        this.emitter.emit('levelChanged', level);
      });
  }

  #stopMeter(): void {
    this.#meter?.close();
    this.#meter = undefined;
  }
}

function acquired(end: End | undefined, bridge: Bridge, level: number, open: (gain: GainNode) => () => void): End {
  if (end) {
    end.uses++;
    return end;
  }
  const gain = bridge.context.createGain();
  gain.gain.value = level;
  const undo = open(gain);
  bridge.count(1);
  return { gain, uses: 1, undo };
}

function released(end: End | undefined, bridge: Bridge): End | undefined {
  if (!end || --end.uses > 0) return end;
  end.undo();
  end.gain.disconnect();
  bridge.count(-1);
  return undefined;
}
