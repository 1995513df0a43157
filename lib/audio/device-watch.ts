/** What happens to devices by themselves: a track that ends or is switched off, a list that changes. */

export interface TrackUser {
  onEnded(): void;
  /** The switch on the microphone, or the system's. */
  onMuted(muted: boolean): void;
}

/** Returns its undo. */
export function watchTrack(track: MediaStreamTrack, user: TrackUser): () => void {
  const listeners = {
    ended: () => user.onEnded(),
    mute: () => user.onMuted(true),
    unmute: () => user.onMuted(false),
  };
  for (const [type, listener] of Object.entries(listeners)) track.addEventListener(type, listener);
  return () => {
    for (const [type, listener] of Object.entries(listeners)) track.removeEventListener(type, listener);
  };
}

/** Browsers tell of one plug several times: who is called while `look` is under way has it look once more, after that. */
export function coalesced(look: () => Promise<void>): () => void {
  let isLooking = false;
  let again = false;
  const run = async (): Promise<void> => {
    isLooking = true;
    do {
      again = false;
      await look();
    } while (again as boolean);
    isLooking = false;
  };
  return () => {
    again = true;
    if (!isLooking) void run();
  };
}
