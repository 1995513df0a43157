/**
 * Non-INVITE server transaction: RFC 3261 §17.2.2 figure 8.
 *
 *   trying ──1xx──▶ proceeding ──2xx-6xx──▶ terminated
 *
 * Timer J is 0, so "completed" takes no time and has no state.
 */
import type { ServerEvent, Step } from './effects.js';

export type NonInviteServerState = 'trying' | 'proceeding' | 'terminated';
type S = Step<NonInviteServerState>;

const arrived: S = ['trying', ['deliver']];
const again: S = ['proceeding', ['resendResponse']];
const provisional: S = ['proceeding', ['sendResponse']];
const final: S = ['terminated', ['sendResponse']];
const ended: S = ['terminated', []];

/** The first `request` of a transaction comes with `state` undefined. */
export function nonInviteServer(state: NonInviteServerState | undefined, event: ServerEvent): S {
  if (state === undefined) return arrived;
  if (state === 'terminated') return ended;
  if (event === 'sendProvisional') return provisional;
  if (event === 'sendSuccess' || event === 'sendFailure') return final;
  if (event === 'request' && state === 'proceeding') return again;
  return [state, []];
}
