/** The media of a call: what its session negotiates with, and what the browser tells of them. They meet here and nowhere else. */
import { sameLines } from '../media/media-lines.js';
import type { MediaLine } from '../media/media-lines.js';
import { MediaSession } from '../media/media-session.js';
import type { MediaSessionConfig, MediaSessionUser } from '../media/media-session.js';
import type { MediaState } from '../media/connection-state.js';
import type { MediaStats } from '../media/media-stats.js';
import type { VideoLine } from '../media/video-line.js';
import type { VideoWish } from '../media/video-source.js';
import type { Consideration, Negotiator, OfferWish } from '../session/negotiator.js';
import { mediaConfig } from './call-config.js';
import type { CallContext } from './call-context.js';
import type { CallEvents } from './call-events.js';
import type { MediaOptions } from './call-options.js';

/** Who tells the app. */
export interface CallMediaUser {
  /** Something that the app sees has changed. */
  changed<K extends keyof CallEvents>(event: K, payload: CallEvents[K]): void;
  /** Something has happened that no property shows. */
  tell<K extends keyof CallEvents>(event: K, payload: CallEvents[K]): void;
  /** Whether anyone would see what an event tells. */
  isSeen(event: keyof CallEvents): boolean;
  /** Whether the peer is known to take candidates one by one, or must. */
  readonly trickles: boolean;
  onMediaState(state: MediaState): void;
  onLateCandidate(): void;
  onScreenEnded(line: VideoLine): void;
  /** Asks the app about an offer of the peer's; nothing where it does not listen. */
  onOffer(offer: string, method: 'INVITE' | 'UPDATE', signal?: AbortSignal): Promise<OfferVerdict> | undefined;
}

/** What the app has said of an offer. */
export interface OfferVerdict extends Consideration {
  /** What to do with video that the offer adds. */
  readonly video?: VideoWish | undefined;
}

export class CallMedia implements Negotiator, MediaSessionUser {
  readonly #context: CallContext;
  readonly #user: CallMediaUser;
  #config: MediaSessionConfig;
  #session: MediaSession;
  /** What is offered in its place: until the peer has answered, the present one goes on. */
  #next: MediaSession | undefined;
  /** What comes by that one: told when it is the call's. */
  #untold: readonly MediaStreamTrack[] = [];
  /** Who made the last offer. */
  offerer: 'local' | 'remote' | undefined;
  /** As they were asked for last: when a call is over they can be had no more. */
  lastStats: MediaStats | undefined;
  /** Whether the session describes the call already. */
  #isDescribed = false;
  /** A description of the peer's is in force: candidates that were ahead of it may be waiting. */
  onRemoteDescription: (() => void) | undefined;
  /** As the app has seen it last. */
  #lines: readonly MediaLine[] | undefined;
  #accepted: VideoWish | undefined;

  constructor(context: CallContext, options: MediaOptions, user: CallMediaUser) {
    this.#context = context;
    this.#user = user;
    this.#config = mediaConfig(context.media, options);
    this.#session = this.#open();
  }

  /** Of now: a fork that wins may bring another one. */
  get session(): MediaSession {
    return this.#session;
  }

  get config(): MediaSessionConfig {
    return this.#config;
  }

  /** The call goes on with other media; the former end. Returns whether something else is wanted by now than the peer was told. */
  adopt(session: MediaSession, offerer: 'local' | 'remote'): boolean {
    const former = this.#session;
    this.#session = session;
    const isStale = session.inherit(former);
    this.offerer = offerer;
    this.refresh();
    return isStale;
  }

  /** At the end of the call. */
  close(): void {
    this.#dropNext();
    this.#session.close();
  }

  #dropNext(): void {
    this.#next?.close(true);
    this.#next = undefined;
    this.#untold = [];
  }

  /** What the call was told of its media. */
  get options(): MediaOptions {
    const { audio, track, receiveOnlyWithoutMicrophone } = this.#config;
    return { audio, receiveOnlyWithoutMicrophone, ...(track && { track }) };
  }

  /** Takes what is said at the answer; media that are under way by then stay as they are. */
  configure(options: MediaOptions): void {
    const config = mediaConfig(this.#context.media, options);
    if (config === this.#config || this.#isDescribed) return;
    this.#config = this.#config.routed ? { ...config, routed: true } : config;
    this.#replaceSession();
  }

  /** A sound system brings and plays the audio of this call from now on. */
  route(): void {
    this.#config = { ...this.#config, routed: true };
    if (this.#isDescribed) this.#session.route();
    else this.#replaceSession();
  }

  /** What is negotiated, section by section: the same list until it changes. */
  get lines(): readonly MediaLine[] {
    return this.see();
  }

  /** Keeps what there is, for changes to be told from it. */
  see(): readonly MediaLine[] {
    return (this.#lines ??= this.#session.lines);
  }

  /** Tells the app if what is negotiated has changed. */
  refresh(): void {
    if (!this.#user.isSeen('mediaChanged')) {
      this.#lines = undefined;
      return;
    }
    const media = this.#session.lines;
    if (this.#lines && sameLines(media, this.#lines)) return;
    this.#lines = media;
    this.#user.changed('mediaChanged', { media });
  }

  consider(offer: string, method: 'INVITE' | 'UPDATE', signal?: AbortSignal): Promise<Consideration> | undefined {
    const asked = this.#user.onOffer(offer, method, signal);
    return asked?.then((verdict) => {
      this.#accepted = verdict.video;
      return verdict;
    });
  }

  createOffer(wish?: OfferWish): Promise<string> {
    this.offerer = 'local';
    if (wish?.another) {
      this.#dropNext();
      this.#next = this.#open();
      this.#next.follow(this.#session);
    }
    const session = this.#next ?? this.#session;
    return this.#describe(session.createOffer({ ...wish, trickles: this.#user.trickles }));
  }

  createAnswer(offer: string, isWanted?: () => boolean): Promise<string> {
    this.offerer = 'remote';
    this.#dropNext();
    // RFC 8842 §4: the peer has another connection; Firefox makes no new association on the one it has
    if (this.#session.isOfAnotherConnection(offer)) this.renew();
    const video = this.#accepted;
    this.#accepted = undefined;
    const { trickles } = this.#user;
    return this.#describe(this.#heard(this.#session.createAnswer(offer, { isWanted, video, trickles })));
  }

  applyAnswer(answer: string): Promise<void> {
    return this.#heard(this.#next ? this.#change(this.#next, answer) : this.#session.applyAnswer(answer));
  }

  async #change(next: MediaSession, answer: string): Promise<void> {
    await next.applyAnswer(answer);
    const tracks = this.#untold;
    this.#next = undefined;
    this.#untold = [];
    this.adopt(next, 'local');
    for (const track of tracks) this.onRemoteTrack(track);
  }

  async #heard<T>(change: Promise<T>): Promise<T> {
    const result = await change;
    this.onRemoteDescription?.();
    return result;
  }

  rollback(): Promise<void> {
    this.#dropNext();
    return this.#session.rollback();
  }

  renew(): void {
    const former = this.#session;
    this.#replaceSession();
    this.#session.inherit(former);
  }

  async getStats(): Promise<MediaStats> {
    return (this.lastStats = await this.#session.getStats());
  }

  onMediaState(state: MediaState): void {
    const present = this.#session.state;
    const isReplaced = state === 'closed' && present !== 'closed'; // the call goes on by another connection
    this.#user.changed('mediaStateChanged', { state: isReplaced ? present : state });
    this.refresh();
    this.#user.onMediaState(state);
  }

  onRemoteTrack(track: MediaStreamTrack): void {
    if (this.#next) {
      this.#untold = [...this.#untold, track];
      return;
    }
    this.#user.tell('remoteTrack', { track, kind: track.kind as 'audio' | 'video' });
  }

  onVideoChanged(): void {
    this.refresh();
  }

  onScreenEnded(line: VideoLine): void {
    this.#user.onScreenEnded(line);
  }

  onLateCandidate(): void {
    this.#user.onLateCandidate();
  }

  onPeerConnection(peerConnection: NonNullable<MediaSession['peerConnection']>): void {
    this.#user.tell('peerConnection', { peerConnection });
  }

  onPlayoutBlocked(): void {
    this.#user.tell('playoutBlocked', { resume: () => this.#session.resumePlayout() });
  }

  #replaceSession(): void {
    const former = this.#session;
    this.#session = this.#open();
    this.#session.follow(former);
  }

  #describe(made: Promise<string>): Promise<string> {
    if (this.#isDescribed) return made;
    this.#isDescribed = true;
    made.catch(() => (this.#isDescribed = false)); // nothing has come of it
    return made;
  }

  #open(): MediaSession {
    const { mediaEnvironment, clock, log } = this.#context;
    return new MediaSession(this.#config, mediaEnvironment(), clock, log, this);
  }
}
