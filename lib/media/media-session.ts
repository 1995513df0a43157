/** One RTCPeerConnection for one call: offers, answers, hold, ICE restart, and the end of it all (RFC 8829, RFC 3264). */
import type { Clock } from '../base/clock.js';
import { abortError, EvercallError } from '../base/errors.js';
import type { Logger } from '../base/log.js';
import { Queue } from '../base/queue.js';
import type { ConnectionConfig, ConnectionUser } from './connection.js';
import { Connection } from './connection.js';
import type { MediaState } from './connection-state.js';
import type { DtmfOptions } from './dtmf.js';
import { DtmfPlayer } from './dtmf.js';
import type { MediaEnvironment } from './environment.js';
import type { LocalAudioConfig } from './local-audio.js';
import { LocalAudio } from './local-audio.js';
import type { MediaStats } from './media-stats.js';
import { summarize } from './media-stats.js';
import { Playout } from './playout.js';
import type { AudioSection, Direction } from './sdp.js';
import { readAudio } from './sdp.js';
import { unlessAborted } from '../base/unless-aborted.js';

export interface MediaSessionConfig extends ConnectionConfig, LocalAudioConfig {
  /** Whether the call is heard by itself; otherwise the page takes `remoteStream`. */
  readonly playout: boolean;
  readonly holdStyle: HoldStyle;
  readonly networkPriority?: RTCPriorityType;
}

/** Whoever owns the session. It is told after the session's own state is settled. */
export interface MediaSessionUser extends ConnectionUser {
  /** The peer's audio, once per track, from the first description of the peer on. */
  onRemoteTrack(track: MediaStreamTrack): void;
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
  readonly #env: MediaEnvironment;
  readonly #config: MediaSessionConfig;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #user: MediaSessionUser;
  readonly #connection: Connection;
  readonly #local: LocalAudio;
  readonly #dtmf: DtmfPlayer;
  /** Descriptions are made and applied one at a time. */
  readonly #queue = new Queue();
  /** Aborts with `close()`. */
  readonly #life = new AbortController();
  #playout: Playout | undefined;
  #remoteStream: MediaStream | undefined;
  #state: MediaState = 'new';
  /** Whether there is a session that a failed change must leave as it was. */
  #negotiated = false;
  #hold: HoldStyle | undefined;
  #remoteHold = false;

  constructor(config: MediaSessionConfig, env: MediaEnvironment, clock: Clock, log: Logger, user: MediaSessionUser) {
    this.#env = env;
    this.#config = config;
    this.#clock = clock;
    this.#log = log;
    this.#user = user;
    this.#local = new LocalAudio(config, env, log);
    this.#connection = new Connection(config, env, clock, log, {
      onPeerConnection: (pc) => user.onPeerConnection?.(pc),
      onMediaState: (state) => {
        this.#state = state;
        user.onMediaState(state);
      },
    });
    this.#dtmf = new DtmfPlayer(clock);
  }

  get state(): MediaState {
    return this.#state;
  }

  get peerConnection(): RTCPeerConnection | undefined {
    return this.#connection.pc;
  }

  get remoteStream(): MediaStream | undefined {
    return this.#remoteStream;
  }

  /** Makes an offer and sets it; resolves with its SDP as soon as that is worth sending. */
  createOffer({ iceRestart = false, signal }: OfferOptions = {}): Promise<string> {
    return this.#change(signal, async (either) => {
      const source = this.#open(either);
      const { sends } = this.#local;
      const pc = await this.#connection.open(iceRestart, either);
      const audio = this.#connection.offerAudio(pc, this.#direction());
      const offer = await pc.createOffer({ iceRestart });
      if (await this.#local.asksUser()) await source;
      await Promise.all([this.#connection.setLocal(pc, offer, either), source]);
      if (this.#local.sends !== sends) {
        await this.#connection.rollback(); // no microphone: begun anew, for Firefox drops the candidates of an offer replaced
        this.#connection.offerAudio(pc, this.#direction());
        await this.#connection.setLocal(pc, await pc.createOffer(), either);
      }
      await this.#attach(audio);
      return localSdp(pc);
    });
  }

  /** Takes the peer's offer and answers it; all but its first usable audio is refused. */
  async createAnswer(
    offer: string,
    { signal, isWanted }: { readonly signal?: AbortSignal; readonly isWanted?: (() => boolean) | undefined } = {},
  ): Promise<string> {
    const remote = usableAudio(offer, 'offer');
    return this.#change(signal, async (either) => {
      const source = this.#open(either);
      const pc = await this.#connection.open(false, either);
      await this.#connection.rollback(); // glare: the peer's offer takes the place of ours (RFC 8829 §4.1.10.2)
      await pc.setRemoteDescription({ type: 'offer', sdp: offer });
      const audio = this.#connection.takeAudio(pc, remote);
      if (this.#local.mayStayMissing || (await this.#local.asksUser())) await source; // an answer cannot be taken back
      audio.direction = this.#direction();
      const answer = await pc.createAnswer();
      if (isWanted?.() === false) throw new EvercallError('aborted', 'the offer was taken back'); // the last moment for it
      await Promise.all([this.#connection.setLocal(pc, answer, either), source]);
      await this.#attach(audio);
      this.#onRemote(audio, isHold(remote));
      return localSdp(pc);
    });
  }

  /** Takes the peer's answer to our offer. One that is refused changes nothing: another may follow (a fork's). */
  applyAnswer(answer: string): Promise<void> {
    return this.#enqueue(undefined, async () => {
      const { pc, audio } = this.#connection;
      if (pc?.signalingState !== 'have-local-offer' || !audio) {
        throw new EvercallError('invalidState', 'an answer without an offer');
      }
      const remote = usableAudio(answer, 'answer');
      const offered = audio.direction; // as it was when the offer was made: only the next one changes it
      await pc.setRemoteDescription({ type: 'answer', sdp: answer });
      // A peer that we do not offer to send to cannot say in its answer that it would not listen.
      this.#onRemote(audio, offered.startsWith('send') ? isHold(remote) : this.#remoteHold);
    });
  }

  /** Takes back an offer that got no answer: the session goes on as it was before. */
  rollback(): Promise<void> {
    return this.#enqueue(undefined, () => this.#connection.rollback());
  }

  /** The local wish, told to the peer by the next offer or answer. The microphone is silenced at once. */
  setHold(held: boolean, style = this.#config.holdStyle): void {
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
    return this.#connection.audio?.sender.dtmf?.canInsertDTMF ?? false;
  }

  /** Resolves when the last tone is played out. */
  sendDtmf(tones: string, options: DtmfOptions): Promise<void> {
    return this.#dtmf.play(() => this.#connection.audio?.sender.dtmf ?? undefined, tones, options, this.#life.signal);
  }

  /** Tries to play again after `onPlayoutBlocked`, from within a user gesture; resolves with whether it is heard. */
  resumePlayout(): Promise<boolean> {
    return this.#playout?.resume() ?? Promise.resolve(false);
  }

  async getStats(): Promise<MediaStats> {
    const report = (await this.#connection.pc?.getStats()) ?? new Map<string, unknown>();
    return summarize(report, this.#clock.wallTime());
  }

  /** Ends the media: stops what was opened, and all that is under way rejects with `aborted`. */
  close(): void {
    if (this.#life.signal.aborted) return;
    this.#life.abort(closed());
    this.#disconnect();
    this.#state = 'closed';
    this.#user.onMediaState('closed');
  }

  /** A change that must leave things as they were when it fails. */
  #change(signal: AbortSignal | undefined, job: (either: AbortSignal) => Promise<string>): Promise<string> {
    return this.#enqueue(signal, async (either) => {
      try {
        const sdp = await job(either);
        if (either.aborted) throw abortError(either);
        return sdp;
      } catch (error) {
        await this.#restore().catch((again: unknown) => this.#log.warn('the offer could not be taken back', again));
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

  #disconnect(): void {
    this.#playout?.close();
    this.#connection.close();
    this.#playout = this.#remoteStream = undefined;
    this.#local.stop();
  }

  async #restore(): Promise<void> {
    if (this.#life.signal.aborted) return;
    if (this.#negotiated) await this.#connection.rollback();
    else this.#disconnect();
  }

  async #attach({ sender }: RTCRtpTransceiver): Promise<void> {
    const track = this.#local.track ?? null;
    if (sender.track !== track) await sender.replaceTrack(track);
    const { networkPriority } = this.#config;
    if (!networkPriority) return;
    const parameters = sender.getParameters();
    for (const encoding of parameters.encodings) encoding.networkPriority = networkPriority;
    await sender.setParameters(parameters).catch((error: unknown) => {
      this.#log.warn('networkPriority: the browser refuses', error);
    });
  }

  #direction(): Direction {
    if (this.#hold) return this.#local.sends ? this.#hold : 'inactive';
    return this.#local.sends ? 'sendrecv' : 'recvonly';
  }

  #onRemote({ receiver }: RTCRtpTransceiver, hold: boolean): void {
    if (this.#life.signal.aborted) return;
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

function usableAudio(sdp: string, what: 'offer' | 'answer'): AudioSection {
  const audio = readAudio(sdp);
  if (!audio) throw new EvercallError('negotiation', `the ${what} has no audio over DTLS-SRTP`);
  return audio;
}

const isHold = ({ direction, zeroAddress }: AudioSection): boolean =>
  direction === 'sendonly' || direction === 'inactive' || zeroAddress;

/** One for all: each call ends its media session, and a stack trace of that is worth nothing. */
let closedError: EvercallError | undefined;
const closed = (): EvercallError => (closedError ??= new EvercallError('aborted', 'the media session was closed'));

const localSdp = (pc: RTCPeerConnection): string => pc.localDescription?.sdp ?? '';

/** What the browser throws, in our words. */
function mediaError(error: unknown): EvercallError {
  if (error instanceof EvercallError) return error;
  const { name, message } = error as Partial<Error>;
  const code = name === 'InvalidStateError' ? 'invalidState' : 'negotiation';
  return new EvercallError(code, `the browser refuses: ${message ?? String(error)}`, { cause: error });
}
