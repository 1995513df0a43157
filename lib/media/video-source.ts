/** What one m-line of video sends: the camera, the screen, or a track of the app. */
import type { Signal } from '../base/lifetime.js';
import type { MediaEnvironment } from './environment.js';
import { openCamera, openScreen } from './camera.js';

/** True or constraints: the camera; a track: that, never stopped by the call; `recvonly`: the peer's video, none of ours. */
export type VideoWish = boolean | MediaTrackConstraints | MediaStreamTrack | 'recvonly';

export const isTrack = (wish: VideoWish | undefined): wish is MediaStreamTrack =>
  typeof wish === 'object' && 'readyState' in wish;

export class VideoSource {
  readonly isScreen: boolean;
  readonly #env: MediaEnvironment;
  readonly #wish: Exclude<VideoWish, false>;
  /** The device is gone, or the user has ended the sharing by the browser's own button. */
  onEnded: () => void;
  #track: MediaStreamTrack | undefined;
  /** Whether it is ours to stop. */
  #isOwn = false;
  #enabledBefore = true;
  #silenced = false;

  constructor(env: MediaEnvironment, wish: Exclude<VideoWish, false>, isScreen: boolean, onEnded: () => void) {
    this.#env = env;
    this.#wish = wish;
    this.isScreen = isScreen;
    this.onEnded = onEnded;
  }

  readonly #tell = (): void => {
    this.onEnded();
  };

  get track(): MediaStreamTrack | undefined {
    return this.#track;
  }

  /** Whether there is, or will be, anything to send. */
  get sends(): boolean {
    return this.#wish !== 'recvonly' || this.#track !== undefined;
  }

  async open(signal: Signal): Promise<void> {
    if (this.#track || this.#wish === 'recvonly') return;
    if (isTrack(this.#wish)) {
      this.#use(this.#wish, false);
      return;
    }
    const open = this.isScreen ? openScreen : openCamera;
    this.#use(await open(this.#env, this.#wish, signal), true);
  }

  /** Another track in its place; what was opened before is stopped. */
  replace(track: MediaStreamTrack, isOwn = false): void {
    this.stop();
    this.#use(track, isOwn);
  }

  /** Black instead of the picture. */
  silence(silenced: boolean): void {
    this.#silenced = silenced;
    if (this.#track) this.#track.enabled = this.#enabledBefore && !silenced;
  }

  /** Stops what was opened, and gives the app its track back as it was. */
  stop(): void {
    const track = this.#track;
    this.#track = undefined;
    if (!track) return;
    track.removeEventListener('ended', this.#tell);
    if (this.#isOwn) track.stop();
    else track.enabled = this.#enabledBefore;
  }

  #use(track: MediaStreamTrack, isOwn: boolean): void {
    this.#track = track;
    this.#isOwn = isOwn;
    this.#enabledBefore = track.enabled;
    track.addEventListener('ended', this.#tell);
    this.silence(this.#silenced);
  }
}
