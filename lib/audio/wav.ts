/** RIFF WAVE, 16 bit PCM: written by recorders and for tones, understood everywhere. */

/** Samples from -1 to 1, one channel. */
export function encodeWav(blocks: readonly Float32Array[], sampleRate: number): Blob {
  const length = blocks.reduce((sum, block) => sum + block.length, 0);
  const header = new DataView(new ArrayBuffer(44));
  const text = (offset: number, value: string): void => {
    for (let i = 0; i < value.length; i++) header.setUint8(offset + i, value.charCodeAt(i));
  };
  text(0, 'RIFF');
  header.setUint32(4, 36 + length * 2, true);
  text(8, 'WAVEfmt ');
  header.setUint32(16, 16, true); // of this chunk
  header.setUint16(20, 1, true); // PCM
  header.setUint16(22, 1, true); // channels
  header.setUint32(24, sampleRate, true);
  header.setUint32(28, sampleRate * 2, true); // bytes a second
  header.setUint16(32, 2, true); // bytes a frame
  header.setUint16(34, 16, true); // bits a sample
  text(36, 'data');
  header.setUint32(40, length * 2, true);
  return new Blob([header, ...blocks.map(pcm)], { type: 'audio/wav' });
}

function pcm(block: Float32Array): DataView<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(block.length * 2));
  for (let i = 0; i < block.length; i++) {
    const sample = Math.max(-1, Math.min(1, block[i]!));
    view.setInt16(i * 2, Math.round(sample * (sample < 0 ? 0x8000 : 0x7fff)), true);
  }
  return view;
}
