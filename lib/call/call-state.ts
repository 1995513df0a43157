/** The user's view of a call as a table (PJSIP's call states). */

export type CallState = 'calling' | 'incoming' | 'early' | 'connecting' | 'confirmed' | 'disconnected';

export type CallEvent =
  | 'progress' //  the callee rings, or early media flows
  | 'accepted' //  a 2xx is there
  | 'confirmed' // the ACK is sent or has come, and audio is agreed on
  | 'ended';

const transitions: Record<CallState, Partial<Record<CallEvent, CallState>>> = {
  calling: { progress: 'early', accepted: 'connecting', ended: 'disconnected' },
  incoming: { progress: 'early', accepted: 'connecting', ended: 'disconnected' },
  early: { accepted: 'connecting', ended: 'disconnected' },
  connecting: { confirmed: 'confirmed', ended: 'disconnected' },
  confirmed: { ended: 'disconnected' },
  disconnected: {},
};

/** An event that means nothing in `state` changes nothing. */
export function callState(state: CallState, event: CallEvent): CallState {
  return transitions[state][event] ?? state;
}
