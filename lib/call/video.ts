/** The verbs of video: adding, removing, sharing the screen. Loaded with the first of them. */
import { EvercallError } from '../base/errors.js';
import { checkKnown, checkOneOf } from '../base/options.js';
import { isTaken } from '../media/video-line.js';
import type { VideoLine } from '../media/video-line.js';
import type { VideoWish } from '../media/video-source.js';
import { checkVideo } from './call-config.js';
import type { Leg } from './leg.js';

export interface AddVideoOptions {
  /** As in `call()`. @default true */
  readonly video?: Exclude<VideoWish, false>;
}

export interface ShareScreenOptions {
  /** Constraints of the capture, or a track that the app has captured. @default true */
  readonly video?: true | MediaTrackConstraints | MediaStreamTrack;
  /**
   * `instead`: in the place of the camera, at once and without a word to the peer; `beside`: in a section of its own, which the
   * peer has to take. @default 'instead' where the camera is sent, else 'beside'
   */
  readonly camera?: 'instead' | 'beside';
}

export async function addVideo(leg: Leg, options: AddVideoOptions): Promise<void> {
  checkKnown(options, new Set(['video']));
  const { video = true } = options;
  checkVideo('video', video);
  const videos = await leg.media.session.videos();
  if (videos.camera) throw new EvercallError('invalidState', 'addVideo: the call sends video already');
  await offerLine(leg, await videos.prepare(video, false, leg.media.session.signal));
}

export async function removeVideo(leg: Leg): Promise<void> {
  const videos = await leg.media.session.videos();
  if (videos.removeAll()) await tell(leg);
}

export async function shareScreen(leg: Leg, options: ShareScreenOptions): Promise<void> {
  checkKnown(options, new Set(['video', 'camera']));
  const { session } = leg.media;
  const videos = await session.videos();
  const { video = true, camera = videos.camera ? 'instead' : 'beside' } = options;
  checkVideo('video', video);
  checkOneOf('camera', camera, ['instead', 'beside']);
  if (videos.screen) throw new EvercallError('invalidState', 'shareScreen: the screen is shared already');
  if (camera === 'beside') await offerLine(leg, await videos.prepare(video, true, session.signal));
  else if (videos.camera) await videos.shareInPlace(videos.camera, video, session.signal);
  else throw new EvercallError('invalidState', 'shareScreen: no camera is sent that it could replace');
}

export async function stopScreenShare(leg: Leg): Promise<void> {
  const videos = await leg.media.session.videos();
  if (videos.screen) await leave(leg, videos.screen);
}

/** The user has pressed the browser's own button. */
export async function endScreen(leg: Leg, line: VideoLine): Promise<void> {
  try {
    if (!leg.end) await leave(leg, line);
  } catch (error) {
    leg.context.log.warn('the peer could not be told that the screen is not shared any more', error);
  }
}

async function leave(leg: Leg, line: VideoLine): Promise<void> {
  const videos = await leg.media.session.videos();
  if (!(await videos.unshare(line))) return;
  videos.remove(line);
  await tell(leg);
}

/** Offers what is open already: a prompt must not hold up other changes. What the peer does not take is closed again. */
async function offerLine(leg: Leg, line: VideoLine): Promise<void> {
  const videos = await leg.media.session.videos();
  const change = async (): Promise<void> => {
    const enlisted = videos.enlist(line);
    try {
      await leg.mustBeConfirmed('video').renegotiate();
      if (!isTaken(enlisted.line)) throw new EvercallError('negotiation', 'the peer takes no video');
    } catch (error) {
      enlisted.undo();
      throw error;
    } finally {
      if (!leg.end) leg.onRenegotiated();
    }
  };
  await leg.mustBeConfirmed('video').change(change);
}

async function tell(leg: Leg): Promise<void> {
  const session = leg.mustBeConfirmed('video');
  await session.change(() => session.renegotiate());
  leg.onRenegotiated();
}
