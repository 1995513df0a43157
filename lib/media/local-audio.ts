/** The audio that one call sends, the microphone or a track of the app: when it is opened, silenced and stopped. */
import { abortError, EvercallError } from '../base/errors.js';
import type { Logger } from '../base/log.js';
import type { Signal } from '../base/lifetime.js';
import type { MediaEnvironment } from './environment.js';
import { openMicrophone } from './microphone.js';

export interface LocalAudioConfig {
  /** Constraints of the microphone; false: it is not asked for, the call only receives. */
  readonly audio: boolean | MediaTrackConstraints;
  /** A microphone that cannot be opened makes the call receive-only instead of failing it. */
  readonly receiveOnlyWithoutMicrophone: boolean;
  /** The app's own source instead of the microphone. It is silenced with the call, but never stopped by it. */
  readonly track?: MediaStreamTrack;
  /** A sound system brings and plays the audio: nothing is opened here, and silence is sent until it brings something. */
  readonly routed?: boolean;
}

export class LocalAudio {
  readonly #config: LocalAudioConfig;
  readonly #env: MediaEnvironment;
  readonly #log: Logger;
  #track: MediaStreamTrack | undefined;
  #missing = false;
  #opened: MediaStreamTrack | undefined;
  /** How the app had set its own track before we silenced it. */
  #enabledBefore = true;
  #muted = false;
  #held = false;

  constructor(config: LocalAudioConfig, env: MediaEnvironment, log: Logger) {
    this.#config = config;
    this.#env = env;
    this.#log = log;
    this.#missing = !config.track && config.audio === false;
    if (config.track) this.#use(config.track);
  }

  /** What is sent: undefined until it is open, or when there is nothing to send. */
  get track(): MediaStreamTrack | undefined {
    return this.#track;
  }

  /** Whether the call may offer to send: it has a source, or none was refused yet. */
  get sends(): boolean {
    return !this.#missing;
  }

  /** Whether `sends` may still become false when the source is opened. */
  get mayStayMissing(): boolean {
    return !this.#track && !this.#missing && this.#config.receiveOnlyWithoutMicrophone;
  }

  get muted(): boolean {
    return this.#muted;
  }

  setMuted(muted: boolean): void {
    this.#muted = muted;
    this.#silence();
  }

  /** Who is on hold must not hear the room: silence is sent, and the network stays open for it. */
  setHeld(held: boolean): void {
    this.#held = held;
    this.#silence();
  }

  /** Takes over what the app has brought since the call began, and how it is silenced; a microphone each opens for itself. */
  follow(former: LocalAudio): void {
    const track = former.#track;
    if (track && track !== former.#opened && track !== this.#track) this.replace(track);
    if (track && track === this.#track) this.#enabledBefore = former.#enabledBefore;
    this.setMuted(former.#muted);
  }

  /** Opens the microphone unless there is a source already, or it is known that there will be none. */
  async open(signal: Signal): Promise<void> {
    if (this.#track || this.#missing || this.#config.routed) return;
    try {
      const track = await openMicrophone(this.#env, this.#config.audio, signal);
      if (signal.aborted) {
        track.stop(); // it came as the call ended
        throw abortError(signal);
      }
      this.#opened = track;
      this.#use(track);
    } catch (error) {
      const aborted = error instanceof EvercallError && error.code === 'aborted';
      if (aborted || !this.#config.receiveOnlyWithoutMicrophone) throw error;
      this.#missing = true;
      this.#log.warn('the call only receives', error);
    }
  }

  /** Another track instead of what was sent up to now; or none. */
  replace(track: MediaStreamTrack | undefined): void {
    this.stop();
    this.#track = undefined;
    if (track) this.#use(track);
  }

  /**
   * Whether opening will ask the user. Candidates that are gathered before the answer carry mDNS names (RFC 8828 §5.2),
   * those gathered after it real addresses, and the wait for a person hides the wait for the network.
   */
  async asksUser(): Promise<boolean> {
    if (this.#track || this.#missing || this.#config.routed) return false;
    return (await this.#env.queryMicrophonePermission?.()) === 'prompt';
  }

  /** Stops what was opened and gives the app its track back as it was. */
  stop(): void {
    this.#opened?.stop();
    if (this.#track && this.#track !== this.#opened) this.#track.enabled = this.#enabledBefore;
    this.#opened = undefined;
    if (this.#track !== this.#config.track) this.#track = undefined;
  }

  #use(track: MediaStreamTrack): void {
    this.#track = track;
    this.#enabledBefore = track.enabled;
    this.#silence();
  }

  #silence(): void {
    if (this.#track) this.#track.enabled = this.#enabledBefore && !this.#muted && !this.#held;
  }
}
