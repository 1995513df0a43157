/** The only door to the page's sound: AudioContext, devices, recorders, gestures; looked up when needed, replaceable. */
import { EvercallError } from '../base/errors.js';

/** What the audio takes from its host. */
export interface AudioEnvironment {
  /** Makes the context that mixes: one that runs without a device, where the browser has that, for what is heard goes elsewhere. */
  createAudioContext(): AudioContext;
  createStream(track: MediaStreamTrack): MediaStream;
  enumerateDevices(): Promise<readonly MediaDeviceInfo[]>;
  /** Calls `changed` when devices come or go; returns its undo. */
  watchDevices(changed: () => void): () => void;
  createAudioElement(): HTMLAudioElement;
  createMediaRecorder(stream: MediaStream, options: MediaRecorderOptions): MediaRecorder;
  isRecordable(mimeType: string): boolean;
  fetch(url: string): Promise<Response>;
  /** Calls `act` at the user's next gesture; returns its undo. */
  onGesture(act: () => void): () => void;
  /** Tells when the browser freezes the page, and when it thaws. */
  onFreeze(changed: (frozen: boolean) => void): () => void;
  /** For those who cannot hear: false where the device does not. */
  vibrate(pattern: readonly number[]): boolean;
  /** Whether an output can be chosen. */
  readonly canChooseOutput: boolean;
  /** Whether a context runs without a device. */
  readonly hasNullSink: boolean;
}

/** The page's sound, each part replaced by that of `overrides`. */
export function browserAudioEnvironment(overrides: Partial<AudioEnvironment> = {}): AudioEnvironment {
  return { ...browser(), ...overrides };
}

const gestures = ['pointerup', 'keydown', 'touchend'] as const;

const browser = (): AudioEnvironment => ({
  createAudioContext() {
    if (typeof AudioContext === 'undefined') throw missing('AudioContext');
    const options: AudioContextOptions & { sinkId?: object } = { latencyHint: 'interactive' };
    if ('setSinkId' in AudioContext.prototype) options.sinkId = { type: 'none' };
    return new AudioContext(options);
  },
  createStream: (track) => new MediaStream([track]),
  enumerateDevices: async () => devices()?.enumerateDevices() ?? [],
  watchDevices(changed) {
    const source = devices();
    source?.addEventListener('devicechange', changed);
    return () => source?.removeEventListener('devicechange', changed);
  },
  createAudioElement() {
    if (typeof Audio === 'undefined') throw missing('Audio');
    return new Audio();
  },
  createMediaRecorder(stream, options) {
    if (typeof MediaRecorder === 'undefined') throw missing('MediaRecorder');
    return new MediaRecorder(stream, options);
  },
  isRecordable: (mimeType) => typeof MediaRecorder !== 'undefined' && MediaRecorder.isTypeSupported(mimeType),
  fetch: (url) => fetch(url),
  onGesture(act) {
    if (typeof document === 'undefined') return () => undefined;
    const page = document;
    const stop = (): void => {
      for (const type of gestures) page.removeEventListener(type, onGesture, true);
    };
    const onGesture = (): void => {
      stop();
      act();
    };
    for (const type of gestures) page.addEventListener(type, onGesture, { capture: true, passive: true });
    return stop;
  },
  onFreeze(changed) {
    if (typeof document === 'undefined') return () => undefined;
    const page = document;
    const [freeze, thaw] = [(): void => changed(true), (): void => changed(false)];
    page.addEventListener('freeze', freeze);
    page.addEventListener('resume', thaw);
    return () => {
      page.removeEventListener('freeze', freeze);
      page.removeEventListener('resume', thaw);
    };
  },
  vibrate: (pattern) => {
    const host = typeof navigator === 'undefined' ? {} : (navigator as { vibrate?: Navigator['vibrate'] });
    return host.vibrate?.([...pattern]) ?? false;
  },
  get hasNullSink() {
    return typeof AudioContext !== 'undefined' && 'setSinkId' in AudioContext.prototype;
  },
  get canChooseOutput() {
    return typeof HTMLMediaElement !== 'undefined' && 'setSinkId' in HTMLMediaElement.prototype;
  },
});

function devices(): MediaDevices | undefined {
  return typeof navigator === 'undefined' ? undefined : (navigator as { mediaDevices?: MediaDevices }).mediaDevices;
}

const missing = (name: string): EvercallError =>
  new EvercallError('audioUnavailable', `${name} is not there: https or localhost?`);
