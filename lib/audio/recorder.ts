/** Records what is connected to it: as WAV, or as the browser packs it. Several sources are mixed; while there is none, it pauses. */
import { EvercallError, invalidOption } from '../base/errors.js';
import type { Bridge } from './bridge.js';
import { AudioPort } from './port.js';
import { SampleTap } from './sample-tap.js';
import { encodeWav } from './wav.js';

export interface RecorderOptions {
  /** `wav`, or a MIME type of `capabilities.recording`. @default 'wav' */
  readonly format?: 'wav' | (string & {});
  /** Asked before anything is recorded: whether all who are heard agree. A no rejects with `recordingRefused`. */
  readonly consent?: () => boolean | Promise<boolean>;
}

/** What packs the audio. */
interface Packer {
  /** Begins, or goes on; returns what pauses it. */
  open(from: AudioNode): () => void;
  finish(): Promise<Blob>;
}

export class Recorder extends AudioPort {
  readonly gives = false;
  readonly takes = true;
  readonly #packer: Packer;
  #result: Promise<Blob> | undefined;

  /** Made by `createRecorder()`. */
  constructor(bridge: Bridge, packer: Packer) {
    super(bridge, 'recorder', 'recorder');
    this.#packer = packer;
  }

  /** Resolves with what was recorded, and takes it out of the bridge. Twice is once. */
  stop(): Promise<Blob> {
    this.close();
    return (this.#result ??= this.#packer.finish());
  }

  protected override openSink(from: AudioNode): () => void {
    return this.#packer.open(from);
  }
}

/** Rejects with `recordingRefused`, `invalidOption`, `audioUnavailable`. */
export async function createRecorder(
  bridge: Bridge,
  { format = 'wav', consent }: RecorderOptions = {},
): Promise<Recorder> {
  if (format !== 'wav' && !bridge.env.isRecordable(format))
    throw invalidOption('format', "takes 'wav' or one of capabilities.recording", format);
  if (consent && !(await consent())) throw new EvercallError('recordingRefused', 'nobody agreed to a recording');
  if (format === 'wav') await bridge.engine.loadWorklet();
  return bridge.add(new Recorder(bridge, format === 'wav' ? wavPacker(bridge) : browserPacker(bridge, format)));
}

function wavPacker(bridge: Bridge): Packer {
  const blocks: Float32Array<ArrayBuffer>[] = [];
  const taps: SampleTap[] = [];
  const { sampleRate } = bridge.context;
  return {
    open(from) {
      const tap = new SampleTap(bridge.engine, from, 4096, (samples) => blocks.push(samples));
      taps.push(tap);
      return () => {
        tap.close();
      };
    },
    async finish() {
      await Promise.all(taps.map(({ done }) => done));
      return encodeWav(blocks, sampleRate);
    },
  };
}

function browserPacker(bridge: Bridge, mimeType: string): Packer {
  const destination = bridge.context.createMediaStreamDestination();
  const recorder = bridge.env.createMediaRecorder(destination.stream, { mimeType });
  const chunks: Blob[] = [];
  recorder.addEventListener('dataavailable', ({ data }) => chunks.push(data));
  return {
    open(from) {
      from.connect(destination);
      if (recorder.state === 'inactive') recorder.start();
      else recorder.resume();
      return () => {
        from.disconnect(destination);
        recorder.pause();
      };
    },
    async finish() {
      if (recorder.state !== 'inactive')
        await new Promise<void>((resolve) => {
          recorder.addEventListener('stop', () => resolve(), { once: true });
          recorder.stop();
        });
      for (const track of destination.stream.getTracks()) track.stop();
      return new Blob(chunks, { type: mimeType });
    },
  };
}
