/** One RTCPeerConnection for one call: offers, answers, directions, ICE restart, and the end of it all (RFC 8829, RFC 3264). */
import type { Clock } from '../base/clock.js';
import { abortError, EvercallError } from '../base/errors.js';
import { Lifetime, duringBoth } from '../base/lifetime.js';
import type { Signal } from '../base/lifetime.js';
import type { Logger } from '../base/log.js';
import { Queue } from '../base/queue.js';
import { unlessAborted } from '../base/unless-aborted.js';
import type { CodecPreferences } from './codecs.js';
import type { ConnectionConfig, ConnectionUser } from './connection.js';
import { Connection } from './connection.js';
import type { MediaState } from './connection-state.js';
import type { Direction } from './direction.js';
import type { DtmfOptions } from './dtmf.js';
import { DtmfPlayer } from './dtmf.js';
import type { MediaEnvironment } from './environment.js';
import type { LocalAudioConfig } from './local-audio.js';
import { LocalAudio } from './local-audio.js';
import type { MediaLine } from './media-lines.js';
import { mediaLines } from './media-lines.js';
import type { MediaStats, Pulse } from './media-stats.js';
import { pulse, summarize } from './media-stats.js';
import { isOfAnotherConnection, mediaError } from './negotiable.js';
import { makeAnswer, makeOffer, takeAnswer } from './offer-answer.js';
import type { AnswerOptions, OfferOptions } from './offer-answer.js';
import { Playout } from './playout.js';
import { isSilenced, limitOf, restrained, unrestrained } from './restraint.js';
import type { HoldStyle, Restraint } from './restraint.js';
import { iceUfrag, isHold, readSections } from './sdp.js';
import { applyHook } from './sdp-hooks.js';
import type { SdpHooks } from './sdp-hooks.js';
import type { VideoLine } from './video-line.js';
import type { VideoLines, VideoUser } from './video-lines.js';
import type { VideoWish } from './video-source.js';

export interface MediaSessionConfig extends ConnectionConfig, LocalAudioConfig {
  /** Whether the call is heard by itself; otherwise the page takes `remoteStream`. */
  readonly playout: boolean;
  readonly holdStyle: HoldStyle;
  readonly networkPriority?: RTCPriorityType;
  /** What is sent and received besides the audio. */
  readonly video?: VideoWish;
  readonly codecs?: CodecPreferences;
  readonly sdp?: SdpHooks;
}

/** Whoever owns the session. It is told after the session's own state is settled. */
export interface MediaSessionUser extends ConnectionUser {
  /** The peer's audio and video, once per track, from the first description of the peer on that sends it. */
  onRemoteTrack(track: MediaStreamTrack): void;
  /** What is sent has changed without a word to the peer. */
  onVideoChanged?(): void;
  /** The screen's own section has nothing more to send: the peer should be told. */
  onScreenEnded?(line: VideoLine): void;
  /** The page may not play sound before a user gesture: `resumePlayout()` from within one. */
  onPlayoutBlocked?(): void;
}

export class MediaSession implements ConnectionUser, VideoUser {
  readonly env: MediaEnvironment;
  readonly config: MediaSessionConfig;
  readonly #clock: Clock;
  readonly log: Logger;
  readonly #user: MediaSessionUser;
  readonly connection: Connection;
  readonly local: LocalAudio;
  /** With the first digit. */
  #dtmf: DtmfPlayer | undefined;
  /** Descriptions are made and applied one at a time. */
  readonly #queue = new Queue();
  /** Until `close()`. */
  readonly #life = new Lifetime();
  /** Of the peer's audio, once it is known. */
  #playout: Playout | undefined;
  #state: MediaState = 'new';
  /** Whether there is a session that a failed change must leave as it was. */
  isNegotiated = false;
  #restraint = unrestrained;
  /** Whether the peer's last offer or answer said that it does not listen. */
  remoteHold = false;
  /** For who wants some: by `videos()`. */
  video: VideoLines | undefined;
  #isRouted: boolean;
  /** Whether candidates have come that the peer was not told, of servers, or of this host after a restart. */
  hasLateCandidates = false;
  /**
   * Whether the peer's last description takes candidates one by one (RFC 8838 §4); undefined before there is one. As it came:
   * Firefox takes the line out at the end of candidates.
   */
  peerTrickles: boolean | undefined;

  constructor(config: MediaSessionConfig, env: MediaEnvironment, clock: Clock, log: Logger, user: MediaSessionUser) {
    this.env = env;
    this.config = config;
    this.#isRouted = config.routed ?? false;
    this.#clock = clock;
    this.log = log;
    this.#user = user;
    this.local = new LocalAudio(config, env, log);
    this.connection = new Connection(config, env, clock, log, this);
  }

  get state(): MediaState {
    return this.#state;
  }

  onMediaState(state: MediaState): void {
    this.#state = state;
    this.#user.onMediaState(state);
  }

  onPeerConnection(pc: RTCPeerConnection): void {
    this.#user.onPeerConnection?.(pc);
  }

  onLateCandidate(): void {
    this.hasLateCandidates = true;
    this.#user.onLateCandidate?.();
  }

  onGathered(): void {
    this.#user.onLateCandidate?.();
  }

  get peerConnection(): RTCPeerConnection | undefined {
    return this.connection.pc;
  }

  /** Another one with each restart of ICE (RFC 8445 §9). */
  get generation(): string | undefined {
    return iceUfrag(this.connection.pc?.localDescription?.sdp ?? '');
  }

  /** The peer's, as of its last answer or the offer that was answered. */
  get remoteGeneration(): string | undefined {
    return iceUfrag(this.connection.pc?.currentRemoteDescription?.sdp ?? '');
  }

  /** Whether a description comes from another connection than the peer's present one: no fingerprint is the same. */
  isOfAnotherConnection(sdp: string): boolean {
    return isOfAnotherConnection(sdp, this.connection.pc?.currentRemoteDescription?.sdp ?? '');
  }

  get remoteStream(): MediaStream | undefined {
    return this.#playout?.stream;
  }

  /** Makes an offer and sets it; resolves with its SDP as soon as that is worth sending. */
  createOffer(options: OfferOptions = {}): Promise<string> {
    return this.#change(options.signal, (either) => makeOffer(this, options, either));
  }

  /** Takes the peer's offer and answers it: the first usable audio, the video that is wanted; all else is refused. */
  createAnswer(offer: string, options: AnswerOptions = {}): Promise<string> {
    return this.#change(options.signal, (either) => makeAnswer(this, offer, options, either));
  }

  /** Takes the peer's answer to our offer. One that is refused changes nothing: another may follow (a fork's). */
  applyAnswer(answer: string): Promise<void> {
    return this.#enqueue(undefined, () => takeAnswer(this, answer));
  }

  /** Takes back an offer that got no answer: the session goes on as it was before. */
  rollback(): Promise<void> {
    return this.#enqueue(undefined, async () => {
      await this.connection.rollback();
      this.video?.prune();
    });
  }

  /** The local wish, told to the peer by the next offer or answer. The microphone is silenced at once. */
  setHold(held: boolean, style = this.config.holdStyle): void {
    this.#restrain({ ...this.#restraint, hold: held ? style : undefined });
  }

  /** What the app allows from now on, told to the peer by the next offer or answer; it stays through all that follow. */
  setDirection(kind: 'audio' | 'video', direction: Direction): void {
    this.#restrain({ ...this.#restraint, [kind]: direction });
  }

  /** What the app allows. */
  directionLimit(kind: 'audio' | 'video'): Direction {
    return limitOf(this.#restraint, kind);
  }

  #restrain(restraint: Restraint): void {
    this.#restraint = restraint;
    this.local.setHeld(isSilenced(restraint, 'audio'));
    this.video?.setHeld(isSilenced(restraint, 'video'));
  }

  /** Takes over what the app has set on a session that this one replaces. */
  follow(former: MediaSession): void {
    this.local.follow(former.local);
    if (former.video && !this.video) this.video = former.video.lend(this.connection, this);
    this.#restrain(former.#restraint);
  }

  /** The former one is at its end, and this one goes on. Returns whether the peer is to be told of what has changed since. */
  inherit(former: MediaSession): boolean {
    const told = this.#restraint.hold;
    this.follow(former);
    const hasChanged = former.video !== undefined && this.video!.inherit(former.video);
    void this.video?.attach().catch((error: unknown) => this.log.warn('the video could not be put on', error));
    former.close(true);
    this.local.follow(former.local); // a track of the app's was given back as it was
    return hasChanged || told !== this.#restraint.hold;
  }

  get localHold(): boolean {
    return this.#restraint.hold !== undefined;
  }

  /** Whether the peer has agreed to a description in which we do not listen. */
  get isHoldAgreed(): boolean {
    const { pc, audio } = this.connection;
    const own = readSections(pc?.currentLocalDescription?.sdp ?? '').find(({ mid }) => mid === audio?.mid);
    return own !== undefined && isHold(own);
  }

  get muted(): boolean {
    return this.local.muted;
  }

  /** Sends silence instead of the microphone; nothing is negotiated. */
  setMuted(muted: boolean): void {
    this.local.setMuted(muted);
  }

  /**
   * Another track instead of the microphone, or none; nothing is negotiated. It is silenced with the call, but never stopped by
   * it. A sound system may bring it before there is a connection.
   */
  async replaceAudio(track: MediaStreamTrack | undefined): Promise<void> {
    const { audio } = this.connection;
    if (!(audio ?? this.#isRouted) || !this.local.sends)
      throw new EvercallError('invalidState', 'replaceAudio: the call sends no audio');
    this.local.replace(track);
    await audio?.sender.replaceTrack(track ?? null);
  }

  /** From now on a sound system brings what is sent, and plays what comes. */
  route(): void {
    this.#isRouted = true;
    this.#playout?.silence();
  }

  /** The video of this call, for who wants some; made when it is first asked for. */
  async videos(): Promise<VideoLines> {
    const videos = await this.#videos();
    if (this.#life.aborted) throw closed();
    return videos;
  }

  /** The peer may have missed something: the next picture can be understood by itself, where the browser can do that. */
  sendKeyFrames(): void {
    void this.video?.sendKeyFrames();
  }

  /** What we send, to be shown beside the peer's. */
  get localVideo(): MediaStream | undefined {
    return this.video?.preview;
  }

  /** Aborts with the session. */
  get signal(): Signal {
    return this.#life;
  }

  /** Whether one of them is of an address that was not among those of the generation before. */
  get isElsewhere(): boolean {
    return this.hasLateCandidates && this.connection.isElsewhere;
  }

  /** Whether ICE is looking for another path than its first. */
  get isRestarted(): boolean {
    return this.connection.isRestarted;
  }

  /** They are all told. */
  candidatesTold(): void {
    this.hasLateCandidates = false;
  }

  /** Our last description as the peer may see it, with all candidates that are known by now. */
  get description(): string {
    return this.#told(this.connection.pc?.localDescription);
  }

  #told(description: RTCSessionDescription | null | undefined): string {
    const { sdp = '', type = 'offer' } = description ?? {};
    return applyHook('outgoing', this.config.sdp, sdp, type === 'offer' ? 'offer' : 'answer');
  }

  /** The sections of what was last negotiated, in their order; none before. */
  get lines(): readonly MediaLine[] {
    return mediaLines(this.connection.pc, {
      state: this.#state,
      localHold: this.localHold,
      remoteHold: this.remoteHold,
      isScreen: (transceiver) => this.video?.isScreen(transceiver) ?? false,
    });
  }

  /** Whether the peer takes telephone-events, and we send. */
  get canSendDtmf(): boolean {
    return this.connection.audio?.sender.dtmf?.canInsertDTMF ?? false;
  }

  /** Tones that are not played out yet. */
  get toneBuffer(): string {
    return this.connection.audio?.sender.dtmf?.toneBuffer ?? '';
  }

  /** Resolves when the last tone is played out. */
  sendDtmf(tones: string, options: DtmfOptions): Promise<void> {
    const sender = (): RTCDTMFSender | undefined => this.connection.audio?.sender.dtmf ?? undefined;
    const player = (this.#dtmf ??= new DtmfPlayer(this.#clock));
    return player.play(sender, tones, options, this.#life);
  }

  /** Tries to play again after `onPlayoutBlocked`, from within a user gesture; resolves with whether it is heard. */
  resumePlayout(): Promise<boolean> {
    return this.#playout?.resume() ?? Promise.resolve(false);
  }

  async getStats(): Promise<MediaStats> {
    const report = (await this.connection.pc?.getStats()) ?? new Map<string, unknown>();
    return summarize(report, this.#clock.wallTime());
  }

  /** Grows while anything comes from the peer; none where the browser does not tell. */
  async pulse(): Promise<Pulse | undefined> {
    const report = await this.connection.pc?.getStats().catch(() => undefined);
    return report && pulse(report);
  }

  /** Ends the media: stops what was opened, and all that is under way rejects with `aborted`.
   * @param atOnce not with the next event of its connection: another takes its place, which it must not disturb */
  close(atOnce = false): void {
    if (this.#life.aborted) return;
    this.#life.end(closed());
    this.#disconnect(atOnce);
    this.#state = 'closed';
    this.#user.onMediaState('closed');
  }

  /** A change that must leave things as they were when it fails. */
  #change(signal: Signal | undefined, job: (either: Signal) => Promise<string>): Promise<string> {
    return this.#enqueue(signal, async (either) => {
      try {
        const sdp = await job(either);
        if (either.aborted) throw abortError(either);
        return sdp;
      } catch (error) {
        await this.#restore().catch((again: unknown) => this.log.warn('the offer could not be taken back', again));
        throw error;
      }
    });
  }

  #enqueue<T>(signal: Signal | undefined, job: (either: Signal) => Promise<T>): Promise<T> {
    return signal
      ? duringBoth(signal, this.#life, (either) => this.#inTurn(either, job))
      : this.#inTurn(this.#life, job);
  }

  async #inTurn<T>(signal: Signal, job: (signal: Signal) => Promise<T>): Promise<T> {
    const running = this.#queue.run(() => (signal.aborted ? Promise.reject(abortError(signal)) : job(signal)));
    try {
      return await unlessAborted(signal, running); // what is asked of a closed connection is never answered
    } catch (error) {
      throw mediaError(error);
    }
  }

  #disconnect(atOnce = false): void {
    this.#playout?.close();
    this.connection.close(atOnce);
    this.#playout = undefined;
    this.local.stop();
    this.video?.forget();
    this.hasLateCandidates = false;
    this.peerTrickles = undefined;
  }

  async #restore(): Promise<void> {
    if (this.#life.aborted) return;
    if (!this.isNegotiated) {
      this.#disconnect();
      return;
    }
    await this.connection.rollback();
    this.video?.prune();
  }

  async #videos(): Promise<VideoLines> {
    const { VideoLines } = await import('./video-lines.js');
    return (this.video ??= new VideoLines(this.connection, this.env, this.log, this));
  }

  /** Which way the audio flows, as far as it is for us to say. */
  get direction(): Direction {
    return restrained(this.#restraint, 'audio', this.local.sends ? 'sendrecv' : 'recvonly');
  }

  get videoDirection(): Direction {
    return restrained(this.#restraint, 'video');
  }

  onRemoteTrack(track: MediaStreamTrack): void {
    this.#user.onRemoteTrack(track);
  }

  onVideoChanged(): void {
    this.#user.onVideoChanged?.();
  }

  onScreenEnded(line: VideoLine): void {
    this.#user.onScreenEnded?.(line);
  }

  /** A description of the peer's is in force. */
  onAgreed({ receiver }: RTCRtpTransceiver, hold: boolean): void {
    if (this.#life.aborted) return;
    this.isNegotiated = true;
    this.remoteHold = hold;
    this.video?.settle();
    const { track } = receiver;
    this.#playout ??= new Playout(this.env, this.config.playout && !this.#isRouted, this.log, () =>
      this.#user.onPlayoutBlocked?.(),
    );
    if (this.#playout.play(track)) this.#user.onRemoteTrack(track);
  }
}

/** One for all: each call ends its media session, and a stack trace of that is worth nothing. */
let closedError: EvercallError | undefined;
const closed = (): EvercallError => (closedError ??= new EvercallError('aborted', 'the media session was closed'));
