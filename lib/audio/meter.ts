/** How loud a port is, measured twenty times a second while someone listens. */
import type { Clock } from '../base/clock.js';
import type { AudioPort } from './port.js';

/** Root mean squares from 0 to 1: a sine of full scale has 0.71. */
export interface SignalLevel {
  /** What the port gives. */
  readonly rx: number;
  /** What it hears. */
  readonly tx: number;
}

/** Milliseconds. */
const interval = 50;

export class Meter {
  readonly #port: AudioPort;
  readonly #clock: Clock;
  readonly #tell: (level: SignalLevel) => void;
  /** Of those who give what is measured. */
  readonly #sources = new Map<AudioPort, Probe>();
  #sink: Probe | undefined;
  #stop: (() => void) | undefined;
  level: SignalLevel = { rx: 0, tx: 0 };

  constructor(port: AudioPort, clock: Clock, tell: (level: SignalLevel) => void) {
    this.#port = port;
    this.#clock = clock;
    this.#tell = tell;
    this.#schedule();
  }

  close(): void {
    this.#stop?.();
    this.#sink?.close();
    for (const [port, probe] of this.#sources) {
      probe.close();
      port.releaseSource();
    }
    this.#sources.clear();
  }

  #schedule(): void {
    this.#stop = this.#clock.after(interval, () => {
      this.#schedule();
      this.level = { rx: this.#rxOf(this.#port), tx: this.#tx() };
      this.#tell(this.level);
    });
  }

  #rxOf(port: AudioPort): number {
    if (!port.gives) return 0;
    let probe = this.#sources.get(port);
    if (!probe) this.#sources.set(port, (probe = new Probe(port.acquireSource())));
    return probe.read();
  }

  /** What reaches a port past the graph is reckoned from those who give it. */
  #tx(): number {
    const { sinkNode, txLevel, sources } = this.#port;
    if (this.#sink && this.#sink.node !== sinkNode) {
      this.#sink.close();
      this.#sink = undefined;
    }
    if (sinkNode) return (this.#sink ??= new Probe(sinkNode)).read();
    const ways = sources.flatMap((source) => source.connections.filter(({ sink }) => sink === this.#port));
    return Math.hypot(...ways.map(({ source, level }) => this.#rxOf(source) * level)) * txLevel;
  }
}

/** An analyser beside a node. */
export class Probe {
  readonly node: AudioNode;
  readonly #analyser: AnalyserNode;
  readonly #samples: Float32Array<ArrayBuffer>;

  constructor(node: AudioNode) {
    this.node = node;
    this.#analyser = node.context.createAnalyser();
    this.#analyser.fftSize = 1024;
    this.#samples = new Float32Array(this.#analyser.fftSize);
    node.connect(this.#analyser);
  }

  /** The root mean square of the last 20 ms. */
  read(): number {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    let sum = 0;
    for (const sample of this.#samples) sum += sample * sample;
    return Math.sqrt(sum / this.#samples.length);
  }

  close(): void {
    try {
      this.node.disconnect(this.#analyser);
    } catch {
      // the node was taken out of the graph before
    }
  }
}
