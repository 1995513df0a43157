/**
 * INVITE server transaction: RFC 3261 §17.2.1 figure 7, as amended by RFC 6026 §8.5-8.7.
 *
 *   proceeding ──2xx──▶ accepted ──timer L──▶ terminated
 *       └────3xx-6xx──▶ completed ──ACK───────▶ terminated
 *                           └──────timer H────▶ terminated / tell the user
 *
 * Timer G never runs and timer I is 0, so "confirmed" takes no time and has no state.
 */
import type { ServerEvent, Step } from './effects.js';

export type InviteServerState = 'proceeding' | 'accepted' | 'completed' | 'terminated';
type S = Step<InviteServerState>;

const arrived: S = ['proceeding', ['deliver']];
const again: S = ['proceeding', ['resendResponse']];
const provisional: S = ['proceeding', ['sendResponse']];
const success: S = ['accepted', ['sendResponse', 'startL']];
const successAgain: S = ['accepted', ['sendResponse']]; // the session repeats its 2xx until the ACK (§13.3.1.4)
const acked2xx: S = ['accepted', ['deliver']];
const refused: S = ['completed', ['sendResponse', 'startH']];
const refusedAgain: S = ['completed', ['resendResponse']];
const noAck: S = ['terminated', ['failNoAck']];
const ended: S = ['terminated', []];

/** The first `request` of a transaction comes with `state` undefined. */
export function inviteServer(state: InviteServerState | undefined, event: ServerEvent): S {
  switch (state) {
    case undefined:
      return arrived;
    case 'proceeding':
      if (event === 'request') return again;
      if (event === 'sendProvisional') return provisional;
      if (event === 'sendSuccess') return success;
      if (event === 'sendFailure') return refused;
      return [state, []];
    case 'accepted':
      if (event === 'sendSuccess') return successAgain;
      if (event === 'ack') return acked2xx;
      if (event === 'linger') return ended;
      return [state, []]; // a repeated INVITE is absorbed (RFC 6026 §7.1)
    case 'completed':
      if (event === 'request') return refusedAgain;
      if (event === 'ack') return ended;
      if (event === 'timeout') return noAck;
      return [state, []];
    case 'terminated':
      return ended;
  }
}
