/** What the audio tells the app. */
import type { Call } from '../call/call.js';
import type { RingStyle } from './ringer.js';
import type { EvercallError } from '../base/errors.js';

/** `suspended`: the browser waits for a gesture of the user; `interrupted`: something else has the sound of the machine. */
export type AudioState = 'closed' | 'suspended' | 'running' | 'interrupted';

export interface DevicesChange {
  readonly devices: readonly MediaDeviceInfo[];
  readonly added: readonly MediaDeviceInfo[];
  readonly removed: readonly MediaDeviceInfo[];
  /** Those of `removed` that were in use: empty where nothing of ours broke. */
  readonly lost: readonly MediaDeviceInfo[];
}

export interface AudioEvents {
  stateChanged: { readonly state: AudioState; readonly previous: AudioState };
  /** The microphone, where there is one in this mode. */
  deviceOpened: { readonly input: MediaStreamTrack | undefined };
  deviceClosed: Record<string, never>;
  /** A microphone or an output could not be had; calls go on with what there is. */
  deviceFailed: { readonly kind: 'input' | 'output'; readonly error: EvercallError };
  /** Another device is in use now; nothing was negotiated. */
  deviceSwitched: { readonly kind: 'input' | 'output'; readonly label: string };
  devicesChanged: DevicesChange;
  /** The browser plays nothing before a gesture of the user: it is tried again at the next one, or by `unlock()` in its handler. */
  activationRequired: { readonly unlock: () => Promise<boolean> };
  /** A call has come, and rings in this way: with `visual`, and where it may not be heard, the page shows it. */
  ringing: { readonly call: Call; readonly style: RingStyle };
  interruption: { readonly phase: 'begin' | 'end' };
  /** The switch on the microphone itself, or the system's. */
  hardwareMuteChanged: { readonly muted: boolean };
  /** Someone speaks into the microphone while every call is muted. Watched while someone listens. */
  talkingWhileMuted: Record<string, never>;
  /** Not a sound from the microphone for as long as nobody can sit still. Watched while someone listens. */
  microphoneSilent: { readonly seconds: number };
  /** Nothing is heard of the other side. Watched while someone listens. */
  farEndSilent: { readonly call: Call; readonly seconds: number };
}
