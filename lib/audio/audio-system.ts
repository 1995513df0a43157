/** `ua.audio` in full: the sound device and the conference bridge of PJSIP, made of WebRTC and WebAudio. */
import type { Emitter } from '../base/emitter.js';
import { EvercallError, invalidOption } from '../base/errors.js';
import { checkBoolean } from '../base/options.js';
import type { Call } from '../call/call.js';
import type { Leg } from '../call/leg.js';
import type { AudioEvents, AudioState } from './audio-events.js';
import { renderCadence, toneSegments } from './cadence.js';
import type { ToneOptions } from './cadence.js';
import { Conference } from './conference.js';
import type { ConferenceOptions } from './conference.js';
import { addPort } from './custom-port.js';
import type { CustomPortOptions } from './custom-port.js';
import { bufferOf, decode } from './decode.js';
import type { AudioSource } from './decode.js';
import { checkPreference } from './device-choice.js';
import type { DevicePreference } from './device-choice.js';
import { Tap, ToneDetector } from './listening-ports.js';
import { Player } from './player.js';
import type { PlayerOptions } from './player.js';
import type { AudioPort } from './port.js';
import type { AudioProcessor } from './processor.js';
import { createRecorder } from './recorder.js';
import type { Recorder, RecorderOptions } from './recorder.js';
import type { Ringer } from './ringer.js';
import { SoundControl } from './sound-control.js';
import type { AudioHost } from './sound-control.js';
import type { DeviceMode } from './sound-device.js';

/** Which calls may be heard together. */
export interface JoinPolicy {
  setJoined(calls: readonly Call[]): void;
}

export interface OpenDeviceOptions {
  readonly mode?: DeviceMode;
  readonly input?: DevicePreference;
  readonly output?: DevicePreference;
  /** False opens nothing now: it is what the next opening does (PJSIP's PJSUA_SND_DEV_NO_IMMEDIATE_OPEN). @default true */
  readonly immediate?: boolean;
}

/** What this browser can do. */
export interface AudioCapabilities {
  /** Outputs can be chosen (`setSinkId`). Without, everything is heard where the system says. */
  readonly outputChoice: boolean;
  /** The bridge runs without any device (AudioContext with the sink `none`). Without, its context has the default output, in silence. */
  readonly nullSink: boolean;
  /** Containers of the browser's recorder, the preferred first; WAV is always there. */
  readonly recording: readonly string[];
}

/** What recorders of browsers write, the preferred first. */
const containers = ['audio/webm;codecs=opus', 'audio/ogg;codecs=opus', 'audio/mp4'];

export class AudioSystem {
  readonly #control: SoundControl;
  readonly #policy: JoinPolicy | undefined;
  readonly #conferences = new Set<Conference>();

  /** Made by `ua.audio.load()`. */
  constructor(host: AudioHost, emitter: Emitter<AudioEvents>, policy: JoinPolicy | undefined) {
    this.#control = new SoundControl(host, emitter);
    this.#policy = policy;
  }

  get state(): AudioState {
    return this.#control.state;
  }

  get capabilities(): AudioCapabilities {
    const recording = containers.filter((type) => this.#control.env.isRecordable(type));
    return { outputChoice: this.#control.env.canChooseOutput, nullSink: this.#control.env.hasNullSink, recording };
  }

  /** Slot 0: gives what the microphone hears, and is heard. */
  get device(): AudioPort {
    return this.#control.device;
  }

  /** All that is in the bridge, by slots (PJSIP's conf_enum_ports). */
  get ports(): readonly AudioPort[] {
    return this.#control.bridge.ports;
  }

  /** The port of a call; its slot is undefined while the call has no audio: before it is answered, and on hold. */
  portOf(call: Call): AudioPort {
    const port = this.#control.calls.portOf(call);
    if (!port) throw new EvercallError('invalidState', 'portOf: the call is over, or not of this user agent');
    return port;
  }

  /**
   * Opens the device and connects every call to it; nothing is negotiated. Best from within a user gesture. Rejects with what
   * keeps the microphone (`mediaDenied` …), and calls are heard all the same.
   */
  async activate(): Promise<void> {
    const unlocked = this.unlock();
    await this.openDevice();
    await unlocked;
  }

  /** As `activate`, but says how. Preferences are kept for the next time. */
  async openDevice({ mode, input, output, immediate = true }: OpenDeviceOptions = {}): Promise<void> {
    checkBoolean('immediate', immediate);
    if (mode !== undefined) this.#control.prepare(mode);
    if (input !== undefined) await this.setInput(input);
    if (output !== undefined) await this.setOutput(output);
    if (immediate) await this.#control.open(mode);
  }

  /** Calls go on in silence (PJSIP's set_no_snd_dev). */
  closeDevice(): Promise<void> {
    this.#control.close();
    return Promise.resolve();
  }

  /** The bridge runs, but nothing is heard, and no microphone is opened (PJSIP's set_null_snd_dev). */
  useNullDevice(): Promise<void> {
    return this.openDevice({ mode: 'null' });
  }

  /** Microphones and outputs; without names until the page may use a microphone. */
  devices(): Promise<readonly MediaDeviceInfo[]> {
    return this.#control.sound.list();
  }

  /** Another microphone, now and from now on; calls go on. Undefined is the system's default. */
  setInput(preference: DevicePreference | undefined): Promise<void> {
    if (preference) checkPreference('input', preference);
    return this.#control.sound.setPreference('input', preference);
  }

  /** Where calls are heard, now and from now on. Where that cannot be chosen `deviceFailed` says so. */
  setOutput(preference: DevicePreference | undefined): Promise<void> {
    if (preference) checkPreference('output', preference);
    return this.#control.sound.setPreference('output', preference);
  }

  /** Echo cancellation, noise suppression, gain control … of the microphone. */
  setConstraints(constraints: MediaTrackConstraints): Promise<void> {
    return this.#control.sound.setConstraints(constraints);
  }

  /** What was asked of the microphone, and what the browser has granted. */
  get inputSettings(): { readonly asked: MediaTrackConstraints; readonly granted: MediaTrackSettings | undefined } {
    return { asked: this.#control.sound.constraints, granted: this.#control.sound.raw?.getSettings() };
  }

  /** What the microphone goes through from now on; undefined for nothing. */
  setProcessor(processor: AudioProcessor | undefined): Promise<void> {
    return this.#control.sound.setProcessor(processor);
  }

  /** Plays what waits for a gesture of the user: call it from within one. Resolves with whether everything is heard; never rejects. */
  unlock(): Promise<boolean> {
    return this.#control.unlock();
  }

  /** Something else needs the sound of the machine: calls are held, or what `interruption` says, and the device is closed. */
  beginInterruption(): Promise<void> {
    return this.#control.beginInterruption();
  }

  /** The device is opened again, and calls are as they were. */
  endInterruption(): Promise<void> {
    return this.#control.endInterruption();
  }

  /**
   * A port that plays one file after the other. Rejects with `audioFormat` for what is no audio, or cannot be fetched. It
   * plays while it is connected to something.
   */
  async createPlayer(sources: AudioSource | readonly AudioSource[], options: PlayerOptions = {}): Promise<Player> {
    const list = Array.isArray(sources) ? (sources as readonly AudioSource[]) : [sources as AudioSource];
    if (list.length === 0) throw invalidOption('createPlayer', 'takes a file, or several');
    const pieces = await Promise.all(list.map((source) => decode(source, this.#control.bridge)));
    return this.#control.bridge.add(new Player(this.#control.bridge, 'player', 'player', pieces, options));
  }

  /** A port that records what is connected to it, mixed. Rejects with `recordingRefused`, `audioUnavailable`. */
  createRecorder(options?: RecorderOptions): Promise<Recorder> {
    return createRecorder(this.#control.bridge, options);
  }

  /** A port that gives tones: those of ITU-T E.180 that callers of a country know, a key, or what you like. Throws `invalidOption`. */
  createToneGenerator(options: ToneOptions): Player {
    const { sampleRate } = this.#control.bridge.context;
    const piece = bufferOf(renderCadence(toneSegments(options), sampleRate, options.amplitude), sampleRate);
    return this.#control.bridge.add(new Player(this.#control.bridge, 'tones', 'tones', [piece], options));
  }

  /** A port that hears tones: without a word those of the keypad, of which it makes digits. */
  async createToneDetector({ frequencies }: { readonly frequencies?: readonly number[] } = {}): Promise<ToneDetector> {
    await this.#control.engine.loadWorklet();
    return this.#control.bridge.add(new ToneDetector(this.#control.bridge, frequencies));
  }

  /** A port that hands over every sample it hears, in blocks of so many (PJSIP's media port). */
  async createTap({ length = 1024 }: { readonly length?: number } = {}): Promise<Tap> {
    if (!(Number.isInteger(length) && length >= 128))
      throw invalidOption('length', 'takes a number of samples from 128', length);
    await this.#control.engine.loadWorklet();
    return this.#control.bridge.add(new Tap(this.#control.bridge, length));
  }

  /** A port of the app's own. */
  addPort(options: CustomPortOptions): Promise<AudioPort> {
    return addPort(this.#control.bridge, options);
  }

  /** As `ua.conference()`. */
  async conference(calls: readonly Call[], { host = true }: ConferenceOptions = {}): Promise<Conference> {
    const conference = new Conference({
      bridge: this.#control.bridge,
      device: this.#control.device,
      portOf: (call) => this.portOf(call),
      reconnect: (call) => {
        this.#control.calls.connectToDevice(call);
      },
      onChange: () => {
        if (conference.calls.length > 0) this.#conferences.add(conference);
        else this.#conferences.delete(conference);
        this.#policy?.setJoined([...this.#conferences].flatMap((one) => one.calls));
      },
    });
    try {
      await conference.addAll(calls);
      if (host) conference.join();
    } catch (error) {
      conference.close();
      throw error;
    }
    return conference;
  }

  /** How incoming calls ring, and what keys sound like. */
  get ringer(): Ringer {
    return this.#control.ringer;
  }

  /** @internal */
  adopt(leg: Leg): void {
    this.#control.adopt(leg);
  }

  /** @internal Someone may listen to what is only watched then. */
  watch(): void {
    this.#control.watch();
  }

  /** @internal */
  stop(): void {
    this.#control.stop();
  }
}
