/** Takes samples out of the graph, block by block, on the audio thread. */
import type { Engine } from './engine.js';

/** Mono, from -1 to 1; the next block is another array. */
export type OnSamples = (samples: Float32Array<ArrayBuffer>) => void;

export class SampleTap {
  readonly #from: AudioNode;
  readonly #node: AudioWorkletNode;
  #flushed: (() => void) | undefined;
  /** Resolves when the last block has come. */
  readonly done: Promise<void>;

  /** The engine's worklet must have been loaded. */
  constructor(engine: Engine, from: AudioNode, length: number, onSamples: OnSamples) {
    const { context } = engine;
    this.#from = from;
    this.#node = new AudioWorkletNode(context, 'evercall-tap', {
      channelCount: 1,
      channelCountMode: 'explicit',
      processorOptions: { length },
    });
    this.done = new Promise((resolve) => (this.#flushed = resolve));
    this.#node.port.onmessage = ({ data }: MessageEvent<Float32Array<ArrayBuffer> | undefined>) => {
      if (data) {
        if (data.length > 0) onSamples(data);
        return;
      }
      this.#flushed?.();
      this.#node.disconnect();
    };
    from.connect(this.#node).connect(context.destination); // silence: only what leads there is worked on
  }

  /** What is heard up to now still comes; then `done`. */
  close(): void {
    this.#from.disconnect(this.#node);
    this.#node.port.postMessage('end');
  }
}
