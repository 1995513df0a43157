/** One state for ICE and DTLS together (W3C WebRTC §4.3.3, RTCPeerConnectionState). */

/** `disconnected` and `failed` are reports: nothing is given up because of them. */
export type MediaState = 'new' | 'connecting' | 'connected' | 'disconnected' | 'failed' | 'closed';

/** Calls `onState` after each change; returns its undo. */
export function watchConnection(pc: RTCPeerConnection, onState: (state: MediaState) => void): () => void {
  let last: MediaState = 'new';
  const onChange = (): void => {
    const state = stateOf(pc);
    if (state === last) return;
    last = state;
    onState(state);
  };
  const events = ['connectionstatechange', 'iceconnectionstatechange'] as const;
  for (const event of events) pc.addEventListener(event, onChange);
  return () => {
    for (const event of events) pc.removeEventListener(event, onChange);
  };
}

function stateOf(pc: RTCPeerConnection): MediaState {
  const merged = pc.connectionState as MediaState | undefined;
  if (merged !== undefined) return merged;
  const ice = pc.iceConnectionState; // remote-desktop redirections have no connectionState
  if (ice === 'checking') return 'connecting';
  return ice === 'completed' ? 'connected' : ice;
}
