/** The conference bridge: its ports, and who hears whom (PJSIP's conference bridge). */
import type { Clock } from '../base/clock.js';
import { EvercallError } from '../base/errors.js';
import type { Logger } from '../base/log.js';
import { Connection } from './connection.js';
import type { AudioEnvironment } from './environment.js';
import type { Engine } from './engine.js';
import { Probe } from './meter.js';
import type { AudioPort } from './port.js';

export class Bridge {
  readonly env: AudioEnvironment;
  readonly clock: Clock;
  readonly engine: Engine;
  readonly #log: Logger;
  /** Told after each change of ports and connections. */
  onChange: (() => void) | undefined;
  readonly #slots: (AudioPort | undefined)[] = [];
  readonly #connections = new Set<Connection>();
  /** Ends of ports in the graph. */
  #uses = 0;

  constructor(env: AudioEnvironment, engine: Engine, clock: Clock, log: Logger) {
    this.env = env;
    this.engine = engine;
    this.clock = clock;
    this.#log = log;
  }

  /** What everything is mixed in; made when it is first needed. */
  get context(): AudioContext {
    return this.engine.context;
  }

  /** All that are in it, by their slots. */
  get ports(): readonly AudioPort[] {
    return this.#slots.filter((port) => port !== undefined);
  }

  from(source: AudioPort): readonly Connection[] {
    return [...this.#connections].filter((connection) => connection.source === source);
  }

  into(sink: AudioPort): readonly Connection[] {
    return [...this.#connections].filter((connection) => connection.sink === sink);
  }

  add<P extends AudioPort>(port: P): P {
    if (port.slot !== undefined) return port;
    const free = this.#slots.indexOf(undefined);
    const slot = free < 0 ? this.#slots.length : free;
    this.#slots[slot] = port;
    port.enter(slot);
    this.onChange?.();
    return port;
  }

  /** Takes out a port, and with it what it was connected to; returns that. */
  remove(port: AudioPort): readonly Connection[] {
    if (port.slot === undefined) return [];
    const connections = [...this.#connections].filter(({ source, sink }) => source === port || sink === port);
    for (const connection of connections) this.#cut(connection);
    this.#slots[port.slot] = undefined;
    port.leave();
    this.onChange?.();
    return connections;
  }

  connect(source: AudioPort, sink: AudioPort, level: number): Connection {
    for (const port of [source, sink])
      if (port.slot === undefined) throw refused(`the ${port.kind} ${port.name} is not in the bridge`);
    if (!source.gives) throw refused(`the ${source.kind} ${source.name} gives no audio`);
    if (!sink.takes) throw refused(`the ${sink.kind} ${sink.name} takes no audio`);
    const present = this.from(source).find((connection) => connection.sink === sink);
    if (present) {
      present.level = level;
      return present;
    }
    const connection = new Connection(source, sink, level);
    this.#connections.add(connection);
    try {
      sink.settle();
    } catch (error) {
      this.#connections.delete(connection);
      this.settle(sink);
      throw error;
    }
    this.onChange?.();
    return connection;
  }

  disconnect(source: AudioPort, sink: AudioPort): void {
    const connection = this.from(source).find((one) => one.sink === sink);
    if (!connection) return;
    this.#cut(connection);
    this.onChange?.();
  }

  /** Measures a track past all ports. */
  probe(track: MediaStreamTrack): Probe {
    const node = this.context.createMediaStreamSource(this.env.createStream(track));
    return new Probe(node);
  }

  /** Whether nothing goes through the graph. */
  get isUnused(): boolean {
    return this.#uses === 0;
  }

  /** @internal */
  count(uses: 1 | -1): void {
    this.#uses += uses;
  }

  /** Brings a port into line where nobody waits for an error. */
  settle(port: AudioPort): void {
    try {
      port.settle();
    } catch (error) {
      this.#log.error(`the ${port.kind} ${port.name} cannot be mixed`, error);
    }
  }

  #cut(connection: Connection): void {
    this.#connections.delete(connection);
    connection.unwire();
    this.settle(connection.sink);
  }
}

const refused = (why: string): EvercallError => new EvercallError('invalidState', `connect: ${why}`);
