/** When the sound device is open: for whom it opens and closes, what interrupts it, what waits for a gesture of the user. */
import type { Clock } from '../base/clock.js';
import type { Emitter } from '../base/emitter.js';
import type { EvercallError } from '../base/errors.js';
import type { Logger } from '../base/log.js';
import { checkOneOf } from '../base/options.js';
import type { Leg } from '../call/leg.js';
import { browserMediaEnvironment } from '../media/environment.js';
import type { MediaEnvironment } from '../media/environment.js';
import type { AudioEvents, AudioState, DevicesChange } from './audio-events.js';
import { audioConfig } from './audio-options.js';
import type { AudioConfig, AudioOptions } from './audio-options.js';
import { Bridge } from './bridge.js';
import { CallPorts } from './call-ports.js';
import type { CallPortsUser } from './call-ports.js';
import { sound } from './call-sounds.js';
import { DevicePort } from './device-port.js';
import { Engine } from './engine.js';
import { browserAudioEnvironment } from './environment.js';
import type { AudioEnvironment } from './environment.js';
import { Interruption } from './interruption.js';
import { Output } from './output.js';
import { Ringer } from './ringer.js';
import { SoundDevice } from './sound-device.js';
import type { DeviceMode, SoundDeviceUser } from './sound-device.js';
import { VoiceWatch } from './voice-watch.js';

/** Where the audio lives. */
export interface AudioHost {
  readonly audio: AudioOptions | undefined;
  readonly environment: Partial<AudioEnvironment & MediaEnvironment>;
  readonly clock: Clock;
  readonly log: Logger;
}

export class SoundControl implements CallPortsUser, SoundDeviceUser {
  readonly env: AudioEnvironment;
  readonly engine: Engine;
  readonly bridge: Bridge;
  readonly device: DevicePort;
  readonly sound: SoundDevice;
  readonly calls: CallPorts;
  readonly ringer: Ringer;
  readonly #config: AudioConfig;
  readonly #clock: Clock;
  readonly #emitter: Emitter<AudioEvents>;
  readonly #output: Output;
  readonly #interruption: Interruption;
  readonly #watch: VoiceWatch;
  readonly #rings: boolean;
  #state: AudioState = 'closed';
  #awaitsGesture: (() => void) | undefined;
  #unwatchFreeze: (() => void) | undefined;
  #closing: (() => void) | undefined;
  #prepared: DeviceMode | undefined;
  /** How the device was open before it was interrupted. */
  #interrupted: DeviceMode | undefined;

  constructor(host: AudioHost, emitter: Emitter<AudioEvents>) {
    const { clock, log, audio = {} } = host;
    const config = audioConfig(audio);
    this.#config = config;
    this.#clock = clock;
    this.#emitter = emitter;
    this.env = browserAudioEnvironment(host.environment);
    this.engine = new Engine(this.env, config.workletUrl, clock, (state) => {
      this.#onContextState(state);
    });
    this.bridge = new Bridge(this.env, this.engine, clock, log);
    this.#output = new Output(this.env, log, () => {
      this.#refresh();
    });
    this.device = this.bridge.add(new DevicePort(this.bridge, this.#output));
    this.sound = new SoundDevice(browserMediaEnvironment(host.environment), this.env, this.#output, log, this, audio);
    this.calls = new CallPorts(this.bridge, this.device, config, log, this);
    this.#interruption = new Interruption(config.interruption, () => this.calls.calls, log);
    this.#watch = new VoiceWatch(emitter, clock, {
      calls: () => this.calls.ports,
      microphone: () => this.sound.raw,
      probe: (track) => this.bridge.probe(track),
      isHearing: () => this.engine.state === 'running',
      onBroken: (error) => {
        log.warn('nobody is told of silence, or of talking while muted', error);
      },
    });
    this.ringer = new Ringer({
      env: this.env,
      log,
      devices: () => this.sound.list(),
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
    this.bridge.onChange = () => {
      this.#onBridgeChange();
    };
  }

  get state(): AudioState {
    return this.#state;
  }

  /** How it is opened the next time that nobody says how. */
  prepare(mode: DeviceMode): void {
    checkOneOf('mode', mode, ['duplex', 'speakerOnly', 'null']);
    this.#prepared = mode;
  }

  async open(mode = this.#prepared): Promise<void> {
    this.#prepared = undefined;
    this.#unwatchFreeze ??= this.env.onFreeze((frozen) => {
      void (frozen ? this.#begin() : this.#end());
    });
    await this.sound.open(mode ?? (this.#config.device === 'null' ? 'null' : 'duplex'));
  }

  close(): void {
    this.sound.close();
    if (this.bridge.isUnused) this.engine.close();
    this.#refresh();
  }

  /** Resolves with whether everything is heard; never rejects. */
  async unlock(): Promise<boolean> {
    const [isHeard] = await Promise.all([this.#output.resume(), this.engine.resume(), this.ringer.resume()]);
    this.#refresh();
    return isHeard && this.engine.state !== 'suspended';
  }

  async beginInterruption(): Promise<void> {
    const { mode } = this.sound;
    await this.#begin();
    this.#interrupted ??= mode;
    this.sound.close();
    this.#refresh();
  }

  async endInterruption(): Promise<void> {
    const mode = this.#interrupted;
    this.#interrupted = undefined;
    if (mode) await this.sound.open(mode).catch(() => undefined); // it was told
    await this.#end();
  }

  adopt(leg: Leg): void {
    if (!this.calls.adopt(leg)) return;
    const { call } = leg;
    const isTalking = (): boolean =>
      this.calls.calls.some((other) => other !== call && other.state === 'confirmed' && !other.localHold);
    if (this.#rings && leg.state !== 'confirmed') sound(call, this.ringer, isTalking);
  }

  /** Someone may listen to what is only watched then. */
  watch(): void {
    this.#watch.update();
  }

  stop(): void {
    this.calls.stop();
    this.#closing?.();
    this.#awaitsGesture?.();
    this.#unwatchFreeze?.();
    this.#watch.close();
    this.ringer.close();
    for (const port of this.bridge.ports) port.close();
    this.sound.stop();
    this.engine.close();
    this.#refresh();
  }

  onNeeded(): void {
    this.#closing?.();
    this.#closing = undefined;
    this.watch();
    if (this.#config.device !== 'none') this.open().catch(() => undefined); // it was told
  }

  onIdle(): void {
    this.watch();
    const { autoClose } = this.#config;
    if (autoClose === false || this.#isUsed) return;
    this.#closing?.();
    this.#closing = this.#clock.after(autoClose, () => {
      this.#closing = undefined;
      if (!this.#isUsed) this.close();
    });
  }

  onDevice(input: MediaStreamTrack | undefined, isHeard: boolean): void {
    const wasOpen = this.#state !== 'closed';
    this.device.open(input, isHeard);
    this.#refresh();
    this.watch();
    if (!wasOpen && this.sound.mode) this.#emitter.emit('deviceOpened', { input });
    if (wasOpen && !this.sound.mode) this.#emitter.emit('deviceClosed', {});
  }

  onFailed(kind: 'input' | 'output', error: EvercallError): void {
    this.#emitter.emit('deviceFailed', { kind, error });
  }

  onSwitched(kind: 'input' | 'output', label: string): void {
    this.#emitter.emit('deviceSwitched', { kind, label });
  }

  onDevices(change: DevicesChange): void {
    this.#emitter.emit('devicesChanged', change);
  }

  onHardwareMute(muted: boolean): void {
    this.#emitter.emit('hardwareMuteChanged', { muted });
  }

  /** For a processor. */
  get context(): AudioContext {
    return this.engine.context;
  }

  /** Whether the device has anything to do. */
  get #isUsed(): boolean {
    return this.calls.isNeeded || this.#isWired;
  }

  /** Whether something else than a call is connected to the device. */
  get #isWired(): boolean {
    return [...this.device.sources, ...this.device.listeners].some(({ kind }) => kind !== 'call');
  }

  #onBridgeChange(): void {
    if (this.#config.device === 'auto' && this.#isWired && !this.sound.mode) {
      const isHeardOnly = this.device.listeners.length === 0;
      this.open(isHeardOnly ? 'speakerOnly' : 'duplex').catch(() => undefined); // it was told
    }
    if (this.sound.mode && !this.#isUsed) this.onIdle();
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
    const isBlocked = this.#output.isBlocked || this.engine.isBlocked;
    const isOpen = this.sound.mode !== undefined;
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
    this.#awaitsGesture = this.env.onGesture(() => {
      this.#awaitsGesture = undefined;
      void this.unlock();
    });
    this.#emitter.emit('activationRequired', { unlock: () => this.unlock() });
  }
}
