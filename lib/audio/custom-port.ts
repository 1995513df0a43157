/** A port of the app's own: a track, a node of WebAudio (an AudioWorkletNode, say), or a stream of samples. */
import { EvercallError, invalidOption } from '../base/errors.js';
import type { Bridge } from './bridge.js';
import { AudioPort } from './port.js';
import { SampleTap } from './sample-tap.js';

export interface CustomPortOptions {
  readonly name?: string;
  /** What it gives: a track is never stopped; of a stream, silence where it has nothing yet. */
  readonly source?: MediaStreamTrack | AudioNode | ReadableStream<Float32Array>;
  /** What it hears goes there: into a node, or as samples into a stream. */
  readonly sink?: AudioNode | WritableStream<Float32Array>;
  /** Of the samples in `source`. @default that of the bridge's context */
  readonly sampleRate?: number;
}

const isNode = (thing: object): thing is AudioNode => 'connect' in thing && 'context' in thing;

export class CustomPort extends AudioPort {
  readonly #options: CustomPortOptions;
  #feed: AudioWorkletNode | undefined;
  #writer: WritableStreamDefaultWriter<Float32Array> | undefined;

  /** Made by `addPort()`. */
  constructor(bridge: Bridge, options: CustomPortOptions) {
    super(bridge, 'custom', options.name ?? 'custom');
    this.#options = options;
  }

  get gives(): boolean {
    return this.#options.source !== undefined;
  }

  get takes(): boolean {
    return this.#options.sink !== undefined;
  }

  override close(): void {
    super.close();
    this.#feed?.port.postMessage(undefined);
    this.#writer?.close().catch(() => undefined); // the app has closed it
    this.#feed = this.#writer = undefined;
  }

  protected override openSource(into: AudioNode): () => void {
    const { source } = this.#options;
    if (!source) return super.openSource(into);
    if (isNode(source)) return connected(source, into);
    if ('getReader' in source) {
      this.#feed ??= feed(this.bridge, source, this.#options.sampleRate);
      return connected(this.#feed, into);
    }
    return connected(this.bridge.context.createMediaStreamSource(this.bridge.env.createStream(source)), into);
  }

  protected override openSink(from: AudioNode): () => void {
    const { sink } = this.#options;
    if (!sink) return super.openSink(from);
    if (isNode(sink)) return connected(from, sink);
    const writer = (this.#writer ??= sink.getWriter());
    const tap = new SampleTap(this.bridge.engine, from, 1024, (samples) => {
      writer.write(samples).catch(() => undefined); // the app has closed it
    });
    return () => {
      tap.close();
    };
  }
}

/** Rejects with `invalidOption`, and with `audioUnavailable` where a stream of samples needs what cannot be loaded. */
export async function addPort(bridge: Bridge, options: CustomPortOptions): Promise<CustomPort> {
  const { source, sink, sampleRate } = options;
  if (!source && !sink) throw invalidOption('addPort', 'takes a source, a sink, or both');
  if (sampleRate !== undefined && !(sampleRate >= 3000 && sampleRate <= 768_000))
    throw invalidOption('sampleRate', 'takes 3000 to 768000', sampleRate);
  const isStream = (thing: object | undefined): boolean => !!thing && ('getReader' in thing || 'getWriter' in thing);
  if (isStream(source) || isStream(sink)) await bridge.engine.loadWorklet();
  return bridge.add(new CustomPort(bridge, options));
}

/** Nodes of another context reach ours as a stream. */
function connected(from: AudioNode, to: AudioNode): () => void {
  if (from.context === to.context) {
    from.connect(to);
    return () => {
      from.disconnect(to);
    };
  }
  try {
    const way = new MediaStreamAudioDestinationNode(from.context as AudioContext);
    const arrival = new MediaStreamAudioSourceNode(to.context as AudioContext, { mediaStream: way.stream });
    from.connect(way);
    arrival.connect(to);
    return () => {
      from.disconnect(way);
      arrival.disconnect(to);
    };
  } catch (error) {
    throw new EvercallError('audioUnavailable', `two contexts cannot be connected: ${String(error)}`, { cause: error });
  }
}

/** Reads on when the audio thread has room. */
function feed(bridge: Bridge, source: ReadableStream<Float32Array>, rate: number | undefined): AudioWorkletNode {
  const { context } = bridge;
  const node = new AudioWorkletNode(context, 'evercall-feed', { numberOfInputs: 0, outputChannelCount: [1] });
  const reader = source.getReader();
  const resample = resampler(rate ?? context.sampleRate, context.sampleRate);
  node.port.onmessage = () => {
    reader.read().then(
      ({ value, done }) => {
        node.port.postMessage(done ? undefined : resample(value));
      },
      () => {
        node.port.postMessage(undefined);
      },
    );
  };
  return node;
}

/** Linear, over the seams of blocks. */
export function resampler(from: number, to: number): (samples: Float32Array) => Float32Array {
  if (from === to) return (samples) => samples.slice();
  const step = from / to;
  let last = 0;
  /** Of the next sample that goes out, in the next block: -1 is `last`. */
  let at = 0;
  return (samples) => {
    const output = new Float32Array(Math.max(0, Math.ceil((samples.length - at) / step)));
    let count = 0;
    for (; at < samples.length - 1; at += step) {
      const index = Math.floor(at);
      const [left, right] = [index < 0 ? last : samples[index]!, samples[index + 1]!];
      output[count++] = left + (right - left) * (at - index);
    }
    at -= samples.length;
    last = samples.at(-1) ?? last;
    return output.subarray(0, count);
  };
}
