/** The RTCPeerConnection of a call: made when needed, described, rolled back, closed; its sections are found and refused here (RFC 8829). */
import type { Clock } from '../base/clock.js';
import { abortError, EvercallError, invalidOption } from '../base/errors.js';
import type { Logger } from '../base/log.js';
import { closeConnection } from './closing.js';
import type { MediaState } from './connection-state.js';
import { watchConnection } from './connection-state.js';
import type { MediaEnvironment } from './environment.js';
import { gatherCandidates } from './ice-gathering.js';
import type { Direction } from './direction.js';
import { iceUfrag, readSections } from './sdp.js';
import type { Section } from './sdp.js';
import { unlessAborted } from '../base/unless-aborted.js';
import type { Signal } from '../base/lifetime.js';

export interface ConnectionConfig {
  /** A function is asked again at each ICE restart: TURN credentials are short-lived. */
  readonly iceServers: readonly RTCIceServer[] | (() => Promise<readonly RTCIceServer[]>);
  readonly iceTransportPolicy: RTCIceTransportPolicy;
  /** Milliseconds that an offer or answer waits for STUN and TURN servers. */
  readonly gatheringTimeout: number;
}

/** Whoever owns the connection. */
export interface ConnectionUser {
  onMediaState(state: MediaState): void;
  /** Each connection that is made, before its first offer or answer: for an offer with what the call itself sends. */
  onPeerConnection?(pc: RTCPeerConnection): void;
  /** A candidate of a server came after the description had left; or one of this host, which had none then. */
  onLateCandidate?(): void;
  /** There are no more to come. */
  onGathered?(): void;
}

const none: readonly RTCRtpTransceiver[] = [];

export class Connection implements EventListenerObject {
  readonly #config: ConnectionConfig;
  readonly #env: MediaEnvironment;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #user: ConnectionUser;
  #iceServers: readonly RTCIceServer[] = [];
  #pc: RTCPeerConnection | undefined;
  #unwatch: (() => void) | undefined;
  #audio: RTCRtpTransceiver | undefined;
  #isAnnounced = false;
  /** Whether the peer is told of each candidate that comes late, of whatever kind. */
  #trickles = false;
  /** Whether this generation is not the first: then the network may still be about to come. */
  #isRestarted = false;
  /** What we said in the generation before. */
  #former: string | undefined;
  #isElsewhere = false;
  /** Video that the peer has offered and nobody has taken: answered `inactive`, ready for whoever wants it. */
  #idle: readonly RTCRtpTransceiver[] = none;

  constructor(config: ConnectionConfig, env: MediaEnvironment, clock: Clock, log: Logger, user: ConnectionUser) {
    this.#config = config;
    this.#env = env;
    this.#clock = clock;
    this.#log = log;
    this.#user = user;
  }

  get pc(): RTCPeerConnection | undefined {
    return this.#pc;
  }

  /** What carries the call, from its first description on. */
  get audio(): RTCRtpTransceiver | undefined {
    return this.#audio;
  }

  /** The connection, made if there is none; with `refresh`, with the ICE servers of now. */
  async open(refresh: boolean, signal: Signal): Promise<RTCPeerConnection> {
    if (this.#pc && !refresh) return this.#pc;
    await this.#refreshServers(signal);
    if (signal.aborted) throw abortError(signal); // nobody would close what is made now
    const { iceTransportPolicy } = this.#config;
    const config: RTCConfiguration = { iceServers: [...this.#iceServers], iceTransportPolicy };
    if (this.#pc) {
      this.#pc.setConfiguration(config);
      return this.#pc;
    }
    const pc = newConnection(this.#env, config);
    this.#pc = pc;
    this.#unwatch = watchConnection(pc, (state) => this.#user.onMediaState(state));
    return pc;
  }

  /** Shows the connection to the app, once. */
  announce(pc: RTCPeerConnection): void {
    if (this.#isAnnounced) return;
    this.#isAnnounced = true;
    this.#user.onPeerConnection?.(pc);
  }

  /** Our audio section, for an offer. */
  offerAudio(pc: RTCPeerConnection, direction: Direction): RTCRtpTransceiver {
    this.#audio ??= pc.addTransceiver('audio', { direction });
    this.#audio.direction = direction;
    return this.#audio;
  }

  /**
   * Finds in the peer's offer, once it is set, what carries the call. What else it has brought besides the `former`
   * transceivers waits for someone to want it (video) or is stopped, which refuses it: Chromium and Firefox answer that with
   * `inactive`, and name port 0 from the next offer on (RFC 8829 §5.3.1). What the app has added is the app's; data channels
   * cannot be refused.
   */
  takeOffer(
    pc: RTCPeerConnection,
    former: readonly RTCRtpTransceiver[],
    sections: readonly Section[],
    remote: Section,
  ): RTCRtpTransceiver {
    const transceivers = pc.getTransceivers();
    const audio = transceiverOf(pc, sections, remote);
    if (!audio) throw new EvercallError('negotiation', 'the browser took no audio of the offer');
    for (const other of transceivers) {
      if (other === audio || former.includes(other)) continue;
      if (other.receiver.track.kind === 'video') {
        other.direction = 'inactive';
        this.#idle = [...this.#idle, other];
      } else other.stop();
    }
    if (this.#audio && this.#audio !== audio) this.#audio.stop(); // of an offer of ours that was taken back
    return (this.#audio = audio);
  }

  /** Video transceivers that nobody uses and whose sections are not refused. */
  get idle(): readonly RTCRtpTransceiver[] {
    const present = this.#idle.length > 0 ? (this.#pc?.getTransceivers() ?? none) : none;
    return (this.#idle =
      this.#idle.length > 0 ? this.#idle.filter((one) => present.includes(one) && !isStopped(one)) : none);
  }

  /** Takes one of those that are idle. */
  engage(transceiver: RTCRtpTransceiver): void {
    this.#idle = this.#idle.filter((other) => other !== transceiver);
  }

  /** Gives one back. */
  release(transceiver: RTCRtpTransceiver): void {
    transceiver.direction = 'inactive';
    this.#idle = [...this.#idle, transceiver];
  }

  /** Sets what we say; resolves with its SDP when it has the candidates it should leave with. */
  async setLocal(
    pc: RTCPeerConnection,
    description: RTCSessionDescriptionInit,
    signal: Signal,
    trickles: boolean,
  ): Promise<void> {
    const said = pc.localDescription?.sdp;
    const former = iceUfrag(said ?? '');
    const ufrag = iceUfrag(description.sdp ?? '');
    const rule = {
      iceServers: this.#iceServers,
      timeout: this.#config.gatheringTimeout,
      firstUsable: former !== undefined, // a new ufrag after another is an ICE restart, ours or the peer's
      trickles,
      ufrag,
    };
    if (ufrag !== former) {
      this.#former = said;
      this.#isElsewhere = false;
    }
    const gathering = ufrag === former ? undefined : gatherCandidates(pc, rule, this.#clock, signal);
    await Promise.all([pc.setLocalDescription(description), gathering]);
    if (!gathering) return;
    this.#trickles = trickles;
    this.#isRestarted = former !== undefined;
    if ((trickles || this.#iceServers.length > 0 || this.#isRestarted) && pc.iceGatheringState !== 'complete')
      pc.addEventListener('icecandidate', this);
  }

  /** A candidate that no description of ours has brought to the peer. */
  handleEvent({ type, candidate }: Event & { readonly candidate?: RTCIceCandidate | null }): void {
    if (type !== 'icecandidate') return;
    if (!candidate?.candidate) {
      this.#pc?.removeEventListener('icecandidate', this);
      this.#user.onGathered?.();
    } else if (candidate.type !== 'host' || this.#isRestarted || this.#trickles) {
      const address = candidate.address ?? candidate.candidate.split(' ')[4];
      this.#isElsewhere ||= this.#isRestarted && !this.#former?.includes(` ${address} `);
      this.#user.onLateCandidate?.();
    }
  }

  /** Whether this generation has found, late, an address that the one before did not have. */
  get isElsewhere(): boolean {
    return this.#isElsewhere;
  }

  /** Whether the present generation is not the first one. */
  get isRestarted(): boolean {
    return this.#isRestarted;
  }

  /** Takes back the offer that is under way, if one is. */
  async rollback(): Promise<void> {
    const state = this.#pc?.signalingState;
    if (state === 'have-local-offer') await this.#pc?.setLocalDescription({ type: 'rollback' });
    if (state === 'have-remote-offer') await this.#pc?.setRemoteDescription({ type: 'rollback' });
  }

  /** Ends it without a word to the user; `open` may make another. */
  close(atOnce = false): void {
    this.#unwatch?.();
    this.#pc?.removeEventListener('icecandidate', this);
    if (atOnce) this.#pc?.close();
    else if (this.#pc) closeConnection(this.#pc, this.#clock);
    this.#pc = this.#audio = this.#unwatch = this.#former = undefined;
    this.#isAnnounced = false;
    this.#idle = none;
  }

  async #refreshServers(signal: Signal): Promise<void> {
    const { iceServers } = this.#config;
    if (typeof iceServers !== 'function') {
      this.#iceServers = iceServers;
      return;
    }
    try {
      this.#iceServers = await unlessAborted(signal, iceServers());
    } catch (error) {
      if (signal.aborted) throw error;
      this.#log.warn('no ICE servers to be had: going on with the former ones', error);
    }
  }
}

function newConnection(env: MediaEnvironment, config: RTCConfiguration): RTCPeerConnection {
  const { RTCPeerConnection } = env;
  try {
    return new RTCPeerConnection(config);
  } catch (error) {
    const isTooMany = (error as Partial<Error>).name === 'UnknownError'; // Chromium has a limit of 500, with those not collected yet
    if (isTooMany) throw new EvercallError('mediaUnsupported', `the browser makes no connection: ${String(error)}`, { cause: error }); // prettier-ignore
    throw invalidOption('iceServers', `the browser refuses them (${String(error)})`);
  }
}

/** Whether its section is refused for good, whoever did that. */
export const isStopped = ({ direction, currentDirection }: RTCRtpTransceiver): boolean =>
  direction === 'stopped' || currentDirection === 'stopped';

/** By mid; or, where a phone sends none, by the position that the section has kept; or as the browser numbers them. */
export function transceiverOf(
  pc: RTCPeerConnection,
  sections: readonly Section[],
  section: Section,
): RTCRtpTransceiver | undefined {
  const { index, kind } = section;
  const alike = pc.getTransceivers().filter(({ receiver, mid }) => receiver.track.kind === kind && mid !== null);
  if (section.mid !== undefined) {
    const same = alike.find(({ mid }) => mid === section.mid);
    if (same) return same;
  }
  const known = pc.currentLocalDescription && readSections(pc.currentLocalDescription.sdp)[index]?.mid;
  const place = sections.filter((other) => other.kind === kind && other.index < index).length;
  return alike.find(({ mid }) => mid === known) ?? alike[place];
}
