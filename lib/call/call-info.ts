/** A call in numbers and names (PJSIP's call info), and the dialogs that it consists of (RFC 3261 §12). */
import type { MediaState } from '../media/connection-state.js';
import type { Session } from '../session/session.js';
import type { RemoteParty } from './call-events.js';
import type { CallState } from './call-state.js';
import type { Leg } from './leg.js';

export interface CallInfo {
  /** Who sent the INVITE: we (`caller`) or the peer. */
  readonly role: 'caller' | 'callee';
  readonly state: CallState;
  readonly callId: string;
  /** As they stand in From and To, without tag. */
  readonly local: string | undefined;
  readonly remote: RemoteParty;
  /** Where our requests go; undefined as long as there is no dialog. */
  readonly remoteContact: string | undefined;
  /** Of the last response to the INVITE, or of what took its place; 0 while there was none. */
  readonly status: number;
  readonly reason: string;
  readonly mediaState: MediaState;
  readonly localHold: boolean;
  readonly remoteHold: boolean;
  readonly muted: boolean;
  /** Who made the offer of the session as it is now. */
  readonly offerer: 'local' | 'remote' | undefined;
  /** Milliseconds since it was confirmed; 0 before. */
  readonly connectDuration: number;
  /** Milliseconds since it began, until it was over. */
  readonly totalDuration: number;
}

/** A dialog of a call: while it rings there may be several, one for each phone that does (RFC 3261 §12.1). */
export interface CallDialog {
  readonly callId: string;
  readonly localTag: string;
  /** Empty for a peer of RFC 2543. */
  readonly remoteTag: string;
  readonly state: 'early' | 'confirmed';
  /** The Contact of the peer. */
  readonly target: string;
}

export function callInfo(leg: Leg): CallInfo {
  const { state, callId, duration: connectDuration, totalDuration } = leg;
  const { state: mediaState, localHold, remoteHold, muted } = leg.media.session;
  const { remote, status, reason } = leg.peer;
  const dialog = leg.dialogSession?.dialog;
  return {
    role: leg.direction === 'outgoing' ? 'caller' : 'callee',
    state,
    callId,
    local: dialog?.local.replace(/;tag=[^;>]*$/, ''),
    remote,
    remoteContact: dialog?.remoteTarget,
    status,
    reason,
    mediaState,
    localHold,
    remoteHold,
    muted,
    offerer: leg.media.offerer,
    connectDuration,
    totalDuration,
  };
}

export function callDialogs(leg: Leg): readonly CallDialog[] {
  if (leg.end) return [];
  const { session } = leg;
  const early = leg.outgoing?.earlySessions ?? [];
  const isConfirmed = session && (leg.state === 'connecting' || leg.state === 'confirmed');
  const all: CallDialog[] = early.map((each) => dialogOf(each, 'early'));
  if (session) all.push(dialogOf(session, isConfirmed ? 'confirmed' : 'early'));
  return all;
}

function dialogOf({ dialog }: Session, state: CallDialog['state']): CallDialog {
  const { callId, localTag, remoteTag, remoteTarget: target } = dialog;
  return { callId, localTag, remoteTag, state, target };
}
