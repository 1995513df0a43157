/** What a player is made of: files, wherever they are. */
import { EvercallError, invalidOption } from '../base/errors.js';
import type { Bridge } from './bridge.js';

/** A URL, a file, or samples. */
export type AudioSource = string | Blob | AudioBuffer;

/** Rejects with `audioFormat` for what is no audio, or cannot be fetched. */
export async function decode(source: AudioSource, bridge: Bridge): Promise<AudioBuffer> {
  if (typeof source === 'object' && 'getChannelData' in source) return source;
  let bytes: ArrayBuffer;
  try {
    bytes = await (typeof source === 'string' ? fetched(source, bridge) : source.arrayBuffer());
  } catch (error) {
    throw new EvercallError('audioFormat', `${nameOf(source)} cannot be read: ${String(error)}`, { cause: error });
  }
  try {
    return await bridge.context.decodeAudioData(bytes);
  } catch (error) {
    throw new EvercallError('audioFormat', `${nameOf(source)} is no audio that this browser reads`, { cause: error });
  }
}

/** Mono, at a rate of its own. */
export function bufferOf(samples: Float32Array<ArrayBuffer>, sampleRate: number): AudioBuffer {
  if (samples.length === 0) throw invalidOption('samples', 'takes some');
  const buffer = new AudioBuffer({ length: samples.length, sampleRate });
  buffer.copyToChannel(samples, 0);
  return buffer;
}

async function fetched(url: string, { env }: Bridge): Promise<ArrayBuffer> {
  const response = await env.fetch(url);
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
  return response.arrayBuffer();
}

const nameOf = (source: AudioSource): string => (typeof source === 'string' ? source : 'what is to be played');
