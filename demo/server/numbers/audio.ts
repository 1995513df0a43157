// The audio of one call to a number: a WebRTC connection in Node that plays a clip or sends back what it hears.
import { MediaStreamTrack, RTCPeerConnection, RTCRtpCodecParameters, RtpHeader, RtpPacket } from 'werift';
import type { RTCRtpTransceiver, RTCSessionDescription } from 'werift';
import { clip, frameLength } from './sounds.js';
import type { Clip, Codec, SoundName } from './sounds.js';

export type Source = SoundName | 'echo';

export interface AudioOptions {
  /** Media goes over the loopback alone. */
  readonly isLocal: boolean;
}

const codecs = {
  opus: new RTCRtpCodecParameters({ mimeType: 'audio/opus', clockRate: 48_000, channels: 2, payloadType: 111 }),
  PCMU: new RTCRtpCodecParameters({ mimeType: 'audio/PCMU', clockRate: 8000, channels: 1, payloadType: 0 }),
  PCMA: new RTCRtpCodecParameters({ mimeType: 'audio/PCMA', clockRate: 8000, channels: 1, payloadType: 8 }),
} as const;
type CodecName = keyof typeof codecs;

/** What werift sends and receives by. */
interface IceProtocols {
  readonly protocols: readonly {
    readonly transport: { send: (...data: never[]) => Promise<void>; onData: (...data: never[]) => void };
  }[];
}

/** The one codec that we speak in a call, so that what comes in can go out again as it is. */
function chooseCodec(offer: string, source: Source): CodecName | undefined {
  const wanted: readonly CodecName[] = source === 'echo' ? ['opus', 'PCMU', 'PCMA'] : ['PCMU', 'PCMA'];
  return wanted.find((name) => isOffered(offer, name));
}

function isOffered(sdp: string, name: CodecName): boolean {
  const { payloadType, clockRate } = codecs[name];
  const audio = /^m=audio \S+ \S+ ([\d ]+)/m.exec(sdp)?.[1]?.split(' ') ?? [];
  if (name !== 'opus' && audio.includes(String(payloadType))) return true; // RFC 3551 §6: static
  return new RegExp(`^a=rtpmap:\\d+ ${name}/${clockRate}`, 'im').test(sdp);
}

/** May they hear us? What they offered, as `a=` of the session or the media. */
const wantsToHear = (sdp: string): boolean => !/^a=(sendonly|inactive)\s*$/m.test(sdp);

const iceFragment = (sdp: string): string | undefined => /^a=ice-ufrag:(\S+)/m.exec(sdp)?.[1];

export class Audio {
  readonly #connection: RTCPeerConnection;
  readonly #source: Source;
  readonly #codec: CodecName;
  readonly #transceiver: RTCRtpTransceiver;
  #isHeard = true;
  /** Theirs; another one is an ICE restart (RFC 8839 §4.4.1.1.1). */
  #fragment: string | undefined;
  #pacer: NodeJS.Timeout | undefined;
  /** Brings back what a lost path has swallowed. */
  readonly #lost: (() => void)[] = [];

  private constructor(source: Source, codec: CodecName, { isLocal }: AudioOptions, onLost: () => void) {
    this.#source = source;
    this.#codec = codec;
    this.#connection = new RTCPeerConnection({
      codecs: { audio: [codecs[codec]], video: [] },
      iceServers: [],
      iceUseIpv4: !isLocal,
      iceUseIpv6: false,
      iceAdditionalHostAddresses: ['127.0.0.1'],
      iceInterfaceAddresses: isLocal ? { udp4: '127.0.0.1' } : undefined,
    });
    this.#connection.connectionStateChange.subscribe((state) => {
      if (state === 'connected') this.#play();
      else if (state === 'failed') onLost();
    });
    this.#transceiver = this.#connection.addTransceiver(new MediaStreamTrack({ kind: 'audio' }), {
      direction: 'sendrecv',
    });
    if (source === 'echo') this.#echo();
  }

  /** Undefined when there is no codec in common. @param onLost the other side cannot be reached any more */
  static forOffer(offer: string, source: Source, options: AudioOptions, onLost: () => void): Audio | undefined {
    const codec = chooseCodec(offer, source);
    return codec && new Audio(source, codec, options, onLost);
  }

  /** For a call that leaves the offer to us. */
  static forLateOffer(source: Source, options: AudioOptions, onLost: () => void): Audio {
    return new Audio(source, source === 'echo' ? 'opus' : 'PCMU', options, onLost);
  }

  /** Takes an offer, the first one or a later one; resolves with the answer and all candidates in it. */
  async answer(offer: string): Promise<string> {
    this.#isHeard = wantsToHear(offer);
    await this.#connection.setRemoteDescription({ type: 'offer', sdp: offer });
    const answer = await this.#connection.createAnswer();
    const sdp = await this.#describe(answer);
    const fragment = iceFragment(offer);
    if (this.#fragment !== undefined && fragment !== this.#fragment) {
      this.#findPath();
      this.#startChecks();
    }
    this.#fragment = fragment;
    return sdp;
  }

  async offer(): Promise<string> {
    return this.#describe(await this.#connection.createOffer());
  }

  async applyAnswer(sdp: string): Promise<void> {
    this.#isHeard = wantsToHear(sdp);
    await this.#connection.setRemoteDescription({ type: 'answer', sdp });
  }

  /** As behind a NAT that has forgotten us: what is sent, and what comes, is lost until ICE is restarted. */
  losePath(): void {
    this.#findPath();
    for (const { connection } of this.#connection.iceTransports)
      for (const { transport } of (connection as unknown as IceProtocols).protocols) {
        const { send, onData } = transport;
        transport.send = () => Promise.resolve();
        transport.onData = () => undefined;
        this.#lost.push(() => Object.assign(transport, { send, onData }));
      }
  }

  #findPath(): void {
    for (const restore of this.#lost.splice(0)) restore();
  }

  /** Whether sound can get through at this moment. */
  get isConnected(): boolean {
    return this.#connection.connectionState === 'connected';
  }

  async close(): Promise<void> {
    clearInterval(this.#pacer);
    await this.#connection.close();
  }

  async #describe(description: RTCSessionDescription): Promise<string> {
    // werift asks a public STUN server even when its list is empty
    for (const { connection } of this.#connection.iceTransports) delete connection.stunServer;
    await this.#connection.setLocalDescription(description);
    return this.#connection.localDescription!.sdp;
  }

  /** After an ICE restart werift waits for checks; Firefox sends none from elsewhere to the loopback, so we begin. */
  #startChecks(): void {
    for (const transport of this.#connection.iceTransports) {
      transport.start().catch(() => undefined); // a later restart may do better
    }
  }

  #echo(): void {
    this.#connection.onTrack.subscribe((track) => {
      track.onReceiveRtp.subscribe(({ header, payload }) => {
        const { sequenceNumber, timestamp, marker } = header;
        this.#send(new RtpPacket(new RtpHeader({ sequenceNumber, timestamp, marker }), payload));
      });
    });
  }

  #play(): void {
    if (this.#source === 'echo' || this.#pacer) return;
    const frames: Clip = clip(this.#source, this.#codec as Codec);
    const begin = performance.now();
    let sent = 0;
    this.#pacer = setInterval(() => {
      const due = Math.floor((performance.now() - begin) / 20) + 1;
      if (due - sent > 10) sent = due - 10; // the process was held up: what is long past need not be sent
      for (; sent < due; sent++) this.#send(packet(frames[sent % frames.length]!, sent));
    }, 20);
  }

  #send(packet: RtpPacket): void {
    if (this.#isHeard) void this.#transceiver.sender.sendRtp(packet);
  }
}

function packet(frame: Uint8Array, index: number): RtpPacket {
  const header = new RtpHeader({
    sequenceNumber: index & 0xffff,
    timestamp: (index * frameLength) >>> 0,
    marker: index === 0,
  });
  return new RtpPacket(header, Buffer.from(frame));
}
