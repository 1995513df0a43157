// The E-model in the form that fits a browser, against figures that the literature gives for it.
import { assert } from 'chai';
import type { MediaStats } from '../../lib/index.js';
import { estimateQuality, meanOpinion, transmissionRating } from '../../lib/media/quality.js';

const stats = (packets: number, packetsLost: number, codec = 'PCMA/8000'): MediaStats => ({
  timestamp: 0,
  inbound: { packets, bytes: packets * 160, packetsLost, jitter: 0.005, audioLevel: undefined },
  outbound: { packets, bytes: 0, packetsLost: 0, fractionLost: undefined, jitter: undefined, audioLevel: undefined },
  roundTripTime: 0.04,
  codec,
  localCandidate: 'host',
  remoteCandidate: 'host',
});

describe('CALL-30: quality (ITU-T G.107)', () => {
  it('annex B: R 93.2 is a MOS of 4.41, 80 of 4.03, 50 of 2.58, 0 and below of 1', () => {
    for (const [rating, mos] of [
      [93.2, 4.41],
      [80, 4.03],
      [70, 3.6],
      [60, 3.1],
      [50, 2.58],
      [0, 1],
      [-5, 1],
    ] as const)
      assert.approximately(meanOpinion(rating), mos, 0.01, String(rating));
  });

  it('delay hurts a little up to 177 ms one way, and then much; loss by the codec’s robustness (§7.3)', () => {
    const clean = transmissionRating(0, 0, 0, 'PCMA/8000');
    assert.approximately(clean, 93.2 - 0.024 * 40, 0.01);
    assert.approximately(clean - transmissionRating(0, 0, 0.2), 0.024 * 100, 0.01);
    assert.isAbove(clean - transmissionRating(0, 0, 0.6), 20);
    assert.approximately(clean - transmissionRating(0.05, 0, 0, 'PCMA/8000'), (95 * 5) / (5 + 25.1), 0.01);
    assert.isAbove(transmissionRating(0.05, 0, 0, 'opus/48000/2'), transmissionRating(0.05, 0, 0, 'PCMA/8000'));
    assert.equal(transmissionRating(1, 1, 10), 0);
  });

  it('is of what has come since the last look; where nothing has come, there is none', () => {
    const good = estimateQuality(stats(100, 50), stats(200, 50))!;
    assert.equal(good.loss, 0);
    assert.isAbove(good.mos, 4.3);
    const bad = estimateQuality(stats(200, 50), stats(270, 80))!;
    assert.approximately(bad.loss, 0.3, 1e-9);
    assert.isBelow(bad.mos, 2.5);
    assert.isUndefined(estimateQuality(stats(270, 80), stats(270, 80)));
    assert.equal(estimateQuality(stats(270, 80), stats(370, 70))!.loss, 0, 'a late packet is no negative loss');
  });
});
