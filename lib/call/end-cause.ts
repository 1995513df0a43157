/** Why a call ended, in one word: from the status, the Reason header (RFC 3326) and who did it. */
import type { EvercallError } from '../base/errors.js';
import { optionalAll } from '../core/optional.js';
import type { MediaStats } from '../media/media-stats.js';
import { Reason } from '../parser/index.js';
import type { SipMessage, SipRequest, SipResponse } from '../parser/index.js';
import { redirectContacts } from '../session/redirection.js';
import type { SessionEnd } from '../session/session-context.js';
import type { CallState } from './call-state.js';
import type { Recovery } from './reconnection.js';

export type EndCause =
  | 'hangup' //             one side hung up an established call
  | 'cancelled' //          the caller gave up before it was answered
  | 'answeredElsewhere' //  another device of the callee took it
  | 'declinedElsewhere'
  | 'declined'
  | 'busy'
  | 'noAnswer' //           it rang in vain
  | 'notFound' //           nobody has that address
  | 'unavailable' //        known, but not reachable now
  | 'redirected' //         a 3xx that is not followed, or leads nowhere
  | 'transferred' //        it goes on without us
  | 'replaced' //           another call took its place
  | 'authentication'
  | 'rejected' //           any other final response
  | 'negotiation' //        no common media
  | 'media' //              the microphone could not be had
  | 'noMedia' //            nothing was received for long enough (`noMediaTimeout`)
  | 'timeout' //            nobody answered the request
  | 'transport' //          the connection was lost
  | 'ipChange' //           the network has changed, and the app would not have it kept (`ipChange`)
  | 'dialogGone' //         the peer no longer knows the call
  | 'notLoaded' //          a part of the library could not be had
  | 'protocol';

/** A Reason (RFC 3326): of SIP, of the telephone network (`Q.850`), or of whatever protocol. */
export interface EndReason {
  readonly protocol: string;
  readonly cause: number | undefined;
  readonly text: string | undefined;
}

/** An INVITE on its way to somebody. */
export interface CallAttempt {
  /** The Request-URI. */
  readonly target: string;
  /** The WebSocket server that it went by. */
  readonly server: string;
  /** What became of it. */
  readonly status: number;
}

/** What ended a call. */
export interface CallEnd {
  readonly cause: EndCause;
  /** Final response to the INVITE, or what the failure equates to (RFC 3261 §8.1.3.1); 200 for a call that was hung up on. */
  readonly status: number;
  readonly reason: string;
  readonly by: 'local' | 'remote' | 'network';
  /** How far the call had come. */
  readonly stage: CallState;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Milliseconds from `confirmed` to the end; 0 when it never was. */
  readonly duration: number;
  readonly error: EvercallError | undefined;
  /** The Reason values of the message that ended it. */
  readonly reasons: readonly EndReason[];
  /** The cause in the telephone network's words, where a gateway tells it: 16 is normal clearing, 17 busy … (ITU-T Q.850). */
  readonly q850: number | undefined;
  /** The BYE, CANCEL or final response; undefined where we ended it, or nothing came. */
  readonly message: SipRequest | SipResponse | undefined;
  /** Where a call of ours went, one after another. */
  readonly tried: readonly CallAttempt[];
  /** How the call was brought back, or was to be, after its connection or the path of its media was lost: the latest. */
  readonly recoveries: readonly Recovery[];
  /** Where a 3xx says that the callee may be found, the best first. */
  readonly contacts: readonly string[] | undefined;
  /** The last that were asked for: by `getStats`, or for `noMediaTimeout`. */
  readonly stats: MediaStats | undefined;
}

/** What only the call knows of its end. */
type Known = Pick<CallEnd, 'stage' | 'startedAt' | 'at' | 'duration' | 'tried' | 'recoveries' | 'stats'>;

export function callEnd(end: SessionEnd, known: Known): CallEnd {
  const { status, reason, by, error, message } = end;
  const reasons = message ? reasonsOf(message) : none;
  const q850 = reasons.find(({ protocol }) => protocol.toUpperCase() === 'Q.850')?.cause;
  return {
    cause: endCause(end),
    status,
    reason,
    by,
    error,
    reasons,
    q850,
    message,
    contacts: redirectedTo(end),
    ...known,
  };
}

const none: readonly EndReason[] = [];

const reasonsOf = (message: SipMessage): readonly EndReason[] =>
  optionalAll(message, Reason).map(({ protocol, cause, text }) => ({ protocol, cause, text }));

const byStatus: Partial<Record<number, EndCause>> = {
  401: 'authentication',
  403: 'rejected',
  404: 'notFound',
  407: 'authentication',
  408: 'noAnswer',
  410: 'notFound',
  415: 'negotiation',
  480: 'unavailable',
  481: 'dialogGone',
  484: 'notFound',
  486: 'busy',
  487: 'cancelled',
  488: 'negotiation',
  600: 'busy',
  603: 'declined',
  604: 'notFound',
  606: 'negotiation',
};

const mediaCodes: ReadonlySet<string> = new Set([
  'mediaDenied',
  'mediaDismissed',
  'mediaAbsent',
  'mediaBusy',
  'mediaUnsupported',
]);

export function endCause({ status, by, message, error, cause }: SessionEnd): EndCause {
  if (cause) return cause;
  if (error) {
    if (mediaCodes.has(error.code)) return 'media';
    if (error.code === 'negotiation' || error.code === 'protocol' || error.code === 'noMedia') return error.code;
    if (error.code === 'notLoaded') return error.code;
    if (error.code === 'timeout' || error.code === 'transport') return error.code;
  }
  const elsewhere = by === 'remote' ? reasonCause(message) : undefined; // RFC 3326 §3.1
  if (elsewhere === 200) return status === 487 ? 'answeredElsewhere' : 'hangup';
  if (elsewhere === 603 || elsewhere === 486) return status === 487 ? 'declinedElsewhere' : 'hangup';
  if (status < 300) return 'hangup';
  return byStatus[status] ?? (status < 400 ? 'redirected' : 'rejected');
}

function redirectedTo({ message, status }: SessionEnd): readonly string[] | undefined {
  if (!message || !('status' in message) || status < 300 || status >= 400) return undefined;
  return redirectContacts(message).map(({ uri }) => uri);
}

/** The `cause` of the SIP Reason, where there is one that can be read. */
const reasonCause = (message: SipMessage | undefined): number | undefined =>
  message && reasonsOf(message).find(({ protocol }) => protocol.toUpperCase() === 'SIP')?.cause;
