// Two media sessions in one page, what they send, and ears to hear what arrives.
import { systemClock } from '../../../lib/base/clock.js';
import { silentLogger } from '../../../lib/base/log.js';
import type { MediaEnvironment } from '../../../lib/media/environment.js';
import { browserMediaEnvironment } from '../../../lib/media/environment.js';
import type { MediaSessionConfig } from '../../../lib/media/media-session.js';
import type { MediaSessionUser } from '../../../lib/media/media-session.js';
import { MediaSession } from '../../../lib/media/media-session.js';

const context = new AudioContext();
const endings: (() => void)[] = [];

/** Closes all that the tests of this page have opened since the last time. */
export function closeAll(): void {
  for (const end of endings.splice(0)) end();
}

/** A session with what its user was told. */
export interface End {
  readonly session: MediaSession;
  readonly states: string[];
  readonly tracks: MediaStreamTrack[];
  readonly connections: RTCPeerConnection[];
  /** Tracks that getUserMedia handed out. */
  readonly microphones: MediaStreamTrack[];
}

const defaults: MediaSessionConfig = {
  iceServers: [],
  iceTransportPolicy: 'all',
  gatheringTimeout: 100,
  audio: true,
  receiveOnlyWithoutMicrophone: false,
  playout: false,
  holdStyle: 'sendonly',
};

export function makeEnd(
  config: Partial<MediaSessionConfig> = {},
  overrides: Partial<MediaEnvironment> = {},
  user: Partial<MediaSessionUser> = {},
): End {
  const states: string[] = [];
  const tracks: MediaStreamTrack[] = [];
  const connections: RTCPeerConnection[] = [];
  const microphones: MediaStreamTrack[] = [];
  const env = browserMediaEnvironment({
    queryMicrophonePermission: () => Promise.resolve('granted'),
    ...overrides,
    getUserMedia: async (constraints) => {
      const open = overrides.getUserMedia ?? ((c) => navigator.mediaDevices.getUserMedia(c));
      const stream = await open(constraints);
      microphones.push(...stream.getTracks());
      return stream;
    },
  });
  const session = new MediaSession({ ...defaults, ...config }, env, systemClock, silentLogger, {
    onMediaState: (state) => states.push(state),
    onRemoteTrack: (track) => tracks.push(track),
    onPeerConnection: (pc) => connections.push(pc),
    ...user,
  });
  endings.push(() => session.close());
  return { session, states, tracks, connections, microphones };
}

/** One offer, one answer. */
export async function negotiate(from: MediaSession, to: MediaSession): Promise<{ offer: string; answer: string }> {
  const offer = await from.createOffer();
  const answer = await to.createAnswer(offer);
  await from.applyAnswer(answer);
  return { offer, answer };
}

/** A caller that sends a tone of 440 Hz and a callee that sends one of 880, connected. */
export async function connectedPair(): Promise<{ caller: End; callee: End }> {
  const caller = makeEnd({ track: toneTrack(440) });
  const callee = makeEnd({ track: toneTrack(880) });
  await negotiate(caller.session, callee.session);
  return { caller, callee };
}

export function toneTrack(frequency: number, amplitude = 1): MediaStreamTrack {
  const oscillator = new OscillatorNode(context, { frequency });
  const destination = new MediaStreamAudioDestinationNode(context);
  destination.channelCount = 1;
  oscillator.connect(new GainNode(context, { gain: amplitude })).connect(destination);
  oscillator.start();
  const [track] = destination.stream.getAudioTracks();
  endings.push(() => {
    oscillator.stop();
    track!.stop();
  });
  return track!;
}

/** Hears the tones of a stream. */
export class Ear {
  readonly #analyser = new AnalyserNode(context, { fftSize: 4096, smoothingTimeConstant: 0 });

  constructor(stream: MediaStream | undefined) {
    const source = new MediaStreamAudioSourceNode(context, { mediaStream: stream! });
    source.connect(this.#analyser);
    endings.push(() => source.disconnect());
  }

  /** Hertz of the loudest bin, or undefined in silence (below -70 dB). */
  tone(): number | undefined {
    const bins = new Float32Array(this.#analyser.frequencyBinCount);
    this.#analyser.getFloatFrequencyData(bins);
    let loudest = 0;
    for (let bin = 0; bin < bins.length; bin++) if (bins[bin]! > bins[loudest]!) loudest = bin;
    return bins[loudest]! < -70 ? undefined : (loudest * context.sampleRate) / this.#analyser.fftSize;
  }

  /** How loud a tone is, in dB of full scale. */
  level(frequency: number): number {
    const bins = new Float32Array(this.#analyser.frequencyBinCount);
    this.#analyser.getFloatFrequencyData(bins);
    const bin = Math.round((frequency * this.#analyser.fftSize) / context.sampleRate);
    return Math.max(bins[bin - 1]!, bins[bin]!, bins[bin + 1]!);
  }

  /** Resolves when all these tones are heard, and none of those: 30 dB lie between them. */
  hearsOnly(tones: readonly number[], others: readonly number[]): Promise<void> {
    return until(
      () => {
        const faintest = Math.min(...tones.map((tone) => this.level(tone)));
        return faintest > -60 && others.every((tone) => this.level(tone) < faintest - 30);
      },
      `${tones.join(' and ')} Hz are heard, not ${others.join(' or ')}`,
    );
  }

  /** Resolves when the loudest tone is within a bin of `frequency`. */
  hears(frequency: number): Promise<void> {
    return until(() => Math.abs((this.tone() ?? 0) - frequency) < 15, `${frequency} Hz is heard`);
  }

  hearsNothing(): Promise<void> {
    return until(() => this.tone() === undefined, 'nothing is heard');
  }
}

/** Resolves when `condition` holds; mocha's time limit ends what never comes true. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const limit = performance.now() + 15_000;
  while (!(await condition())) {
    if (performance.now() > limit) throw new Error(`in vain: until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The lines of an SDP that begin with `prefix`, without it. */
export function lines(sdp: string, prefix: string): string[] {
  return sdp
    .split(/\r?\n/)
    .filter((line) => line.startsWith(prefix))
    .map((line) => line.slice(prefix.length));
}

/** The direction of the first audio section. */
export function direction(sdp: string): string | undefined {
  return /^a=(sendrecv|sendonly|recvonly|inactive)\r?$/m.exec(sdp.slice(sdp.indexOf('m=audio')))?.[1];
}

/** A camera that sees one colour, ten times a second. */
export function canvasTrack(colour: string): MediaStreamTrack {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [160, 120];
  const paint = canvas.getContext('2d')!;
  let frame = 0;
  const timer = setInterval(() => {
    paint.fillStyle = colour;
    paint.fillRect(0, 0, 160, 120);
    paint.fillStyle = 'black';
    paint.fillRect(frame++ % 160, 0, 4, 4);
  }, 100);
  const [track] = canvas.captureStream(10).getVideoTracks();
  endings.push(() => {
    clearInterval(timer);
    track!.stop();
  });
  return track!;
}

/** Resolves when another `count` frames of video are decoded. */
export async function seesVideo({ connections }: End, count = 5): Promise<void> {
  const frames = async (): Promise<number> => {
    let sum = 0;
    (await connections.at(-1)!.getStats()).forEach((entry: { type: string; kind?: string; framesDecoded?: number }) => {
      if (entry.type === 'inbound-rtp' && entry.kind === 'video') sum += entry.framesDecoded ?? 0;
    });
    return sum;
  };
  const start = await frames();
  await until(async () => (await frames()) >= start + count, `${count} frames are decoded`);
}

/** The colour in the middle of what a track shows: the strongest of red, green and blue. */
export async function colourOf(track: MediaStreamTrack): Promise<string> {
  const video = document.createElement('video');
  video.muted = true;
  video.srcObject = new MediaStream([track]);
  await video.play();
  await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [1, 1];
  const paint = canvas.getContext('2d')!;
  paint.drawImage(video, video.videoWidth / 2, video.videoHeight / 2, 1, 1, 0, 0, 1, 1);
  const [red, green, blue] = paint.getImageData(0, 0, 1, 1).data;
  video.srcObject = null;
  const strongest = Math.max(red!, green!, blue!);
  return strongest < 60 ? 'black' : strongest === red ? 'red' : strongest === green ? 'green' : 'blue';
}

/** A track as the browser ends and mutes it by itself: one that comes over a connection. Firefox takes no made-up events. */
export async function endingTrack(
  source: MediaStreamTrack,
): Promise<{ track: MediaStreamTrack; end(): Promise<void>; mute: (muted: boolean) => Promise<void> }> {
  const [from, to] = [new RTCPeerConnection(), new RTCPeerConnection()];
  from.onicecandidate = ({ candidate }) => void to.addIceCandidate(candidate ?? undefined);
  to.onicecandidate = ({ candidate }) => void from.addIceCandidate(candidate ?? undefined);
  const negotiate = async (): Promise<void> => {
    await from.setLocalDescription();
    await to.setRemoteDescription(from.localDescription!);
    await to.setLocalDescription();
    await from.setRemoteDescription(to.localDescription!);
  };
  endings.push(() => {
    from.close();
    to.close();
  });
  const transceiver = from.addTransceiver(source, { direction: 'sendonly' });
  await negotiate();
  const end = (): Promise<void> => {
    transceiver.stop();
    return negotiate();
  };
  const mute = (muted: boolean): Promise<void> => {
    transceiver.direction = muted ? 'inactive' : 'sendonly';
    return negotiate();
  };
  return { track: to.getReceivers()[0]!.track, end, mute };
}
