/** Why a call ended, in one word: from the status, the Reason header (RFC 3326) and who did it. */
import { EvercallError } from '../base/errors.js';
import { Reason, ParseError, readAll } from '../parser/index.js';
import type { SipMessage } from '../parser/index.js';
import type { SessionEnd } from '../session/session-context.js';

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
  | 'redirected' //         a 3xx, which is not followed
  | 'authentication'
  | 'rejected' //           any other final response
  | 'negotiation' //        no common media
  | 'media' //              the microphone could not be had
  | 'timeout' //            nobody answered the request
  | 'transport' //          the connection was lost
  | 'dialogGone' //         the peer no longer knows the call
  | 'protocol';

/** What ended a call. */
export interface CallEnd {
  readonly cause: EndCause;
  /** Final response to the INVITE, or what the failure equates to (RFC 3261 §8.1.3.1); 200 for a call that was hung up on. */
  readonly status: number;
  readonly reason: string;
  readonly by: 'local' | 'remote' | 'network';
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Milliseconds from `confirmed` to the end; 0 when it never was. */
  readonly duration: number;
  readonly error: EvercallError | undefined;
}

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

export function endCause({ status, by, message, error }: SessionEnd): EndCause {
  if (error) {
    if (mediaCodes.has(error.code)) return 'media';
    if (error.code === 'negotiation' || error.code === 'protocol') return error.code;
    if (error.code === 'timeout' || error.code === 'transport') return error.code;
  }
  const elsewhere = by === 'remote' ? reasonCause(message) : undefined; // RFC 3326 §3.1
  if (elsewhere === 200) return status === 487 ? 'answeredElsewhere' : 'hangup';
  if (elsewhere === 603 || elsewhere === 486) return status === 487 ? 'declinedElsewhere' : 'hangup';
  if (status < 300) return 'hangup';
  return byStatus[status] ?? (status < 400 ? 'redirected' : 'rejected');
}

/** The `cause` of the SIP Reason, where there is one that can be read. */
function reasonCause(message: SipMessage | undefined): number | undefined {
  if (!message) return undefined;
  try {
    return readAll(message, Reason).find(({ protocol }) => protocol.toUpperCase() === 'SIP')?.cause;
  } catch (error) {
    if (error instanceof ParseError) return undefined;
    throw error;
  }
}

/** What waits for the answer of a call that never was rejects with. */
export function endError(end: CallEnd): EvercallError {
  if (end.error) return end.error;
  const code = end.cause === 'cancelled' || end.by === 'local' ? 'cancelled' : 'rejected';
  return new EvercallError(code, `${end.status} ${end.reason}`, { status: end.status });
}
