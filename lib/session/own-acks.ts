/** The ACK of a 2xx to an INVITE of ours (RFC 3261 §13.2.2.4), and once more where it may have been lost. */
import type { Body, Header, SipRequest } from '../parser/index.js';
import type { Session } from './session.js';

/** What the last one said, when, and on which connection. */
export interface Acknowledged {
  readonly sequence: number;
  readonly headers: readonly Header[];
  readonly body: Body;
  readonly at: number;
  readonly connectionId: number;
}

/** Returns the ACK, for when that 2xx comes again. */
export function acknowledge(
  session: Session,
  sequence: number,
  headers: readonly Header[] = [],
  body: Body = '',
): SipRequest {
  const { core, flow, clock } = session.context;
  session.acknowledged = { sequence, headers, body, at: clock.now(), connectionId: flow.connectionId };
  return core.sendAck(session.dialog.planAck(sequence, headers, body), flow);
}

/**
 * The peer is reached again by another connection: says an ACK once more that may have been lost with the former, or behind
 * it, for the 2xx that would ask for it may not find us any more. A second one does no harm (§13.3.1.4).
 */
export function acknowledgeAgain(session: Session): void {
  const { core, flow, clock, timers } = session.context;
  const last = session.acknowledged;
  if (!last || last.connectionId === flow.connectionId || session.isOver) return;
  session.acknowledged = undefined;
  if (clock.now() - last.at <= timers.H)
    core.sendAck(session.dialog.planAck(last.sequence, last.headers, last.body), flow);
}
