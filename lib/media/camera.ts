/** Opens the camera, or what the user shares of the screen (W3C Screen Capture). Loaded with the first video of a page. */
import type { Signal } from '../base/lifetime.js';
import { capture } from './capture.js';
import type { MediaEnvironment } from './environment.js';

const cameraCodes = {
  denied: 'cameraDenied',
  dismissed: 'cameraDismissed',
  absent: 'cameraAbsent',
  busy: 'cameraBusy',
} as const;

/** A picker that is closed and a policy that forbids are told apart by nobody. */
const screenCodes = {
  denied: 'screenDenied',
  dismissed: 'screenDenied',
  absent: 'screenBusy',
  busy: 'screenBusy',
} as const;

/** As `capture`, with the codes `cameraDenied`, `cameraDismissed`, `cameraAbsent`, `cameraBusy`. */
export function openCamera(
  env: MediaEnvironment,
  video: true | MediaTrackConstraints,
  signal?: Signal,
): Promise<MediaStreamTrack> {
  const open = (): Promise<MediaStream> => env.getUserMedia({ audio: false, video });
  const permission = env.queryCameraPermission && (() => env.queryCameraPermission!());
  return capture({ name: 'camera', kind: 'video', codes: cameraCodes, open, permission }, signal);
}

/** To be called from within a user gesture. As `capture`, with the codes `screenDenied` and `screenBusy`. */
export function openScreen(
  env: MediaEnvironment,
  video: true | MediaTrackConstraints,
  signal?: Signal,
): Promise<MediaStreamTrack> {
  const open = (): Promise<MediaStream> => env.getDisplayMedia({ audio: false, video });
  return capture({ name: 'screen', kind: 'video', codes: screenCodes, open }, signal);
}
