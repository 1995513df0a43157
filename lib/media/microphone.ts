/** Opens the microphone, and tells apart why it would not open (W3C Media Capture and Streams §10.2, getUserMedia). */
import type { ErrorCode } from '../base/errors.js';
import { abortError, EvercallError } from '../base/errors.js';
import type { MediaEnvironment } from './environment.js';

type Microphone = Pick<MediaEnvironment, 'getUserMedia' | 'queryMicrophonePermission'>;

/**
 * Resolves with a live audio track that the caller has to stop. Rejects with `mediaDenied`, `mediaDismissed`, `mediaAbsent`,
 * `mediaBusy`, `mediaUnsupported`; or with `aborted` as soon as `signal` aborts, and a track that comes after that is stopped.
 */
export async function openMicrophone(
  env: Microphone,
  constraints: MediaTrackConstraints | boolean,
  signal?: AbortSignal,
): Promise<MediaStreamTrack> {
  if (signal?.aborted) throw abortError(signal);
  const opening = open(env, constraints);
  if (!signal) return opening;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      reject(abortError(signal));
      opening.then(
        (track) => track.stop(),
        () => undefined,
      );
    };
    signal.addEventListener('abort', onAbort, { once: true });
    opening.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

async function open(env: Microphone, constraints: MediaTrackConstraints | boolean): Promise<MediaStreamTrack> {
  let stream: MediaStream;
  try {
    stream = await env.getUserMedia({ audio: constraints === false ? true : constraints, video: false });
  } catch (error) {
    throw await microphoneError(error, env);
  }
  const [track, ...others] = stream.getAudioTracks();
  for (const other of others) other.stop();
  if (!track) throw new EvercallError('mediaAbsent', 'the microphone came without a track');
  return track;
}

/** By the name of the DOMException. NotAllowedError has three causes, told apart in `refusal`. */
const codes: Readonly<Record<string, ErrorCode>> = {
  SecurityError: 'mediaDenied', // a policy of the browser or the document
  NotFoundError: 'mediaAbsent',
  OverconstrainedError: 'mediaAbsent',
  DevicesNotFoundError: 'mediaAbsent',
  NotReadableError: 'mediaBusy',
  TrackStartError: 'mediaBusy',
  AbortError: 'mediaBusy', // Firefox: "Starting audioinput failed"
  NotSupportedError: 'mediaUnsupported',
  TypeError: 'mediaUnsupported', // an insecure context, or constraints no browser takes
};

async function microphoneError(error: unknown, env: Microphone): Promise<EvercallError> {
  if (error instanceof EvercallError) return error;
  const { name = 'Error', message = String(error) } = error as Partial<Error>;
  const code = name === 'NotAllowedError' ? await refusal(message, env) : (codes[name] ?? 'mediaBusy');
  return new EvercallError(code, `microphone: ${message || name}`, { cause: error });
}

/**
 * Chromium: "Permission denied" (block), "Permission denied by system", "Permission dismissed" (prompt closed).
 * Firefox says "The request is not allowed by the user agent or the platform in the current context." for all of them: there,
 * a prompt that was closed or blocked only for this once leaves the permission at `prompt`.
 */
async function refusal(message: string, env: Microphone): Promise<'mediaDenied' | 'mediaDismissed'> {
  if (/dismissed/i.test(message)) return 'mediaDismissed';
  if (/denied|policy|system/i.test(message)) return 'mediaDenied';
  const state = await env.queryMicrophonePermission?.().catch(() => undefined);
  return state === 'prompt' ? 'mediaDismissed' : 'mediaDenied';
}
