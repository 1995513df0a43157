/** The media of a call: what its session negotiates with, and what the browser tells of them. They meet here and nowhere else. */
import { MediaSession } from '../media/media-session.js';
import type { MediaSessionConfig, MediaSessionUser } from '../media/media-session.js';
import type { MediaState } from '../media/connection-state.js';
import type { MediaStats } from '../media/media-stats.js';
import type { Negotiator, OfferWish } from '../session/negotiator.js';
import type { CallContext } from './call-context.js';
import type { CallEvents } from './call-events.js';
import type { MediaOptions } from './call-options.js';

/** Who tells the app. */
export interface CallMediaUser {
  /** Something that the app sees has changed. */
  changed<K extends keyof CallEvents>(event: K, payload: CallEvents[K]): void;
  /** Something has happened that no property shows. */
  tell<K extends keyof CallEvents>(event: K, payload: CallEvents[K]): void;
}

export class CallMedia implements Negotiator, MediaSessionUser {
  readonly #context: CallContext;
  readonly #user: CallMediaUser;
  #config: MediaSessionConfig;
  #session: MediaSession;
  /** Who made the last offer. */
  offerer: 'local' | 'remote' | undefined;
  /** As they were asked for last: when a call is over they can be had no more. */
  lastStats: MediaStats | undefined;
  /** Whether the session describes the call already. */
  #isDescribed = false;

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

  /** What the call was told of its media. */
  get options(): MediaOptions {
    const { audio, track, receiveOnlyWithoutMicrophone } = this.#config;
    return { audio, receiveOnlyWithoutMicrophone, ...(track && { track }) };
  }

  /** Takes what is said at the answer; media that are under way by then stay as they are. */
  configure(options: MediaOptions): void {
    const config = mediaConfig(this.#context.media, options);
    if (config === this.#config || this.#isDescribed) return;
    const { muted } = this.#session;
    this.#config = config;
    this.#session = this.#open();
    this.#session.setMuted(muted);
  }

  createOffer(wish?: OfferWish): Promise<string> {
    this.offerer = 'local';
    return this.#describe(this.#session.createOffer(wish));
  }

  createAnswer(offer: string, isWanted?: () => boolean): Promise<string> {
    this.offerer = 'remote';
    return this.#describe(this.#session.createAnswer(offer, { isWanted }));
  }

  applyAnswer(answer: string): Promise<void> {
    return this.#session.applyAnswer(answer);
  }

  rollback(): Promise<void> {
    return this.#session.rollback();
  }

  renew(): void {
    const { muted } = this.#session;
    this.#session.close();
    this.#session = this.#open();
    this.#session.setMuted(muted);
  }

  async getStats(): Promise<MediaStats> {
    return (this.lastStats = await this.#session.getStats());
  }

  onMediaState(state: MediaState): void {
    this.#user.changed('mediaStateChanged', { state });
  }

  onRemoteTrack(track: MediaStreamTrack): void {
    this.#user.tell('remoteTrack', { track });
  }

  onPeerConnection(peerConnection: NonNullable<MediaSession['peerConnection']>): void {
    this.#user.tell('peerConnection', { peerConnection });
  }

  onPlayoutBlocked(): void {
    this.#user.tell('playoutBlocked', { resume: () => this.#session.resumePlayout() });
  }

  #describe(made: Promise<string>): Promise<string> {
    if (this.#isDescribed) return made;
    this.#isDescribed = true;
    made.catch(() => (this.#isDescribed = false)); // nothing has come of it
    return made;
  }

  #open(): MediaSession {
    const { mediaEnvironment, clock, log } = this.#context;
    return new MediaSession(this.#config, mediaEnvironment, clock, log, this);
  }
}

/** One object serves all calls that do not ask for anything of their own. */
function mediaConfig(base: MediaSessionConfig, options: MediaOptions): MediaSessionConfig {
  const { audio, track, receiveOnlyWithoutMicrophone } = options;
  if (audio === undefined && track === undefined && receiveOnlyWithoutMicrophone === undefined) return base;
  return {
    ...base,
    ...(audio === undefined ? {} : { audio }),
    ...(track === undefined ? {} : { track }),
    ...(receiveOnlyWithoutMicrophone === undefined ? {} : { receiveOnlyWithoutMicrophone }),
  };
}
