// Codec preferences against a list as Chromium gives it.
import { assert } from 'chai';
import type { Logger } from '../../lib/index.js';
import { preferCodecs } from '../../lib/media/codecs.js';
import { fakeMediaEnvironment } from '../support/fake-media.js';

const codec = (name: string, clockRate: number): RTCRtpCodec => ({ mimeType: `audio/${name}`, clockRate, channels: 1 });
const known = [
  codec('opus', 48_000),
  codec('red', 48_000),
  codec('G722', 8000),
  codec('PCMU', 8000),
  codec('PCMA', 8000),
  codec('CN', 8000),
  codec('telephone-event', 48_000),
  codec('telephone-event', 8000),
];

/** What is set for a wish, and what is warned of. */
function preferred(audio: readonly string[], refuse = false): { set: string[] | undefined; warnings: string[] } {
  let set: string[] | undefined;
  const warnings: string[] = [];
  const transceiver = {
    receiver: { track: { kind: 'audio' } },
    setCodecPreferences(codecs: RTCRtpCodec[]) {
      if (refuse) throw new DOMException('no', 'InvalidModificationError');
      set = codecs.map(({ mimeType, clockRate }) => `${mimeType.slice(6)}/${clockRate}`);
    },
  } as unknown as RTCRtpTransceiver;
  const log = { warn: (text: string) => warnings.push(text) } as unknown as Logger;
  preferCodecs(transceiver, { audio }, { ...fakeMediaEnvironment(), codecs: () => known }, log);
  return { set, warnings };
}

describe('CALL-27: codec preferences', () => {
  it('the wish first and in its order, whatever its case; then what serves it, and nothing else', () => {
    assert.deepEqual(preferred(['pcma', 'OPUS']).set, [
      'PCMA/8000',
      'opus/48000',
      'red/48000',
      'CN/8000',
      'telephone-event/48000',
      'telephone-event/8000',
    ]);
    assert.deepEqual(preferred(['PCMU', 'telephone-event']).set, [
      'PCMU/8000',
      'telephone-event/48000',
      'telephone-event/8000',
      'CN/8000',
    ]);
  });

  it('what the browser lacks is left out with a warning that names it; without any that it has, its own order stays', () => {
    const some = preferred(['G.729', 'PCMA']);
    assert.equal(some.set?.[0], 'PCMA/8000');
    assert.deepEqual(some.warnings, ['codecs.audio: this browser has no G.729']);
    const none = preferred(['G.729']);
    assert.isUndefined(none.set);
    assert.lengthOf(none.warnings, 1);
  });

  it('a browser that refuses the list is warned of, and the call goes on', () => {
    assert.deepEqual(preferred(['opus'], true).warnings, ['codecs.audio: the browser refuses']);
  });
});
