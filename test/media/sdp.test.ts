// What is read from a session description.
import { assert } from 'chai';
import type { Section } from '../../lib/media/sdp.js';
import { firstAudio, firstCodec, fitted, iceUfrag, offersAudio, readSections } from '../../lib/media/sdp.js';

const session = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n';
const audio = (line: string, ...attributes: string[]): string =>
  [`m=audio ${line}`, 'a=fingerprint:sha-256 AA', ...attributes, ''].join('\r\n');

const readAudio = (sdp: string): Section | undefined => firstAudio(readSections(sdp));

describe('the first usable audio', () => {
  it('finds mid and direction', () => {
    const sdp = session + audio('9 UDP/TLS/RTP/SAVPF 111', 'a=mid:0', 'a=sendonly');
    assert.deepEqual(readAudio(sdp), {
      index: 0,
      kind: 'audio',
      mid: '0',
      direction: 'sendonly',
      zeroAddress: false,
      refused: false,
      secure: true,
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
    assert.deepInclude(readAudio(sdp), { index: 2, mid: 'c', direction: 'recvonly' });
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

describe('readSections', () => {
  const video = 'm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=fingerprint:sha-256 AA\r\n';

  it('gives each m-line its place, refused ones and those of other kinds too (RFC 3264 §8)', () => {
    const sections = readSections(
      `${session}${audio('9 UDP/TLS/RTP/SAVPF 0', 'a=mid:a')}m=video 0 UDP/TLS/RTP/SAVPF 96\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n${video}`,
    );
    assert.deepEqual(
      sections.map(({ index, kind, refused, secure }) => [index, kind, refused, secure]),
      [
        [0, 'audio', false, true],
        [1, 'video', true, false],
        [2, 'application', false, false],
        [3, 'video', false, true],
      ],
    );
  });

  it('10,000 m-lines and lines of megabytes are refused, and in no time', () => {
    const hostile = [
      session + 'm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n'.repeat(10_000),
      `${session}a=${'x'.repeat(5_000_000)}\r\n`,
      `${session}${'c=IN IP4 0.0.0.0 '.repeat(300_000)}x\r\n`,
      `${session}a=sendrecv${' '.repeat(5_000_000)}x\r\n`,
      session + 'm=video 9 UDP/TLS/RTP/SAVPF 96\r\n'.repeat(65),
    ];
    const start = process.cpuUsage().user;
    for (const sdp of hostile) {
      assert.throws(() => readSections(sdp), /no call needs that/);
      assert.isFalse(offersAudio(sdp));
    }
    assert.isBelow(process.cpuUsage().user - start, 200_000, 'microseconds');
  });

  it('the time it takes grows with the length, whatever stands there', () => {
    for (const filling of [
      'a=',
      'c=',
      'm=',
      'a=mid:',
      'a=sendrecv',
      ' ',
      '\t',
      'c=IN IP4 0.0.0.0 ',
      'm=audio ',
      '\r',
    ]) {
      const sdp = session + filling.repeat(Math.floor(200_000 / filling.length));
      const start = process.cpuUsage().user;
      readSections(sdp);
      assert.isBelow(process.cpuUsage().user - start, 100_000, JSON.stringify(filling));
    }
  });
});

describe('firstCodec', () => {
  const lines = (formats: string, ...more: string[]): string =>
    `${session}m=audio 9 UDP/TLS/RTP/SAVPF 0\r\nm=video 9 UDP/TLS/RTP/SAVPF ${formats}\r\n${more.join('\r\n')}\r\n`;

  it('is what the section puts first, as its rtpmap names it', () => {
    const sdp = lines('98 96', 'a=rtpmap:96 VP8/90000', 'a=rtpmap:98 VP9/90000');
    assert.equal(firstCodec(sdp, 1), 'VP9/90000');
  });

  it('a static type needs no rtpmap (RFC 3551 §6); what is not there has none', () => {
    assert.equal(firstCodec(lines('96'), 0), 'PCMU/8000');
    assert.isUndefined(firstCodec(lines('96'), 1));
    assert.isUndefined(firstCodec(lines('96'), 2));
  });
});

describe('iceUfrag', () => {
  it('finds the ufrag of the section or of the session, whatever the line ends', () => {
    assert.equal(iceUfrag('v=0\r\na=ice-ufrag:F7gI\r\na=ice-pwd:x\r\n'), 'F7gI');
    assert.equal(iceUfrag('v=0\nm=audio 9 x 0\na=ice-ufrag:a/b+\n'), 'a/b+');
    assert.isUndefined(iceUfrag('v=0\r\n'));
    assert.isUndefined(iceUfrag(''));
  });

  it('CALL-21, RFC 3264 §6.1: an answer that allows more than the offer did is cut to that, section by section', () => {
    const offer =
      'v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=sendonly\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=inactive\r\n';
    const answer =
      'v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=sendrecv\r\na=mid:0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n';
    assert.equal(
      fitted(answer, offer),
      'v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=recvonly\r\na=mid:0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=inactive\r\n',
    );
    const right = answer.replace('sendrecv', 'recvonly') + 'a=inactive\r\n';
    assert.equal(fitted(right, offer), right);
  });
});
