// Ears that listen all the time: when was the tone of the other side not heard?
import { closeSync, openSync, readSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Baresip } from '../support/servers/baresip.js';
import { isTone } from '../support/tone.js';

/** A stretch without the tone, in milliseconds since 1970; one that is not over ends now. */
export interface Silence {
  readonly from: number;
  readonly to: number;
}

export interface Heard {
  readonly silences: readonly Silence[];
  readonly isSilent: boolean;
}

export interface Ear {
  heard(): Promise<Heard>;
  stop(): void;
}

const header = 44;
/** Milliseconds of sound that are judged at a time. */
const window = 20;

/** Follows the files in which baresip keeps what it hears: nothing is written while no packets come. */
export class BaresipEar implements Ear {
  readonly #phone: Baresip;
  readonly #hertz: number;
  readonly #read = new Map<string, number>();
  readonly #silences: Silence[] = [];
  readonly #timer: NodeJS.Timeout;
  #lastTone = now();

  constructor(phone: Baresip, hertz: number) {
    this.#phone = phone;
    this.#hertz = hertz;
    for (const path of this.#files()) this.#read.set(path, statSync(path).size);
    this.#timer = setInterval(() => {
      this.#look();
    }, window);
  }

  heard(): Promise<Heard> {
    this.#look();
    const to = now();
    const isSilent = to - this.#lastTone > 5 * window;
    const current = isSilent ? [{ from: this.#lastTone, to }] : [];
    return Promise.resolve({ silences: [...this.#silences, ...current], isSilent });
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #files(): string[] {
    const { soundFolder } = this.#phone;
    return readdirSync(soundFolder).flatMap((name) => (name.endsWith('-dec.wav') ? [join(soundFolder, name)] : []));
  }

  #look(): void {
    for (const path of this.#files()) {
      const { windows, rate, end } = newSound(path, this.#read.get(path) ?? header);
      this.#read.set(path, end);
      const arrived = now();
      windows.forEach((samples, index) => {
        if (isTone(samples, rate, this.#hertz)) this.#hear(arrived - (windows.length - index) * window);
      });
    }
  }

  /** The tone was there, in the window that begins at `from`. */
  #hear(from: number): void {
    if (from - this.#lastTone > 2 * window) this.#silences.push({ from: this.#lastTone, to: from });
    this.#lastTone = Math.max(this.#lastTone, from + window);
  }
}

function now(): number {
  return performance.timeOrigin + performance.now();
}

/** The first channel of what was written to a WAV file since `start`, in whole windows. */
function newSound(path: string, start: number): { windows: Float64Array[]; rate: number; end: number } {
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(header);
    readSync(file, head, 0, header, 0);
    const channels = head.readUInt16LE(22) || 1;
    const rate = head.readUInt32LE(24) || 8000;
    const count = Math.round((rate * window) / 1000);
    const size = 2 * channels * count;
    const whole = Math.max(0, Math.floor((statSync(path).size - start) / size));
    const bytes = Buffer.alloc(whole * size);
    readSync(file, bytes, 0, bytes.length, start);
    const sampleAt = (index: number): number => bytes.readInt16LE(2 * channels * index) / 32_768;
    const windows = Array.from({ length: whole }, (_, which) =>
      Float64Array.from({ length: count }, (__, index) => sampleAt(which * count + index)),
    );
    return { windows, rate, end: start + bytes.length };
  } finally {
    closeSync(file);
  }
}
