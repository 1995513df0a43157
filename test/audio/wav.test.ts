// WAV files by their bytes.
import { assert } from 'chai';
import { resampler } from '../../lib/audio/custom-port.js';
import { encodeWav } from '../../lib/audio/wav.js';

describe('WAV', () => {
  it('MED-7: a header of 44 bytes, then 16 bits a sample, limited to what these hold', async () => {
    const blob = encodeWav([Float32Array.of(0, 0.5, 1), Float32Array.of(-1, 2, -2)], 8000);
    const view = new DataView(await blob.arrayBuffer());
    const text = (from: number): string => String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(from + i)));
    assert.deepEqual([text(0), text(8), text(12), text(36)], ['RIFF', 'WAVE', 'fmt ', 'data']);
    assert.deepEqual([view.getUint32(4, true), view.getUint32(40, true)], [blob.size - 8, 12]);
    assert.deepEqual([view.getUint32(24, true), view.getUint32(28, true)], [8000, 16_000]);
    const samples = [0, 1, 2, 3, 4, 5].map((i) => view.getInt16(44 + 2 * i, true));
    assert.deepEqual(samples, [0, 16_384, 32_767, -32_768, 32_767, -32_768]);
    assert.equal(blob.type, 'audio/wav');
  });
});

describe('resampler', () => {
  for (const [from, to] of [
    [8000, 48_000],
    [44_100, 48_000],
    [48_000, 16_000],
  ] as const)
    it(`MED-9: ${from} Hz become ${to} Hz without a seam between blocks`, () => {
      const tone = Float32Array.from({ length: from }, (_, i) => Math.sin((2 * Math.PI * 100 * i) / from));
      const resample = resampler(from, to);
      const output: number[] = [];
      for (let i = 0; i < tone.length; i += 777) output.push(...resample(tone.subarray(i, i + 777)));
      assert.closeTo(output.length, to, 8);
      const worst = output.reduce(
        (most, sample, i) => Math.max(most, Math.abs(sample - Math.sin((2 * Math.PI * 100 * i) / to))),
        0,
      );
      assert.isBelow(worst, 0.01);
    });
});
