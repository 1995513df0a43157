/** The end of a call by our own wish: BYE, CANCEL or a refusal, as far as it has come (RFC 3261 §15, §9.1). */
import { reasonPhrase } from '../parser/index.js';
import type { HangupOptions } from './call-options.js';
import type { SessionEnd } from '../session/session-context.js';
import type { Leg } from './leg.js';
import { addedHeaders } from './user-to-user.js';

export function hangUp(leg: Leg, options: HangupOptions): void {
  const { silent = false } = options;
  const checked = addedHeaders(options);
  if (leg.end) return;
  const { session, incoming, outgoing, state } = leg;
  if (silent) {
    const end = { by: 'local', status: 487, reason: reasonPhrase(487) } as const;
    outgoing?.abandon();
    if (session) session.abandon(end);
    else leg.onEnded(end);
  } else if (session && state !== 'incoming' && !(incoming && state === 'early')) {
    session.bye(checked);
  } else if (incoming) {
    incoming.reject(603, checked);
  } else {
    outgoing?.cancel(checked);
    leg.onEnded({ by: 'local', status: 487, reason: reasonPhrase(487) });
  }
}

/** The network has changed, and the call is not to be kept: the same, but for why (PJSIP's hangup_calls, which says 410). */
export function endForIpChange(leg: Leg): void {
  if (leg.end) return;
  const { session, incoming, outgoing, state } = leg;
  const end = (status: number): SessionEnd => ({
    by: 'local',
    status,
    reason: reasonPhrase(status),
    cause: 'ipChange',
  });
  if (leg.isRinging) {
    incoming!.refuse(end(410));
  } else if (session) {
    session.bye([], end(state === 'confirmed' ? 200 : 410));
  } else {
    outgoing?.cancel();
    leg.onEnded(end(410));
  }
}
