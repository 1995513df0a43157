// What is read from a session description.
import { assert } from 'chai';
import { iceUfrag, readAudio } from '../../lib/media/sdp.js';

const session = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n';
const audio = (line: string, ...attributes: string[]): string =>
  [`m=audio ${line}`, 'a=fingerprint:sha-256 AA', ...attributes, ''].join('\r\n');

describe('readAudio', () => {
  it('finds mid and direction', () => {
    const sdp = session + audio('9 UDP/TLS/RTP/SAVPF 111', 'a=mid:0', 'a=sendonly');
    assert.deepEqual(readAudio(sdp), {
      index: 0,
      mid: '0',
      direction: 'sendonly',
      zeroAddress: false,
    });
  });

  it('sendrecv is the default, a session-level direction that of all sections (RFC 8866 §6.7)', () => {
    assert.equal(readAudio(session + audio('4000 UDP/TLS/RTP/SAVPF 0'))?.direction, 'sendrecv');
    assert.equal(readAudio(`${session}a=inactive\r\n${audio('4000 RTP/SAVPF 0')}`)?.direction, 'inactive');
    assert.equal(
      readAudio(`${session}a=inactive\r\n${audio('4000 RTP/SAVPF 0', 'a=recvonly')}`)?.direction,
      'recvonly',
    );
  });

  it('takes the first usable of several', () => {
    const sdp =
      session +
      audio('0 UDP/TLS/RTP/SAVPF 0') +
      'm=video 5000 UDP/TLS/RTP/SAVPF 96\r\na=sendonly\r\n' +
      audio('4000 UDP/TLS/RTP/SAVPF 0', 'a=mid:c', 'a=recvonly');
    assert.deepInclude(readAudio(sdp), { index: 1, mid: 'c', direction: 'recvonly' });
  });

  it('port 0 refuses a section, unless it is bundle-only (RFC 8843 §6)', () => {
    assert.isUndefined(readAudio(session + audio('0 UDP/TLS/RTP/SAVPF 0')));
    assert.isDefined(readAudio(session + audio('0 UDP/TLS/RTP/SAVPF 0', 'a=bundle-only')));
  });

  it('only DTLS-SRTP is usable (RFC 8827 §6.5)', () => {
    assert.isUndefined(readAudio(session + audio('4000 RTP/AVP 0')));
    assert.isUndefined(readAudio(session + audio('4000 RTP/AVPF 0')));
    assert.isUndefined(
      readAudio(`${session}m=audio 4000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n`),
    );
    assert.isDefined(readAudio(`${session}a=fingerprint:sha-256 AA\r\nm=audio 4000 UDP/TLS/RTP/SAVP 0\r\n`));
  });

  it('a zero address is hold (RFC 3264 §8.4), but with port 9 only that candidates follow', () => {
    const zero = 'c=IN IP4 0.0.0.0';
    assert.isTrue(readAudio(session + audio('4000 UDP/TLS/RTP/SAVPF 0', zero))?.zeroAddress);
    assert.isTrue(readAudio(`${session}${zero}\r\n${audio('4000 UDP/TLS/RTP/SAVPF 0')}`)?.zeroAddress);
    assert.isTrue(readAudio(session + audio('4000 UDP/TLS/RTP/SAVPF 0', 'c=IN IP6 ::'))?.zeroAddress);
    assert.isFalse(readAudio(session + audio('9 UDP/TLS/RTP/SAVPF 0', zero))?.zeroAddress);
    assert.isFalse(
      readAudio(`${session}${zero}\r\n${audio('4000 UDP/TLS/RTP/SAVPF 0', 'c=IN IP4 192.0.2.1')}`)?.zeroAddress,
    );
  });

  it('lines may end with LF alone', () => {
    const sdp = (session + audio('9 UDP/TLS/RTP/SAVPF 111', 'a=mid:0', 'a=inactive')).replaceAll('\r', '');
    assert.deepInclude(readAudio(sdp), { mid: '0', direction: 'inactive' });
  });

  it('what is no SDP has no audio', () => {
    for (const text of ['', 'hello', 'm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=fingerprint:x', 'v=0', '{"sdp":1}']) {
      assert.isUndefined(readAudio(text), text);
    }
  });
});

describe('iceUfrag', () => {
  it('finds the ufrag of the section or of the session, whatever the line ends', () => {
    assert.equal(iceUfrag('v=0\r\na=ice-ufrag:F7gI\r\na=ice-pwd:x\r\n'), 'F7gI');
    assert.equal(iceUfrag('v=0\nm=audio 9 x 0\na=ice-ufrag:a/b+\n'), 'a/b+');
    assert.isUndefined(iceUfrag('v=0\r\n'));
    assert.isUndefined(iceUfrag(''));
  });
});
