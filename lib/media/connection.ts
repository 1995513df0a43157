/** The RTCPeerConnection of a call and its one audio transceiver: made when needed, described, rolled back, closed (RFC 8829). */
import type { Clock } from '../base/clock.js';
import { abortError, EvercallError, invalidOption } from '../base/errors.js';
import type { Logger } from '../base/log.js';
import type { MediaState } from './connection-state.js';
import { watchConnection } from './connection-state.js';
import type { MediaEnvironment } from './environment.js';
import { gatherCandidates } from './ice-gathering.js';
import type { AudioSection, Direction } from './sdp.js';
import { iceUfrag } from './sdp.js';
import { unlessAborted } from '../base/unless-aborted.js';

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
  /** Each connection that is made, before its first offer or answer. */
  onPeerConnection?(pc: RTCPeerConnection): void;
}

export class Connection {
  readonly #config: ConnectionConfig;
  readonly #env: MediaEnvironment;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #user: ConnectionUser;
  #iceServers: readonly RTCIceServer[] = [];
  #pc: RTCPeerConnection | undefined;
  #unwatch: (() => void) | undefined;
  #audio: RTCRtpTransceiver | undefined;

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
  async open(refresh: boolean, signal: AbortSignal): Promise<RTCPeerConnection> {
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
    this.#user.onPeerConnection?.(pc);
    return pc;
  }

  /** Our audio section, for an offer. */
  offerAudio(pc: RTCPeerConnection, direction: Direction): RTCRtpTransceiver {
    this.#audio ??= pc.addTransceiver('audio', { direction });
    this.#audio.direction = direction;
    return this.#audio;
  }

  /**
   * The section of the peer's offer that is used. All others are stopped, which refuses them: Chromium and Firefox answer
   * these with `inactive`, and name port 0 from the next offer on (RFC 8829 §5.3.1). Data channels cannot be refused.
   */
  takeAudio(pc: RTCPeerConnection, remote: AudioSection): RTCRtpTransceiver {
    const transceivers = pc.getTransceivers();
    const audios = transceivers.filter(({ receiver, mid }) => receiver.track.kind === 'audio' && mid !== null);
    const chosen = audios.find(({ mid }) => mid === remote.mid) ?? audios[remote.index]; // some phones send no mid
    if (!chosen) throw new EvercallError('negotiation', 'the browser took no audio of the offer');
    for (const other of transceivers) if (other !== chosen) other.stop();
    return (this.#audio = chosen);
  }

  /** Sets what we say; resolves with its SDP when it has the candidates it should leave with. */
  async setLocal(pc: RTCPeerConnection, description: RTCSessionDescriptionInit, signal: AbortSignal): Promise<void> {
    const former = iceUfrag(pc.localDescription?.sdp ?? '');
    const ufrag = iceUfrag(description.sdp ?? '');
    const rule = {
      iceServers: this.#iceServers,
      timeout: this.#config.gatheringTimeout,
      firstUsable: former !== undefined, // a new ufrag after another is an ICE restart, ours or the peer's
      ufrag,
    };
    const gathering = ufrag === former ? undefined : gatherCandidates(pc, rule, this.#clock, signal);
    await Promise.all([pc.setLocalDescription(description), gathering]);
  }

  /** Takes back the offer that is under way, if one is. */
  async rollback(): Promise<void> {
    const state = this.#pc?.signalingState;
    if (state === 'have-local-offer') await this.#pc?.setLocalDescription({ type: 'rollback' });
    if (state === 'have-remote-offer') await this.#pc?.setRemoteDescription({ type: 'rollback' });
  }

  /** Ends it without a word to the user; `open` may make another. */
  close(): void {
    this.#unwatch?.();
    this.#pc?.close();
    this.#pc = this.#audio = this.#unwatch = undefined;
  }

  async #refreshServers(signal: AbortSignal): Promise<void> {
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
    throw invalidOption('iceServers', `the browser refuses them (${String(error)})`);
  }
}
