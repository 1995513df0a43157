// What an INFO of candidates says, read and written.
import { assert } from 'chai';
import { readFragment, writeFragment } from '../../lib/media/candidate-fragment.js';

const lines = (...all: string[]): string => [...all, ''].join('\r\n');
const host = 'candidate:1 1 udp 2122260223 192.0.2.1 5000 typ host';
const relay = 'candidate:2 1 udp 41885439 203.0.113.9 3478 typ relay raddr 0.0.0.0 rport 0';

describe('application/trickle-ice-sdpfrag (RFC 8840 §9)', () => {
  it('the example of RFC 8840, figure 7, in short: one generation for the session, candidates by mid, the end of each', () => {
    const body = lines(
      'a=ice-pwd:asd88fgpdd777uzjYhagZg',
      'a=ice-ufrag:8hhY',
      'm=audio 9 RTP/AVP 0',
      'a=mid:1',
      `a=${host}`,
      `a=${relay}`,
      'a=end-of-candidates',
      'm=audio 9 RTP/AVP 0',
      'a=mid:2',
      `a=${relay}`,
    );
    const generation = { ufrag: '8hhY', pwd: 'asd88fgpdd777uzjYhagZg' };
    assert.deepEqual(readFragment(body), {
      name: '8hhY asd88fgpdd777uzjYhagZg',
      sections: [
        { mid: '1', ...generation, candidates: [host, relay], isComplete: true },
        { mid: '2', ...generation, candidates: [relay], isComplete: false },
      ],
    });
  });

  it('a generation of its own goes before that of the session; the end of all stands before the first m-line; names in any case', () => {
    const fragment = readFragment(
      'a=ICE-UFRAG:one\na=ice-pwd:p1\na=end-of-candidates\na=x-unknown:1\nm=video 9 RTP/AVP 0\na=rtcp-mux\na=mid:v\na=ice-ufrag:two\na=ice-pwd:p2\n',
    );
    assert.deepEqual(fragment?.sections, [{ mid: 'v', ufrag: 'two', pwd: 'p2', candidates: [], isComplete: true }]);
  });

  it('nothing can be read where no generation or no section is named, and of what is more than anyone needs', () => {
    const many = Array.from({ length: 201 }, () => `a=${host}`);
    for (const body of [
      '',
      'nonsense',
      lines('a=ice-ufrag:u', 'a=ice-pwd:p', `a=${host}`),
      lines('m=audio 9 RTP/AVP 0', 'a=mid:0', `a=${host}`),
      lines('a=ice-ufrag:u', 'a=ice-pwd:p', 'm=audio 9 RTP/AVP 0', 'a=mid:0', ...many),
      `a=ice-ufrag:u\r\na=ice-pwd:p\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n${'x'.repeat(65_536)}`,
    ])
      assert.isUndefined(readFragment(body), body.slice(0, 80));
  });

  it('all candidates of a description in its order, with mid before them and the generation where the description has it (§4.4)', () => {
    const sdp = lines(
      'v=0',
      'o=- 1 2 IN IP4 127.0.0.1',
      's=-',
      't=0 0',
      'a=group:BUNDLE 0 1',
      'm=audio 5000 UDP/TLS/RTP/SAVPF 111',
      'c=IN IP4 192.0.2.1',
      `a=${host}`,
      `a=${relay}`,
      'a=ice-ufrag:u',
      'a=ice-pwd:p',
      'a=ice-options:trickle',
      'a=fingerprint:sha-256 AB',
      'a=mid:0',
      'a=rtcp-mux',
      'm=video 9 UDP/TLS/RTP/SAVPF 96',
      'a=ice-ufrag:u',
      'a=ice-pwd:p',
      'a=mid:1',
      'm=video 0 UDP/TLS/RTP/SAVPF 96',
      'a=mid:2',
    );
    const body = writeFragment(sdp, true);
    assert.equal(
      body,
      lines(
        'a=group:BUNDLE 0 1',
        'a=end-of-candidates',
        'm=audio 9 RTP/AVP 0',
        'a=ice-ufrag:u',
        'a=ice-pwd:p',
        'a=rtcp-mux',
        'a=mid:0',
        `a=${host}`,
        `a=${relay}`,
      ),
    );
    assert.deepEqual(readFragment(body)?.sections[0]?.candidates, [host, relay]);
    assert.notInclude(writeFragment(sdp, false), 'end-of-candidates');
  });
});
