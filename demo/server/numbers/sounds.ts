// Sounds as G.711 frames of 20 ms: a tone, a small melody, silence.

const rate = 8000;
/** Samples, and bytes, per frame. */
export const frameLength = 160;

export type Codec = 'PCMU' | 'PCMA';

/** Frames that are played over and over. */
export type Clip = readonly Uint8Array[];

/** Samples between -1 and 1. */
type Sound = Float64Array;

/** ITU-T G.711: bias, find the segment, keep four bits of it. */
function muLaw(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(Math.round(Math.abs(sample) * 32_767), 32_635) + 132;
  const segment = Math.floor(Math.log2(magnitude)) - 7;
  const mantissa = (magnitude >> (segment + 3)) & 0x0f;
  return ~(sign | (segment << 4) | mantissa) & 0xff;
}

function aLaw(sample: number): number {
  const sign = sample < 0 ? 0 : 0x80;
  const magnitude = Math.min(Math.round(Math.abs(sample) * 32_767), 32_767) >> 3; // 12 bits
  const segment = Math.max(0, Math.floor(Math.log2(Math.max(magnitude, 1))) - 4);
  const mantissa = (magnitude >> Math.max(segment, 1)) & 0x0f;
  return (sign | (segment << 4) | mantissa) ^ 0x55;
}

function encoded(sound: Sound, codec: Codec): Clip {
  const bytes = Uint8Array.from(sound, codec === 'PCMU' ? muLaw : aLaw);
  const count = Math.floor(bytes.length / frameLength);
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * frameLength, (index + 1) * frameLength));
}

/** One second: whole periods, so that it repeats without a click. */
function tone(): Sound {
  return Float64Array.from({ length: rate }, (_, at) => 0.4 * Math.sin((2 * Math.PI * 440 * at) / rate));
}

/** Hertz and eighths: the beginning of the Ode to Joy, whose composer has no claims left. */
const melody: readonly (readonly [number, number])[] = [
  [329.63, 2], [329.63, 2], [349.23, 2], [392, 2], [392, 2], [349.23, 2], [329.63, 2], [293.66, 2],
  [261.63, 2], [261.63, 2], [293.66, 2], [329.63, 2], [329.63, 3], [293.66, 1], [293.66, 4],
]; // prettier-ignore

/** A plucked note: a few partials that die away. */
function note(hertz: number, seconds: number): Sound {
  return Float64Array.from({ length: Math.round(seconds * rate) }, (_, at) => {
    const time = at / rate;
    const partials = [1, 0.4, 0.15].map((level, n) => level * Math.sin(2 * Math.PI * hertz * (n + 1) * time));
    const envelope = Math.min(1, time / 0.01) * Math.exp(-3 * time);
    return 0.35 * envelope * partials.reduce((sum, partial) => sum + partial, 0);
  });
}

function music(): Sound {
  return Float64Array.from(melody.flatMap(([hertz, eighths]) => [...note(hertz, eighths * 0.22)]));
}

const sounds = { tone, music, silence: () => new Float64Array(rate) } as const;
export type SoundName = keyof typeof sounds;

const clips = new Map<string, Clip>();

/** Made at its first use. */
export function clip(name: SoundName, codec: Codec): Clip {
  const key = `${name} ${codec}`;
  const made = clips.get(key) ?? encoded(sounds[name](), codec);
  clips.set(key, made);
  return made;
}
