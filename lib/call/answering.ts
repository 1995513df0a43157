/** A call that rings here: it rings, is answered or refused (RFC 3261 §13.3.1). */
import { EvercallError, isEvercallError } from '../base/errors.js';
import { quiet } from '../base/quiet.js';
import type { Header } from '../parser/index.js';
import type { IncomingInvite } from '../session/incoming-invite.js';
import { checkHeaders } from './call-options.js';
import type { AnswerOptions, RejectOptions, RingOptions } from './call-options.js';
import { endError } from './fate.js';
import type { Leg } from './leg.js';
import { addedHeaders } from './user-to-user.js';

export function ringCall(leg: Leg, { earlyMedia = false, reliable, headers }: RingOptions): Promise<void> {
  const incoming = leg.mustBeRinging('ring');
  const checked = checkHeaders(headers);
  const isReliable = incoming.isReliable(reliable);
  if (!earlyMedia) {
    incoming.ring(checked, isReliable);
    return Promise.resolve();
  }
  return quiet(
    incoming.sendEarlyMedia(checked, isReliable).then(() => {
      leg.onProgress();
    }),
  );
}

export function answerCall(leg: Leg, options: AnswerOptions): Promise<void> {
  const incoming = leg.mustBeRinging('answer');
  return quiet(accept(leg, incoming, options, addedHeaders(options)));
}

/** A call that cannot be had is refused for what is in its way. */
async function accept(
  leg: Leg,
  incoming: IncomingInvite,
  options: AnswerOptions,
  headers: readonly Header[],
): Promise<void> {
  leg.media.configure(options);
  const way = leg.context.policy?.makeWay(leg.call);
  if (way) await way;
  mustLive(leg);
  try {
    await incoming.accept(headers);
  } catch (error) {
    if (isEvercallError(error) && leg.end === undefined && error.code !== 'invalidState') {
      const status = error.code === 'negotiation' ? 488 : /^(?:media|camera)/.test(error.code) ? 480 : 500;
      incoming.reject(status, [], undefined, error);
    }
    throw error;
  }
}

function mustLive({ end }: Leg): void {
  if (end) throw endError(end);
}

export function rejectCall(leg: Leg, status: number, options: RejectOptions): void {
  const incoming = leg.mustBeRinging('reject');
  if (!(Number.isInteger(status) && status >= 300 && status <= 699)) {
    throw new EvercallError('invalidOption', `status: takes 300 to 699, got ${status}`);
  }
  incoming.reject(status, addedHeaders(options), options.reason);
}
