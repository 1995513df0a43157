// Runs in the page: the phone of phone.ts, which may bring several calls together, and tell several tones apart.
import type * as Evercall from '../../../../lib/index.js';
import { theCall, theUserAgent } from './phone.js';

export * from './phone.js';

let conference: Evercall.Conference | undefined;
let second: Evercall.Call | undefined;

/** Calls someone besides the present call, and brings both together. */
export async function meet(target: string): Promise<void> {
  const first = theCall();
  second = theUserAgent().call(target);
  await second.answered;
  conference = await theUserAgent().conference([first, second]);
}

/** The host goes, or comes back. */
export function host(isIn: boolean): void {
  if (isIn) conference!.join();
  else conference!.leave();
}

/** The others do not hear whom we have met any more, or do again. */
export function muteSecond(isMuted: boolean): void {
  conference!.party(second!)!.muted = isMuted;
}

export function calls(): string[] {
  return theUserAgent().calls.map(({ remote, localHold }) => `${remote.uri}${localHold ? ' held' : ''}`);
}

/** Who talks in the conference, and who hears: as many as there are streams that play here. */
export function end(): void {
  conference!.hangup();
}

let context: AudioContext | undefined;

/** Resolves when these tones are in what the current call brings, and none of those: 25 dB lie between them. */
export async function hearsOnly(tones: readonly number[], others: readonly number[]): Promise<void> {
  const stream = theCall().remoteStream!;
  const element = new Audio(); // Chromium decodes a remote stream only when an element plays it
  element.srcObject = stream;
  element.muted = true;
  element.play().catch(() => {}); // settles when sound comes, if it comes
  context ??= new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 });
  const source = context.createMediaStreamSource(stream);
  source.connect(analyser);
  const bins = new Float32Array(analyser.frequencyBinCount);
  const level = (hertz: number): number => {
    const bin = Math.round((hertz * analyser.fftSize) / context!.sampleRate);
    return Math.max(...bins.subarray(bin - 1, bin + 2));
  };
  const end = performance.now() + 15_000;
  for (;;) {
    analyser.getFloatFrequencyData(bins);
    const faintest = Math.min(...tones.map(level));
    if (faintest > -60 && others.every((hertz) => level(hertz) < faintest - 25)) break;
    if (performance.now() > end)
      throw new Error(
        `did not hear ${tones.join(' and ')} Hz alone, but ${[...tones, ...others].map((hertz) => `${hertz}: ${level(hertz).toFixed()} dB`).join(', ')}`,
      );
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  source.disconnect();
  element.srcObject = null;
}
