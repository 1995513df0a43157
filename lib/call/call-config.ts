/** What a call is told of its media and extensions, checked, over what its account says. */
import { invalidOption } from '../base/errors.js';
import { checkCodecs, checkSdpHooks } from '../media/media-config.js';
import type { MediaSessionConfig } from '../media/media-session.js';
import { extensionConfig, extensionOptions } from '../session/extensions.js';
import type { ExtensionConfig } from '../session/extensions.js';
import type { CallOptions, MediaOptions } from './call-options.js';

export function callExtensions(base: ExtensionConfig, options: CallOptions): ExtensionConfig {
  return extensionOptions.every((name) => options[name] === undefined) ? base : extensionConfig(options, base);
}

const keys = ['audio', 'track', 'receiveOnlyWithoutMicrophone', 'video', 'codecs', 'sdp'] as const;

/** One object serves all calls that do not ask for anything of their own. */
export function mediaConfig(base: MediaSessionConfig, options: MediaOptions): MediaSessionConfig {
  const own = keys.filter((key) => options[key] !== undefined);
  if (own.length === 0) return base;
  const { video, codecs, sdp } = options;
  if (video !== undefined) checkVideo('video', video);
  if (codecs !== undefined) checkCodecs('codecs', codecs);
  if (sdp !== undefined) checkSdpHooks('sdp', sdp);
  return Object.assign({}, base, ...own.map((key) => ({ [key]: options[key] }))) as MediaSessionConfig;
}

export function checkVideo(option: string, video: unknown): void {
  const isKnown = typeof video === 'boolean' || (typeof video === 'object' && video !== null) || video === 'recvonly';
  if (!isKnown) throw invalidOption(option, "takes true, false, constraints, a track or 'recvonly'", video);
}
