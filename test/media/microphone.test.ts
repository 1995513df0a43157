// Why a microphone does not open, in the words of Chromium and of Firefox.
import { assert } from 'chai';
import type { EvercallError } from '../../lib/base/errors.js';
import type { MediaEnvironment } from '../../lib/media/environment.js';
import { browserMediaEnvironment } from '../../lib/media/environment.js';
import { openMicrophone } from '../../lib/media/microphone.js';

function refusing(error: Error, state?: PermissionState): Pick<MediaEnvironment, 'getUserMedia'> {
  return {
    getUserMedia: () => Promise.reject(error),
    ...(state && { queryMicrophonePermission: () => Promise.resolve(state) }),
  };
}

async function errorOf(promise: Promise<unknown>): Promise<EvercallError> {
  return promise.then(
    () => assert.fail('resolved'),
    (error: unknown) => error as EvercallError,
  );
}

/** A track and what became of it. */
function fakeTrack(): MediaStreamTrack & { stopped: boolean } {
  const track = { stopped: false, stop: () => (track.stopped = true) };
  return track as unknown as MediaStreamTrack & { stopped: boolean };
}
const streamOf = (...tracks: MediaStreamTrack[]): MediaStream =>
  ({ getAudioTracks: () => tracks }) as unknown as MediaStream;

const firefox = 'The request is not allowed by the user agent or the platform in the current context.';

describe('openMicrophone', () => {
  for (const [name, message, state, code] of [
    ['NotAllowedError', 'Permission denied', 'denied', 'mediaDenied'],
    ['NotAllowedError', 'Permission denied by system', 'granted', 'mediaDenied'],
    ['NotAllowedError', 'Permission dismissed', 'prompt', 'mediaDismissed'],
    ['NotAllowedError', firefox, 'denied', 'mediaDenied'],
    ['NotAllowedError', firefox, 'prompt', 'mediaDismissed'],
    ['NotAllowedError', firefox, undefined, 'mediaDenied'],
    ['SecurityError', 'The operation is insecure.', undefined, 'mediaDenied'],
    ['NotFoundError', 'Requested device not found', 'granted', 'mediaAbsent'],
    ['NotFoundError', 'The object can not be found here.', 'granted', 'mediaAbsent'],
    ['OverconstrainedError', '', 'granted', 'mediaAbsent'],
    ['NotReadableError', 'Could not start audio source', 'granted', 'mediaBusy'],
    ['NotReadableError', 'Failed to allocate audiosource', 'granted', 'mediaBusy'],
    ['AbortError', 'Starting audioinput failed', 'granted', 'mediaBusy'],
    ['NotSupportedError', '', undefined, 'mediaUnsupported'],
  ] as const) {
    it(`${name} "${message}" with permission ${state ?? 'unknown'} is ${code}`, async () => {
      const cause = new DOMException(message, name);
      const error = await errorOf(openMicrophone(refusing(cause, state), true));
      assert.equal(error.code, code);
      assert.equal(error.cause, cause);
    });
  }

  it('a page without getUserMedia, as on http, is mediaUnsupported', async () => {
    assert.equal((await errorOf(openMicrophone(browserMediaEnvironment(), true))).code, 'mediaUnsupported');
    assert.throws(() => browserMediaEnvironment().RTCPeerConnection, /https or localhost/);
  });

  it('passes the constraints, takes one track and stops any other', async () => {
    const [first, second] = [fakeTrack(), fakeTrack()];
    const asked: MediaStreamConstraints[] = [];
    const getUserMedia = (constraints: MediaStreamConstraints): Promise<MediaStream> => {
      asked.push(constraints);
      return Promise.resolve(streamOf(first, second));
    };
    assert.equal(await openMicrophone({ getUserMedia }, { echoCancellation: false }), first);
    assert.deepEqual(asked, [{ audio: { echoCancellation: false }, video: false }]);
    assert.isFalse(first.stopped);
    assert.isTrue(second.stopped);
  });

  it('aborted while the user is asked, it rejects at once and stops the track that comes later', async () => {
    let allow!: (stream: MediaStream) => void;
    const prompt = new Promise<MediaStream>((resolve) => (allow = resolve));
    const controller = new AbortController();
    const opening = openMicrophone({ getUserMedia: () => prompt }, true, controller.signal);
    controller.abort();
    assert.equal((await errorOf(opening)).code, 'aborted');
    const late = fakeTrack();
    allow(streamOf(late));
    await new Promise(setImmediate);
    assert.isTrue(late.stopped);
  });

  it('aborted before it began, it asks nobody', async () => {
    const getUserMedia = (): Promise<MediaStream> => assert.fail('asked');
    const error = await errorOf(openMicrophone({ getUserMedia }, true, AbortSignal.abort()));
    assert.equal(error.code, 'aborted');
  });
});
