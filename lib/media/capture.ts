/** Opens what the user lets the page hear or see, and tells apart why it would not open (W3C Media Capture and Streams §10.2). */
import type { ErrorCode } from '../base/errors.js';
import { abortError, EvercallError } from '../base/errors.js';
import type { Signal } from '../base/lifetime.js';
import { unlessAborted } from '../base/unless-aborted.js';

/** A microphone, a camera, a screen: how it is called, and the codes of its failures. */
export interface Device {
  readonly name: string;
  readonly kind: 'audio' | 'video';
  readonly codes: Readonly<Record<Failure, ErrorCode>>;
  readonly open: () => Promise<MediaStream>;
  /** What the page may do with it; undefined where the browser does not tell. */
  readonly permission?: (() => Promise<PermissionState | undefined>) | undefined;
}

type Failure = 'denied' | 'dismissed' | 'absent' | 'busy';

/**
 * Resolves with a live track that the caller has to stop. Rejects with the code of what failed or `mediaUnsupported`; or with
 * `aborted` as soon as `signal` aborts, and a track that comes after that is stopped.
 */
export async function capture(device: Device, signal?: Signal): Promise<MediaStreamTrack> {
  if (signal?.aborted) throw abortError(signal);
  const opening = open(device);
  try {
    return await unlessAborted(signal, opening);
  } catch (error) {
    if (signal?.aborted) opening.then((track) => track.stop()).catch(() => undefined);
    throw error;
  }
}

async function open(device: Device): Promise<MediaStreamTrack> {
  let stream: MediaStream;
  try {
    stream = await device.open();
  } catch (error) {
    throw await captureError(error, device);
  }
  const [track, ...others] = device.kind === 'audio' ? stream.getAudioTracks() : stream.getVideoTracks();
  for (const other of others) other.stop();
  if (!track) throw new EvercallError(device.codes.absent, `the ${device.name} came without a track`);
  return track;
}

/** By the name of the DOMException. NotAllowedError has three causes, told apart in `refusal`. */
const failures: Readonly<Record<string, Failure | 'unsupported'>> = {
  SecurityError: 'denied', // a policy of the browser or the document
  NotFoundError: 'absent',
  OverconstrainedError: 'absent',
  DevicesNotFoundError: 'absent',
  NotReadableError: 'busy',
  TrackStartError: 'busy',
  AbortError: 'busy', // Firefox: "Starting audioinput failed"
  NotSupportedError: 'unsupported',
  TypeError: 'unsupported', // an insecure context, or constraints no browser takes
};

async function captureError(error: unknown, device: Device): Promise<EvercallError> {
  if (error instanceof EvercallError) return error;
  const { name = 'Error', message = String(error) } = error as Partial<Error>;
  const failure = name === 'NotAllowedError' ? await refusal(message, device) : (failures[name] ?? 'busy');
  const code = failure === 'unsupported' ? 'mediaUnsupported' : device.codes[failure];
  return new EvercallError(code, `${device.name}: ${message || name}`, { cause: error });
}

/**
 * Chromium: "Permission denied" (block), "Permission denied by system", "Permission dismissed" (prompt closed).
 * Firefox says "The request is not allowed by the user agent or the platform in the current context." for all of them: there,
 * a prompt that was closed or blocked only for this once leaves the permission at `prompt`.
 */
async function refusal(message: string, { permission }: Device): Promise<'denied' | 'dismissed'> {
  if (/dismissed/i.test(message)) return 'dismissed';
  if (/denied|policy|system/i.test(message)) return 'denied';
  const state = await permission?.().catch(() => undefined);
  return state === 'prompt' ? 'dismissed' : 'denied';
}
