/** Finds tones in samples: Goertzel's filter, one for each frequency (ITU-T Q.24 for DTMF). */
import { dtmfColumns, dtmfKeys, dtmfRows } from './cadence.js';

/** Milliseconds looked at together: 50 Hz lie between what can be told apart. */
const window = 20;
/** Share of all energy that tones must have, and the loudness they need. */
const share = 0.6;
const threshold = 0.003;
/** Between the two tones of a key, in energy: 8 dB. */
const twist = 6.3;

/** Calls back with the tones of a moment, whenever they are others than before. */
export class ToneDetection {
  readonly #frequencies: readonly number[];
  readonly #coefficients: readonly number[];
  readonly #onChange: (tones: readonly number[], milliseconds: number) => void;
  readonly #window: Float32Array;
  #filled = 0;
  #tones: readonly number[] = [];
  /** As seen in the last window: what is seen twice is there. */
  #candidate = '';
  #elapsed = 0;

  /** The callback gets what sounds now, and milliseconds since the beginning. */
  constructor(
    frequencies: readonly number[],
    sampleRate: number,
    onChange: (tones: readonly number[], milliseconds: number) => void,
  ) {
    this.#frequencies = frequencies;
    this.#coefficients = frequencies.map((hertz) => 2 * Math.cos((2 * Math.PI * hertz) / sampleRate));
    this.#onChange = onChange;
    this.#window = new Float32Array(Math.round((sampleRate * window) / 1000));
  }

  feed(samples: Float32Array): void {
    for (const sample of samples) {
      this.#window[this.#filled++] = sample;
      if (this.#filled < this.#window.length) continue;
      this.#filled = 0;
      this.#elapsed += window;
      this.#judge(this.#present());
    }
  }

  #judge(tones: readonly number[]): void {
    const seen = tones.join();
    const isSteady = seen === this.#candidate;
    this.#candidate = seen;
    if (!isSteady || seen === this.#tones.join()) return;
    this.#tones = tones;
    this.#onChange(tones, this.#elapsed - 2 * window);
  }

  #present(): readonly number[] {
    const { length } = this.#window;
    let total = 0;
    for (const sample of this.#window) total += sample * sample;
    if (total / length < threshold * threshold) return [];
    const energies = this.#coefficients.map((coefficient) => this.#energy(coefficient));
    const loudest = Math.max(...energies);
    const found = energies.map((energy) => energy > loudest / twist);
    const sum = energies.reduce((all, energy, i) => (found[i] ? all + energy : all), 0);
    return (sum * 2) / length > share * total ? this.#frequencies.filter((_, i) => found[i]) : [];
  }

  #energy(coefficient: number): number {
    let [last, before] = [0, 0];
    for (const sample of this.#window) {
      const next = sample + coefficient * last - before;
      before = last;
      last = next;
    }
    return last * last + before * before - coefficient * last * before;
  }
}

export const dtmfTones: readonly number[] = [...dtmfRows, ...dtmfColumns];

/** The key of one tone of each group; undefined where it is not that. */
export function dtmfKey(tones: readonly number[]): string | undefined {
  const [row, column] = [dtmfRows.indexOf(tones[0] ?? 0), dtmfColumns.indexOf(tones[1] ?? 0)];
  return tones.length === 2 && row >= 0 && column >= 0 ? dtmfKeys[row]![column] : undefined;
}
