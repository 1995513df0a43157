/** What the microphone goes through before anybody hears it: noise suppression, voice changers. */

export interface AudioProcessor {
  /**
   * Gives a track of its own that is `track`, processed. Called each time a microphone is opened; one that rejects is left out,
   * and the microphone is sent as it is.
   */
  start(track: MediaStreamTrack, context: AudioContext): Promise<MediaStreamTrack> | MediaStreamTrack;
  /** The track of the last `start` is not needed any more. */
  stop?(): void;
}
