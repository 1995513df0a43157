// Runs in the page: what it costs to let N parties hear one another, in three ways.

export type Way = 'graph' | 'worklet' | 'pairwise';

/** Each way makes of N sources what each of the N is to hear, and leads that to `out`. */
type Mix = (context: BaseAudioContext, sources: readonly AudioNode[], out: AudioNode) => void;

const gain = (context: BaseAudioContext, value: number): GainNode => new GainNode(context, { gain: value });

/** As the library does it: one sum, and each without its own. */
const graph: Mix = (context, sources, out) => {
  const sum = gain(context, 1);
  for (const source of sources) {
    const [voice, sink] = [gain(context, 1), gain(context, 1)];
    source.connect(voice).connect(sum).connect(sink);
    voice.connect(gain(context, -1)).connect(sink);
    sink.connect(out);
  }
};

/** Everyone to everyone else, as ports are connected by hand. */
const pairwise: Mix = (context, sources, out) => {
  sources.forEach((_, i) => {
    const sink = gain(context, 1);
    sources.forEach((source, j) => {
      if (i !== j) source.connect(gain(context, 1)).connect(sink);
    });
    sink.connect(out);
  });
};

/** The same sum in one processor. */
const worklet: Mix = (context, sources, out) => {
  const count = sources.length;
  const node = new AudioWorkletNode(context, 'mix-minus', {
    numberOfInputs: count,
    numberOfOutputs: count,
    outputChannelCount: sources.map(() => 1),
  });
  sources.forEach((source, i) => {
    source.connect(gain(context, 1)).connect(node, 0, i);
    node.connect(gain(context, 1), i).connect(out);
  });
};

const mixes: Readonly<Record<Way, Mix>> = { graph, worklet, pairwise };

const processor = `registerProcessor('mix-minus', class extends AudioWorkletProcessor {
  constructor() { super(); this.sum = new Float32Array(128); }
  process(inputs, outputs) {
    const { sum } = this;
    sum.fill(0);
    for (const [samples] of inputs) if (samples) for (let k = 0; k < 128; k++) sum[k] += samples[k];
    for (let i = 0; i < outputs.length; i++) {
      const samples = inputs[i][0];
      const output = outputs[i][0];
      if (samples) for (let k = 0; k < 128; k++) output[k] = sum[k] - samples[k];
      else output.set(sum);
    }
    return true;
  }
})`;

async function prepare(context: BaseAudioContext): Promise<void> {
  const url = URL.createObjectURL(new Blob([processor], { type: 'text/javascript' }));
  await context.audioWorklet.addModule(url);
  URL.revokeObjectURL(url);
}

/** Voices that cost nothing to make: one buffer, in loops. */
function voices(context: BaseAudioContext, count: number): AudioNode[] {
  const buffer = new AudioBuffer({ length: context.sampleRate, sampleRate: context.sampleRate });
  buffer.getChannelData(0).forEach((_, i, samples) => (samples[i] = Math.sin(i / 10) / count));
  return Array.from({ length: count }, () => {
    const source = new AudioBufferSourceNode(context, { buffer, loop: true });
    source.start();
    return source;
  });
}

/** Milliseconds of one core for a second of audio, without what the voices cost. */
export async function cost(way: Way, parties: number): Promise<number> {
  const seconds = Math.max(2, Math.min(20, Math.round(200 / parties)));
  const render = async (mix: Mix): Promise<number> => {
    const context = new OfflineAudioContext(1, seconds * 48_000, 48_000);
    await prepare(context);
    mix(context, voices(context, parties), context.destination);
    const begun = performance.now();
    await context.startRendering();
    return (performance.now() - begun) / seconds;
  };
  const none: Mix = (_, sources, out) => {
    for (const source of sources) source.connect(out);
  };
  const times: number[] = [];
  for (let i = 0; i < 5; i++) times.push((await render(mixes[way])) - (await render(none)));
  return times.sort((a, b) => a - b)[2]!;
}

/** The share of real time at which a context that plays goes on, with so many parties: below 1 it glitches. */
export async function pace(way: Way, parties: number): Promise<number> {
  const context = new AudioContext({ sampleRate: 48_000 });
  await prepare(context);
  const silence = gain(context, 0);
  silence.connect(context.destination);
  mixes[way](context, voices(context, parties), silence);
  await context.resume();
  await passed(context, 0.5);
  const [time, audio] = [performance.now(), context.currentTime];
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const share = ((context.currentTime - audio) * 1000) / (performance.now() - time);
  await context.close();
  return share;
}

async function passed(context: AudioContext, seconds: number): Promise<void> {
  const limit = performance.now() + 10_000;
  while (context.currentTime < seconds && performance.now() < limit)
    await new Promise((resolve) => setTimeout(resolve, 20));
}
