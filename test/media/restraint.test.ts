import { assert } from 'chai';
import { isSilenced, restrained, unrestrained } from '../../lib/media/restraint.js';
import type { Restraint } from '../../lib/media/restraint.js';

describe('what keeps media from flowing both ways', () => {
  const cases: readonly [Restraint, audio: string, video: string][] = [
    [unrestrained, 'sendrecv', 'sendrecv'],
    [{ hold: 'sendonly' }, 'sendonly', 'sendonly'],
    [{ hold: 'inactive' }, 'inactive', 'inactive'],
    [{ audio: 'recvonly' }, 'recvonly', 'sendrecv'],
    [{ audio: 'recvonly', hold: 'sendonly' }, 'inactive', 'sendonly'],
    [{ video: 'sendonly', hold: 'sendonly' }, 'sendonly', 'sendonly'],
    [{ video: 'inactive' }, 'sendrecv', 'inactive'],
  ];
  for (const [restraint, audio, video] of cases)
    it(`RFC 3264 §8.4: ${JSON.stringify(restraint)} leaves audio ${audio}, video ${video}`, () => {
      assert.equal(restrained(restraint, 'audio'), audio);
      assert.equal(restrained(restraint, 'video'), video);
    });

  it('who cannot send does not say so', () => {
    assert.equal(restrained(unrestrained, 'audio', 'recvonly'), 'recvonly');
    assert.equal(restrained({ hold: 'sendonly' }, 'audio', 'recvonly'), 'inactive');
  });

  it('on hold nothing of ours is heard, whatever way stays open; nor where the app lets nothing out', () => {
    assert.isFalse(isSilenced(unrestrained, 'audio'));
    assert.isTrue(isSilenced({ hold: 'sendonly' }, 'audio'));
    assert.isTrue(isSilenced({ audio: 'recvonly' }, 'audio'));
    assert.isFalse(isSilenced({ audio: 'recvonly' }, 'video'));
  });
});
