/** A call of ours on its way out: microphone and offer, then the INVITE; or its signal, which takes it back. */
import { EvercallError, abortError, isEvercallError } from '../base/errors.js';
import { OutgoingInvite } from '../session/outgoing-invite.js';
import type { CallOrigin } from './call-context.js';
import type { Leg } from './leg.js';
import { addedHeaders } from './user-to-user.js';

type Outgoing = Extract<CallOrigin, { direction: 'outgoing' }>;

/** Microphone and offer first: an INVITE that leaves is meant. */
export async function place(leg: Leg, origin: Outgoing): Promise<void> {
  const { target, from, routes, options } = origin;
  const { offer: style, signal } = options;
  const headers = [...origin.headers, ...addedHeaders(options)];
  if (signal?.aborted) {
    await Promise.resolve(); // the caller holds the call before it hears of its end
    onAbort(leg, signal);
    return;
  }
  if (signal) hangUpOn(leg, signal);
  try {
    const way = leg.context.policy?.makeWay(leg.call, origin.predecessor);
    if (way) await way;
    const offer = style === 'late' || leg.end ? undefined : await leg.media.createOffer();
    if (leg.end) return;
    leg.outgoing = new OutgoingInvite(
      leg.sessionContext,
      { target, from, routes, headers, callId: leg.callId, offer, redirect: options.redirect ?? leg.context.redirect },
      leg,
    );
    leg.outgoing.start();
  } catch (error) {
    if (leg.end) return;
    const known = isEvercallError(error) ? error : new EvercallError('negotiation', String(error), { cause: error });
    leg.onEnded({ by: 'local', status: known.status ?? 480, reason: known.message, error: known });
  }
}

/** A signal may outlive many calls, and must keep none of them. */
function hangUpOn(leg: Leg, signal: AbortSignal): void {
  const listener = (): void => {
    onAbort(leg, signal);
  };
  signal.addEventListener('abort', listener, { once: true });
  void leg.ended.then(() => {
    signal.removeEventListener('abort', listener);
  });
}

function onAbort(leg: Leg, signal: AbortSignal): void {
  if (leg.end) return;
  leg.context.log.info(`call ${leg.callId}: ${abortError(signal).message}`);
  leg.call.hangup();
}
