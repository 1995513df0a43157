/**
 * INVITE client transaction: RFC 3261 §17.1.1 figure 5, as amended by RFC 6026 §8.4.
 *
 *   calling ──1xx──▶ proceeding ──2xx──▶ accepted ──timer M──▶ terminated
 *      └──────────────────┴──3xx-6xx / send ACK───────────────▶ terminated
 *                         └──64·T1 after a CANCEL (§9.1)──────▶ terminated
 *
 * Deviation from RFC 6026 §7.2, which need not: one whose connection is gone lingers as "lost", for its 2xx may find the next
 * connection, and is repeated until its ACK comes.
 *
 * Timer D is 0, so "completed" takes no time and has no state.
 */
import type { ClientEvent, Step } from './effects.js';

export type InviteClientState = 'calling' | 'proceeding' | 'accepted' | 'lost' | 'terminated';
type S = Step<InviteClientState>;

const start: S = ['calling', ['sendRequest', 'startB']];
const ringing: S = ['proceeding', ['deliver']];
const accepted: S = ['accepted', ['startM', 'deliver']];
const another2xx: S = ['accepted', ['deliver']]; // the session sends the ACKs (§13.2.2.4)
const refused: S = ['terminated', ['sendAck', 'deliver']];
const cancelled: S = ['proceeding', ['startGiveUp']]; // §9.1: a callee of RFC 2543 may send no 487
const timedOut: S = ['terminated', ['failTimeout']];
const unsent: S = ['terminated', ['failTransport']];
const lost: S = ['lost', ['startM', 'failTransport']];
const stillLost: S = ['lost', []];
const refusedLate: S = ['terminated', ['sendAck']];
const ended: S = ['terminated', []];

export function inviteClient(state: InviteClientState, event: ClientEvent): S {
  switch (state) {
    case 'calling':
      if (event === 'start') return start;
      if (event === 'timeout') return timedOut;
      return awaitFinal(state, event);
    case 'proceeding': // timer B means nothing here: the callee may ring for minutes
      if (event === 'cancelled') return cancelled;
      if (event === 'giveUp') return timedOut;
      return awaitFinal(state, event);
    case 'accepted':
      if (event === 'success') return another2xx;
      if (event === 'linger') return ended;
      return [state, []];
    case 'lost':
      if (event === 'success') return accepted;
      if (event === 'failure') return refusedLate;
      return event === 'linger' ? ended : stillLost;
    case 'terminated':
      return ended;
  }
}

function awaitFinal(state: InviteClientState, event: ClientEvent): S {
  if (event === 'provisional') return ringing;
  if (event === 'success') return accepted;
  if (event === 'failure') return refused;
  if (event === 'transportError') return unsent;
  if (event === 'connectionLost') return lost;
  return [state, []];
}
