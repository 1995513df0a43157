// The recipe of docs/audio.md with RNNoise itself, by how loud it is at the far end.
import { loadRnnoise, RnnoiseWorkletNode } from '@sapphi-red/web-noise-suppressor';
import { assert } from 'chai';
import type { AudioProcessor } from '../../../lib/index.js';
import { closeAll, until } from '../media/ends.js';
import { goHome, person, talk } from './stage.js';

const files = '/base/node_modules/@sapphi-red/web-noise-suppressor/dist/';
const seconds = 4;

function rnnoise(): AudioProcessor {
  let own: AudioContext | undefined;
  let nodes: AudioNode[] = [];
  return {
    async start(track, given) {
      const context = given.sampleRate === 48_000 ? given : (own = new AudioContext({ sampleRate: 48_000 }));
      const wasmBinary = await loadRnnoise({ url: `${files}rnnoise.wasm`, simdUrl: `${files}rnnoise_simd.wasm` });
      await context.audioWorklet.addModule(`${files}rnnoise/workletProcessor.js`);
      const source = context.createMediaStreamSource(new MediaStream([track]));
      const suppressor = new RnnoiseWorkletNode(context, { wasmBinary, maxChannels: 1 });
      const destination = context.createMediaStreamDestination();
      source.connect(suppressor).connect(destination);
      nodes = [source, suppressor];
      return destination.stream.getAudioTracks()[0]!;
    },
    stop() {
      for (const node of nodes) node.disconnect();
      void own?.close();
    },
  };
}

/** The rumble of a fan: brown noise, of a known beginning, so that each run has the same (xorshift). */
function rumble(rate: number): Float32Array<ArrayBuffer> {
  let [state, level] = [1, 0];
  return Float32Array.from({ length: rate * seconds }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    level = 0.98 * level + (0.025 * state) / 2 ** 31;
    return level;
  });
}

/** Vowels of a deep voice: harmonics of a pitch that moves, through three formants, four syllables a second. */
function voice(rate: number): Float32Array<ArrayBuffer> {
  const samples = new Float32Array(rate * seconds);
  const vowels = [[700, 1200, 2500], [400, 2000, 2600], [300, 800, 2300], [500, 1500, 2500]]; // prettier-ignore
  let phase = 0;
  for (let i = 0; i < samples.length; i++) {
    const time = i / rate;
    const syllable = (time * 4) % 1;
    const formants = vowels[Math.floor(time * 4) % vowels.length]!;
    const pitch = 120 + 15 * Math.sin(2 * Math.PI * 1.3 * time);
    phase += (2 * Math.PI * pitch) / rate;
    let sum = 0;
    for (let harmonic = 1; harmonic * pitch < 4000; harmonic++) {
      const gain = formants.reduce((all, hertz) => all + 1 / (1 + ((harmonic * pitch - hertz) / 90) ** 2), 0);
      sum += gain * Math.sin(harmonic * phase);
    }
    samples[i] = 0.06 * sum * Math.sin(Math.PI * Math.min(1, syllable / 0.8)) ** 2;
  }
  return samples;
}

/** A microphone that hears this, over and over. */
function microphone(context: AudioContext, samples: Float32Array<ArrayBuffer>): MediaStream {
  const buffer = context.createBuffer(1, samples.length, context.sampleRate);
  buffer.copyToChannel(samples, 0);
  const source = new AudioBufferSourceNode(context, { buffer, loop: true });
  const destination = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
  source.connect(destination);
  source.start();
  return destination.stream;
}

/** dB of full scale, over a while. */
async function loudness(context: AudioContext, stream: MediaStream, ms = 2000): Promise<number> {
  const source = context.createMediaStreamSource(stream);
  const analyser = new AnalyserNode(context, { fftSize: 2048 });
  const block = new Float32Array(analyser.fftSize);
  source.connect(analyser);
  let [energy, count] = [0, 0];
  const end = performance.now() + ms;
  await until(() => {
    analyser.getFloatTimeDomainData(block);
    for (const sample of block) energy += sample * sample;
    count += block.length;
    return performance.now() > end;
  }, 'enough is heard');
  source.disconnect();
  return 10 * Math.log10(energy / count + 1e-12);
}

describe('noise suppression by a processor', () => {
  afterEach(goHome);
  afterEach(closeAll);

  it('by RNNoise: the rumble of a fan falls by more than 20 dB at the far end, and a voice by 10 dB less than that', async function () {
    this.timeout(60_000);
    const context = new AudioContext({ sampleRate: 48_000 });
    await context.resume();

    /** What the far end hears of a sound: as it is, and from then on suppressed. */
    const sent = async (name: string, samples: Float32Array<ArrayBuffer>): Promise<() => Promise<number>> => {
      const stream = microphone(context, samples);
      const environment = { getUserMedia: () => Promise.resolve(stream.clone()) };
      const me = person(`alice-${name}`, { audio: { constraints: { noiseSuppression: false } }, environment });
      const { callee } = await talk(me, person(`bob-${name}`, { tone: 880 }));
      await until(() => callee.remoteStream !== undefined, 'there is something to hear');
      const heard = (): Promise<number> => loudness(context, callee.remoteStream!);
      await until(async () => (await heard()) > -40, `${name} is heard`);
      const before = await heard();
      await (await me.ua.audio.load()).setProcessor(rnnoise());
      return async () => before - (await heard());
    };

    const noise = await sent('noise', rumble(48_000));
    const voiced = await sent('voice', voice(48_000));
    let lost = 0;
    await until(async () => (lost = await noise()) > 12, 'it knows the noise');
    const spoken = await voiced();
    await context.close();
    assert.isBelow(spoken, lost - 10, `the noise fell by ${lost} dB, the voice by ${spoken} dB`);
  });
});
