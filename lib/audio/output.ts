/** What is heard here: one audio element for each thing that plays, all of them on the chosen output. */
import type { Logger } from '../base/log.js';
import type { AudioEnvironment } from './environment.js';

/** One element. Whatever goes wrong with it is told, never thrown. */
export class Speaker {
  readonly #output: Output;
  readonly #element: HTMLAudioElement;
  isBlocked = false;

  constructor(output: Output, element: HTMLAudioElement) {
    this.#output = output;
    this.#element = element;
  }

  play(stream: MediaStream, volume: number): void {
    this.#element.volume = volume;
    if (this.#element.srcObject === stream) return;
    this.#element.srcObject = stream;
    void this.resume();
  }

  /** Tries once more; resolves with whether it plays. */
  async resume(): Promise<boolean> {
    try {
      await this.#element.play();
      this.isBlocked = false;
    } catch (error) {
      this.#onFailure(error);
    }
    return !this.isBlocked;
  }

  async setSink(id: string): Promise<void> {
    if ((this.#element.sinkId as string | undefined) !== id) await this.#element.setSinkId(id);
  }

  close(): void {
    this.#element.pause();
    this.#element.srcObject = null;
    this.#output.forget(this);
  }

  #onFailure(error: unknown): void {
    const { name } = error as Partial<Error>;
    if (name === 'AbortError' || this.#element.srcObject === null) return; // something else is played, or nothing any more
    if (name === 'NotAllowedError') {
      this.isBlocked = true;
      this.#output.onBlocked();
    } else this.#output.onFailed(error);
  }
}

export class Output {
  readonly #env: AudioEnvironment;
  readonly #log: Logger;
  /** Something has to wait for a gesture of the user. */
  readonly #onBlocked: () => void;
  readonly #speakers = new Set<Speaker>();
  #sinkId = '';

  constructor(env: AudioEnvironment, log: Logger, onBlocked: () => void) {
    this.#env = env;
    this.#log = log;
    this.#onBlocked = onBlocked;
  }

  /** The chosen output; empty for the system's default. */
  get sinkId(): string {
    return this.#sinkId;
  }

  /** Whether something waits for a gesture. */
  get isBlocked(): boolean {
    return [...this.#speakers].some((speaker) => speaker.isBlocked);
  }

  speaker(): Speaker {
    const speaker = new Speaker(this, this.#env.createAudioElement());
    this.#speakers.add(speaker);
    if (this.#sinkId) speaker.setSink(this.#sinkId).catch((error: unknown) => this.onFailed(error));
    return speaker;
  }

  /** Plays everything there; rejects with what the browser says, and then everything is heard where it was. */
  async setSink(id: string): Promise<void> {
    const former = this.#sinkId;
    this.#sinkId = id;
    try {
      await Promise.all([...this.#speakers].map((speaker) => speaker.setSink(id)));
    } catch (error) {
      this.#sinkId = former;
      // one that cannot go back either has no device: its error is the one that is thrown
      await Promise.all([...this.#speakers].map((speaker) => speaker.setSink(former).catch(() => undefined)));
      throw error;
    }
  }

  /** Tries again what was not allowed; resolves with whether all of it plays. */
  async resume(): Promise<boolean> {
    const blocked = [...this.#speakers].filter((speaker) => speaker.isBlocked);
    const outcomes = await Promise.all(blocked.map((speaker) => speaker.resume()));
    return outcomes.every(Boolean);
  }

  /** @internal */
  onBlocked(): void {
    this.#onBlocked();
  }

  /** @internal */
  onFailed(error: unknown): void {
    this.#log.warn('play-out failed', error);
  }

  /** @internal */
  forget(speaker: Speaker): void {
    this.#speakers.delete(speaker);
  }
}
