/** The browser's globals as far as the contenders use them, as cheap as can be: what is measured is the library. */
import type { FakeServer } from './fake-server.js';

/** What Chromium says of one microphone, by and large. */
const sdp = (type: 'offer' | 'answer', candidates: readonly string[]): string =>
  [
    'v=0',
    'o=- 4611731400430051336 2 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    'a=extmap-allow-mixed',
    'a=msid-semantic: WMS 5f0e8a47-1c5c-4a0e-8d5e-2f7f9f6c9a31',
    'm=audio 50000 UDP/TLS/RTP/SAVPF 111 63 9 0 8 110 126',
    'c=IN IP4 192.0.2.17',
    'a=rtcp:9 IN IP4 0.0.0.0',
    ...candidates,
    'a=ice-ufrag:abcd',
    'a=ice-pwd:0123456789012345678901ab',
    'a=ice-options:trickle',
    'a=fingerprint:sha-256 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB:4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF',
    `a=setup:${type === 'offer' ? 'actpass' : 'active'}`,
    'a=mid:0',
    'a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level',
    'a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
    'a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
    'a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid',
    'a=sendrecv',
    'a=msid:5f0e8a47-1c5c-4a0e-8d5e-2f7f9f6c9a31 b1d3a1c6-91f3-4b3c-9d35-0d1ecb5f3a77',
    'a=rtcp-mux',
    'a=rtcp-rsize',
    'a=rtpmap:111 opus/48000/2',
    'a=rtcp-fb:111 transport-cc',
    'a=fmtp:111 minptime=10;useinbandfec=1',
    'a=rtpmap:63 red/48000/2',
    'a=fmtp:63 111/111',
    'a=rtpmap:9 G722/8000',
    'a=rtpmap:0 PCMU/8000',
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:110 telephone-event/48000',
    'a=rtpmap:126 telephone-event/8000',
    'a=ssrc:3535473462 cname:q5Pq5mN9HjzYlK0w',
    'a=ssrc:3535473462 msid:5f0e8a47-1c5c-4a0e-8d5e-2f7f9f6c9a31 b1d3a1c6-91f3-4b3c-9d35-0d1ecb5f3a77',
    '',
  ].join('\r\n');

interface Description {
  readonly type: 'offer' | 'answer';
  readonly sdp: string;
}
type Descriptions = Readonly<Record<'offer' | 'answer', Description>>;

const describe = (candidates: readonly string[]): Descriptions => ({
  offer: { type: 'offer', sdp: sdp('offer', candidates) },
  answer: { type: 'answer', sdp: sdp('answer', candidates) },
});

const candidate = 'candidate:1467250027 1 udp 2122260223 192.0.2.17 50000 typ host generation 0 network-id 1';
const host = { candidate, type: 'host', protocol: 'udp', address: '192.0.2.17', usernameFragment: 'abcd' };
/** The same for every call, so that the fake browser adds nothing to a call's time and next to nothing to its memory. */
const bare = describe([]);
const gathered = describe([`a=${candidate}`]);

/** What the far end of every call says. */
export const peerSdp = (type: 'offer' | 'answer'): string => gathered[type].sdp;

type Listener = (event: object) => void;

/** Handlers and listeners of a connection, of which it has a few at most. */
class Target {
  /** As long as it needs to be: an array that grows by itself would look like memory of the call. */
  #listeners: readonly [type: string, listener: Listener][] = [];

  addEventListener(type: string, listener: Listener): void {
    this.#listeners = [...this.#listeners, [type, listener]];
  }

  removeEventListener(type: string, listener: Listener): void {
    this.#listeners = this.#listeners.filter((entry) => entry[0] !== type || entry[1] !== listener);
  }

  dispatchEvent(event: { readonly type: string }): boolean {
    this.fire(event.type, event);
    return true;
  }

  protected fire(type: string, event: object = {}): void {
    for (const [of, listener] of this.#listeners) if (of === type) listener(event);
    const handler = (this as unknown as Record<string, Listener | null | undefined>)[`on${type}`];
    handler?.(event);
  }
}

class StubTrack extends Target {
  readonly id = 'track';
  readonly kind = 'audio';
  enabled = true;
  muted = false;
  readyState = 'live';
  stop(): void {
    this.readyState = 'ended';
  }
}

class StubStream extends Target {
  readonly id = 'stream';
  readonly #tracks: StubTrack[];
  constructor(tracks: StubTrack[] = []) {
    super();
    this.#tracks = [...tracks];
  }
  addTrack(track: StubTrack): void {
    this.#tracks.push(track);
  }
  getTracks(): StubTrack[] {
    return this.#tracks;
  }
  getAudioTracks(): StubTrack[] {
    return this.#tracks;
  }
  getVideoTracks(): StubTrack[] {
    return [];
  }
}

class StubSender {
  readonly dtmf = null;
  track: StubTrack | null = null;
  replaceTrack(track: StubTrack | null): Promise<void> {
    this.track = track;
    return Promise.resolve();
  }
}

class StubTransceiver {
  readonly sender = new StubSender();
  readonly receiver = { track: new StubTrack() };
  mid: string | null = null;
  direction = 'sendrecv';
  currentDirection: string | null = null;
  stop(): void {
    this.direction = 'stopped';
  }
}

class StubPeerConnection extends Target {
  signalingState = 'stable';
  iceGatheringState = 'new';
  iceConnectionState = 'new';
  connectionState = 'new';
  localDescription: Description | null = null;
  remoteDescription: Description | null = null;
  #transceivers: readonly StubTransceiver[] = [];

  getConfiguration(): object {
    return {};
  }
  setConfiguration(): void {}
  addTransceiver(): StubTransceiver {
    const transceiver = new StubTransceiver();
    this.#transceivers = [...this.#transceivers, transceiver];
    return transceiver;
  }
  addTrack(track: StubTrack): StubSender {
    const transceiver = this.#transceivers[0] ?? this.addTransceiver();
    transceiver.sender.track = track;
    return transceiver.sender;
  }
  getTransceivers(): readonly StubTransceiver[] {
    return this.#transceivers;
  }
  getSenders(): StubSender[] {
    return this.#transceivers.map(({ sender }) => sender);
  }
  getReceivers(): object[] {
    return this.#transceivers.map(({ receiver }) => receiver);
  }
  createOffer(): Promise<Description> {
    return Promise.resolve(bare.offer);
  }
  createAnswer(): Promise<Description> {
    return Promise.resolve(bare.answer);
  }
  setLocalDescription({ type }: Description): Promise<void> {
    this.localDescription = gathered[type];
    this.#signal(type === 'offer' ? 'have-local-offer' : 'stable');
    for (const transceiver of this.#transceivers) transceiver.mid = '0';
    if (this.iceGatheringState === 'new') {
      this.iceGatheringState = 'gathering';
      queueMicrotask(() => {
        this.fire('icecandidate', { candidate: host });
        this.iceGatheringState = 'complete';
        this.fire('icegatheringstatechange');
        this.fire('icecandidate', { candidate: null });
      });
    }
    return Promise.resolve();
  }
  setRemoteDescription({ type }: Description): Promise<void> {
    this.remoteDescription = gathered[type]; // a browser keeps it outside of the heap
    this.#signal(type === 'offer' ? 'have-remote-offer' : 'stable');
    if (this.#transceivers.length === 0) this.addTransceiver();
    for (const transceiver of this.#transceivers) transceiver.mid = '0';
    return Promise.resolve();
  }
  /** Whoever agrees is connected soon after, as a call is long before it is hung up. */
  #signal(state: string): void {
    this.signalingState = state;
    if (state !== 'stable' || this.connectionState !== 'new') return;
    queueMicrotask(() => {
      if (this.connectionState !== 'new') return;
      this.connectionState = this.iceConnectionState = 'connected';
      this.fire('iceconnectionstatechange');
      this.fire('connectionstatechange');
    });
  }
  close(): void {
    this.signalingState = 'closed';
    this.connectionState = 'closed';
    this.iceConnectionState = 'closed';
  }
}

class StubTrackEvent {
  readonly type: string;
  readonly track: unknown;
  constructor(type: string, { track }: { readonly track: unknown }) {
    this.type = type;
    this.track = track;
  }
}

class StubSessionDescription implements Description {
  readonly type: 'offer' | 'answer';
  readonly sdp: string;
  constructor({ type, sdp }: Description) {
    this.type = type;
    this.sdp = sdp;
  }
}

/** Puts the globals in place; WebSockets lead to `server`. */
export function installFakeBrowser(server: FakeServer): void {
  class StubWebSocket extends Target {
    static readonly CONNECTING = 0;
    static readonly OPEN = 1;
    static readonly CLOSING = 2;
    static readonly CLOSED = 3;
    readonly url: string;
    readonly OPEN = 1;
    readonly protocol = 'sip';
    readonly bufferedAmount = 0;
    binaryType = 'blob';
    readyState = 0;

    constructor(url: string) {
      super();
      this.url = url;
      queueMicrotask(() => {
        this.readyState = 1;
        server.deliver = (data) => {
          this.fire('message', { data });
        };
        this.fire('open');
      });
    }
    send(data: string): void {
      server.receive(data);
    }
    close(): void {
      this.readyState = 3;
      queueMicrotask(() => {
        this.fire('close', { code: 1000, reason: '', wasClean: true });
      });
    }
  }
  const getUserMedia = (): Promise<StubStream> => Promise.resolve(new StubStream([new StubTrack()]));
  Object.assign(globalThis, {
    window: globalThis,
    WebSocket: StubWebSocket,
    RTCPeerConnection: StubPeerConnection,
    MediaStream: StubStream,
    RTCSessionDescription: StubSessionDescription,
    MediaStreamTrackEvent: StubTrackEvent,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
  });
  Object.defineProperty(globalThis, 'navigator', { value: { mediaDevices: { getUserMedia } }, configurable: true });
}
