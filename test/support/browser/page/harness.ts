// Runs in the page: a microphone that hears a known tone, and ears that find one in a stream.

export interface HeardTone {
  /** Hertz of the highest peak. */
  readonly frequency: number;
  /** Of the peak, in dB of full scale. */
  readonly level: number;
  /** How far the peak stands over the median of the spectrum, in dB. */
  readonly overNoise: number;
}

let context: AudioContext | undefined;

async function audioContext(): Promise<AudioContext> {
  context ??= new AudioContext();
  if (context.state !== 'running') await context.resume();
  return context;
}

/** A replacement of getUserMedia whose microphone hears a sine. */
export function toneMicrophone(hertz: number): (constraints?: MediaStreamConstraints) => Promise<MediaStream> {
  return async () => {
    const audio = await audioContext();
    const oscillator = new OscillatorNode(audio, { frequency: hertz });
    const destination = new MediaStreamAudioDestinationNode(audio, { channelCount: 1 });
    oscillator.connect(new GainNode(audio, { gain: 0.5 })).connect(destination);
    oscillator.start();
    return destination.stream;
  };
}

function spectrumPeak(analyser: AnalyserNode): HeardTone {
  const bins = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(bins);
  const width = analyser.context.sampleRate / analyser.fftSize;
  const [from, to] = [Math.ceil(100 / width), Math.floor(4000 / width)];
  let peak = from;
  for (let i = from; i < to; i++) if (bins[i]! > bins[peak]!) peak = i;
  const median = bins.slice(from, to).sort()[(to - from) >> 1]!;
  return {
    frequency: Math.round(peak * width),
    level: Math.round(bins[peak]!),
    overNoise: Math.round(bins[peak]! - median),
  };
}

function tracks(stream: MediaStream): string {
  return (
    stream
      .getTracks()
      .map((track) => `${track.kind} ${track.readyState}${track.muted ? ' muted' : ''}`)
      .join(', ') || 'no track'
  );
}

/** Listens to a stream until `found` says so of what is heard; rejects after the deadline with the last of it. */
async function listen(
  stream: MediaStream,
  what: string,
  ms: number,
  found: (heard: HeardTone) => boolean,
): Promise<HeardTone> {
  const element = new Audio(); // Chromium decodes a remote stream only when an element plays it
  element.srcObject = stream;
  element.muted = true;
  element.play().catch(() => {}); // settles when sound comes, if it comes
  const audio = await audioContext();
  const source = audio.createMediaStreamSource(stream);
  const analyser = new AnalyserNode(audio, { fftSize: 8192, smoothingTimeConstant: 0 });
  source.connect(analyser);
  const end = performance.now() + ms;
  try {
    for (;;) {
      const heard = spectrumPeak(analyser);
      if (found(heard)) return heard;
      if (performance.now() > end)
        throw new Error(
          `did not hear ${what} within ${ms} ms but ${JSON.stringify(heard)}, ${audio.state}, ${tracks(stream)}`,
        );
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } finally {
    source.disconnect();
    element.srcObject = null;
  }
}

/** Resolves when the highest peak in the stream is within 15 Hz of a tone; rejects after the deadline with what was heard. */
export function hears(stream: MediaStream, hertz: number, ms = 10_000): Promise<HeardTone> {
  return listen(
    stream,
    `${hertz} Hz`,
    ms,
    ({ frequency, level, overNoise }) => Math.abs(frequency - hertz) <= 15 && level > -60 && overNoise > 20,
  );
}

/** Resolves when nothing louder than -90 dB was in the stream for a second; rejects after the deadline with what was heard. */
export function hearsNothing(stream: MediaStream, ms = 10_000): Promise<HeardTone> {
  let quietSince = performance.now();
  return listen(stream, 'silence', ms, ({ level }) => {
    const now = performance.now();
    if (level > -90) quietSince = now; // NaN and -Infinity are digital silence
    return now - quietSince >= 1000;
  });
}
