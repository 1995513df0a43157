/** Plays files and tones into the bridge. It goes on only while someone listens, as PJSIP's player does. */
import { invalidOption } from '../base/errors.js';
import type { Bridge } from './bridge.js';
import { AudioPort } from './port.js';
import type { PortEvents, PortKind } from './port.js';

export interface PlayerOptions {
  /** Begins anew at its end. @default true */
  readonly loop?: boolean;
}

export interface PlayerEvents extends PortEvents {
  /** The end of the last piece, where it does not loop; once for each time. */
  ended: Record<string, never>;
}

export class Player extends AudioPort<PlayerEvents> {
  readonly gives = true;
  readonly takes = false;
  readonly #pieces: readonly AudioBuffer[];
  readonly #loops: boolean;
  /** Where it stands, or stood when the present piece was started. */
  #position = 0;
  #isPlaying = true;
  #into: AudioNode | undefined;
  #node: AudioBufferSourceNode | undefined;
  #startedAt = 0;

  /** Made by `createPlayer()`. */
  constructor(
    bridge: Bridge,
    kind: PortKind,
    name: string,
    pieces: readonly AudioBuffer[],
    { loop = true }: PlayerOptions,
  ) {
    super(bridge, kind, name);
    this.#pieces = pieces;
    this.#loops = loop;
  }

  /** Seconds, of all pieces together. */
  get duration(): number {
    return this.#pieces.reduce((sum, { duration }) => sum + duration, 0);
  }

  /** Seconds from the beginning of the first piece. */
  get position(): number {
    if (!this.#node) return this.#position;
    const position = this.#position + this.bridge.context.currentTime - this.#startedAt;
    return this.#loops ? position % this.duration : Math.min(position, this.duration);
  }

  set position(seconds: number) {
    if (!(seconds >= 0 && seconds <= this.duration))
      throw invalidOption('position', `takes 0 to ${this.duration}`, seconds);
    this.#stop();
    this.#position = seconds;
    this.#start();
  }

  get isPlaying(): boolean {
    return this.#isPlaying;
  }

  /** Goes on where it was; from the beginning when it had come to its end. It plays from the start. */
  play(): void {
    if (this.#isPlaying) return;
    this.#isPlaying = true;
    if (this.#position >= this.duration) this.#position = 0;
    this.#start();
  }

  pause(): void {
    this.#stop();
    this.#isPlaying = false;
  }

  protected override openSource(into: AudioNode): () => void {
    this.#into = into;
    this.#start();
    return () => {
      this.#stop();
      this.#into = undefined;
    };
  }

  #start(): void {
    if (!this.#into || !this.#isPlaying || this.#node) return;
    let offset = this.#position;
    const index = this.#pieces.findIndex(({ duration }) => offset < duration || ((offset -= duration), false));
    const piece = this.#pieces[index];
    if (!piece) {
      this.#onEnd();
      return;
    }
    const node = this.bridge.context.createBufferSource();
    node.buffer = piece;
    node.loop = this.#loops && this.#pieces.length === 1;
    node.connect(this.#into);
    node.onended = () => {
      if (this.#node !== node) return;
      this.#position += piece.duration - offset;
      this.#node = undefined;
      this.#start();
    };
    node.start(0, offset);
    this.#node = node;
    this.#startedAt = this.bridge.context.currentTime;
  }

  #stop(): void {
    const node = this.#node;
    if (!node) return;
    this.#position = this.position;
    this.#node = undefined;
    node.stop();
    node.disconnect();
  }

  #onEnd(): void {
    if (this.#loops) {
      this.#position = 0;
      this.#start();
      return;
    }
    this.#position = this.duration;
    this.#isPlaying = false;
    this.emitter.emit('ended', {});
  }
}
