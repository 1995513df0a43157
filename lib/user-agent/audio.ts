/** What of the audio is there at once: its events, and the way to all the rest, which is loaded when it is needed. */
import type { AudioEvents } from '../audio/audio-events.js';
import type { AudioSystem, JoinPolicy } from '../audio/audio-system.js';
import { Emitter } from '../base/emitter.js';
import type { EventSource } from '../base/emitter.js';
import { quiet } from '../base/quiet.js';
import type { Call } from '../call/call.js';
import type { Leg } from '../call/leg.js';
import type { UserAgentConfig } from './user-agent-options.js';

export class Audio implements EventSource<AudioEvents> {
  readonly #emitter = new Emitter<AudioEvents>();
  readonly #legs = new Map<Call, Leg>();
  readonly #config: UserAgentConfig;
  readonly #policy: JoinPolicy | undefined;
  #system: Promise<AudioSystem> | undefined;

  /** One belongs to each user agent. */
  constructor(config: UserAgentConfig, policy: JoinPolicy | undefined) {
    this.#config = config;
    this.#policy = policy;
  }

  on<K extends keyof AudioEvents>(event: K, listener: (payload: AudioEvents[K]) => void): () => void {
    this.#watch();
    return this.#emitter.on(event, listener);
  }

  once<K extends keyof AudioEvents>(event: K, options?: { readonly signal?: AbortSignal }): Promise<AudioEvents[K]> {
    this.#watch();
    return this.#emitter.once(event, options);
  }

  /**
   * Resolves with the bridge, the devices, players and recorders. From then on these bring the sound of all calls, those under
   * way included; nothing is opened by that.
   */
  load(): Promise<AudioSystem> {
    this.#system ??= import('../audio/audio-system.js').then(({ AudioSystem }) => {
      const system = new AudioSystem(this.#config, this.#emitter, this.#policy);
      for (const leg of this.#legs.values()) system.adopt(leg);
      return system;
    });
    return this.#system;
  }

  /**
   * Opens the sound device and connects every call to it; nothing is negotiated (PJSIP's set_snd_dev). Best from within a user
   * gesture. Resolves when it is open; rejects with what keeps the microphone (`mediaDenied` …), and then calls are heard only.
   */
  activate(): Promise<void> {
    return quiet(this.load().then((system) => system.activate()));
  }

  /** Closes the sound device; calls go on in silence until `activate()` (PJSIP's set_no_snd_dev). */
  closeDevice(): Promise<void> {
    return quiet(this.load().then((system) => system.closeDevice()));
  }

  /** @internal */
  onCallBegan(leg: Leg): void {
    this.#legs.set(leg.call, leg);
    if (this.#system ?? this.#config.audio) this.#use((system) => system.adopt(leg));
  }

  /** @internal */
  onCallEnded(call: Call): void {
    this.#legs.delete(call);
  }

  /** @internal */
  stop(): void {
    if (this.#system) this.#use((system) => system.stop());
  }

  /** Some things are only watched while someone listens. */
  #watch(): void {
    if (this.#system) this.#use((system) => system.watch());
  }

  #use(act: (system: AudioSystem) => void): void {
    this.load()
      .then(act)
      .catch((error: unknown) => {
        this.#config.log.error('the sound of a call has no device', error);
      });
  }
}
