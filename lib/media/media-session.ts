/** One RTCPeerConnection for one call: offers, answers, hold, ICE restart, and the end of it all (RFC 8829, RFC 3264). */
import { abortError, EvercallError, invalidOption } from '../base/errors.js';
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import { Queue } from '../base/queue.js';
import type { MediaState } from './connection-state.js';
import { watchConnection } from './connection-state.js';
import type { DtmfOptions } from './dtmf.js';
import { DtmfPlayer } from './dtmf.js';
import type { MediaEnvironment } from './environment.js';
import { gatherCandidates } from './ice-gathering.js';
import type { LocalAudioConfig } from './local-audio.js';
import { LocalAudio } from './local-audio.js';
import type { MediaStats } from './media-stats.js';
import { summarize } from './media-stats.js';
import { Playout } from './playout.js';
import type { AudioSection, Direction } from './sdp.js';
import { readAudio } from './sdp.js';

export interface MediaSessionConfig extends LocalAudioConfig {
  /** A function is asked again at each ICE restart: TURN credentials are short-lived. */
  readonly iceServers: readonly RTCIceServer[] | (() => Promise<readonly RTCIceServer[]>);
  readonly iceTransportPolicy: RTCIceTransportPolicy;
  /** Milliseconds that an offer or answer waits for STUN and TURN servers. */
  readonly gatheringTimeout: number;
  /** Whether the call is heard by itself; otherwise the page takes `remoteStream`. */
  readonly playout: boolean;
}

/** Whoever owns the session. It is told after the session's own state is settled. */
export interface MediaSessionUser {
  onMediaState(state: MediaState): void;
  /** The peer's audio, once per track, from the first description of the peer on. */
  onRemoteTrack(track: MediaStreamTrack): void;
  /** Each connection that is made, before its first offer or answer. */
  onPeerConnection?(pc: RTCPeerConnection): void;
  /** The page may not play sound before a user gesture: `resumePlayout()` from within one. */
  onPlayoutBlocked?(): void;
}

/** How hold is said: `sendonly` keeps the way open for music, `inactive` closes both. */
export type HoldStyle = 'sendonly' | 'inactive';

export interface OfferOptions {
  readonly iceRestart?: boolean;
  readonly signal?: AbortSignal;
}

export class MediaSession {
  readonly #config: MediaSessionConfig;
  readonly #env: MediaEnvironment;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #user: MediaSessionUser;
  readonly #local: LocalAudio;
  readonly #dtmf: DtmfPlayer;
  /** Descriptions are made and applied one at a time. */
  readonly #queue = new Queue();
  /** Aborts with `close()`. */
  readonly #life = new AbortController();
  #pc: RTCPeerConnection | undefined;
  #unwatch: (() => void) | undefined;
  #iceServers: readonly RTCIceServer[] = [];
  #audio: RTCRtpTransceiver | undefined;
  #playout: Playout | undefined;
  #remoteStream: MediaStream | undefined;
  #state: MediaState = 'new';
  #negotiated = false;
  #hold: HoldStyle | undefined;
  #remoteHold = false;

  constructor(config: MediaSessionConfig, env: MediaEnvironment, clock: Clock, log: Logger, user: MediaSessionUser) {
    this.#config = config;
    this.#env = env;
    this.#clock = clock;
    this.#log = log;
    this.#user = user;
    this.#local = new LocalAudio(config, env, log);
    this.#dtmf = new DtmfPlayer(clock);
  }

  get state(): MediaState {
    return this.#state;
  }

  get peerConnection(): RTCPeerConnection | undefined {
    return this.#pc;
  }

  get remoteStream(): MediaStream | undefined {
    return this.#remoteStream;
  }

  /** Makes an offer and sets it; resolves with its SDP as soon as that is worth sending. */
  createOffer({ iceRestart = false, signal }: OfferOptions = {}): Promise<string> {
    return this.#change(signal, async (either) => {
      const source = this.#open(either);
      const pc = await this.#connect(iceRestart, either);
      this.#audio ??= pc.addTransceiver('audio', { direction: this.#direction() });
      this.#audio.direction = this.#direction();
      const offer = await pc.createOffer({ iceRestart });
      if (await this.#local.asksUser()) await source;
      await Promise.all([this.#setLocal(pc, offer, either), source]);
      if (this.#audio.direction !== this.#direction()) {
        await this.#rollback(); // no microphone: the offer was not for us (and Firefox loses its candidates when it is replaced)
        this.#audio.direction = this.#direction();
        await this.#setLocal(pc, await pc.createOffer(), either);
      }
      await this.#attach(this.#audio);
      return localSdp(pc);
    });
  }

  /** Takes the peer's offer and answers it; all but its first usable audio is refused. */
  createAnswer(offer: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<string> {
    return this.#change(signal, async (either) => {
      const remote = usableAudio(offer, 'offer');
      const source = this.#open(either);
      const pc = await this.#connect(false, either);
      if (pc.signalingState === 'have-local-offer') await pc.setLocalDescription({ type: 'rollback' }); // glare, RFC 8829 §4.1.10.2
      await pc.setRemoteDescription({ type: 'offer', sdp: offer });
      const audio = this.#choose(pc, remote);
      if (this.#local.mayStayMissing || (await this.#local.asksUser())) await source; // an answer cannot be taken back
      audio.direction = this.#direction();
      const answer = await pc.createAnswer();
      await Promise.all([this.#setLocal(pc, answer, either), source]);
      await this.#attach(audio);
      this.#onRemote(audio, isHold(remote));
      return localSdp(pc);
    });
  }

  /** Takes the peer's answer to our offer. One that is refused changes nothing: another may follow (a fork's). */
  applyAnswer(answer: string): Promise<void> {
    return this.#enqueue(undefined, async () => {
      const pc = this.#pc;
      if (pc?.signalingState !== 'have-local-offer' || !this.#audio) {
        throw new EvercallError('invalidState', 'an answer without an offer');
      }
      const remote = usableAudio(answer, 'answer');
      const offered = readAudio(localSdp(pc))?.direction ?? 'inactive';
      await pc.setRemoteDescription({ type: 'answer', sdp: answer });
      // Whom we do not offer to send to cannot say in an answer that it would not listen.
      this.#onRemote(this.#audio, offered.startsWith('send') ? isHoldAnswer(remote) : this.#remoteHold);
    });
  }

  /** Takes back an offer that got no answer: the session goes on as it was before. */
  rollback(): Promise<void> {
    return this.#enqueue(undefined, () => this.#rollback());
  }

  /** The local wish, told to the peer by the next offer or answer. The microphone is silenced at once. */
  setHold(held: boolean, style: HoldStyle = 'sendonly'): void {
    this.#hold = held ? style : undefined;
    this.#local.setHeld(held);
  }

  get localHold(): boolean {
    return this.#hold !== undefined;
  }

  /** Whether the peer's last offer or answer said that it does not listen. */
  get remoteHold(): boolean {
    return this.#remoteHold;
  }

  get muted(): boolean {
    return this.#local.muted;
  }

  /** Sends silence instead of the microphone; nothing is negotiated. */
  setMuted(muted: boolean): void {
    this.#local.setMuted(muted);
  }

  /** Whether the peer takes telephone-events, and we send. */
  get canSendDtmf(): boolean {
    return this.#audio?.sender.dtmf?.canInsertDTMF ?? false;
  }

  /** Resolves when the last tone is played out. */
  sendDtmf(tones: string, options: DtmfOptions): Promise<void> {
    return this.#dtmf.play(() => this.#audio?.sender.dtmf ?? undefined, tones, options, this.#life.signal);
  }

  /** Tries to play again after `onPlayoutBlocked`, from within a user gesture; resolves with whether it is heard. */
  resumePlayout(): Promise<boolean> {
    return this.#playout?.resume() ?? Promise.resolve(false);
  }

  async getStats(): Promise<MediaStats> {
    const report = this.#pc && !this.#life.signal.aborted ? await this.#pc.getStats() : new Map<string, unknown>();
    return summarize(report, this.#clock.wallTime());
  }

  /** Ends the media: stops what was opened, and all that is under way rejects with `aborted`. */
  close(): void {
    if (this.#life.signal.aborted) return;
    this.#life.abort(new EvercallError('aborted', 'the media session was closed'));
    this.#disconnect();
    this.#local.stop();
    this.#state = 'closed';
    this.#user.onMediaState('closed');
  }

  /** A change that must leave things as they were when it fails. */
  #change(signal: AbortSignal | undefined, job: (either: AbortSignal) => Promise<string>): Promise<string> {
    return this.#enqueue(signal, async (either) => {
      try {
        const sdp = await job(either);
        if (either.aborted) throw abortError(either);
        this.#negotiated ||= this.#pc?.signalingState === 'stable';
        return sdp;
      } catch (error) {
        await this.#restore();
        throw error;
      }
    });
  }

  async #enqueue<T>(signal: AbortSignal | undefined, job: (either: AbortSignal) => Promise<T>): Promise<T> {
    const either = signal ? AbortSignal.any([signal, this.#life.signal]) : this.#life.signal;
    const running = this.#queue.run(async () => {
      if (either.aborted) throw abortError(either);
      return job(either);
    });
    try {
      return await unlessAborted(either, running); // what is asked of a closed connection is never answered
    } catch (error) {
      throw mediaError(error);
    }
  }

  #open(signal: AbortSignal): Promise<void> {
    const source = this.#local.open(signal);
    source.catch(() => undefined); // awaited later, when the connection is prepared
    return source;
  }

  async #connect(refresh: boolean, signal: AbortSignal): Promise<RTCPeerConnection> {
    if (this.#pc && !refresh) return this.#pc;
    const { iceServers, iceTransportPolicy } = this.#config;
    if (typeof iceServers !== 'function') this.#iceServers = iceServers;
    else {
      try {
        this.#iceServers = await unlessAborted(signal, iceServers());
      } catch (error) {
        if (signal.aborted) throw error;
        this.#log.warn('no ICE servers: going on with the former ones', error);
      }
    }
    const config: RTCConfiguration = { iceServers: [...this.#iceServers], iceTransportPolicy };
    if (this.#pc) this.#pc.setConfiguration(config);
    else this.#adopt(newConnection(this.#env, config));
    return this.#pc!;
  }

  #adopt(pc: RTCPeerConnection): void {
    this.#pc = pc;
    this.#unwatch = watchConnection(pc, (state) => {
      this.#state = state;
      this.#user.onMediaState(state);
    });
    this.#user.onPeerConnection?.(pc);
  }

  #disconnect(): void {
    this.#unwatch?.();
    this.#playout?.close();
    this.#pc?.close();
    this.#pc = this.#audio = this.#playout = this.#remoteStream = undefined;
  }

  async #restore(): Promise<void> {
    if (this.#life.signal.aborted) return;
    if (this.#negotiated) return this.#rollback();
    this.#disconnect(); // before the first answer there is nothing to keep
    this.#local.stop();
  }

  async #rollback(): Promise<void> {
    const state = this.#pc?.signalingState;
    if (state === 'have-local-offer') await this.#pc?.setLocalDescription({ type: 'rollback' });
    if (state === 'have-remote-offer') await this.#pc?.setRemoteDescription({ type: 'rollback' });
  }

  async #setLocal(pc: RTCPeerConnection, description: RTCSessionDescriptionInit, signal: AbortSignal): Promise<void> {
    const former = readAudio(pc.localDescription?.sdp ?? '')?.ufrag;
    const ufrag = readAudio(description.sdp ?? '')?.ufrag;
    const gathering =
      ufrag === former
        ? undefined
        : gatherCandidates(
            pc,
            {
              iceServers: this.#iceServers,
              timeout: this.#config.gatheringTimeout,
              firstUsable: former !== undefined,
              ufrag,
            },
            this.#clock,
            signal,
          );
    await Promise.all([pc.setLocalDescription(description), gathering]);
  }

  /** The transceiver of the section that is used; all others are stopped, which refuses theirs (RFC 8829 §5.3.1). */
  #choose(pc: RTCPeerConnection, remote: AudioSection): RTCRtpTransceiver {
    const transceivers = pc.getTransceivers();
    const audios = transceivers.filter(({ receiver }) => receiver.track.kind === 'audio');
    const chosen =
      audios.find(({ mid }) => mid !== null && mid === remote.mid) ??
      audios.filter(({ mid }) => mid !== null)[remote.index];
    if (!chosen) throw new EvercallError('negotiation', 'the browser took no audio of the offer');
    for (const other of transceivers) if (other !== chosen) other.stop();
    return (this.#audio = chosen);
  }

  async #attach({ sender }: RTCRtpTransceiver): Promise<void> {
    const track = this.#local.track ?? null;
    if (sender.track !== track) await sender.replaceTrack(track);
  }

  #direction(): Direction {
    if (this.#hold) return this.#local.sends ? this.#hold : 'inactive';
    return this.#local.sends ? 'sendrecv' : 'recvonly';
  }

  #onRemote({ receiver }: RTCRtpTransceiver, hold: boolean): void {
    this.#negotiated = true;
    this.#remoteHold = hold;
    const { track } = receiver;
    if (this.#remoteStream?.getTracks().includes(track)) return;
    this.#remoteStream = new this.#env.MediaStream([track]);
    this.#playout ??= new Playout(this.#env, this.#config.playout, this.#log, () => this.#user.onPlayoutBlocked?.());
    this.#playout.play(this.#remoteStream);
    this.#user.onRemoteTrack(track);
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

function usableAudio(sdp: string, what: 'offer' | 'answer'): AudioSection {
  const audio = readAudio(sdp);
  if (!audio) throw new EvercallError('negotiation', `the ${what} has no audio over DTLS-SRTP`);
  return audio;
}

const isHold = ({ direction, zeroAddress }: AudioSection): boolean =>
  direction === 'sendonly' || direction === 'inactive' || zeroAddress;
const isHoldAnswer = isHold;

const localSdp = (pc: RTCPeerConnection): string => pc.localDescription?.sdp ?? '';

function unlessAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(abortError(signal));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** What the browser throws, in our words. */
function mediaError(error: unknown): EvercallError {
  if (error instanceof EvercallError) return error;
  const { name, message } = error as Partial<Error>;
  const code = name === 'InvalidStateError' ? 'invalidState' : 'negotiation';
  return new EvercallError(code, `the browser refuses: ${message ?? String(error)}`, { cause: error });
}
