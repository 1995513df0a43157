/** How the sound device and the bridge behave: what the app may say, what the code reads. */
import { invalidOption } from '../base/errors.js';
import { checkBoolean, checkKnown, checkOneOf, checkPositive } from '../base/options.js';
import { checkPreference } from './device-choice.js';
import type { DevicePreference } from './device-choice.js';
import type { AudioProcessor } from './processor.js';
import type { RingerOptions } from './ringer.js';

/** What is done to calls while something more important has the sound of the machine. */
export type InterruptionPolicy = 'hold' | 'mute' | 'none';

export interface AudioOptions {
  /**
   * `auto`: opens when a call is answered or placed; `none`: with `activate()`, not before; `null`: never opens anything, and
   * bridge, players and recorders run all the same. @default 'auto'
   */
  readonly device?: 'auto' | 'none' | 'null';
  /** Which microphone; remembered when it is gone, and taken again when it is back. @default the system's default */
  readonly input?: DevicePreference;
  /** Where calls are heard, where the browser lets us choose. @default the system's default */
  readonly output?: DevicePreference;
  /** Constraints of the microphone besides its choice: `echoCancellation`, `noiseSuppression`, `autoGainControl` … */
  readonly constraints?: MediaTrackConstraints;
  /** What the microphone goes through before it is sent: noise suppression, say. */
  readonly processor?: AudioProcessor;
  /** Whether a call is connected to the device, both ways, as soon as it has audio. @default true */
  readonly autoConnect?: boolean;
  /** Whether what a held call was connected to is connected again when it is resumed. @default true */
  readonly restoreConnections?: boolean;
  /** Milliseconds after the last call until the device is closed; false leaves it open. @default 1000 */
  readonly autoClose?: number | false;
  /** @default 'hold' */
  readonly interruption?: InterruptionPolicy;
  /** Milliseconds that received audio should wait to be evened out, where the browser can be told. @default the browser's */
  readonly jitterBufferTarget?: number;
  /** Whether and how incoming calls ring here. @default they do not: the page sees to that */
  readonly ringer?: RingerOptions;
  /** Where `evercall/audio-worklet` is served. @default the same, out of a blob: a Content-Security-Policy may forbid that */
  readonly workletUrl?: string;
}

export interface AudioConfig {
  readonly device: 'auto' | 'none' | 'null';
  readonly constraints: MediaTrackConstraints;
  readonly autoConnect: boolean;
  readonly restoreConnections: boolean;
  readonly autoClose: number | false;
  readonly interruption: InterruptionPolicy;
  readonly jitterBufferTarget: number | undefined;
  readonly workletUrl: string | undefined;
}

const known: ReadonlySet<string> = new Set<keyof AudioOptions>([
  'device', 'input', 'output', 'constraints', 'processor', 'autoConnect', 'restoreConnections', 'autoClose', 'interruption',
  'jitterBufferTarget', 'ringer', 'workletUrl',
]); // prettier-ignore

export function audioConfig(options: AudioOptions = {}): AudioConfig {
  checkKnown(options, known, 'audio');
  if (options.input !== undefined) checkPreference('audio.input', options.input);
  if (options.output !== undefined) checkPreference('audio.output', options.output);
  const { device = 'auto', autoConnect = true, restoreConnections = true, autoClose = 1000 } = options;
  const { interruption = 'hold', constraints = {}, jitterBufferTarget, workletUrl } = options;
  checkOneOf('audio.device', device, ['auto', 'none', 'null']);
  checkBoolean('audio.autoConnect', autoConnect);
  checkBoolean('audio.restoreConnections', restoreConnections);
  if (autoClose !== false) checkPositive('audio.autoClose', autoClose, 'false or milliseconds');
  checkOneOf('audio.interruption', interruption, ['hold', 'mute', 'none']);
  if (typeof constraints !== 'object' || (constraints as unknown) === null)
    throw invalidOption('audio.constraints', 'takes constraints', constraints);
  if (jitterBufferTarget !== undefined) checkPositive('audio.jitterBufferTarget', jitterBufferTarget);
  return Object.freeze({
    device, autoConnect, restoreConnections, autoClose, interruption, constraints, jitterBufferTarget, workletUrl,
  }); // prettier-ignore
}

/** A level of a port or a connection: 0 is silence, 1 as it is. */
export function checkLevel(option: string, level: unknown): number {
  if (typeof level !== 'number' || !(level >= 0) || level === Infinity)
    throw invalidOption(option, 'takes a number from 0', level);
  return level;
}
