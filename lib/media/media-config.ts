/** How calls get their audio through: what the app may say for all of them, what the code reads. */
import { invalidOption } from '../base/errors.js';
import { checkKnown, checkOneOf, checkPositive } from '../base/options.js';
import type { CodecPreferences } from './codecs.js';
import type { SdpHooks } from './sdp-hooks.js';
import type { MediaSessionConfig } from './media-session.js';
import type { HoldStyle } from './restraint.js';

/** How calls get their audio through, unless a call says otherwise. */
export interface UserAgentMediaOptions {
  /** STUN and TURN servers, or who provides them: a function is asked again whenever fresh ones are needed. @default none */
  readonly iceServers?: readonly RTCIceServer[] | (() => Promise<readonly RTCIceServer[]>);
  /** @default 'all' */
  readonly iceTransportPolicy?: RTCIceTransportPolicy;
  /** Milliseconds that an offer waits for STUN and TURN servers. @default 100 */
  readonly gatheringTimeout?: number;
  /** Microphone constraints. @default true */
  readonly audio?: boolean | MediaTrackConstraints;
  /** A microphone that cannot be opened makes calls receive-only instead of failing them. @default false */
  readonly receiveOnlyWithoutMicrophone?: boolean;
  /** Whether calls are heard by themselves. @default true */
  readonly playout?: boolean;
  /** How hold is said: `sendonly` keeps the way open for music, `inactive` closes both. @default 'sendonly' */
  readonly holdStyle?: HoldStyle;
  /** The mark of what we send, for networks that heed it (RFC 8837). @default the browser's */
  readonly networkPriority?: RTCPriorityType;
  /** The codecs that calls may use, the preferred first. @default all of the browser's */
  readonly codecs?: CodecPreferences;
  /** The last resort for peers that nothing else helps with: descriptions as they leave, and before they are read. */
  readonly sdp?: SdpHooks;
}

const known: ReadonlySet<string> = new Set<keyof UserAgentMediaOptions>([
  'iceServers', 'iceTransportPolicy', 'gatheringTimeout', 'audio', 'receiveOnlyWithoutMicrophone', 'playout', 'holdStyle',
  'networkPriority', 'codecs', 'sdp',
]); // prettier-ignore

const defaults: MediaSessionConfig = {
  iceServers: [],
  iceTransportPolicy: 'all',
  gatheringTimeout: 100,
  audio: true,
  receiveOnlyWithoutMicrophone: false,
  playout: true,
  holdStyle: 'sendonly',
};

export function mediaConfig(options: UserAgentMediaOptions = {}, base = defaults): MediaSessionConfig {
  checkKnown(options, known, 'media');
  const config = { ...base, ...options };
  if (typeof config.iceServers !== 'function' && !Array.isArray(config.iceServers)) {
    throw invalidOption('media.iceServers', 'takes a list of servers or a function', config.iceServers);
  }
  checkOneOf('media.iceTransportPolicy', config.iceTransportPolicy, ['all', 'relay']);
  checkOneOf('media.holdStyle', config.holdStyle, ['sendonly', 'inactive']);
  if (config.networkPriority !== undefined)
    checkOneOf('media.networkPriority', config.networkPriority, ['very-low', 'low', 'medium', 'high']);
  checkPositive('media.gatheringTimeout', config.gatheringTimeout);
  if (config.codecs !== undefined) checkCodecs('media.codecs', config.codecs);
  if (config.sdp !== undefined) checkSdpHooks('media.sdp', config.sdp);
  return config;
}

const codecKinds: ReadonlySet<string> = new Set<keyof CodecPreferences>(['audio', 'video']);

export function checkCodecs(option: string, codecs: CodecPreferences): void {
  checkKnown(codecs, codecKinds, option);
  for (const [kind, names] of Object.entries(codecs) as [string, unknown][]) {
    const isList = Array.isArray(names) && names.length > 0 && names.every((name) => typeof name === 'string');
    if (names !== undefined && !isList) throw invalidOption(`${option}.${kind}`, 'takes a list of names', names);
  }
}

const hookNames: ReadonlySet<string> = new Set<keyof SdpHooks>(['outgoing', 'incoming']);

export function checkSdpHooks(option: string, hooks: SdpHooks): void {
  checkKnown(hooks, hookNames, option);
  for (const [name, hook] of Object.entries(hooks) as [string, unknown][])
    if (hook !== undefined && typeof hook !== 'function')
      throw invalidOption(`${option}.${name}`, 'takes a function', hook);
}
