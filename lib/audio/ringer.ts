/** Rings when a call comes: on any number of devices at once, by elements of its own, so that no AudioContext is needed. */
import { reportBug } from '../base/emitter.js';
import { invalidOption } from '../base/errors.js';
import type { Logger } from '../base/log.js';
import { checkOneOf } from '../base/options.js';
import type { Call } from '../call/call.js';
import { checkLevel } from './audio-options.js';
import { callTone, keyTone, renderCadence } from './cadence.js';
import type { ToneSegment } from './cadence.js';
import { chooseDevice } from './device-choice.js';
import type { DevicePreference } from './device-choice.js';
import type { AudioEnvironment } from './environment.js';
import { encodeWav } from './wav.js';

/** `full`: the ring tone; `beep`: a short tone where calls are heard; `visual`: the page shows it; `off`: nothing. */
export type RingStyle = 'full' | 'beep' | 'visual' | 'off';

export interface RingerOptions {
  /** What a call does that comes while nobody talks, and while somebody does; or a function that says. @default 'full', then 'beep' */
  readonly policy?: RingStyle | ((call: Call, isTalking: boolean) => RingStyle);
  /** Where it rings; all of them. @default the output */
  readonly devices?: readonly DevicePreference[];
  /** 0 to 1. @default 1 */
  readonly volume?: number;
  /** The URL of a ring tone. @default a tone of two bells */
  readonly tone?: string;
  /** What callers hear of us and others while their call is on its way is played here, too: ISO 3166 code, or false. @default false */
  readonly callTones?: string | false;
}

export interface RingerHost {
  readonly env: AudioEnvironment;
  readonly log: Logger;
  /** What there is, and where calls are heard. */
  readonly devices: () => Promise<readonly MediaDeviceInfo[]>;
  readonly sinkId: () => string;
  readonly onRing: (call: Call, style: RingStyle) => void;
  readonly onBlocked: () => void;
}

const bells: readonly ToneSegment[] = [
  { frequencies: [1320, 1056], on: 400, off: 200 },
  { frequencies: [1320, 1056], on: 400, off: 2000 },
];
const beep: readonly ToneSegment[] = [{ frequencies: [425], on: 200, off: 4800 }];

/** Tones are played as files: 8 kHz are enough for them. */
const rate = 8000;
const patterns: readonly number[] = [400, 200, 400, 2000];

export class Ringer {
  readonly #host: RingerHost;
  readonly #urls = new Map<readonly ToneSegment[], string>();
  readonly #playing = new Map<Call, Set<HTMLAudioElement>>();
  readonly #loose = new Set<HTMLAudioElement>();
  #options: RingerOptions = {};
  #isMuted = false;

  /** Made by the audio system. */
  constructor(host: RingerHost) {
    this.#host = host;
  }

  /** Rings are like this from now on. Throws `invalidOption`. */
  configure(options: RingerOptions): void {
    const { policy = 'full', devices = [], volume = 1 } = options;
    if (typeof policy !== 'function') checkOneOf('policy', policy, ['full', 'beep', 'visual', 'off']);
    if (!Array.isArray(devices)) throw invalidOption('devices', 'takes a list of devices', devices);
    if (checkLevel('volume', volume) > 1) throw invalidOption('volume', 'takes 0 to 1', volume);
    this.#options = options;
  }

  /** Silences what rings now. */
  mute(): void {
    this.#isMuted = true;
    for (const call of [...this.#playing.keys()]) this.stop(call);
    this.#isMuted = false;
  }

  /** Whether something is to be heard. */
  get isRinging(): boolean {
    return this.#playing.size > 0;
  }

  /** Rings once on each device, so that the user hears which they are; resolves when it is over. */
  async test(): Promise<void> {
    const sinks = await this.#sinks();
    await Promise.all(sinks.map((sink) => this.#once(this.#url(bells), sink)));
  }

  /** The sound of a key, here only: no receiver takes it for a digit. */
  playKey(key: string): void {
    const segments = [{ frequencies: keyTone(key), on: 120, off: 0 }];
    void this.#once(URL.createObjectURL(encodeWav([renderCadence(segments, rate)], rate)), this.#host.sinkId(), true);
  }

  /** @internal */
  ring(call: Call, isTalking: boolean): void {
    const style = this.#style(call, isTalking);
    this.#host.onRing(call, style);
    if (style === 'full')
      void this.#start(call, this.#options.tone ?? this.#url(bells), () => this.#sinks(), isTalking);
    if (style === 'beep') void this.#start(call, this.#url(beep), () => Promise.resolve([this.#host.sinkId()]), true);
  }

  /** @internal What an outgoing call sounds like while nothing is heard of the other side. */
  playCallTone(call: Call, name: 'ringback' | 'busy' | 'congestion', loop = true): void {
    const { callTones = false } = this.#options;
    if (callTones === false || this.#playing.has(call)) return;
    const url = this.#url(callTone(name, callTones));
    if (loop) void this.#start(call, url, () => Promise.resolve([this.#host.sinkId()]), true);
    else void this.#once(url, this.#host.sinkId());
  }

  /** @internal */
  stop(call: Call): void {
    const elements = this.#playing.get(call);
    this.#playing.delete(call);
    for (const element of elements ?? []) release(element);
  }

  /** @internal */
  close(): void {
    for (const call of [...this.#playing.keys()]) this.stop(call);
    for (const element of this.#loose) release(element);
    for (const url of this.#urls.values()) URL.revokeObjectURL(url);
    this.#urls.clear();
  }

  /** @internal Tries again what was not allowed. */
  async resume(): Promise<void> {
    // one that may not play still is tried again at the next gesture
    for (const elements of this.#playing.values())
      for (const element of elements) if (element.paused) await element.play().catch(() => undefined);
  }

  #style(call: Call, isTalking: boolean): RingStyle {
    const { policy } = this.#options;
    if (typeof policy !== 'function') return policy ?? (isTalking ? 'beep' : 'full');
    try {
      return policy(call, isTalking);
    } catch (error) {
      reportBug(error);
      return 'full';
    }
  }

  async #start(call: Call, url: string, where: () => Promise<readonly string[]>, isQuiet: boolean): Promise<void> {
    const elements = new Set<HTMLAudioElement>();
    this.stop(call);
    this.#playing.set(call, elements);
    for (const sink of await where()) {
      if (this.#playing.get(call) !== elements || this.#isMuted) return; // it is over already
      const element = await this.#element(url, sink);
      element.loop = true;
      elements.add(element);
      if (this.#playing.get(call) !== elements) release(element);
      else await element.play().catch((error: unknown) => this.#onFailure(error, isQuiet));
    }
  }

  async #once(url: string, sink: string, isTemporary = false): Promise<void> {
    const element = await this.#element(url, sink);
    this.#loose.add(element);
    const ended = new Promise((resolve) => element.addEventListener('ended', resolve, { once: true }));
    await element.play().then(
      () => ended,
      () => undefined,
    );
    this.#loose.delete(element);
    release(element);
    if (isTemporary) URL.revokeObjectURL(url);
  }

  async #element(url: string, sink: string): Promise<HTMLAudioElement> {
    const { env, log } = this.#host;
    const element = env.createAudioElement();
    element.src = url;
    element.volume = this.#options.volume ?? 1;
    if (sink && env.canChooseOutput)
      await element
        .setSinkId(sink)
        .catch((error: unknown) => log.warn('a ring device is gone: the default rings', error));
    return element;
  }

  #onFailure(error: unknown, isQuiet: boolean): void {
    if ((error as Partial<Error>).name !== 'NotAllowedError') return;
    this.#host.onBlocked();
    if (!isQuiet) this.#host.env.vibrate(patterns);
  }

  async #sinks(): Promise<readonly string[]> {
    const { devices: wanted = [] } = this.#options;
    if (wanted.length === 0 || !this.#host.env.canChooseOutput) return [this.#host.sinkId()];
    const present = await this.#host.devices();
    const found = wanted.flatMap((preference) => chooseDevice(present, 'audiooutput', preference)?.deviceId ?? []);
    return found.length > 0 ? [...new Set(found)] : [this.#host.sinkId()];
  }

  #url(segments: readonly ToneSegment[]): string {
    let url = this.#urls.get(segments);
    if (url === undefined) {
      url = URL.createObjectURL(encodeWav([renderCadence(segments, rate)], rate));
      this.#urls.set(segments, url);
    }
    return url;
  }
}

function release(element: HTMLAudioElement): void {
  element.pause();
  element.removeAttribute('src');
}
