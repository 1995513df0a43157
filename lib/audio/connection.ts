/** One way from a port to another, with a level of its own (PJSIP's pjsua_conf_connect2). */
import { checkLevel } from './audio-options.js';
import type { AudioPort } from './port.js';

export class Connection {
  readonly source: AudioPort;
  readonly sink: AudioPort;
  #level: number;
  /** Where it goes through the graph. */
  #gain: GainNode | undefined;
  #from: AudioNode | undefined;

  /** Made by `port.connect()`. */
  constructor(source: AudioPort, sink: AudioPort, level: number) {
    this.source = source;
    this.sink = sink;
    this.#level = level;
  }

  /** 0 is silence, 1 as it is; above that it gets louder. */
  get level(): number {
    return this.#level;
  }

  set level(level: number) {
    if (checkLevel('level', level) === this.#level) return;
    this.#level = level;
    if (this.#gain) this.#gain.gain.value = level;
    this.sink.settle();
  }

  /** What becomes of the amplitude on its way from port to port. */
  get gain(): number {
    return this.source.rxLevel * this.#level * this.sink.txLevel;
  }

  close(): void {
    this.source.disconnect(this.sink);
  }

  /** @internal Leads it through the graph. */
  wire(): void {
    if (this.#gain) return;
    const source = this.source.acquireSource();
    try {
      const sink = this.sink.acquireSink();
      this.#from = source;
      this.#gain = source.context.createGain();
      this.#gain.gain.value = this.#level;
      source.connect(this.#gain).connect(sink);
    } catch (error) {
      this.source.releaseSource();
      throw error;
    }
  }

  /** @internal */
  unwire(): void {
    const gain = this.#gain;
    if (!gain) return;
    this.#gain = undefined;
    this.#from?.disconnect(gain);
    gain.disconnect();
    this.source.releaseSource();
    this.sink.releaseSink();
  }
}
