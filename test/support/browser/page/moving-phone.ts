// Runs in the page: the phone of phone.ts with a witness beside it, and an ear that never stops listening.
import {
  leftOver,
  mediaConnections,
  note,
  now,
  timeline,
  unwatched,
  watchCandidates,
  watchMicrophone,
} from './witness.js';
import type { LeftOver, Note } from './witness.js';
import * as phone from './phone.js';

export * from './phone.js';

/** Adds the account; the microphone of this page is granted, so that it may see the addresses of its host. */
export async function start(options: phone.PhoneOptions): ReturnType<typeof phone.start> {
  for (const track of (await navigator.mediaDevices.getUserMedia({ audio: true })).getTracks()) track.stop();
  return phone.start({ ...options, watchMicrophone });
}

/** Tells whether 20 ms of sound were the tone: Goertzel's energy at its frequency against all of it. */
const earProcessor = `registerProcessor('ear', class extends AudioWorkletProcessor {
  constructor({ processorOptions }) {
    super();
    this.coefficient = 2 * Math.cos(2 * Math.PI * processorOptions.hertz / sampleRate);
    this.length = Math.round(sampleRate / 50);
    this.begin();
  }
  begin() { this.count = this.last = this.before = this.energy = 0; }
  process([[samples]]) {
    for (let i = 0; i < 128; i++) {
      const sample = samples ? samples[i] : 0;
      const next = sample + this.coefficient * this.last - this.before;
      this.before = this.last;
      this.last = next;
      this.energy += sample * sample;
      if (++this.count < this.length) continue;
      const { last, before, coefficient, energy, length } = this;
      const found = last * last + before * before - coefficient * last * before;
      this.port.postMessage(energy / length > 1e-5 && found * 2 / length > 0.5 * energy);
      this.begin();
    }
    return true;
  }
})`;

/** A stretch without the tone; one that is not over yet ends now. */
export interface Silence {
  readonly from: number;
  readonly to: number;
}

const ear = { silences: [] as { from: number; to: number }[], isSilent: true, windows: 0 };

/** Listens for the peer's tone from now on, whatever track the call hears it by. */
export async function listen(hertz: number): Promise<void> {
  const context = new AudioContext();
  await context.audioWorklet.addModule(URL.createObjectURL(new Blob([earProcessor], { type: 'text/javascript' })));
  await context.resume();
  const node = new AudioWorkletNode(context, 'ear', {
    processorOptions: { hertz },
    channelCount: 1,
    channelCountMode: 'explicit',
  });
  node.connect(new GainNode(context, { gain: 0 })).connect(context.destination);
  const element = new Audio(); // Chromium decodes a remote stream only when an element plays it
  element.muted = true;
  let heard: MediaStreamTrack | undefined;
  let source: AudioNode | undefined;
  const follow = (): void => {
    const track = phone
      .theCall()
      .remoteStream?.getAudioTracks()
      .find(({ readyState }) => readyState === 'live');
    if (!track || track === heard) return;
    heard = track;
    source?.disconnect();
    const stream = new MediaStream([track]);
    element.srcObject = stream;
    element.play().catch(() => {}); // settles when sound comes, if it comes
    source = context.createMediaStreamSource(stream);
    source.connect(node);
    note('listening to another track');
  };
  unwatched.every(follow, 50);
  follow();
  const window = 20;
  node.port.onmessage = ({ data: isTone }: MessageEvent<boolean>) => {
    ear.windows++;
    const current = ear.silences.at(-1);
    if (isTone) ear.isSilent = false;
    else if (ear.isSilent && current) current.to += window;
    else {
      ear.isSilent = true;
      ear.silences.push({ from: now() - window, to: now() });
    }
  };
}

export function silences(): {
  readonly silences: readonly Silence[];
  readonly isSilent: boolean;
  readonly windows: number;
} {
  return ear;
}

const published: number[] = [];
let isWatching = false;

/**
 * Notes when the browser shows an address that it did not show before, until `published` is asked for: nothing can be gathered
 * on a new address any sooner. By any connection of the page, one of our own among them, with an ICE restart a look.
 */
export async function watchAddresses(): Promise<void> {
  isWatching = true;
  const pc = new RTCPeerConnection();
  pc.createDataChannel('');
  let known = await addresses(pc);
  const unwatch = watchCandidates((address) => {
    if (known.includes(address)) return;
    published.push(now());
    known = [...known, address];
  });
  void (async () => {
    while (isWatching) {
      await new Promise((resolve) => unwatched.after(resolve, 100));
      const present = await addresses(pc);
      if (present.length > 0) known = present;
    }
    unwatch();
    pc.close();
  })();
}

/** When an address was new, in milliseconds since 1970. */
export function publishedAddresses(): readonly number[] {
  isWatching = false;
  return published;
}

async function addresses(pc: RTCPeerConnection): Promise<readonly string[]> {
  const found = new Set<string>();
  const gathered = new Promise<void>((resolve) => {
    pc.onicecandidate = ({ candidate }) => {
      if (candidate?.address) found.add(candidate.address);
      else resolve();
    };
  });
  await pc.setLocalDescription(await pc.createOffer({ iceRestart: true }));
  await Promise.race([gathered, new Promise((resolve) => unwatched.after(resolve, 1000))]);
  return [...found];
}

/** Of the audio that comes in: what was invented because packets were missing, and the longest wait for one. */
export interface Packets {
  readonly concealments: number;
  readonly longestWait: number;
}

const packets = { received: 0, at: 0, longestWait: 0 };

/** Counts packets every 40 ms from now on. */
export function watchPackets(): void {
  packets.at = now();
  packets.longestWait = 0;
  unwatched.every(() => {
    void inboundAudio().then((entries) => {
      const received = entries.reduce((sum, entry) => sum + (entry.packetsReceived ?? 0), 0);
      packets.longestWait = Math.max(packets.longestWait, now() - packets.at);
      if (received === packets.received) return;
      packets.received = received;
      packets.at = now();
    });
  }, 40);
}

async function inboundAudio(): Promise<(RTCInboundRtpStreamStats & { concealmentEvents?: number })[]> {
  const entries: (RTCInboundRtpStreamStats & { concealmentEvents?: number })[] = [];
  for (const pc of mediaConnections()) {
    if (pc.signalingState === 'closed') continue;
    (await pc.getStats()).forEach((entry: RTCInboundRtpStreamStats) => {
      if (entry.type === 'inbound-rtp' && entry.kind === 'audio') entries.push(entry);
    });
  }
  return entries;
}

export async function countPackets(): Promise<Packets> {
  const entries = await inboundAudio();
  const concealments = entries.reduce((sum, { concealmentEvents = 0 }) => sum + concealmentEvents, 0);
  return { concealments, longestWait: packets.longestWait };
}

export function notes(): readonly Note[] {
  return timeline();
}

/** What the library has not let go of; to be asked after `stop`. */
export function leftOvers(): LeftOver {
  return leftOver();
}

/** The call as the app sees it: whether it is the one it was, and how it does. */
export function remember(): void {
  remembered = phone.theCall();
  remembered.on('stateChanged', ({ state, status }) => note(`call ${state} ${status ?? ''}`));
  remembered.on('mediaStateChanged', ({ state }) => note(`call media ${state}`));
  remembered.on('ended', ({ cause, status }) => note(`call ended: ${cause} ${status}`));
}

let remembered: ReturnType<typeof phone.theCall> | undefined;

export function standing(): { readonly isSame: boolean; readonly state: string } {
  const call = phone.theCall();
  return { isSame: call === remembered, state: call.state };
}
