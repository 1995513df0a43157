/** The sound device: the microphone and where calls are heard; opened, closed, lost and found again without a word to any peer. */
import { abortError, EvercallError, isEvercallError } from '../base/errors.js';
import type { Logger } from '../base/log.js';
import { Queue } from '../base/queue.js';
import type { MediaEnvironment } from '../media/environment.js';
import { openMicrophone } from '../media/microphone.js';
import type { AudioOptions } from './audio-options.js';
import { chooseDevice, compareDevices, defaultGroup } from './device-choice.js';
import type { DevicePreference } from './device-choice.js';
import type { DevicesChange } from './audio-events.js';
import { coalesced, watchTrack } from './device-watch.js';
import type { AudioEnvironment } from './environment.js';
import type { Output } from './output.js';
import type { AudioProcessor } from './processor.js';

/** `duplex`: microphone and loudspeaker; `speakerOnly`: nobody is asked for a microphone; `null`: neither. */
export type DeviceMode = 'duplex' | 'speakerOnly' | 'null';

export interface SoundDeviceUser {
  /** What the microphone gives now, and whether calls are heard; after that all is settled. */
  onDevice(input: MediaStreamTrack | undefined, isHeard: boolean): void;
  onFailed(kind: 'input' | 'output', error: EvercallError): void;
  onSwitched(kind: 'input' | 'output', label: string): void;
  onDevices(change: DevicesChange): void;
  onHardwareMute(muted: boolean): void;
  /** For a processor. */
  readonly context: AudioContext;
}

export class SoundDevice {
  readonly #media: MediaEnvironment;
  readonly #env: AudioEnvironment;
  readonly #output: Output;
  readonly #log: Logger;
  readonly #user: SoundDeviceUser;
  readonly #queue = new Queue();
  #life = new AbortController();
  #mode: DeviceMode | undefined;
  #constraints: MediaTrackConstraints;
  #inputPreference: DevicePreference | undefined;
  #outputPreference: DevicePreference | undefined;
  #processor: AudioProcessor | undefined;
  #raw: MediaStreamTrack | undefined;
  /** Its device; kept, for a track that has ended may not know it any more. */
  #inputId: string | undefined;
  /** There was none when one was to be opened: one that comes is taken. */
  #isMissing = false;
  #unwatch: (() => void) | undefined;
  #processed: MediaStreamTrack | undefined;
  #devices: readonly MediaDeviceInfo[] = [];
  #unwatchDevices: (() => void) | undefined;

  constructor(
    media: MediaEnvironment,
    env: AudioEnvironment,
    output: Output,
    log: Logger,
    user: SoundDeviceUser,
    { input, output: heard, constraints = {}, processor }: AudioOptions,
  ) {
    this.#media = media;
    this.#env = env;
    this.#output = output;
    this.#log = log;
    this.#user = user;
    this.#constraints = constraints;
    this.#inputPreference = input;
    this.#outputPreference = heard;
    this.#processor = processor;
  }

  /** Undefined while it is closed. */
  get mode(): DeviceMode | undefined {
    return this.#mode;
  }

  /** The microphone itself, before any processor. */
  get raw(): MediaStreamTrack | undefined {
    return this.#raw;
  }

  get constraints(): MediaTrackConstraints {
    return this.#constraints;
  }

  /** Taken at the next opening; a microphone that is open is opened anew. */
  setPreference(kind: 'input' | 'output', preference: DevicePreference | undefined): Promise<void> {
    if (kind === 'input') this.#inputPreference = preference;
    else this.#outputPreference = preference;
    if (!this.#mode) return Promise.resolve();
    return this.#queue.run(() => (kind === 'input' ? this.#openInput() : this.#chooseOutput(true)));
  }

  setConstraints(constraints: MediaTrackConstraints): Promise<void> {
    this.#constraints = constraints;
    return this.#mode ? this.#queue.run(() => this.#openInput()) : Promise.resolve();
  }

  setProcessor(processor: AudioProcessor | undefined): Promise<void> {
    return this.#queue.run(async () => {
      this.#stopProcessor();
      this.#processor = processor;
      if (this.#raw) await this.#process(this.#raw);
      if (this.#mode) this.#tell();
    });
  }

  /** Resolves when it is open. Rejects with why there is no microphone; the loudspeaker is open then all the same. */
  open(mode: DeviceMode): Promise<void> {
    return this.#queue.run(async () => {
      if (this.#mode === mode && (mode !== 'duplex' || this.#raw)) return;
      if (!this.#mode) this.#life = new AbortController();
      this.#mode = mode;
      if (mode !== 'null') this.watchDevices();
      if (mode !== 'null' && this.#outputPreference) await this.#chooseOutput(false);
      if (mode === 'duplex') {
        await this.#openInput();
        return;
      }
      this.#closeInput();
      this.#tell();
    });
  }

  close(): void {
    if (!this.#mode) return;
    this.#mode = undefined;
    this.#life.abort();
    this.#closeInput();
    this.#user.onDevice(undefined, false);
  }

  /** What there is; names are empty until the page may use a microphone. */
  async list(): Promise<readonly MediaDeviceInfo[]> {
    this.watchDevices();
    return (this.#devices = await this.#enumerate());
  }

  /** Looks for devices that come and go, from now on. */
  watchDevices(): void {
    if (this.#unwatchDevices) return;
    this.#unwatchDevices = this.#env.watchDevices(coalesced(() => this.#onDevicesChanged()));
    this.#enumerate().then(
      (devices) => (this.#devices = this.#devices.length > 0 ? this.#devices : devices),
      () => undefined,
    );
  }

  /** For good. */
  stop(): void {
    this.close();
    this.#unwatchDevices?.();
  }

  async #enumerate(): Promise<readonly MediaDeviceInfo[]> {
    const devices = await this.#env.enumerateDevices();
    return devices.filter(({ kind }) => kind !== 'videoinput');
  }

  /** Before a page may use a microphone Firefox and Safari tell neither ids nor names: that these come is no change. */
  async #learnNames(): Promise<void> {
    if (this.#devices.some(({ deviceId }) => deviceId === ''))
      this.#devices = await this.#enumerate().catch(() => this.#devices);
  }

  async #onDevicesChanged(): Promise<void> {
    const before = this.#devices;
    const devices = await this.#enumerate().catch(() => before);
    this.#devices = devices;
    const { added, removed } = compareDevices(before, devices);
    const used = [this.#raw && this.#inputId, this.#output.sinkId].filter(Boolean);
    if (added.length + removed.length > 0)
      this.#user.onDevices({
        devices,
        added,
        removed,
        lost: removed.filter(({ deviceId }) => used.includes(deviceId)),
      });
    if (this.#mode === undefined || this.#mode === 'null') return;
    await this.#queue
      .run(async () => {
        if (this.#isBetter('audiooutput', before)) await this.#chooseOutput(true);
        if (this.#mode === 'duplex' && this.#isBetter('audioinput', before)) await this.#openInput();
      })
      .catch(() => undefined); // it was told
  }

  /** Whether another device than the one in use is meant now. */
  #isBetter(kind: 'audioinput' | 'audiooutput', before: readonly MediaDeviceInfo[]): boolean {
    const preference = kind === 'audioinput' ? this.#inputPreference : this.#outputPreference;
    const used = kind === 'audioinput' ? this.#raw && this.#inputId : this.#output.sinkId;
    const chosen = chooseDevice(this.#devices, kind, preference);
    const isGone = this.#raw ? this.#raw.readyState === 'ended' : this.#isMissing; // and perhaps nobody has said so
    if (kind === 'audioinput' && isGone) return this.#devices.some((device) => device.kind === kind);
    if (chosen) return chosen.deviceId !== used;
    if (used && !this.#devices.some((device) => device.kind === kind && device.deviceId === used)) return true;
    return kind === 'audioinput' && defaultGroup(before, kind) !== defaultGroup(this.#devices, kind);
  }

  async #chooseOutput(isTold: boolean): Promise<void> {
    if (!this.#env.canChooseOutput) {
      if (this.#outputPreference) this.#user.onFailed('output', noChoice());
      return;
    }
    if (this.#devices.length === 0) this.#devices = await this.#enumerate();
    const chosen = chooseDevice(this.#devices, 'audiooutput', this.#outputPreference);
    const id = chosen?.deviceId ?? '';
    if (id === this.#output.sinkId) return;
    try {
      await this.#output.setSink(id);
      if (isTold) this.#user.onSwitched('output', chosen?.label ?? '');
    } catch (error) {
      await this.#output.setSink('').catch(() => undefined); // gone between choice and opening
      this.#user.onFailed('output', outputError(error));
    }
  }

  async #openInput(): Promise<void> {
    if (this.#mode !== 'duplex') return;
    const { signal } = this.#life;
    const former = this.#raw;
    let raw: MediaStreamTrack;
    try {
      raw = await this.#capture(signal);
    } catch (error) {
      if (signal.aborted) throw abortError(signal);
      const known = isEvercallError(error) ? error : new EvercallError('mediaBusy', String(error), { cause: error });
      this.#isMissing = known.code === 'mediaAbsent' || known.code === 'mediaBusy';
      if (former?.readyState !== 'live') this.#closeInput();
      this.#tell();
      this.#user.onFailed('input', known);
      throw known;
    }
    this.#closeInput();
    this.#raw = raw;
    this.#inputId = raw.getSettings().deviceId;
    this.#watch(raw);
    await this.#learnNames();
    await this.#process(raw);
    if (signal.aborted) {
      this.#closeInput(); // closed meanwhile
      throw abortError(signal);
    }
    this.#tell();
    if (former || this.#isMissing) this.#user.onSwitched('input', raw.label);
    this.#isMissing = false;
  }

  /** The preferred one; where that cannot be had, the default. */
  async #capture(signal: AbortSignal): Promise<MediaStreamTrack> {
    const preference = this.#inputPreference;
    if (preference) {
      const present = await this.#enumerate().catch(() => this.#devices);
      const chosen = chooseDevice(present, 'audioinput', preference);
      if (chosen?.deviceId)
        try {
          return await openMicrophone(
            this.#media,
            { ...this.#constraints, deviceId: { exact: chosen.deviceId } },
            signal,
          );
        } catch (error) {
          if (!isEvercallError(error) || !['mediaAbsent', 'mediaBusy'].includes(error.code)) throw error;
          this.#log.warn(`the microphone ${chosen.label} cannot be had: the default is taken`, error);
        }
    }
    return openMicrophone(this.#media, this.#constraints, signal);
  }

  #watch(track: MediaStreamTrack): void {
    this.#unwatch = watchTrack(track, {
      onEnded: () => {
        this.#log.warn(`the microphone ${track.label} is lost`);
        this.#queue.run(() => this.#openInput()).catch(() => undefined); // it was told
      },
      onMuted: (muted) => {
        this.#user.onHardwareMute(muted);
      },
    });
  }

  async #process(raw: MediaStreamTrack): Promise<void> {
    if (!this.#processor) return;
    try {
      this.#processed = await this.#processor.start(raw, this.#user.context);
    } catch (error) {
      this.#log.warn('the processor failed: the microphone is sent as it is', error);
    }
  }

  #stopProcessor(): void {
    if (!this.#processed) return;
    this.#processed = undefined;
    try {
      this.#processor?.stop?.();
    } catch (error) {
      this.#log.warn('the processor failed to stop', error);
    }
  }

  #closeInput(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#stopProcessor();
    this.#raw?.stop();
    this.#raw = undefined;
  }

  #tell(): void {
    this.#user.onDevice(this.#processed ?? this.#raw, this.#mode === 'duplex' || this.#mode === 'speakerOnly');
  }
}

const noChoice = (): EvercallError =>
  new EvercallError('audioUnavailable', 'this browser does not let pages choose where sound is heard');

const outputError = (error: unknown): EvercallError =>
  new EvercallError('audioUnavailable', `the output cannot be had: ${String(error)}`, { cause: error });
