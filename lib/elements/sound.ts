/** The softphone's sound: which devices are wanted, what waits for a click, and what should be hinted at. */
import type { AudioOptions, Call, DevicePreference, RingerOptions, UserAgent } from '../index.js';

/** Devices as the user has chosen them; what is missing is the system's default. */
export interface SoundPreferences {
  readonly input?: DevicePreference;
  readonly output?: DevicePreference;
  /** Where it rings; all of them. @default where calls are heard */
  readonly ring?: readonly DevicePreference[];
}

/** Something that the user would want to know while they talk. */
export type Hint = 'talkingWhileMuted' | 'microphoneSilent' | 'farEndSilent';

export interface SoundUser {
  onChange(): void;
  onHint(hint: Hint): void;
}

export class Sound {
  readonly #user: SoundUser;
  #hint: Hint | undefined;
  #unlock: (() => Promise<unknown>) | undefined;
  /** Of the page: how it rings beside the choice of devices. */
  #ringer: RingerOptions = {};

  constructor(user: SoundUser) {
    this.#user = user;
  }

  /** What is hinted at now. */
  get hint(): Hint | undefined {
    return this.#hint;
  }

  /** Whether the browser plays nothing before somebody clicks. */
  get isBlocked(): boolean {
    return this.#unlock !== undefined;
  }

  /** The options of a user agent, with the devices that are wanted. */
  options(audio: AudioOptions = {}, { input, output, ring }: SoundPreferences): AudioOptions {
    this.#ringer = audio.ringer ?? {};
    return {
      ...audio,
      ...(input && { input }),
      ...(output && { output }),
      ringer: this.ringer(ring),
    };
  }

  ringer(devices: readonly DevicePreference[] | undefined): RingerOptions {
    return { ...this.#ringer, ...(devices && { devices }) };
  }

  attach({ audio }: UserAgent): void {
    this.#unlock = this.#hint = undefined;
    audio.on('activationRequired', ({ unlock }) => {
      this.#unlock = unlock;
      this.#user.onChange();
    });
    audio.on('stateChanged', ({ state }) => {
      if (state !== 'suspended') this.#free();
    });
    for (const hint of ['talkingWhileMuted', 'microphoneSilent', 'farEndSilent'] as const)
      audio.on(hint, () => {
        this.#hint = hint;
        this.#user.onHint(hint);
        this.#user.onChange();
      });
    audio.on('deviceSwitched', () => {
      if (this.#hint === 'microphoneSilent') this.dismiss();
    });
  }

  /** What is hinted at may be over. */
  follow(call: Call): void {
    call.on('muteChanged', () => {
      if (this.#hint === 'talkingWhileMuted') this.dismiss();
    });
    call.on('ended', () => {
      this.dismiss();
      this.#free();
    });
  }

  dismiss(): void {
    if (this.#hint === undefined) return;
    this.#hint = undefined;
    this.#user.onChange();
  }

  /** From within a click. */
  unblock(): void {
    const unlock = this.#unlock;
    this.#free();
    void unlock?.();
  }

  #free(): void {
    if (!this.#unlock) return;
    this.#unlock = undefined;
    this.#user.onChange();
  }
}
