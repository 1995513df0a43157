/** Tones and their cadences: by ITU-T E.180 Supplement 2 (01/94) what callers of a country know; DTMF by ITU-T Q.23. */
import { invalidOption } from '../base/errors.js';

/** A tone for a while, then silence for a while; one after the other. */
export interface ToneSegment {
  /** Hertz, together; none is silence. */
  readonly frequencies: readonly number[];
  /** Milliseconds; 0 with `off` 0 is without end. */
  readonly on: number;
  /** Milliseconds. */
  readonly off: number;
}

export type CallTone = 'ringback' | 'busy' | 'congestion';

type Tones = Readonly<Record<CallTone, readonly ToneSegment[]>>;

const tone = (frequencies: readonly number[], ...times: readonly number[]): readonly ToneSegment[] => {
  const segments: ToneSegment[] = [];
  for (let i = 0; i < times.length; i += 2) segments.push({ frequencies, on: times[i]!, off: times[i + 1]! });
  return segments;
};

const tones = (
  ringback: readonly ToneSegment[],
  busy: readonly ToneSegment[],
  congestion: readonly ToneSegment[],
): Tones => ({ ringback, busy, congestion });

const single = (hertz: number, ring: readonly [number, number], busy: number, congestion: number): Tones =>
  tones(tone([hertz], ...ring), tone([hertz], busy, busy), tone([hertz], congestion, congestion));

/** The tones of the North American plan. */
const northAmerica = tones(tone([440, 480], 2000, 4000), tone([480, 620], 500, 500), tone([480, 620], 250, 250));

/**
 * By ISO 3166 code: the first variant that the Supplement names. A tone that it has modulated (425×25) is the carrier here with
 * the two beside it. What a PBX plays there was compared; Ireland's are from one source only.
 */
const countries: Readonly<Record<string, Tones>> = {
  at: single(420, [1000, 5000], 400, 200),
  au: tones(tone([400, 425, 450], 400, 200, 400, 2000), tone([425], 375, 375), tone([425], 375, 375)),
  be: tones(tone([425], 1000, 3000), tone([425], 500, 500), tone([425], 167, 167)),
  br: tones(tone([425], 1000, 4000), tone([425], 250, 250), tone([425], 250, 250, 750, 250)),
  ca: northAmerica,
  ch: single(425, [1000, 4000], 500, 200),
  cn: single(450, [1000, 4000], 350, 700),
  cz: single(425, [1000, 4000], 330, 165),
  de: tones(tone([425], 1000, 4000), tone([425], 480, 480), tone([425], 240, 240)),
  dk: single(425, [1000, 4000], 500, 200),
  es: tones(tone([425], 1500, 3000), tone([425], 200, 200), tone([425], 200, 200, 200, 200, 200, 600)),
  fi: single(425, [1000, 4000], 300, 200),
  fr: single(440, [1500, 3500], 500, 250),
  gb: tones(tone([400, 450], 400, 200, 400, 2000), tone([400], 375, 375), tone([400], 400, 350, 225, 525)),
  ie: tones(tone([400, 450], 400, 200, 400, 2000), tone([425], 500, 500), tone([425], 500, 500)),
  in: tones(tone([375, 400, 425], 400, 200, 400, 2000), tone([400], 750, 750), tone([400], 250, 250)),
  it: single(425, [1000, 4000], 500, 200),
  jp: tones(tone([384, 400, 416], 1000, 2000), tone([400], 500, 500), tone([400], 500, 500)),
  mx: single(425, [1000, 4000], 250, 250),
  nl: single(425, [1000, 4000], 500, 250),
  no: single(425, [1000, 4000], 500, 200),
  nz: tones(tone([400, 450], 400, 200, 400, 2000), tone([400], 500, 500), tone([400], 250, 250)),
  pl: single(425, [1000, 4000], 500, 500),
  pt: single(425, [1000, 5000], 500, 200),
  se: tones(tone([425], 1000, 5000), tone([425], 250, 250), tone([425], 250, 750)),
  us: northAmerica,
};

/** Where nothing is known of a country: what ITU-T E.180 recommends. */
const recommended: Tones = single(425, [1000, 4000], 500, 250);

/** What callers of a country hear; the recommendation of ITU-T E.180 for those we do not know. */
export function callTone(name: CallTone, country: string): readonly ToneSegment[] {
  const found = name in recommended ? (countries[country.toLowerCase()] ?? recommended)[name] : undefined;
  if (!found) throw invalidOption('tone', 'takes ringback, busy, congestion', name);
  return found;
}

export const toneCountries: readonly string[] = Object.keys(countries);

/** ITU-T Q.23: the row's tone, the column's. */
export const dtmfRows: readonly number[] = [697, 770, 852, 941];
export const dtmfColumns: readonly number[] = [1209, 1336, 1477, 1633];
export const dtmfKeys: readonly string[] = ['123A', '456B', '789C', '*0#D'];

export function dtmfFrequencies(key: string): readonly [number, number] {
  const row = dtmfKeys.findIndex((keys) => keys.includes(key.toUpperCase()));
  if (key.length !== 1 || row < 0) throw invalidOption('key', 'takes one of 0-9, *, #, A-D', key);
  return [dtmfRows[row]!, dtmfColumns[dtmfKeys[row]!.indexOf(key.toUpperCase())]!];
}

/**
 * What a key sounds like here: pairs that no receiver takes for a digit, should the microphone hear them. Both lie more than
 * the 3.5 % beside every tone of DTMF that ITU-T Q.24 makes receivers refuse.
 */
export function keyTone(key: string): readonly [number, number] {
  const [row, column] = dtmfFrequencies(key);
  return [Math.round(row * 1.05), Math.round(column * 1.05)];
}

export interface ToneOptions {
  /** Hertz, together; with `on` and `off` in milliseconds, without end where these are missing. */
  readonly frequencies?: readonly number[];
  readonly on?: number;
  readonly off?: number;
  /** A cadence of the app's own. */
  readonly segments?: readonly ToneSegment[];
  /** What callers of `country` hear. */
  readonly tone?: CallTone;
  /** ISO 3166 code. @default what ITU-T E.180 recommends */
  readonly country?: string;
  /** Keys of DTMF, 100 ms each. */
  readonly digits?: string;
  /** @default true; false for digits */
  readonly loop?: boolean;
  /** Of each tone together, 0 to 1. @default 0.3 */
  readonly amplitude?: number;
}

export function toneSegments(options: ToneOptions): readonly ToneSegment[] {
  const { frequencies, on = 0, off = 0, segments, tone: name, country = '', digits } = options;
  if (segments) return segments;
  if (name !== undefined) return callTone(name, country);
  if (digits !== undefined)
    return Array.from(digits).map((key) => ({ frequencies: dtmfFrequencies(key), on: 100, off: 100 }));
  if (frequencies) return [{ frequencies, on, off }];
  throw invalidOption('tones', 'takes frequencies, segments, tone or digits');
}

/** One round of a cadence; for a tone without end a second of it, which has no seam for whole numbers of Hertz. */
export function renderCadence(
  segments: readonly ToneSegment[],
  sampleRate: number,
  amplitude = 0.3,
): Float32Array<ArrayBuffer> {
  checkSegments(segments);
  const count = (ms: number): number => Math.round((ms * sampleRate) / 1000);
  const lengths = segments.map(({ on, off }) => count(on + off === 0 ? 1000 : on + off));
  const samples = new Float32Array(lengths.reduce((sum, length) => sum + length, 0));
  let start = 0;
  for (const [index, { frequencies, on, off }] of segments.entries()) {
    const isEndless = on + off === 0;
    const sounding = isEndless ? lengths[index]! : count(on);
    const edge = isEndless ? 0 : Math.min(count(5), sounding / 2); // without a click
    for (let i = 0; i < sounding; i++) {
      let sum = 0;
      for (const hertz of frequencies) sum += Math.sin((2 * Math.PI * hertz * i) / sampleRate);
      const fade = edge === 0 ? 1 : Math.min(1, i / edge, (sounding - i) / edge);
      samples[start + i] = (amplitude * fade * sum) / Math.max(1, frequencies.length);
    }
    start += lengths[index]!;
  }
  return samples;
}

function checkSegments(segments: readonly ToneSegment[]): void {
  const isTime = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value <= 60_000;
  const isTone = (value: unknown): boolean => typeof value === 'number' && value > 0 && value < 20_000;
  const isGood = segments.every(
    ({ frequencies, on, off }) => Array.isArray(frequencies) && frequencies.every(isTone) && isTime(on) && isTime(off),
  );
  if (segments.length === 0 || !isGood)
    throw invalidOption('tones', 'takes segments of { frequencies, on, off }: Hertz, milliseconds up to a minute');
}
