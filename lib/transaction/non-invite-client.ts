/**
 * Non-INVITE client transaction: RFC 3261 §17.1.2 figure 6.
 *
 *   trying ──1xx──▶ proceeding ──2xx-6xx──▶ terminated
 *      └────────────────┴──timer F, transport error──▶ terminated
 *
 * Timer K is 0, so "completed" takes no time and has no state.
 */
import type { ClientEvent, Step } from './effects.js';

export type NonInviteClientState = 'trying' | 'proceeding' | 'terminated';
type S = Step<NonInviteClientState>;

const start: S = ['trying', ['sendRequest', 'startF']];
const proceeding: S = ['proceeding', ['deliver']];
const done: S = ['terminated', ['deliver']];
const timedOut: S = ['terminated', ['failTimeout']];
const unsent: S = ['terminated', ['failTransport']];
const ended: S = ['terminated', []];

export function nonInviteClient(state: NonInviteClientState, event: ClientEvent): S {
  if (state === 'terminated') return ended;
  switch (event) {
    case 'start':
      return start;
    case 'provisional':
      return proceeding;
    case 'success':
    case 'failure':
      return done;
    case 'timeout':
      return timedOut;
    case 'transportError':
    case 'connectionLost':
      return unsent;
    case 'linger':
    case 'cancelled':
    case 'giveUp':
      return [state, []]; // an INVITE's
  }
}
