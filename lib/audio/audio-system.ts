/** `ua.audio` in full: the sound device and the conference bridge of PJSIP, made of WebRTC and WebAudio. */
import type { Clock } from '../base/clock.js';
import type { Emitter } from '../base/emitter.js';
import { EvercallError, invalidOption } from '../base/errors.js';
import type { Logger } from '../base/log.js';
import { checkOneOf } from '../base/options.js';
import type { Call } from '../call/call.js';
import type { Leg } from '../call/leg.js';
import type { MediaEnvironment } from '../media/environment.js';
import type { AudioEvents, AudioState, DevicesChange } from './audio-events.js';
import { audioConfig } from './audio-options.js';
import type { AudioConfig, AudioOptions } from './audio-options.js';
import { Bridge } from './bridge.js';
import { renderCadence, toneSegments } from './cadence.js';
import type { ToneOptions } from './cadence.js';
import { sound } from './call-sounds.js';
import { CallPorts } from './call-ports.js';
import type { CallPortsUser } from './call-ports.js';
import { Conference } from './conference.js';
import type { ConferenceOptions } from './conference.js';
import { addPort } from './custom-port.js';
import type { CustomPortOptions } from './custom-port.js';
import { bufferOf, decode } from './decode.js';
import type { AudioSource } from './decode.js';
import { checkPreference } from './device-choice.js';
import type { DevicePreference } from './device-choice.js';
import { DevicePort } from './device-port.js';
import { Engine } from './engine.js';
import { browserAudioEnvironment } from './environment.js';
import type { AudioEnvironment } from './environment.js';
import { Interruption } from './interruption.js';
import { Tap, ToneDetector } from './listening-ports.js';
import { Output } from './output.js';
import { Player } from './player.js';
import type { PlayerOptions } from './player.js';
import type { AudioPort } from './port.js';
import type { AudioProcessor } from './processor.js';
import { createRecorder } from './recorder.js';
import type { Recorder, RecorderOptions } from './recorder.js';
import { Ringer } from './ringer.js';
import { SoundDevice } from './sound-device.js';
import type { DeviceMode, SoundDeviceUser } from './sound-device.js';
import { VoiceWatch } from './voice-watch.js';

/** Where the audio lives. */
export interface AudioHost {
  readonly audio: AudioOptions | undefined;
  readonly environment: Partial<AudioEnvironment>;
  readonly mediaEnvironment: MediaEnvironment;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Which calls may be heard together. */
export interface JoinPolicy {
  setJoined(calls: readonly Call[]): void;
}

export interface OpenDeviceOptions {
  readonly mode?: DeviceMode;
  readonly input?: DevicePreference;
  readonly output?: DevicePreference;
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

export class AudioSystem implements CallPortsUser, SoundDeviceUser {
  readonly #config: AudioConfig;
  readonly #clock: Clock;
  readonly #emitter: Emitter<AudioEvents>;
  readonly #env: AudioEnvironment;
  readonly #engine: Engine;
  readonly #output: Output;
  readonly #device: DevicePort;
  readonly #sound: SoundDevice;
  readonly #calls: CallPorts;
  readonly #bridge: Bridge;
  readonly #interruption: Interruption;
  readonly #watch: VoiceWatch;
  /** How incoming calls ring, and what keys sound like. */
  readonly ringer: Ringer;
  readonly #rings: boolean;
  readonly #policy: JoinPolicy | undefined;
  readonly #conferences = new Set<Conference>();
  #state: AudioState = 'closed';
  #awaitsGesture: (() => void) | undefined;
  #unwatchFreeze: (() => void) | undefined;
  #closing: (() => void) | undefined;
  /** How the device was open before it was interrupted. */
  #interrupted: DeviceMode | undefined;

  /** Made by `ua.audio.load()`. */
  constructor(host: AudioHost, emitter: Emitter<AudioEvents>, policy: JoinPolicy | undefined) {
    const { clock, log, audio = {} } = host;
    const config = audioConfig(audio);
    this.#config = config;
    this.#clock = clock;
    this.#emitter = emitter;
    this.#policy = policy;
    this.#env = browserAudioEnvironment(host.environment);
    this.#engine = new Engine(this.#env, config.workletUrl, (state) => {
      this.#onContextState(state);
    });
    this.#bridge = new Bridge(this.#env, this.#engine, clock, log);
    this.#output = new Output(this.#env, log, () => {
      this.#refresh();
    });
    this.#device = this.#bridge.add(new DevicePort(this.#bridge, this.#output));
    this.#sound = new SoundDevice(host.mediaEnvironment, this.#env, this.#output, log, this, audio);
    this.#calls = new CallPorts(this.#bridge, this.#device, config, log, this);
    this.#interruption = new Interruption(config.interruption, () => this.#calls.calls, log);
    this.#watch = new VoiceWatch(emitter, clock, {
      calls: () => this.#calls.ports,
      microphone: () => this.#sound.raw,
      probe: (track) => this.#bridge.probe(track),
    });
    this.ringer = new Ringer({
      env: this.#env,
      log,
      devices: () => this.#sound.list(),
      sinkId: () => this.#output.sinkId,
      onRing: (call, style) => {
        emitter.emit('ringing', { call, style });
      },
      onBlocked: () => {
        this.#waitForGesture();
      },
    });
    this.#rings = audio.ringer !== undefined;
    this.ringer.configure(audio.ringer ?? {});
    this.#bridge.onChange = () => {
      this.#onBridgeChange();
    };
  }

  get state(): AudioState {
    return this.#state;
  }

  get capabilities(): AudioCapabilities {
    const recording = containers.filter((type) => this.#env.isRecordable(type));
    return { outputChoice: this.#env.canChooseOutput, nullSink: this.#env.hasNullSink, recording };
  }

  /** Slot 0: gives what the microphone hears, and is heard. */
  get device(): AudioPort {
    return this.#device;
  }

  /** All that is in the bridge, by slots (PJSIP's conf_enum_ports). */
  get ports(): readonly AudioPort[] {
    return this.#bridge.ports;
  }

  /** The port of a call; its slot is undefined while the call has no audio: before it is answered, and on hold. */
  portOf(call: Call): AudioPort {
    const port = this.#calls.portOf(call);
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
  async openDevice({ mode, input, output }: OpenDeviceOptions = {}): Promise<void> {
    if (mode !== undefined) checkOneOf('mode', mode, ['duplex', 'speakerOnly', 'null']);
    if (input !== undefined) await this.setInput(input);
    if (output !== undefined) await this.setOutput(output);
    this.#unwatchFreeze ??= this.#env.onFreeze((frozen) => {
      void (frozen ? this.#begin() : this.#end());
    });
    await this.#sound.open(mode ?? (this.#config.device === 'null' ? 'null' : 'duplex'));
  }

  /** Calls go on in silence (PJSIP's set_no_snd_dev). */
  closeDevice(): Promise<void> {
    this.#sound.close();
    if (this.#bridge.isUnused) this.#engine.close();
    this.#refresh();
    return Promise.resolve();
  }

  /** The bridge runs, but nothing is heard, and no microphone is opened (PJSIP's set_null_snd_dev). */
  useNullDevice(): Promise<void> {
    return this.openDevice({ mode: 'null' });
  }

  /** Microphones and outputs; without names until the page may use a microphone. */
  devices(): Promise<readonly MediaDeviceInfo[]> {
    return this.#sound.list();
  }

  /** Another microphone, now and from now on; calls go on. Undefined is the system's default. */
  setInput(preference: DevicePreference | undefined): Promise<void> {
    if (preference) checkPreference('input', preference);
    return this.#sound.setPreference('input', preference);
  }

  /** Where calls are heard, now and from now on. Where that cannot be chosen `deviceFailed` says so. */
  setOutput(preference: DevicePreference | undefined): Promise<void> {
    if (preference) checkPreference('output', preference);
    return this.#sound.setPreference('output', preference);
  }

  /** Echo cancellation, noise suppression, gain control … of the microphone. */
  setConstraints(constraints: MediaTrackConstraints): Promise<void> {
    return this.#sound.setConstraints(constraints);
  }

  /** What was asked of the microphone, and what the browser has granted. */
  get inputSettings(): { readonly asked: MediaTrackConstraints; readonly granted: MediaTrackSettings | undefined } {
    return { asked: this.#sound.constraints, granted: this.#sound.raw?.getSettings() };
  }

  /** What the microphone goes through from now on; undefined for nothing. */
  setProcessor(processor: AudioProcessor | undefined): Promise<void> {
    return this.#sound.setProcessor(processor);
  }

  /** Plays what waits for a gesture of the user: call it from within one. Resolves with whether everything is heard; never rejects. */
  async unlock(): Promise<boolean> {
    const [isHeard] = await Promise.all([this.#output.resume(), this.#engine.resume(), this.ringer.resume()]);
    this.#refresh();
    return isHeard && this.#engine.state !== 'suspended';
  }

  /** Something else needs the sound of the machine: calls are held, or what `interruption` says, and the device is closed. */
  async beginInterruption(): Promise<void> {
    const { mode } = this.#sound;
    await this.#begin();
    this.#interrupted ??= mode;
    this.#sound.close();
    this.#refresh();
  }

  /** The device is opened again, and calls are as they were. */
  async endInterruption(): Promise<void> {
    const mode = this.#interrupted;
    this.#interrupted = undefined;
    if (mode) await this.#sound.open(mode).catch(() => undefined); // it was told
    await this.#end();
  }

  /**
   * A port that plays one file after the other. Rejects with `audioFormat` for what is no audio, or cannot be fetched. It
   * plays while it is connected to something.
   */
  async createPlayer(sources: AudioSource | readonly AudioSource[], options: PlayerOptions = {}): Promise<Player> {
    const list = Array.isArray(sources) ? (sources as readonly AudioSource[]) : [sources as AudioSource];
    if (list.length === 0) throw invalidOption('createPlayer', 'takes a file, or several');
    const pieces = await Promise.all(list.map((source) => decode(source, this.#bridge)));
    return this.#bridge.add(new Player(this.#bridge, 'player', 'player', pieces, options));
  }

  /** A port that records what is connected to it, mixed. Rejects with `recordingRefused`, `audioUnavailable`. */
  createRecorder(options?: RecorderOptions): Promise<Recorder> {
    return createRecorder(this.#bridge, options);
  }

  /** A port that gives tones: those of ITU-T E.180 that callers of a country know, a key, or what you like. Throws `invalidOption`. */
  createToneGenerator(options: ToneOptions): Player {
    const { sampleRate } = this.#bridge.context;
    const piece = bufferOf(renderCadence(toneSegments(options), sampleRate, options.amplitude), sampleRate);
    return this.#bridge.add(new Player(this.#bridge, 'tones', 'tones', [piece], options));
  }

  /** A port that hears tones: without a word those of the keypad, of which it makes digits. */
  async createToneDetector({ frequencies }: { readonly frequencies?: readonly number[] } = {}): Promise<ToneDetector> {
    await this.#engine.loadWorklet();
    return this.#bridge.add(new ToneDetector(this.#bridge, frequencies));
  }

  /** A port that hands over every sample it hears, in blocks of so many (PJSIP's media port). */
  async createTap({ length = 1024 }: { readonly length?: number } = {}): Promise<Tap> {
    if (!(Number.isInteger(length) && length >= 128))
      throw invalidOption('length', 'takes a number of samples from 128', length);
    await this.#engine.loadWorklet();
    return this.#bridge.add(new Tap(this.#bridge, length));
  }

  /** A port of the app's own. */
  addPort(options: CustomPortOptions): Promise<AudioPort> {
    return addPort(this.#bridge, options);
  }

  /** As `ua.conference()`. */
  async conference(calls: readonly Call[], { host = true }: ConferenceOptions = {}): Promise<Conference> {
    const conference = new Conference({
      bridge: this.#bridge,
      device: this.#device,
      portOf: (call) => this.portOf(call),
      reconnect: (call) => {
        this.#calls.connectToDevice(call);
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

  /** @internal */
  adopt(leg: Leg): void {
    if (!this.#calls.adopt(leg)) return;
    const { call } = leg;
    const isTalking = (): boolean =>
      this.#calls.calls.some((other) => other !== call && other.state === 'confirmed' && !other.localHold);
    if (this.#rings && leg.state !== 'confirmed') sound(call, this.ringer, isTalking);
  }

  /** @internal Someone may listen to what is only watched then. */
  watch(): void {
    this.#watch.update();
  }

  /** @internal */
  stop(): void {
    this.#calls.stop();
    this.#closing?.();
    this.#awaitsGesture?.();
    this.#unwatchFreeze?.();
    this.#watch.close();
    this.ringer.close();
    for (const port of this.ports) port.close();
    this.#sound.stop();
    this.#engine.close();
    this.#refresh();
  }

  /** @internal */
  onNeeded(): void {
    this.#closing?.();
    this.#closing = undefined;
    this.watch();
    if (this.#config.device !== 'none') this.openDevice().catch(() => undefined); // it was told
  }

  /** @internal */
  onIdle(): void {
    this.watch();
    const { autoClose } = this.#config;
    if (autoClose === false || this.#isUsed) return;
    this.#closing?.();
    this.#closing = this.#clock.after(autoClose, () => {
      this.#closing = undefined;
      if (!this.#isUsed) void this.closeDevice();
    });
  }

  /** @internal */
  onDevice(input: MediaStreamTrack | undefined, isHeard: boolean): void {
    const wasOpen = this.#state !== 'closed';
    this.#device.open(input, isHeard);
    this.#refresh();
    this.watch();
    if (!wasOpen && this.#sound.mode) this.#emitter.emit('deviceOpened', { input });
    if (wasOpen && !this.#sound.mode) this.#emitter.emit('deviceClosed', {});
  }

  /** @internal */
  onFailed(kind: 'input' | 'output', error: EvercallError): void {
    this.#emitter.emit('deviceFailed', { kind, error });
  }

  /** @internal */
  onSwitched(kind: 'input' | 'output', label: string): void {
    this.#emitter.emit('deviceSwitched', { kind, label });
  }

  /** @internal */
  onDevices(change: DevicesChange): void {
    this.#emitter.emit('devicesChanged', change);
  }

  /** @internal */
  onHardwareMute(muted: boolean): void {
    this.#emitter.emit('hardwareMuteChanged', { muted });
  }

  /** @internal For a processor. */
  get context(): AudioContext {
    return this.#engine.context;
  }

  /** Whether the device has anything to do. */
  get #isUsed(): boolean {
    return this.#calls.isNeeded || this.#isWired;
  }

  /** Whether something else than a call is connected to the device. */
  get #isWired(): boolean {
    return [...this.#device.sources, ...this.#device.listeners].some(({ kind }) => kind !== 'call');
  }

  #onBridgeChange(): void {
    if (this.#config.device === 'auto' && this.#isWired && !this.#sound.mode) {
      const isHeardOnly = this.#device.listeners.length === 0;
      this.openDevice({ mode: isHeardOnly ? 'speakerOnly' : 'duplex' }).catch(() => undefined); // it was told
    }
    if (this.#sound.mode && !this.#isUsed) this.onIdle();
  }

  #onContextState(state: AudioContextState): void {
    if (state === 'interrupted') void this.#begin();
    else if (state === 'running' && this.#interruption.isOn && !this.#interrupted) void this.#end();
    this.#refresh();
  }

  async #begin(): Promise<void> {
    if (this.#interruption.isOn) return;
    const begun = this.#interruption.begin();
    this.#refresh();
    this.#emitter.emit('interruption', { phase: 'begin' });
    await begun;
  }

  async #end(): Promise<void> {
    if (!this.#interruption.isOn) return;
    await this.#interruption.end();
    this.#refresh();
    this.#emitter.emit('interruption', { phase: 'end' });
  }

  #refresh(): void {
    const previous = this.#state;
    const isBlocked = this.#output.isBlocked || this.#engine.state === 'suspended';
    const isOpen = this.#sound.mode !== undefined;
    if (this.#interruption.isOn) this.#state = 'interrupted';
    else this.#state = isOpen ? (isBlocked ? 'suspended' : 'running') : 'closed';
    if (this.#state !== previous) this.#emitter.emit('stateChanged', { state: this.#state, previous });
    if (isBlocked) this.#waitForGesture();
    else {
      this.#awaitsGesture?.();
      this.#awaitsGesture = undefined;
    }
  }

  #waitForGesture(): void {
    if (this.#awaitsGesture) return;
    this.#awaitsGesture = this.#env.onGesture(() => {
      this.#awaitsGesture = undefined;
      void this.unlock();
    });
    this.#emitter.emit('activationRequired', { unlock: () => this.unlock() });
  }
}
