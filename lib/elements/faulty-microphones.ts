/** Microphones that can be pulled out, and plugged in again, between the library and the browser. */
import { browserAudioEnvironment } from '../audio/environment.js';
import type { AudioEnvironment } from '../audio/environment.js';
import type { Environment } from '../index.js';
import { browserMediaEnvironment } from '../media/environment.js';
import type { MediaEnvironment } from '../media/environment.js';

export class FaultyMicrophones {
  readonly #audio: AudioEnvironment;
  readonly #media: MediaEnvironment;
  readonly #open = new Set<MediaStreamTrack>();
  readonly #watchers = new Set<() => void>();
  /** Groups of devices that are not there now: one device has several entries. */
  readonly #absent = new Set<string>();

  constructor(given: Environment) {
    this.#audio = browserAudioEnvironment(given);
    this.#media = browserMediaEnvironment(given);
  }

  get environment(): Environment {
    return {
      getUserMedia: (constraints) => this.#getUserMedia(constraints),
      enumerateDevices: () => this.#enumerate(),
      watchDevices: (changed) => {
        this.#watchers.add(changed);
        const unwatch = this.#audio.watchDevices(changed);
        return () => {
          this.#watchers.delete(changed);
          unwatch();
        };
      },
    };
  }

  /** All that are open: the browser ends their tracks, and tells that devices have changed. */
  pullOut(): void {
    for (const track of this.#open) {
      const { groupId } = track.getSettings();
      if (groupId) this.#absent.add(groupId);
      track.stop(); // tells nobody: it was not the browser
      track.dispatchEvent(new Event('ended'));
    }
    this.#open.clear();
    this.#tell();
  }

  plugIn(): void {
    this.#absent.clear();
    this.#tell();
  }

  #tell(): void {
    for (const changed of this.#watchers) changed();
  }

  async #getUserMedia(constraints: MediaStreamConstraints): Promise<MediaStream> {
    const stream = await this.#media.getUserMedia(await this.#present(constraints));
    for (const track of stream.getAudioTracks()) {
      this.#open.add(track);
      track.addEventListener('ended', () => this.#open.delete(track));
    }
    return stream;
  }

  /** What is asked for, of those that are there: the default is another one while it is away. */
  async #present(constraints: MediaStreamConstraints): Promise<MediaStreamConstraints> {
    if (this.#absent.size === 0 || !constraints.audio) return constraints;
    const audio = typeof constraints.audio === 'object' ? constraints.audio : {};
    const inputs = (await this.#enumerate()).filter(({ kind }) => kind === 'audioinput');
    const wanted = (audio.deviceId as { readonly exact?: string } | undefined)?.exact;
    const found = wanted === undefined ? inputs[0] : inputs.find(({ deviceId }) => deviceId === wanted);
    if (!found) throw new DOMException('The microphone was pulled out', 'NotFoundError');
    return { ...constraints, audio: { ...audio, deviceId: { exact: found.deviceId } } };
  }

  async #enumerate(): Promise<readonly MediaDeviceInfo[]> {
    const devices = await this.#audio.enumerateDevices();
    return devices.filter(({ groupId }) => !this.#absent.has(groupId));
  }
}
