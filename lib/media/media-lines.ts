/** What was negotiated, section by section: which way it flows, with which codec, and who holds it (RFC 3264 §8). */
import type { MediaState } from './connection-state.js';
import { reversed } from './direction.js';
import type { Direction } from './direction.js';
import { firstCodec, isHold, readSections } from './sdp.js';
import type { Section } from './sdp.js';

/** `none`: refused, or used by nobody. `error`: ICE or DTLS has failed. */
export type MediaStatus = 'none' | 'active' | 'localHold' | 'remoteHold' | 'error';

/** One m-line. Its place in the list is the one in the SDP, which it keeps as long as the call lasts. */
export interface MediaLine {
  /** `audio`, `video`; or what else the app or the peer has added. */
  readonly kind: string;
  readonly mid: string | undefined;
  /** As seen from here. */
  readonly direction: Direction;
  readonly status: MediaStatus;
  /** As in SDP: `opus/48000/2`. */
  readonly codec: string | undefined;
  /** Whether our screen is what it sends. */
  readonly screen: boolean;
}

/** What the list is made of besides the descriptions. */
export interface MediaFacts {
  readonly state: MediaState;
  readonly localHold: boolean;
  readonly remoteHold: boolean;
  readonly isScreen: (transceiver: RTCRtpTransceiver) => boolean;
}

export function mediaLines(pc: RTCPeerConnection | undefined, facts: MediaFacts): readonly MediaLine[] {
  const ours = pc?.currentLocalDescription;
  const theirs = pc?.currentRemoteDescription;
  if (!pc || !ours || !theirs) return [];
  const answer = ours.type === 'answer' ? ours.sdp : theirs.sdp;
  const remote = readSections(theirs.sdp);
  const transceivers = pc.getTransceivers();
  return readSections(ours.sdp).map((local) => {
    const transceiver = transceivers.find(({ mid }) => mid === local.mid);
    const peer = remote[local.index];
    const isRefused = local.refused || (peer?.refused ?? true);
    const current = transceiver?.currentDirection;
    const direction = isRefused || current === 'stopped' ? 'inactive' : (current ?? local.direction);
    return {
      kind: local.kind,
      mid: local.mid,
      direction,
      status: isRefused ? 'none' : statusOf(local.kind, direction, peer!, facts),
      codec: isRefused ? undefined : firstCodec(answer, local.index),
      screen: transceiver !== undefined && facts.isScreen(transceiver),
    };
  });
}

function statusOf(kind: string, direction: Direction, peer: Section, facts: MediaFacts): MediaStatus {
  if (kind !== 'audio' && kind !== 'video') return facts.state === 'failed' ? 'error' : 'active';
  // A call is held as a whole: video that flows one way, or not, while the audio goes on, is no hold.
  const remoteHold = facts.remoteHold && isHold(peer);
  const isIdle = direction === 'inactive' && !facts.localHold && !remoteHold;
  if (isIdle) return 'none';
  if (facts.state === 'failed') return 'error';
  if (facts.localHold) return 'localHold';
  return remoteHold ? 'remoteHold' : 'active';
}

/** Whether two lists say the same. */
export const sameLines = (one: readonly MediaLine[], other: readonly MediaLine[]): boolean =>
  one.length === other.length && one.every((line, index) => sameLine(line, other[index]!));

const sameLine = (one: MediaLine, other: MediaLine): boolean =>
  (Object.keys(one) as (keyof MediaLine)[]).every((key) => one[key] === other[key]);

/** A change that an offer of the peer's would bring to a section, with our directions before and after; undefined is without it. */
export interface OfferedChange {
  readonly kind: string;
  readonly mid: string | undefined;
  readonly current: Direction | undefined;
  readonly offered: Direction | undefined;
}

/** Where an offer differs from what is negotiated. */
export function offeredChanges(offer: string, lines: readonly MediaLine[]): OfferedChange[] {
  return readSections(offer).flatMap(({ index, kind, mid, direction, refused }) => {
    const line = lines[index];
    const current = line?.status === 'none' ? undefined : line?.direction;
    const offered = refused || direction === 'inactive' ? undefined : reversed(direction);
    return current === offered ? [] : { kind, mid, current, offered };
  });
}
