/** What a call that is over was, in the words of the call log. */
import type { Call } from '../call/call.js';
import type { CallEnd, EndCause } from '../call/end-cause.js';
import type { CallLogStatus } from './call-log.js';

export const logStatus = ({ direction, end }: Call): CallLogStatus =>
  direction === 'incoming' ? incomingStatus(end!) : outgoingStatus(end!);

const byUs: ReadonlySet<EndCause> = new Set<EndCause>(['declined', 'busy', 'rejected', 'redirected', 'notFound']);

function incomingStatus({ stage, cause, by }: CallEnd): CallLogStatus {
  if (stage === 'confirmed') return 'success';
  if (cause === 'answeredElsewhere' || cause === 'declinedElsewhere') return cause;
  if (by === 'local' && byUs.has(cause)) return 'declined';
  if (stage !== 'connecting' && (cause === 'transport' || cause === 'dialogGone')) return 'missed';
  return cause === 'cancelled' || cause === 'noAnswer' || cause === 'unavailable' ? 'missed' : 'aborted';
}

function outgoingStatus({ stage, cause, by }: CallEnd): CallLogStatus {
  if (stage === 'confirmed') return 'success';
  if (by === 'remote' && (cause === 'declined' || cause === 'busy' || cause === 'rejected')) return 'declined';
  return stage === 'calling' ? 'earlyAborted' : 'aborted';
}
