/** The AudioContext of the page: made when something has to be mixed or measured, closed when nothing is. */
import type { Clock } from '../base/clock.js';
import { EvercallError } from '../base/errors.js';
import type { AudioEnvironment } from './environment.js';
import { workletSource } from './worklet.js';

/** Milliseconds that a context may take to start: until then nobody knows whether it waits for a gesture. */
const start = 300;

export class Engine {
  readonly #env: AudioEnvironment;
  readonly #workletUrl: string | undefined;
  readonly #clock: Clock;
  readonly #onState: (state: AudioContextState) => void;
  #endStart: (() => void) | undefined;
  #context: AudioContext | undefined;
  #worklet: Promise<void> | undefined;

  constructor(
    env: AudioEnvironment,
    workletUrl: string | undefined,
    clock: Clock,
    onState: (state: AudioContextState) => void,
  ) {
    this.#clock = clock;
    this.#env = env;
    this.#workletUrl = workletUrl;
    this.#onState = onState;
  }

  /** Of the context that is there. */
  get state(): AudioContextState | undefined {
    return this.#context?.state;
  }

  /** Whether it waits for a gesture of the user. */
  get isBlocked(): boolean {
    return this.state === 'suspended' && !this.#endStart;
  }

  /**
   * Made if there is none, and started if the browser lets it. Throws `audioUnavailable` where there is no AudioContext, or there
   * are too many.
   */
  get context(): AudioContext {
    if (this.#context) return this.#context;
    let context: AudioContext;
    try {
      context = this.#env.createAudioContext();
    } catch (error) {
      if (error instanceof EvercallError) throw error;
      throw new EvercallError('audioUnavailable', `no AudioContext: ${String(error)}`, { cause: error });
    }
    this.#context = context;
    context.addEventListener('statechange', () => {
      if (this.#context === context) this.#onState(context.state);
    });
    void this.resume();
    this.#endStart = this.#clock.after(start, () => {
      this.#endStart = undefined;
      if (this.#context === context) this.#onState(context.state);
    });
    return context;
  }

  /** Never rejects: a context that must not start does so at the next gesture. */
  async resume(): Promise<void> {
    const context = this.#context;
    if (!context || context.state === 'running') return;
    await context.resume().catch(() => undefined); // `onState` tells when it runs
  }

  /** Loads what takes samples out of the graph and brings some in, once. Rejects with `audioUnavailable`. */
  loadWorklet(): Promise<void> {
    const { context } = this;
    return (this.#worklet ??= this.#addModule(context).catch((error: unknown) => {
      this.#worklet = undefined;
      throw new EvercallError('audioUnavailable', `the audio worklet cannot be loaded: ${String(error)}`, {
        cause: error,
      });
    }));
  }

  close(): void {
    const context = this.#context;
    this.#context = this.#worklet = undefined;
    this.#endStart?.();
    this.#endStart = undefined;
    context?.close().catch(() => undefined); // it was closed by someone else
  }

  async #addModule(context: AudioContext): Promise<void> {
    if (this.#workletUrl !== undefined) {
      await context.audioWorklet.addModule(this.#workletUrl);
      return;
    }
    const url = URL.createObjectURL(new Blob([workletSource()], { type: 'text/javascript' }));
    try {
      await context.audioWorklet.addModule(url);
    } finally {
      URL.revokeObjectURL(url);
    }
  }
}
