/** One section of video: what it sends, and whose wish it is. */
import { isStopped } from './connection.js';
import { sends } from './direction.js';
import type { VideoSource } from './video-source.js';

/** One section of video that the app wants. */
export interface VideoLine {
  /** From its first offer or answer on. */
  transceiver: RTCRtpTransceiver | undefined;
  source: VideoSource | undefined;
  /** What goes on when the screen is not shared any more. */
  camera: VideoSource | undefined;
  /** The peer has begun it: it is not ours to begin again on another connection. */
  readonly isTheirs: boolean;
  /** Gone by our wish: the next offer says so. */
  isRemoved: boolean;
  /** Of another connection, whose sources these are until that one has come to its end. */
  lender: VideoLine | undefined;
  /** The peer has agreed to it there: it need not be asked for again. */
  isKnown: boolean;
  isAnnounced: boolean;
}

export const newLine = (isTheirs: boolean): VideoLine => ({
  transceiver: undefined,
  source: undefined,
  camera: undefined,
  isTheirs,
  isRemoved: false,
  lender: undefined,
  isKnown: false,
  isAnnounced: false,
});

/** The same on another connection, to which the sources are lent. */
export const borrowed = (lender: VideoLine): VideoLine => ({
  ...newLine(lender.isTheirs),
  source: lender.source,
  lender,
  isKnown: lender.isKnown || typeof lender.transceiver?.mid === 'string',
});

export function stopSources({ source, camera, lender }: VideoLine): void {
  if (lender) return;
  source?.stop();
  camera?.stop();
}

/** Whether the peer, as of its last answer, takes what we send; or sends where we do not. On hold, nobody can tell. */
export function isTaken({ transceiver, source }: VideoLine): boolean {
  if (!transceiver || isStopped(transceiver)) return false;
  const current = transceiver.currentDirection ?? 'inactive';
  if (transceiver.direction === 'inactive') return true;
  return source?.sends && sends(transceiver.direction) ? sends(current) : current !== 'inactive';
}
