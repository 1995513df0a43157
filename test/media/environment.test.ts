// The door to the browser's media.
import { assert } from 'chai';
import { browserMediaEnvironment } from '../../lib/media/environment.js';

describe('browserMediaEnvironment', () => {
  const scope = globalThis as unknown as Record<string, unknown>;
  afterEach(() => delete scope['RTCPeerConnection']);

  it('reads a global when it is needed: collectors of statistics wrap it after we load', () => {
    const environment = browserMediaEnvironment();
    const wrapped = function Wrapped() {};
    scope['RTCPeerConnection'] = wrapped;
    assert.equal<unknown>(environment.RTCPeerConnection, wrapped);
  });

  it('takes what it is given instead of the global', async () => {
    const own = function Own() {} as unknown as typeof RTCPeerConnection;
    const stream = {} as MediaStream;
    const environment = browserMediaEnvironment({
      RTCPeerConnection: own,
      getUserMedia: () => Promise.resolve(stream),
    });
    assert.equal(environment.RTCPeerConnection, own);
    assert.equal(await environment.getUserMedia({ audio: true }), stream);
    assert.isUndefined(await environment.queryMicrophonePermission?.());
  });

  it('without sound has no element to play with', () => {
    assert.notProperty(browserMediaEnvironment(), 'createAudioElement');
  });
});
