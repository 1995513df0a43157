// Tones by their samples: cadences of countries, keys, and what finds them again.
import { assert } from 'chai';
import {
  callTone,
  dtmfColumns,
  dtmfFrequencies,
  dtmfKeys,
  dtmfRows,
  keyTone,
  renderCadence,
  toneCountries,
  toneSegments,
} from '../../lib/audio/cadence.js';
import { dtmfKey, dtmfTones, ToneDetection } from '../../lib/audio/tone-detection.js';
import { EvercallError } from '../../lib/base/errors.js';

const rate = 48_000;

/** When which tones begin, in milliseconds, to the 20 ms of a window. */
function heard(samples: Float32Array, frequencies: readonly number[]): [number, ...number[]][] {
  const changes: [number, ...number[]][] = [];
  const detection = new ToneDetection(frequencies, rate, (tones, time) => changes.push([time, ...tones]));
  for (let i = 0; i < samples.length; i += 1000) detection.feed(samples.subarray(i, i + 1000));
  return changes;
}

describe('tones', () => {
  it('MED-8: the busy tone of Germany is 425 Hz, 480 ms on and 480 ms off', () => {
    const samples = renderCadence(toneSegments({ tone: 'busy', country: 'DE' }), rate);
    assert.equal(samples.length, 0.96 * rate);
    assert.deepEqual(heard(samples, [350, 425, 620]), [[0, 425], [480]]);
  });

  it('MED-8: ring-back of the United Kingdom is 400 and 450 Hz: 400 on, 200 off, 400 on, 2000 off', () => {
    const samples = renderCadence(callTone('ringback', 'gb'), rate);
    assert.equal(samples.length, 3 * rate);
    assert.deepEqual(heard(samples, [400, 450, 620]), [[0, 400, 450], [400], [600, 400, 450], [1000]]);
  });

  it('MED-8: ring-back of India is 400 Hz modulated by 25 Hz: the carrier with the two beside it', () => {
    const [first, second] = callTone('ringback', 'in');
    assert.deepEqual(first, { frequencies: [375, 400, 425], on: 400, off: 200 });
    assert.deepEqual(second, { frequencies: [375, 400, 425], on: 400, off: 2000 });
  });

  it('MED-8: Canada hears what the United States hear: one numbering plan', () => {
    for (const name of ['ringback', 'busy', 'congestion'] as const)
      assert.deepEqual(callTone(name, 'ca'), callTone(name, 'us'));
    assert.deepEqual(callTone('congestion', 'ca'), [{ frequencies: [480, 620], on: 250, off: 250 }]);
  });

  it('MED-8: every country has its three tones, and who has none of its own the recommended ones', () => {
    for (const country of [...toneCountries, 'xx'])
      for (const name of ['ringback', 'busy', 'congestion'] as const)
        for (const { frequencies, on } of callTone(name, country)) assert.isTrue(frequencies.length > 0 && on > 0);
    assert.deepEqual(callTone('ringback', 'xx'), [{ frequencies: [425], on: 1000, off: 4000 }]);
  });

  it('MED-8: sixteen keys are found again in what they sound like, each once', () => {
    const keys = dtmfKeys.join('');
    const samples = renderCadence(toneSegments({ digits: keys }), rate);
    const found = heard(samples, dtmfTones).flatMap(([, ...tones]) => dtmfKey(tones) ?? []);
    assert.equal(found.join(''), keys);
  });

  it('MED-8: noise and a voice-like mixture are no keys', () => {
    const samples = Float32Array.from(
      { length: rate },
      (_, i) => 0.3 * Math.sin(i * i * 1e-5) + 0.2 * Math.sin(i * 0.05),
    );
    assert.isEmpty(heard(samples, dtmfTones).flatMap(([, ...tones]) => dtmfKey(tones) ?? []));
  });

  it('local key tones are no DTMF: each lies more than 3.5 % beside every tone of the keypad (ITU-T Q.24)', () => {
    for (const key of dtmfKeys.join(''))
      for (const tone of keyTone(key))
        for (const dtmf of [...dtmfRows, ...dtmfColumns]) assert.isAbove(Math.abs(tone / dtmf - 1), 0.035);
    const samples = renderCadence([{ frequencies: keyTone('5'), on: 200, off: 100 }], rate);
    assert.isEmpty(heard(samples, dtmfTones).flatMap(([, ...tones]) => dtmfKey(tones) ?? []));
  });

  it('a tone without end has no seam: a second of whole waves', () => {
    const samples = renderCadence(toneSegments({ frequencies: [440] }), rate);
    assert.equal(samples.length, rate);
    assert.closeTo(samples[0]!, 0, 1e-6);
    assert.closeTo(samples.at(-1)! + samples[1]!, 0, 1e-4);
    assert.closeTo(Math.max(...samples.subarray(0, 1000)), 0.3, 0.01);
  });

  it('what makes no sense is refused', () => {
    for (const options of [
      {},
      { frequencies: [0] },
      { segments: [] },
      { segments: [{ frequencies: [400], on: -1, off: 0 }] },
      { tone: 'hello' },
      { digits: '1x' },
    ])
      assert.throws(() => renderCadence(toneSegments(options as object), rate), EvercallError);
    assert.deepEqual(dtmfFrequencies('d'), [941, 1633]);
  });
});
