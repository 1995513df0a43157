import { assert } from 'chai';
import { peerCalls } from '../support/calls.js';

describe('media of a call', () => {
  it('muted before it is answered, it stays so, whatever the answer says of the microphone', async () => {
    const { call, server, media } = await peerCalls();
    call.mute();
    void call.answer({ audio: { echoCancellation: false } });
    await server.response(180);
    await server.response(200);
    assert.isTrue(call.muted);
    assert.isFalse(media.microphones.at(-1)?.enabled);
  });
});
