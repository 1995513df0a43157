/** The numbers of a call's audio, out of the browser's statistics (W3C webrtc-stats). */

export interface MediaStats {
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly inbound: InboundStats;
  readonly outbound: OutboundStats;
  /** Seconds, by the peer's RTCP or else by ICE. */
  readonly roundTripTime: number | undefined;
  /** As in SDP: `opus/48000/2`. */
  readonly codec: string | undefined;
  /** The pair of candidates in use: `host`, `srflx`, `prflx`, `relay`. */
  readonly localCandidate: RTCIceCandidateType | undefined;
  readonly remoteCandidate: RTCIceCandidateType | undefined;
}

export interface InboundStats {
  readonly packets: number;
  readonly bytes: number;
  readonly packetsLost: number;
  /** Seconds. */
  readonly jitter: number | undefined;
  /** 0 to 1. Chromium measures what arrives only where it is played aloud. */
  readonly audioLevel: number | undefined;
}

export interface OutboundStats extends InboundStats {
  /** Share of our packets that the peer misses, 0 to 1, by its last report. */
  readonly fractionLost: number | undefined;
}

/** The union of the fields we read, as the entries of a report have them. */
interface Entry {
  readonly id: string;
  readonly type: string;
  readonly kind?: string;
  readonly codecId?: string;
  readonly packetsReceived?: number;
  readonly bytesReceived?: number;
  readonly responsesReceived?: number;
  readonly packetsSent?: number;
  readonly bytesSent?: number;
  readonly packetsLost?: number;
  readonly fractionLost?: number;
  readonly jitter?: number;
  readonly audioLevel?: number;
  readonly roundTripTime?: number;
  readonly currentRoundTripTime?: number;
  readonly mimeType?: string;
  readonly clockRate?: number;
  readonly channels?: number;
  readonly selectedCandidatePairId?: string;
  readonly selected?: boolean;
  readonly nominated?: boolean;
  readonly state?: string;
  readonly localCandidateId?: string;
  readonly remoteCandidateId?: string;
  readonly candidateType?: RTCIceCandidateType;
}

/** The summary of one report. Streams of several generations (a changed SSRC) are added up. */
export function summarize(report: ReadonlyMap<string, unknown>, timestamp: number): MediaStats {
  const entries = [...report.values()] as Entry[];
  const audio = (type: string): Entry[] => entries.filter((e) => e.type === type && (e.kind ?? 'audio') === 'audio');
  const received = audio('inbound-rtp');
  const sent = audio('outbound-rtp');
  const heard = audio('remote-inbound-rtp');
  const pair = selectedPair(entries);
  const codecId = (sent.at(-1) ?? received.at(-1))?.codecId;
  return {
    timestamp,
    inbound: {
      packets: sum(received, 'packetsReceived'),
      bytes: sum(received, 'bytesReceived'),
      packetsLost: sum(received, 'packetsLost'),
      jitter: received.at(-1)?.jitter,
      audioLevel: received.at(-1)?.audioLevel,
    },
    outbound: {
      packets: sum(sent, 'packetsSent'),
      bytes: sum(sent, 'bytesSent'),
      packetsLost: sum(heard, 'packetsLost'),
      fractionLost: heard.at(-1)?.fractionLost,
      jitter: heard.at(-1)?.jitter,
      audioLevel: audio('media-source').at(-1)?.audioLevel,
    },
    roundTripTime: heard.at(-1)?.roundTripTime ?? pair?.currentRoundTripTime,
    codec: codecName(codecId === undefined ? undefined : (report.get(codecId) as Entry | undefined)),
    localCandidate: candidateType(report, pair?.localCandidateId),
    remoteCandidate: candidateType(report, pair?.remoteCandidateId),
  };
}

/** What grows as long as something comes from the peer. */
export interface Pulse {
  /** Packets of media. */
  readonly heard: number;
  /** Whatever comes: RTCP, answers to our checks (RFC 7675). */
  readonly alive: number;
}

/** Nothing where the browser does not tell. */
export function pulse(report: ReadonlyMap<string, unknown>): Pulse | undefined {
  const entries = [...report.values()] as Entry[];
  const of = (type: string): Entry[] => entries.filter((entry) => entry.type === type);
  const [streams, pairs] = [of('inbound-rtp'), of('candidate-pair')];
  if (streams.length + pairs.length === 0) return undefined;
  const heard = sum(streams, 'packetsReceived');
  return { heard, alive: heard + sum(pairs, 'bytesReceived') + sum(pairs, 'responsesReceived') };
}

function selectedPair(entries: readonly Entry[]): Entry | undefined {
  const selected = entries.find((e) => e.type === 'transport')?.selectedCandidatePairId;
  return entries.find(
    (e) =>
      e.type === 'candidate-pair' &&
      (selected ? e.id === selected : (e.selected ?? (e.nominated && e.state === 'succeeded'))),
  );
}

function codecName(codec: Entry | undefined): string | undefined {
  if (!codec?.mimeType) return undefined;
  const parts = [codec.mimeType.replace(/^audio\//, ''), codec.clockRate];
  return [...parts, ...((codec.channels ?? 1) > 1 ? [codec.channels] : [])].join('/');
}

const candidateType = (
  report: ReadonlyMap<string, unknown>,
  id: string | undefined,
): RTCIceCandidateType | undefined =>
  id === undefined ? undefined : (report.get(id) as Entry | undefined)?.candidateType;

function sum(
  entries: readonly Entry[],
  key: 'responsesReceived' | 'packetsReceived' | 'bytesReceived' | 'packetsLost' | 'packetsSent' | 'bytesSent',
): number {
  return entries.reduce((total, entry) => total + (entry[key] ?? 0), 0);
}
