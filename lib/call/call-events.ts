/** What the app hears and sees of a call. */
import type { MediaState } from '../media/connection-state.js';
import type { MediaLine } from '../media/media-lines.js';
import type { MediaSession } from '../media/media-session.js';
import type { CallQuality } from '../media/quality.js';
import type { Address, Body, Header, SipRequest, SipResponse } from '../parser/index.js';
import type { DtmfSignal } from '../session/dtmf-relay.js';
import type { Call } from './call.js';
import type { OfferEvent } from './peer-offer.js';
import type { AutoAnswerFact } from './auto-answer.js';
import type { CallState } from './call-state.js';
import type { CallEnd } from './end-cause.js';
import type { CallIdentity } from './identity.js';
import type { IncomingRefer } from './incoming-refer.js';
import type { CallConnection } from './reconnection.js';
import type { TransferProgress } from './transfer.js';

/** The other side. */
export interface RemoteParty {
  readonly uri: string;
  readonly displayName: string | undefined;
}

export const party = (address: Address | undefined): RemoteParty => ({
  uri: address?.uri ?? '',
  displayName: address?.displayName,
});

/** In hexadecimal, 32 digits. */
export interface SessionIdentifiers {
  readonly local: string;
  readonly remote: string | undefined;
}

export interface CallRequest {
  readonly method: string;
  readonly request: SipRequest;
  /** Only the first answer counts. */
  readonly respond: (status: number, options?: CallResponse) => void;
  /** The answer comes later, at the latest when the promise settles. */
  readonly waitUntil: (promise: Promise<unknown>) => void;
}

export interface CallResponse {
  readonly headers?: readonly Header[];
  /** Its type goes into `headers`. */
  readonly body?: Body;
  /** The reason phrase. */
  readonly reason?: string;
}

export interface CallEvents {
  stateChanged: {
    readonly state: CallState;
    readonly previous: CallState;
    /** Of the response behind the change. */
    readonly status: number | undefined;
    readonly reason: string | undefined;
    /** With its headers and body. */
    readonly response: SipResponse | undefined;
  };
  /** Once, and nothing after it. */
  ended: CallEnd;
  /** Either side put the call on hold or took it off. */
  holdChanged: { readonly local: boolean; readonly remote: boolean };
  /** The peer is another one now, or is known better: a transfer, a call picked up by a colleague (RFC 4916). */
  identityChanged: { readonly identity: CallIdentity; readonly remote: RemoteParty };
  muteChanged: { readonly muted: boolean };
  /** ICE and DTLS together. */
  mediaStateChanged: { readonly state: MediaState };
  /** The connection to the server, or the path of the media, is lost or found again; the call goes on. */
  connectionChanged: { readonly connection: CallConnection };
  /** A digit by INFO; digits in RTP are not shown to pages. */
  dtmf: DtmfSignal;
  /** A transfer of this call has come so far. */
  transferProgress: TransferProgress;
  /** The peer wants us to call someone else; when no listener decides there and then, we do. */
  refer: IncomingRefer;
  /** The call that the peer has asked for is under way. */
  referredCall: { readonly call: Call };
  /** Another call takes the place of this one, which ends. */
  replaced: { readonly call: Call };
  /** The INVITE goes on to another target: a 3xx named it, or the one before has failed. */
  redirected: { readonly target: string; readonly response: SipResponse | undefined };
  /** A MESSAGE in the call; answered with 200. */
  message: { readonly body: Body; readonly request: SipRequest };
  /** The peer has begun to write a message, or does so no more (RFC 3994). */
  composing: { readonly active: boolean };
  /**
   * A request in the call that changes nothing of it: INFO, MESSAGE, OPTIONS, and the methods that `allowedMethods` names.
   * What no listener answers there and then, or promises to by `waitUntil`, is answered as without one.
   */
  request: CallRequest;
  /** A section has begun, ended, or changed its direction, its status or its codec. */
  mediaChanged: { readonly media: readonly MediaLine[] };
  /** The peer offers a change of the session. Without a word of the app's it is answered, and no video is added by that. */
  offer: OfferEvent;
  /** About every two seconds while someone listens, once there is something to measure. */
  qualityChanged: CallQuality;
  /** The peer's audio, which the call plays by itself, or its video, which it does not; once per track. */
  remoteTrack: { readonly track: MediaStreamTrack; readonly kind: 'audio' | 'video' };
  /** The browser plays nothing before a user gesture: `resume()` from within one tries again. */
  playoutBlocked: { readonly resume: () => Promise<boolean> };
  /** Before the first offer or answer: the place to add what the library does not know of. */
  peerConnection: { readonly peerConnection: NonNullable<MediaSession['peerConnection']> };
}

export interface CallSnapshot {
  readonly state: CallState;
  readonly direction: 'outgoing' | 'incoming';
  readonly remote: RemoteParty;
  readonly muted: boolean;
  readonly localHold: boolean;
  readonly remoteHold: boolean;
  readonly connection: CallConnection;
  readonly mediaState: MediaState;
  readonly media: readonly MediaLine[];
  readonly autoAnswer: AutoAnswerFact | undefined;
  readonly end: CallEnd | undefined;
}
