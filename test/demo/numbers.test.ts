// The numbers of the demo server, seen by their frames, and the sounds they play: RFC 3261 §13.3, §15; ITU-T G.711.
import { assert } from 'chai';
import { clip } from '../../demo/server/numbers/sounds.js';
import type { Codec } from '../../demo/server/numbers/sounds.js';
import { until } from '../support/servers/deadline.js';
import { dominantTone } from '../support/tone.js';
import { valueOf, valuesOf } from './raw-client.js';
import type { RawClient } from './raw-client.js';
import { Setting } from './servers.js';

const setting = new Setting();

/** Calls a number and leaves the offer to it (§13.2.1), which needs no WebRTC on this side. */
async function call(alice: RawClient, number: string): Promise<string> {
  const invite = await alice.authorized('INVITE', `sip:${number}@evercall.test`);
  await alice.next('SIP/2.0 100');
  return invite;
}

function inDialog(alice: RawClient, ok: string, method: string, sequence?: string): void {
  const Route = valuesOf(ok, 'Record-Route').reverse().join('\n');
  const cseq = sequence === undefined ? {} : { CSeq: `${Number.parseInt(sequence, 10)} ${method}` };
  alice.request(method, /<(.*)>/.exec(valueOf(ok, 'Contact')!)![1]!, { Route, To: valueOf(ok, 'To')!, ...cseq });
}

const gone = (): Promise<unknown> => until(2000, 'the call to go', () => setting.server.numbers.size === 0);

describe('demo server: numbers', () => {
  setting.hooks();

  it('answers with an offer of its own when the call brings none (§13.2.1), and says goodbye politely', async () => {
    const alice = await setting.open('alice');
    await call(alice, 'tone');
    const ok = await alice.next('SIP/2.0 200');
    assert.match(ok, /\r\nm=audio \d+ UDP\/TLS\/RTP\/SAVPF 0\r\n/);
    assert.match(ok, /a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 /);
    assert.notMatch(ok, /a=candidate:\S+ 1 udp \d+ (?!127\.0\.0\.1 )/, 'loopback only, unless told otherwise');
    inDialog(alice, ok, 'ACK', valueOf(ok, 'CSeq'));
    inDialog(alice, ok, 'BYE');
    await alice.next('SIP/2.0 200');
    await gone();
  });

  it('repeats its 200 until the ACK comes, and hangs up when none does (§13.3.1.4)', async () => {
    const alice = await setting.open('alice');
    await call(alice, 'tone');
    await alice.next('SIP/2.0 200');
    for (const wait of [500, 1000, 2000, 4000, 4000]) {
      await setting.clock.advance(wait);
      await alice.next('SIP/2.0 200');
    }
    await setting.clock.advance(20_500); // 32 s in all
    for (let i = 0; i < 5; i++) await alice.next('SIP/2.0 200');
    await alice.next('BYE');
    await gone();
  });

  it('hangs up when the call has lasted long enough', async () => {
    const alice = await setting.open('alice');
    await call(alice, 'music');
    const ok = await alice.next('SIP/2.0 200');
    inDialog(alice, ok, 'ACK', valueOf(ok, 'CSeq'));
    inDialog(alice, ok, 'INFO'); // a round trip later
    await alice.next('SIP/2.0 200');
    await setting.clock.advance(600_000);
    const bye = await alice.next('BYE');
    assert.equal(valueOf(bye, 'To'), valueOf(ok, 'From'));
    await gone();
  });

  it('late rings, and answers after 5 s', async () => {
    const alice = await setting.open('alice');
    await call(alice, 'late');
    await alice.next('SIP/2.0 180');
    await setting.clock.advance(4999);
    assert.isEmpty(alice.unread);
    await setting.clock.advance(1);
    await alice.next('SIP/2.0 200');
  });

  it('late can be cancelled: 487', async () => {
    const alice = await setting.open('alice');
    const invite = await call(alice, 'late');
    await alice.next('SIP/2.0 180');
    alice.request('CANCEL', 'sip:late@evercall.test', {
      Via: valueOf(invite, 'Via')!,
      CSeq: valueOf(invite, 'CSeq')!.replace('INVITE', 'CANCEL'),
    });
    await alice.next('SIP/2.0 200');
    await alice.next('SIP/2.0 487');
    await gone();
  });

  it('488 for an offer without a codec that it knows, and for one that is no SDP (§21.4.26)', async () => {
    const alice = await setting.open('alice');
    const offers = [
      'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 iLBC/8000\r\n',
      'm=audio 9 UDP/TLS/RTP/SAVPF 0\r\nnonsense',
    ];
    for (const offer of offers) {
      await alice.authorized('INVITE', 'sip:tone@evercall.test', { 'Content-Type': 'application/sdp' }, offer);
      await alice.next('SIP/2.0 100');
      await alice.next('SIP/2.0 488');
    }
    await gone();
  });

  it('a request for a dialog that it does not know: 481 (§12.2.2)', async () => {
    const alice = await setting.open('alice');
    await call(alice, 'tone');
    const ok = await alice.next('SIP/2.0 200');
    inDialog(alice, ok.replace(/^(To: .*;tag=).*\r$/m, '$1other\r'), 'BYE');
    await alice.next('SIP/2.0 481');
  });

  it('a MESSAGE to a number is taken', async () => {
    const alice = await setting.open('alice');
    await alice.authorized('MESSAGE', 'sip:echo@evercall.test', { 'Content-Type': 'text/plain' }, 'hello');
    await alice.next('SIP/2.0 200');
  });
});

/** ITU-T G.711, by its tables' construction. */
const decoders: Record<Codec, (byte: number) => number> = {
  PCMU: (byte) => {
    const value = ~byte & 0xff;
    const magnitude = ((((value & 0x0f) << 3) + 132) << ((value >> 4) & 7)) - 132;
    return value & 0x80 ? -magnitude : magnitude;
  },
  PCMA: (byte) => {
    const value = byte ^ 0x55;
    const [segment, mantissa] = [(value >> 4) & 7, value & 0x0f];
    const magnitude = segment === 0 ? (mantissa << 4) + 8 : ((mantissa << 4) + 0x108) << (segment - 1);
    return value & 0x80 ? magnitude : -magnitude;
  },
};

describe('demo server: sounds', () => {
  for (const codec of ['PCMU', 'PCMA'] as const) {
    const heard = (name: 'tone' | 'silence' | 'music'): Int16Array =>
      Int16Array.from(
        clip(name, codec).flatMap((frame) => [...frame]),
        decoders[codec],
      );

    it(`the tone is 440 Hz and little else, in ${codec}`, () => {
      const tone = dominantTone(heard('tone'), 8000)!;
      assert.approximately(tone.frequency, 440, 2);
      assert.isAbove(tone.share, 0.98);
      assert.approximately(tone.level, 0.4 / Math.SQRT2, 0.01);
    });

    it(`silence is silent, in ${codec}`, () => {
      assert.isAtMost(Math.max(...heard('silence')), 8);
    });

    it(`the melody begins with an E, in ${codec}`, () => {
      assert.approximately(dominantTone(heard('music').slice(0, 3000), 8000)!.frequency, 330, 5);
    });
  }
});
