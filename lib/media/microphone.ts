/** Opens the microphone. */
import type { Signal } from '../base/lifetime.js';
import { capture } from './capture.js';
import type { MediaEnvironment } from './environment.js';

type Microphone = Pick<MediaEnvironment, 'getUserMedia' | 'queryMicrophonePermission'>;

const codes = {
  denied: 'mediaDenied',
  dismissed: 'mediaDismissed',
  absent: 'mediaAbsent',
  busy: 'mediaBusy',
} as const;

/** As `capture`, with the codes `mediaDenied`, `mediaDismissed`, `mediaAbsent`, `mediaBusy`. */
export function openMicrophone(
  env: Microphone,
  constraints: MediaTrackConstraints | boolean,
  signal?: Signal,
): Promise<MediaStreamTrack> {
  const open = (): Promise<MediaStream> =>
    env.getUserMedia({ audio: constraints === false ? true : constraints, video: false });
  const permission = env.queryMicrophonePermission && (() => env.queryMicrophonePermission!());
  return capture({ name: 'microphone', kind: 'audio', codes, open, permission }, signal);
}
