// Finds the tone in sampled sound: what the tests hear with, where no browser is at hand.

export interface Tone {
  /** Hertz. */
  readonly frequency: number;
  /** Which part of the sound's energy the tone holds: near 1 for a pure tone, near 0 in noise. */
  readonly share: number;
  /** Root mean square of the sound, of full scale 1. */
  readonly level: number;
}

/** Goertzel's algorithm: the energy at one frequency. */
function energyAt(samples: Float64Array, rate: number, frequency: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * frequency) / rate);
  let before = 0;
  let last = 0;
  for (const sample of samples) [before, last] = [last, sample + coefficient * last - before];
  return last * last + before * before - coefficient * last * before;
}

/** The strongest frequency between 100 and 4000 Hz; undefined when there is less than 0.2 s of sound, or silence. */
export function dominantTone(interleaved: Int16Array, rate: number, channels = 1): Tone | undefined {
  const length = Math.floor(interleaved.length / channels);
  if (length < rate / 5) return undefined;
  const samples = new Float64Array(length);
  let energy = 0;
  for (let i = 0; i < length; i++) {
    const sample = interleaved[i * channels]! / 32_768;
    energy += sample * sample;
    samples[i] = sample * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / length)); // Hann's window
  }
  const level = Math.sqrt(energy / length);
  if (level < 0.001) return undefined;
  const step = rate / length; // one bin of the spectrum
  let [frequency, strongest] = [0, 0];
  for (let at = 100; at <= Math.min(4000, rate / 2); at += step) {
    const found = energyAt(samples, rate, at);
    if (found > strongest) [frequency, strongest] = [at, found];
  }
  // a sine of amplitude A: energy A²/2 per sample, and (A·length/4)² at its bin under this window
  return { frequency: Math.round(frequency), share: Math.min(1, (strongest * 8) / (energy * length)), level };
}

/** Which part of a sound's energy a tone holds; 0 of less than 0.2 s, or of silence. */
export function shareOf(frequency: number, interleaved: Int16Array, rate: number, channels = 1): number {
  const length = Math.floor(interleaved.length / channels);
  if (length < rate / 5) return 0;
  const samples = Float64Array.from({ length }, (_, i) => interleaved[i * channels]! / 32_768);
  const energy = samples.reduce((sum, sample) => sum + sample * sample, 0);
  if (energy / length < 1e-6) return 0;
  const window = (i: number): number => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / length); // Hann's
  const found = energyAt(
    samples.map((sample, i) => sample * window(i)),
    rate,
    frequency,
  );
  return Math.min(1, (found * 8) / (energy * length));
}

/** Whether a sound, however short, is this tone and little else. */
export function isTone(samples: Float64Array, rate: number, frequency: number): boolean {
  const energy = samples.reduce((sum, sample) => sum + sample * sample, 0);
  const found = energyAt(samples, rate, frequency) * (2 / samples.length);
  return energy / samples.length > 1e-5 && found > 0.5 * energy;
}

/** A mono WAV file of a sine at half of full scale. */
export function sineWav(frequency: number, rate: number, seconds: number): Buffer {
  const count = rate * seconds;
  const wav = Buffer.alloc(44 + 2 * count);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(36 + 2 * count, 4);
  wav.write('WAVEfmt ', 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20); // PCM
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(rate, 24);
  wav.writeUInt32LE(2 * rate, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write('data', 36);
  wav.writeUInt32LE(2 * count, 40);
  for (let i = 0; i < count; i++)
    wav.writeInt16LE(Math.round(16_000 * Math.sin((2 * Math.PI * frequency * i) / rate)), 44 + 2 * i);
  return wav;
}

/** A second of a sine at half of full scale as G.711 µ-law, 8000 samples: to be played in a loop. */
export function sineMuLaw(frequency: number): Buffer {
  return Buffer.from(
    Array.from({ length: 8000 }, (_, i) => muLaw(Math.round(16_000 * Math.sin((2 * Math.PI * frequency * i) / 8000)))),
  );
}

function muLaw(sample: number): number {
  const magnitude = Math.min(Math.abs(sample), 32_635) + 132;
  const exponent = 24 - Math.clz32(magnitude); // of the segment, 0 to 7
  const mantissa = (magnitude >> (exponent + 3)) & 15;
  return ~((sample < 0 ? 128 : 0) | (exponent << 4) | mantissa) & 255;
}
