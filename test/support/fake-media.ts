// A media environment for Node: signalling as RTCPeerConnection does it (RFC 8829), without network, sound or timers.
import type { MediaEnvironment } from '../../lib/media/environment.js';

/** What a test may look at and turn besides the environment itself. */
export interface FakeMedia extends MediaEnvironment {
  /** Every connection that was made, the open and the closed. */
  readonly connections: FakePeerConnection[];
  /** Every microphone track that was handed out. */
  readonly microphones: FakeTrack[];
  /** The same of cameras and screens. */
  readonly cameras: FakeTrack[];
  readonly screens: FakeTrack[];
  /** Whether servers keep the browser waiting: gathering does not come to its end. */
  readonly gathering: { endless: boolean };
  /** Whether ICE finds a path when both sides have described themselves. */
  readonly ice: { findsPath: boolean };
  /** A track of the app's own. */
  addTrack(kind: 'audio' | 'video'): { readonly fake: FakeTrack; readonly track: MediaStreamTrack };
  /** Rejects getUserMedia for a camera with this. */
  cameraError: Error | undefined;
  /** Rejects getUserMedia with this. */
  microphoneError: Error | undefined;
  /** Delays what getUserMedia gives, as a prompt does. */
  microphonePrompt: Promise<void> | undefined;
}

/** One environment: give each user agent its own. */
export function fakeMediaEnvironment(): FakeMedia {
  const connections: FakePeerConnection[] = [];
  const microphones: FakeTrack[] = [];
  const gathering = { endless: false };
  const ice = { findsPath: true };
  const [cameras, screens]: [FakeTrack[], FakeTrack[]] = [[], []];
  class Connection extends FakePeerConnection {
    constructor(config?: RTCConfiguration) {
      super(config);
      this.endless = gathering.endless;
      connections.push(this);
    }

    protected override onNegotiated(): void {
      if (ice.findsPath) super.onNegotiated();
      else this.become('connecting');
    }
  }
  return {
    ice,
    connections,
    microphones,
    cameras,
    screens,
    gathering,
    cameraError: undefined,
    microphoneError: undefined,
    microphonePrompt: undefined,
    RTCPeerConnection: Connection as unknown as MediaEnvironment['RTCPeerConnection'],
    MediaStream: FakeStream as unknown as MediaEnvironment['MediaStream'],
    getDisplayMedia() {
      const track = new FakeTrack('video');
      screens.push(track);
      return Promise.resolve(new FakeStream([track]) as unknown as MediaStream);
    },
    codecs: () => undefined,
    addTrack(kind) {
      const fake = new FakeTrack(kind);
      return { fake, track: fake as unknown as MediaStreamTrack };
    },
    async getUserMedia({ video }: MediaStreamConstraints = {}) {
      if (video) {
        if (this.cameraError) throw this.cameraError;
        const camera = new FakeTrack('video');
        cameras.push(camera);
        return new FakeStream([camera]) as unknown as MediaStream;
      }
      await this.microphonePrompt;
      if (this.microphoneError) throw this.microphoneError;
      const track = new FakeTrack('audio');
      microphones.push(track);
      return new FakeStream([track]) as unknown as MediaStream;
    },
  };
}

type Listener = ((event: never) => void) | { handleEvent(event: never): void };

class Target {
  readonly #listeners = new Map<string, Set<Listener>>();

  addEventListener(type: string, listener: Listener): void {
    const set = this.#listeners.get(type);
    if (set) set.add(listener);
    else this.#listeners.set(type, new Set([listener]));
  }

  removeEventListener(type: string, listener: Listener): void {
    this.#listeners.get(type)?.delete(listener);
  }

  /** How many listeners are left: none, after a proper end. */
  get listenerCount(): number {
    let count = 0;
    for (const set of this.#listeners.values()) count += set.size;
    return count;
  }

  protected fire(type: string, event: object = {}): void {
    for (const listener of [...(this.#listeners.get(type) ?? [])]) {
      if (typeof listener === 'function') listener({ type, ...event } as never);
      else listener.handleEvent({ type, ...event } as never);
    }
  }
}

let serial = 0;
const next = (prefix: string): string => `${prefix}${(++serial).toString(36).padStart(6, '0')}`;

export class FakeTrack extends Target {
  readonly id = next('track');
  readonly kind: 'audio' | 'video';
  enabled = true;
  muted = false;
  readyState: MediaStreamTrackState = 'live';

  constructor(kind: 'audio' | 'video') {
    super();
    this.kind = kind;
  }

  stop(): void {
    this.readyState = 'ended';
  }

  /** The device is unplugged, or the browser's own button is pressed. */
  end(): void {
    this.readyState = 'ended';
    this.fire('ended');
  }
}

class FakeStream {
  readonly #tracks: readonly FakeTrack[];

  constructor(tracks: readonly FakeTrack[] = []) {
    this.#tracks = tracks;
  }

  getTracks(): FakeTrack[] {
    return [...this.#tracks];
  }

  getAudioTracks(): FakeTrack[] {
    return this.#tracks.filter(({ kind }) => kind === 'audio');
  }

  getVideoTracks(): FakeTrack[] {
    return this.#tracks.filter(({ kind }) => kind === 'video');
  }
}

/** Tones are played out in no time, one task of the microtask queue each. */
class FakeDtmfSender extends Target {
  readonly #transceiver: FakeTransceiver;
  toneBuffer = '';
  /** All tones played, for tests. */
  played = '';

  constructor(transceiver: FakeTransceiver) {
    super();
    this.#transceiver = transceiver;
  }

  get canInsertDTMF(): boolean {
    return this.#transceiver.currentDirection?.startsWith('send') === true && this.#transceiver.sender.track !== null;
  }

  insertDTMF(tones: string): void {
    if (!this.canInsertDTMF) throw new DOMException('cannot insert', 'InvalidStateError');
    if (/[^0-9a-d#*,]/i.test(tones)) throw new DOMException(tones, 'InvalidCharacterError');
    this.toneBuffer = tones.toUpperCase();
    queueMicrotask(() => this.#play());
  }

  #play(): void {
    const tone = this.toneBuffer.slice(0, 1);
    this.toneBuffer = this.toneBuffer.slice(1);
    this.played += tone;
    this.fire('tonechange', { tone });
    if (tone !== '') queueMicrotask(() => this.#play());
  }
}

class FakeSender {
  readonly dtmf: FakeDtmfSender | null;
  track: FakeTrack | null = null;

  constructor(transceiver: FakeTransceiver) {
    this.dtmf = transceiver.kind === 'audio' ? new FakeDtmfSender(transceiver) : null;
  }

  /** Pictures that were asked to be understood by themselves. */
  keyFrames = 0;

  replaceTrack(track: FakeTrack | null): Promise<void> {
    this.track = track;
    return Promise.resolve();
  }

  getParameters(): { readonly encodings: readonly object[] } {
    return { encodings: [{}] };
  }

  setParameters(_: object, options?: { readonly encodingOptions: readonly { keyFrame: boolean }[] }): Promise<void> {
    this.keyFrames += options?.encodingOptions.filter(({ keyFrame }) => keyFrame).length ?? 0;
    return Promise.resolve();
  }
}

export class FakeTransceiver {
  readonly kind: 'audio' | 'video';
  readonly sender: FakeSender;
  readonly receiver: { readonly track: FakeTrack };
  mid: string | null = null;
  direction: RTCRtpTransceiverDirection;
  currentDirection: RTCRtpTransceiverDirection | null = null;

  constructor(kind: 'audio' | 'video', direction: RTCRtpTransceiverDirection) {
    this.kind = kind;
    this.direction = direction;
    this.sender = new FakeSender(this);
    this.receiver = { track: new FakeTrack(kind) };
  }

  /** In an answer that says `inactive`, in the next offer port 0, as in browsers. */
  stop(): void {
    this.direction = 'stopped';
  }
}

/** A section of a session description, ours or the peer's. */
interface Section {
  readonly kind: string;
  readonly mid: string;
  readonly direction: RTCRtpTransceiverDirection;
  readonly refused: boolean;
}

interface Description {
  readonly type: RTCSdpType;
  readonly sdp: string;
}

/** The part of RTCPeerConnection that the library uses. One gathering yields one host candidate, at once. */
export class FakePeerConnection extends Target {
  signalingState: RTCSignalingState = 'stable';
  iceGatheringState: RTCIceGatheringState = 'new';
  connectionState: RTCPeerConnectionState = 'new';
  iceConnectionState: RTCIceConnectionState = 'new';
  /** Gathering does not come to its end. */
  endless = false;
  currentLocalDescription: Description | null = null;
  pendingLocalDescription: Description | null = null;
  currentRemoteDescription: Description | null = null;
  pendingRemoteDescription: Description | null = null;
  #config: RTCConfiguration;
  #transceivers: FakeTransceiver[] = [];
  readonly #fingerprint = fingerprint();
  readonly #session = String(++serial);
  #version = 0;
  #ufrag = '';
  /** Restored by a rollback. */
  #stable: { readonly ufrag: string; readonly transceivers: readonly FakeTransceiver[] } | undefined;

  constructor(config: RTCConfiguration = {}) {
    super();
    this.#config = config;
  }

  get localDescription(): Description | null {
    return this.pendingLocalDescription ?? this.currentLocalDescription;
  }

  get remoteDescription(): Description | null {
    return this.pendingRemoteDescription ?? this.currentRemoteDescription;
  }

  getConfiguration(): RTCConfiguration {
    return this.#config;
  }

  setConfiguration(config: RTCConfiguration): void {
    this.#config = config;
  }

  addTransceiver(of: 'audio' | 'video' | FakeTrack, init: RTCRtpTransceiverInit = {}): FakeTransceiver {
    this.#assertOpen();
    const transceiver = new FakeTransceiver(typeof of === 'string' ? of : of.kind, init.direction ?? 'sendrecv');
    if (typeof of !== 'string') transceiver.sender.track = of;
    this.#transceivers.push(transceiver);
    return transceiver;
  }

  getTransceivers(): FakeTransceiver[] {
    return [...this.#transceivers];
  }

  getSenders(): FakeSender[] {
    return this.#transceivers.map(({ sender }) => sender);
  }

  async createOffer({ iceRestart = false }: RTCOfferOptions = {}): Promise<Description> {
    await Promise.resolve();
    this.#assertOpen();
    const ufrag = iceRestart || this.#ufrag === '' ? next('u') : this.#ufrag;
    const added = this.#transceivers.filter(({ mid, direction }) => mid === null && direction !== 'stopped');
    const sections = read(this.localDescription?.sdp ?? '').map((section, index) => {
      const known = this.#of(section.mid);
      if (known) return { ...section, direction: known.direction, refused: known.direction === 'stopped' };
      const next = added.find(({ kind }) => kind === section.kind); // takes the place of one that is refused
      if (!next) return { ...section, refused: true };
      added.splice(added.indexOf(next), 1);
      return { kind: next.kind, mid: `${section.mid}.${String(index)}`, direction: next.direction, refused: false };
    });
    for (const { kind, direction } of added)
      sections.push({ kind, mid: String(sections.length), direction, refused: false });
    return { type: 'offer', sdp: this.#write(sections, ufrag, 'actpass') };
  }

  async createAnswer(): Promise<Description> {
    await Promise.resolve();
    this.#assertOpen();
    const offer = this.pendingRemoteDescription;
    if (offer?.type !== 'offer') throw new DOMException('no offer', 'InvalidStateError');
    const restarted = ufragOf(offer.sdp) !== ufragOf(this.currentRemoteDescription?.sdp ?? '');
    const sections = read(offer.sdp).map((section) => ({
      ...section,
      direction: intersect(this.#of(section.mid)?.direction ?? 'inactive', section.direction),
      refused: section.refused,
    }));
    return { type: 'answer', sdp: this.#write(sections, restarted ? next('u') : this.#ufrag, 'active') };
  }

  async setLocalDescription(description: RTCLocalSessionDescriptionInit = {}): Promise<void> {
    await Promise.resolve();
    this.#assertOpen();
    const type = description.type ?? (this.signalingState === 'have-remote-offer' ? 'answer' : 'offer');
    this.#move('local', type);
    if (type === 'rollback') return;
    const made = description.sdp
      ? { type, sdp: description.sdp }
      : await this[type === 'offer' ? 'createOffer' : 'createAnswer']();
    this.pendingLocalDescription = made;
    for (const [index, { mid, kind, refused }] of read(made.sdp).entries()) {
      if (refused) continue;
      const transceiver =
        this.#of(mid) ?? this.#transceivers.find((t) => t.mid === null && t.kind === kind && t.direction !== 'stopped');
      if (transceiver) transceiver.mid ??= mid || String(index);
    }
    const gathers = ufragOf(made.sdp) !== this.#ufrag;
    this.#ufrag = ufragOf(made.sdp);
    if (type === 'answer') this.#settle();
    if (gathers) this.#gather();
  }

  async setRemoteDescription({ type, sdp = '' }: RTCSessionDescriptionInit): Promise<void> {
    await Promise.resolve();
    this.#assertOpen();
    if (type !== 'rollback' && (!sdp.startsWith('v=0') || !sdp.includes('a=fingerprint:'))) {
      throw new DOMException('Failed to parse SessionDescription', 'OperationError');
    }
    if (type === 'offer' && this.signalingState === 'have-local-offer') this.#move('local', 'rollback'); // RFC 8829 §4.1.10.2
    this.#move('remote', type);
    if (type === 'rollback') return;
    this.pendingRemoteDescription = { type, sdp };
    if (type === 'answer') {
      this.#settle();
      return;
    }
    for (const { kind, mid, refused } of read(sdp)) {
      if (refused) this.#of(mid)?.stop();
      if (refused || this.#of(mid) || (kind !== 'audio' && kind !== 'video')) continue;
      const transceiver = new FakeTransceiver(kind, 'recvonly');
      transceiver.mid = mid;
      this.#transceivers.push(transceiver);
    }
  }

  /** As the browser does it: shown in the description, once, where mid and generation are those of now. */
  async addIceCandidate({ candidate = '', sdpMid, usernameFragment }: RTCIceCandidateInit): Promise<void> {
    await Promise.resolve();
    this.#assertOpen();
    const description = this.remoteDescription;
    const section = description && read(description.sdp).find(({ mid }) => mid === sdpMid);
    if (!section || ufragOf(description.sdp) !== usernameFragment) throw new DOMException('unknown', 'OperationError');
    const line = candidate === '' ? 'end-of-candidates' : candidate;
    const added = { ...description, sdp: `${description.sdp}a=${line}\r\n` };
    if (this.pendingRemoteDescription) this.pendingRemoteDescription = added;
    else this.currentRemoteDescription = added;
  }

  getStats(): Promise<Map<string, unknown>> {
    return Promise.resolve(new Map<string, unknown>());
  }

  close(): void {
    this.signalingState = 'closed';
    this.connectionState = 'closed';
    this.iceConnectionState = 'closed';
    for (const { receiver } of this.#transceivers) receiver.track.stop();
  }

  /** Another candidate comes. */
  gather(candidate: string, type: string): void {
    this.#append(`a=candidate:${candidate}\r\n`);
    this.fire('icecandidate', {
      candidate: { candidate: `candidate:${candidate}`, type, protocol: 'udp', usernameFragment: this.#ufrag },
    });
  }

  /** What the network does: ICE and DTLS lose or find the peer. */
  become(state: RTCPeerConnectionState): void {
    if (this.signalingState === 'closed' || this.connectionState === state) return;
    this.connectionState = state;
    this.fire('connectionstatechange');
  }

  #of(mid: string): FakeTransceiver | undefined {
    return this.#transceivers.find((transceiver) => transceiver.mid === mid);
  }

  #assertOpen(): void {
    if (this.signalingState === 'closed') throw new DOMException('closed', 'InvalidStateError');
  }

  /** W3C WebRTC §4.3.1: which description fits which state. */
  #move(side: 'local' | 'remote', type: RTCSdpType): void {
    const [own, other] = side === 'local' ? ['local', 'remote'] : ['remote', 'local'];
    const state = this.signalingState;
    if (type === 'offer' && (state === 'stable' || state === `have-${own}-offer`)) {
      if (state === 'stable') this.#stable = { ufrag: this.#ufrag, transceivers: [...this.#transceivers] };
      this.#signal(`have-${own}-offer` as RTCSignalingState);
    } else if (type === 'answer' && state === `have-${other}-offer`) this.#signal('stable');
    else if (type === 'rollback' && state === `have-${own}-offer`) this.#rollback(side);
    else throw new DOMException(`${side} ${type} in ${state}`, 'InvalidStateError');
  }

  #rollback(side: 'local' | 'remote'): void {
    this.pendingLocalDescription = this.pendingRemoteDescription = null;
    this.#ufrag = this.#stable?.ufrag ?? '';
    if (side === 'remote') this.#transceivers = [...(this.#stable?.transceivers ?? [])];
    const negotiated = read(this.currentLocalDescription?.sdp ?? '').map(({ mid }) => mid);
    for (const one of this.#transceivers) if (!negotiated.includes(one.mid ?? '')) one.mid = null;
    this.#signal('stable');
  }

  #signal(state: RTCSignalingState): void {
    if (this.signalingState === state) return;
    this.signalingState = state;
    this.fire('signalingstatechange');
  }

  #settle(): void {
    this.currentLocalDescription = this.pendingLocalDescription ?? this.currentLocalDescription;
    this.currentRemoteDescription = this.pendingRemoteDescription ?? this.currentRemoteDescription;
    this.pendingLocalDescription = this.pendingRemoteDescription = null;
    const theirs = read(this.currentRemoteDescription?.sdp ?? '');
    for (const transceiver of this.#transceivers) {
      const section = theirs.find(({ mid }) => mid === transceiver.mid);
      if (section) transceiver.currentDirection = intersect(transceiver.direction, section.direction);
      const own = read(this.currentLocalDescription?.sdp ?? '').find(({ mid }) => mid === transceiver.mid);
      if (section?.refused || own?.refused) transceiver.stop();
      if (transceiver.direction !== 'stopped' || !(section?.refused || own?.refused)) continue;
      transceiver.currentDirection = 'stopped';
      this.#transceivers = this.#transceivers.filter((other) => other !== transceiver);
    }
    this.onNegotiated();
  }

  /** Both descriptions are in force: here the network is at its best. */
  protected onNegotiated(): void {
    if (this.connectionState !== 'new') return;
    this.become('connecting');
    queueMicrotask(() => this.become('connected'));
  }

  /** Where the machine can be reached, the default route first. */
  protected addresses(): readonly string[] {
    return ['127.0.0.1'];
  }

  /** Another host candidate of the present generation. */
  protected found(address: string, place = 0): void {
    const priority = 2_122_260_223 - 512 * place;
    const candidate = `1 1 udp ${priority} ${address} ${20_000 + (Number(this.#session) % 40_000)} typ host generation 0`;
    this.#append(`a=candidate:${candidate}\r\n`);
    this.fire('icecandidate', {
      candidate: {
        candidate: `candidate:${candidate}`,
        type: 'host',
        protocol: 'udp',
        address,
        priority,
        usernameFragment: this.#ufrag,
      },
    });
  }

  #gather(): void {
    this.iceGatheringState = 'gathering';
    this.fire('icegatheringstatechange');
    queueMicrotask(() => {
      if (this.signalingState === 'closed') return;
      this.addresses().forEach((address, place) => {
        this.found(address, place);
      });
      if (this.endless) return;
      this.iceGatheringState = 'complete';
      this.fire('icegatheringstatechange');
      this.fire('icecandidate', { candidate: null });
    });
  }

  /** Candidates show in the description that gathers them. */
  #append(line: string): void {
    const add = (description: Description | null): Description | null =>
      description && ufragOf(description.sdp) === this.#ufrag
        ? { ...description, sdp: description.sdp + line }
        : description;
    if (this.pendingLocalDescription) this.pendingLocalDescription = add(this.pendingLocalDescription);
    else this.currentLocalDescription = add(this.currentLocalDescription);
  }

  #write(sections: readonly Section[], ufrag: string, setup: string): string {
    const mids = sections.filter(({ refused }) => !refused).map(({ mid }) => mid);
    let sdp = `v=0\r\no=- ${this.#session} ${++this.#version} IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE ${mids.join(' ')}\r\n`;
    for (const { kind, mid, direction, refused } of sections) {
      sdp +=
        `m=${kind} ${refused ? 0 : 9} UDP/TLS/RTP/SAVPF ${kind === 'video' ? '96' : '111 0 8 110'}\r\nc=IN IP4 0.0.0.0\r\n` +
        `a=ice-ufrag:${ufrag}\r\na=ice-pwd:${ufrag}0123456789abcdefgh\r\na=ice-options:trickle\r\n` +
        `a=fingerprint:sha-256 ${this.#fingerprint}\r\na=setup:${setup}\r\na=mid:${mid}\r\na=${direction}\r\na=rtcp-mux\r\n`;
      sdp +=
        kind === 'video'
          ? 'a=rtpmap:96 VP8/90000\r\n'
          : `a=rtpmap:111 opus/48000/2\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:110 telephone-event/48000\r\n`;
    }
    const kept =
      ufrag === this.#ufrag && this.localDescription
        ? /^(?:a=candidate:.*\r\n)+/m.exec(this.localDescription.sdp)?.[0]
        : '';
    return sdp + (kept ?? '');
  }
}

function fingerprint(): string {
  return (++serial).toString(16).toUpperCase().padStart(64, '0').match(/../g)!.join(':');
}

export const ufragOf = (sdp: string): string => /^a=ice-ufrag:(\S+)/m.exec(sdp)?.[1] ?? '';

function read(sdp: string): Section[] {
  return sdp
    .split(/^m=/m)
    .slice(1)
    .map((section, index) => ({
      kind: section.slice(0, section.indexOf(' ')),
      mid: /^a=mid:(\S+)/m.exec(section)?.[1] ?? String(index),
      direction: (/^a=(sendrecv|sendonly|recvonly|inactive)\r?$/m.exec(section)?.[1] ??
        'sendrecv') as RTCRtpTransceiverDirection,
      refused: section.split(' ', 2)[1] === '0',
    }));
}

/** What we want, as far as the peer lets us (RFC 3264 §6.1): `theirs` is as they say it. */
function intersect(ours: RTCRtpTransceiverDirection, theirs: RTCRtpTransceiverDirection): RTCRtpTransceiverDirection {
  const send = /^send/.test(ours) && /recv/.test(theirs);
  const receive = /recv/.test(ours) && /^send/.test(theirs);
  if (ours === 'stopped') return 'inactive';
  if (send) return receive ? 'sendrecv' : 'sendonly';
  return receive ? 'recvonly' : 'inactive';
}
