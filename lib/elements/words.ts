/** What the softphone says: states, ends and errors in plain words. */
import type { Call, CallEnd, CallState, EndCause, ErrorCode, RegistrationState } from '../index.js';
import { EvercallError } from '../index.js';
import type { Hint } from './sound.js';

export const registrationWords: Readonly<Record<RegistrationState, string>> = {
  none: 'Not signed in',
  registering: 'Signing in…',
  refreshing: 'Ready',
  registered: 'Ready',
  unregistered: 'Signed out',
  failed: 'Not reachable, trying again',
};

const stateWords: Readonly<Record<CallState, string>> = {
  calling: 'Calling…',
  incoming: 'Incoming call',
  early: 'Ringing…',
  connecting: 'Connecting…',
  confirmed: 'In call',
  disconnected: 'Ended',
};

/** The state of a call in one or two words. */
export function callWords({ state, localHold, remoteHold, muted, mediaState, direction }: Call): string {
  if (state === 'early' && direction === 'incoming') return stateWords.incoming;
  if (state !== 'confirmed') return stateWords[state];
  if (localHold) return 'On hold';
  if (remoteHold) return 'Held by the other side';
  if (mediaState === 'disconnected' || mediaState === 'failed') return 'The sound is interrupted';
  return muted ? 'In call, muted' : stateWords.confirmed;
}

type Words = (who: string) => string;

const endWords: Readonly<Record<EndCause, Words>> = {
  hangup: (who) => `Call with ${who} ended`,
  cancelled: () => 'Call cancelled',
  answeredElsewhere: (who) => `Call from ${who} was answered on another device`,
  declinedElsewhere: (who) => `Call from ${who} was declined on another device`,
  declined: (who) => `${who} declined the call`,
  busy: (who) => `${who} is busy`,
  noAnswer: (who) => `${who} did not answer`,
  notFound: (who) => `Nobody has the number ${who}`,
  unavailable: (who) => `${who} cannot be reached now`,
  transferred: (who) => `${who} was transferred`,
  replaced: (who) => `Another call took the place of the one with ${who}`,
  redirected: (who) => `${who} is at another number now`,
  authentication: () => 'The server refused the password for this call',
  rejected: (who) => `The call to ${who} was refused`,
  negotiation: (who) => `${who} and this browser have no audio format in common`,
  media: () => 'The microphone cannot be used',
  noMedia: (who) => `Nothing was heard of ${who} any more`,
  timeout: () => 'The server did not answer',
  transport: () => 'The connection to the server is lost',
  ipChange: (who) => `The network has changed: the call with ${who} was not kept`,
  notLoaded: () => 'A part of this page could not be loaded; try again',
  dialogGone: (who) => `${who} no longer knows of this call`,
  protocol: (who) => `The call with ${who} broke off: the other side did not follow the protocol`,
};

const errorWords: Partial<Record<ErrorCode, string>> = {
  authentication: 'The server refused this address or password.',
  transport: 'The server cannot be reached. Check its address and your network.',
  timeout: 'The server did not answer.',
  invalidTarget: 'This is not a number or address that can be called.',
  mediaDenied: 'The microphone is blocked. Allow it for this page, beside the address bar, and try again.',
  mediaDismissed: 'The browser asked for the microphone and got no reply. Try again and allow it.',
  mediaAbsent: 'No microphone was found. Plug one in and try again.',
  mediaBusy: 'The microphone is in use by another program. Close that program and try again.',
  mediaUnsupported: 'This browser cannot make calls here. Use a current browser, and an address with https.',
  negotiation: 'The other side and this browser have no audio format in common.',
  rejected: 'The server refused.',
};

/** What is hinted at while somebody talks. */
export const hintWords: Readonly<Record<Hint, string>> = {
  talkingWhileMuted: 'You are talking, and muted: nobody hears you.',
  microphoneSilent: 'Nothing comes from your microphone. Is it the right one, and switched on?',
  farEndSilent: 'Nothing has been heard of the other side for a while.',
};

/** What went wrong, for the person at the phone. */
export function errorText(error: unknown): string {
  if (!(error instanceof EvercallError)) return `Something went wrong: ${String(error)}`;
  const words = errorWords[error.code];
  if (words === undefined) return error.message;
  return error.code === 'rejected' ? `${words} (${error.message})` : words;
}

/** How a call ended. */
export function endText(call: Call, end: CallEnd, who: string): string {
  const { cause, by, error } = end;
  if (error && cause === 'media') return errorText(error);
  const isIncoming = call.direction === 'incoming';
  if (isIncoming && cause === 'cancelled') return `Missed call from ${who}`;
  if (isIncoming && by === 'local' && end.status >= 300) return `Call from ${who} declined`;
  return endWords[cause](who);
}

/** Whom a call is with: the name, or the number without what is the same for all of one's own domain. */
export function nameOf({ remote }: Call, domain: string): string {
  if (remote.displayName) return remote.displayName;
  const address = remote.uri.replace(/^sips?:/i, '').replace(/[;?].*$/, '');
  const own = `@${domain}`.toLowerCase();
  return address.toLowerCase().endsWith(own) ? address.slice(0, -own.length) : address;
}

/** Minutes and seconds; hours when there are any. */
export function durationText(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const tail = `${String(minutes).padStart(hours ? 2 : 1, '0')}:${String(seconds % 60).padStart(2, '0')}`;
  return hours ? `${hours}:${tail}` : tail;
}
