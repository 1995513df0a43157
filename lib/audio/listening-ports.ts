/** Ports that only listen: for tones and digits, or to hand every sample to the app. */
import type { Bridge } from './bridge.js';
import { AudioPort } from './port.js';
import type { PortEvents } from './port.js';
import { SampleTap } from './sample-tap.js';
import { dtmfKey, dtmfTones, ToneDetection } from './tone-detection.js';

export interface TapEvents extends PortEvents {
  /** Mono, from -1 to 1, without a gap while it is connected. */
  samples: { readonly samples: Float32Array<ArrayBuffer>; readonly sampleRate: number };
}

/** Every sample that is heard (PJSIP's media port of the app's own). */
export class Tap extends AudioPort<TapEvents> {
  readonly gives = false;
  readonly takes = true;
  readonly #length: number;

  /** Made by `createTap()`. */
  constructor(bridge: Bridge, length: number) {
    super(bridge, 'tap', 'tap');
    this.#length = length;
  }

  protected override openSink(from: AudioNode): () => void {
    const { sampleRate } = from.context;
    const tap = new SampleTap(this.bridge.engine, from, this.#length, (samples) => {
      this.emitter.emit('samples', { samples, sampleRate });
    });
    return () => {
      tap.close();
    };
  }
}

export interface DetectorEvents extends PortEvents {
  /** What sounds now, and how many milliseconds of audio were heard before; 40 ms is the shortest. */
  tonesChanged: { readonly frequencies: readonly number[]; readonly time: number };
  /** A key was pressed: once, however long. */
  digit: { readonly digit: string; readonly time: number };
}

export class ToneDetector extends AudioPort<DetectorEvents> {
  readonly gives = false;
  readonly takes = true;
  readonly #frequencies: readonly number[];

  /** Made by `createToneDetector()`. */
  constructor(bridge: Bridge, frequencies: readonly number[] = dtmfTones) {
    super(bridge, 'detector', 'tone detector');
    this.#frequencies = frequencies;
  }

  protected override openSink(from: AudioNode): () => void {
    const detection = new ToneDetection(this.#frequencies, from.context.sampleRate, (frequencies, time) => {
      this.emitter.emit('tonesChanged', { frequencies, time });
      const digit = dtmfKey(frequencies);
      if (digit !== undefined) this.emitter.emit('digit', { digit, time });
    });
    const tap = new SampleTap(this.bridge.engine, from, 1024, (samples) => {
      detection.feed(samples);
    });
    return () => {
      tap.close();
    };
  }
}
