/** What a call can be told when it is made or answered. */
import { checkLine } from '../base/options.js';
import { invalidOption } from '../base/errors.js';
import type { CodecPreferences } from '../media/codecs.js';
import type { SdpHooks } from '../media/sdp-hooks.js';
import type { VideoWish } from '../media/video-source.js';
import type { Header } from '../parser/index.js';
import type { RedirectPolicy } from '../session/redirection.js';
import type { ExtensionOptions } from '../session/extensions.js';
import type { Call } from './call.js';
import type { IdentityOptions } from './identity-options.js';
import type { CallLimits } from './limit-options.js';
import type { AddedHeaders } from './user-to-user.js';
import type { Privacy } from './privacy.js';

/** How a call gets its audio and video through; what is not said is as the account says. */
export interface MediaOptions {
  /** Microphone constraints; false receives only. @default true */
  readonly audio?: boolean | MediaTrackConstraints;
  /** A source of the app's own instead of the microphone; it is never stopped by the call. */
  readonly track?: MediaStreamTrack;
  /** A microphone that cannot be opened makes the call receive-only instead of failing it. @default false */
  readonly receiveOnlyWithoutMicrophone?: boolean;
  /**
   * True or constraints: the camera; a track: that, never stopped by the call; `recvonly`: the peer's video, none of ours. An
   * answer can only take what the offer has. @default false
   */
  readonly video?: VideoWish;
  /** The codecs that may be used, the preferred first. @default as the account says */
  readonly codecs?: CodecPreferences;
  /** The last resort for a peer that nothing else helps with. @default as the account says */
  readonly sdp?: SdpHooks;
}

/** A dialog as the callee sees it: `toTag` is theirs. */
export interface ReplacedDialog {
  readonly callId: string;
  readonly toTag: string;
  readonly fromTag: string;
  /** Not if it is answered by then: picks up a call that rings there. @default false */
  readonly earlyOnly?: boolean;
}

export interface CallOptions
  extends MediaOptions, ExtensionOptions, CallLimits, IdentityOptions, Pick<AddedHeaders, 'userToUser'> {
  /** Further headers of the INVITE. */
  readonly headers?: readonly Header[];
  /** Who must not learn who we are; empty for nobody. @default as the account says */
  readonly privacy?: readonly Privacy[];
  /** Asks the callee to answer by itself after so many seconds, by a Call-Info header. @default unasked */
  readonly answerAfter?: number;
  /** `late`: the callee makes the offer (RFC 3261 §13.2.1). @default 'early' */
  readonly offer?: 'early' | 'late';
  /** Whether a 3xx is followed. @default as the account says */
  readonly redirect?: RedirectPolicy;
  /** The callee is to take this call in place of one that they have (RFC 3891): one of ours with them, or any by its identity. */
  readonly replaces?: Call | ReplacedDialog;
  /** Kept as `call.data`. */
  readonly data?: unknown;
  /** Hangs up when it aborts. */
  readonly signal?: AbortSignal;
}

export interface AnswerOptions extends MediaOptions, Pick<AddedHeaders, 'userToUser'> {
  /** Further headers of the 200. */
  readonly headers?: readonly Header[];
}

export interface RingOptions {
  /** The caller hears us before the call is answered. @default false */
  readonly earlyMedia?: boolean;
  /** The response must arrive (RFC 3262), where the caller knows how to say that it has. @default where the caller demands it */
  readonly reliable?: boolean;
  /** Further headers of the 180 or 183. */
  readonly headers?: readonly Header[];
}

export interface HangupOptions extends Pick<AddedHeaders, 'userToUser'> {
  /** Further headers of the BYE, CANCEL or final response: a Reason, say. */
  readonly headers?: readonly Header[];
  /** Ends the call here and sends nothing: the peer is left to find out. @default false */
  readonly silent?: boolean;
}

export interface RejectOptions extends Omit<HangupOptions, 'silent'> {
  /** The reason phrase. */
  readonly reason?: string;
}

/** Throws what is wrong with headers of the app's: a line break in one would smuggle in others. */
export function checkHeaders(headers: readonly Header[] | undefined, option = 'headers'): readonly Header[] {
  if (headers === undefined) return [];
  if (!(Array.isArray as (value: unknown) => boolean)(headers))
    throw invalidOption(option, 'takes a list of { name, value }', headers);
  for (const { name, value } of headers) {
    if (typeof name !== 'string' || !/^[!%'*+\-.\w`~]+$/.test(name))
      throw invalidOption(`${option}.name`, 'takes a token', name);
    checkLine(`${option}: ${name}`, value);
    if (reserved.has(name.toLowerCase())) throw invalidOption(`${option}: ${name}`, 'is written by the library');
  }
  return headers;
}

const reserved: ReadonlySet<string> = new Set(
  [
    'Via', 'From', 'To', 'Call-ID', 'CSeq', 'Contact', 'Content-Length', 'Max-Forwards', 'Route', 'Record-Route', 'RSeq', 'RAck',
    'Session-Expires', 'Min-SE',
  ].map((name) => name.toLowerCase()), // prettier-ignore
);

export function checkRedirect(redirect: unknown): RedirectPolicy {
  if (redirect !== 'stop' && redirect !== 'follow' && typeof redirect !== 'function')
    throw invalidOption('redirect', "takes 'stop', 'follow' or a function", redirect);
  return redirect as RedirectPolicy;
}
