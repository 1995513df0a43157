/** What comes of the peer's audio: a stream for the page, played through an element; whatever goes wrong with that is no business of the call. */
import type { Logger } from '../base/log.js';
import type { MediaEnvironment } from './environment.js';

export class Playout {
  readonly #env: MediaEnvironment;
  readonly #element: HTMLAudioElement | undefined;
  readonly #log: Logger;
  readonly #onBlocked: () => void;
  #stream: MediaStream | undefined;
  #closed = false;

  /**
   * Not `audible`: the page takes the stream for itself. It is played muted all the same, for Chromium gives silence to
   * WebAudio as long as no element consumes a remote stream (crbug.com/933677).
   */
  constructor(env: MediaEnvironment, audible: boolean, log: Logger, onBlocked: () => void) {
    this.#env = env;
    this.#log = log;
    this.#onBlocked = onBlocked;
    this.#element = env.createAudioElement?.();
    if (this.#element) this.#element.muted = !audible;
  }

  /** Someone else makes it heard from now on. */
  silence(): void {
    if (this.#element) this.#element.muted = true;
  }

  get stream(): MediaStream | undefined {
    return this.#stream;
  }

  /** Returns whether it is another track. */
  play(track: MediaStreamTrack): boolean {
    if (this.#stream?.getTracks().includes(track)) return false;
    this.#stream = new this.#env.MediaStream([track]);
    if (this.#element) {
      this.#element.srcObject = this.#stream;
      void this.resume();
    }
    return true;
  }

  /** Tries again, best from within a user gesture; resolves with whether it is heard now. */
  async resume(): Promise<boolean> {
    if (!this.#element?.srcObject) return false;
    try {
      await this.#element.play();
      return true;
    } catch (error) {
      if (this.#closed) return false;
      if ((error as Partial<Error>).name === 'NotAllowedError')
        this.#onBlocked(); // the page's autoplay policy
      else this.#log.warn('play-out failed', error);
      return false;
    }
  }

  close(): void {
    this.#closed = true;
    if (!this.#element) return;
    this.#element.pause();
    this.#element.srcObject = null;
  }
}
