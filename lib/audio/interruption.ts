/** What happens to calls while a phone call, say, has the sound of the machine (CallKit's interruptions). */
import type { Logger } from '../base/log.js';
import type { Call } from '../call/call.js';
import type { InterruptionPolicy } from './audio-options.js';

export class Interruption {
  readonly #policy: InterruptionPolicy;
  readonly #log: Logger;
  readonly #calls: () => readonly Call[];
  /** What is to be taken back; undefined while nothing is interrupted. */
  #touched: readonly Call[] | undefined;

  constructor(policy: InterruptionPolicy, calls: () => readonly Call[], log: Logger) {
    this.#policy = policy;
    this.#calls = calls;
    this.#log = log;
  }

  get isOn(): boolean {
    return this.#touched !== undefined;
  }

  async begin(): Promise<void> {
    if (this.#touched) return;
    const confirmed = this.#calls().filter(({ state }) => state === 'confirmed');
    if (this.#policy === 'hold') this.#touched = confirmed.filter(({ localHold }) => !localHold);
    else this.#touched = this.#policy === 'mute' ? confirmed.filter(({ muted }) => !muted) : [];
    if (this.#policy === 'mute') for (const call of this.#touched) call.mute();
    if (this.#policy === 'hold') await this.#all(this.#touched, (call) => call.hold());
  }

  async end(): Promise<void> {
    const touched = (this.#touched ?? []).filter(({ end }) => !end);
    this.#touched = undefined;
    if (this.#policy === 'mute') for (const call of touched) call.unmute();
    if (this.#policy === 'hold') await this.#all(touched, (call) => call.resume());
  }

  /** A peer that refuses is left as it is. */
  async #all(calls: readonly Call[], act: (call: Call) => Promise<void>): Promise<void> {
    await Promise.all(
      calls.map((call) =>
        act(call).catch((error: unknown) => this.#log.warn(`call ${call.id}: the interruption was not told`, error)),
      ),
    );
  }
}
