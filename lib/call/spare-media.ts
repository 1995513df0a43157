/** Media beside those of a call, for a dialog that may take the place of its own: the former go on until it is known that it does. */
import { EvercallError } from '../base/errors.js';
import { MediaSession } from '../media/media-session.js';
import type { MediaSessionUser } from '../media/media-session.js';
import type { Negotiator, OfferWish } from '../session/negotiator.js';
import type { CallContext } from './call-context.js';
import type { CallMedia } from './call-media.js';

export class SpareMedia implements Negotiator {
  readonly #media: CallMedia;
  readonly #session: MediaSession;
  /** Whether they are the call's. */
  isAdopted = false;
  /** Whether the app has wished for something since they were described. */
  isStale = false;
  /** What the call is told when they are its own. */
  #untold: (() => void)[] = [];
  readonly #isWanted: () => boolean;

  /** @param isWanted asked when the peer's answer comes, or ours is made: not where another dialog was faster, or the call is over */
  constructor(media: CallMedia, { mediaEnvironment, clock, log }: CallContext, isWanted = () => true) {
    this.#media = media;
    this.#isWanted = isWanted;
    const tell = (event: () => void): void => {
      if (this.isAdopted) event();
      else this.#untold.push(event);
    };
    const user: MediaSessionUser = {
      onMediaState: (state) => tell(() => media.onMediaState(state)),
      onRemoteTrack: (track) => tell(() => media.onRemoteTrack(track)),
      onPeerConnection: (pc) => media.onPeerConnection(pc),
      onVideoChanged: () => tell(() => media.onVideoChanged()),
      onScreenEnded: (line) => tell(() => media.onScreenEnded(line)),
      onLateCandidate: () => tell(() => media.onLateCandidate()),
      onPlayoutBlocked: () => tell(() => media.onPlayoutBlocked()),
    };
    this.#session = new MediaSession(media.config, mediaEnvironment(), clock, log, user);
    this.#session.follow(media.session);
  }

  get #present(): Negotiator | undefined {
    return this.isAdopted ? this.#media : undefined;
  }

  createOffer(wish?: OfferWish): Promise<string> {
    return this.#present?.createOffer(wish) ?? this.#session.createOffer(wish);
  }

  async createAnswer(offer: string, isWanted?: () => boolean): Promise<string> {
    if (this.#present) return this.#present.createAnswer(offer, isWanted);
    const answer = await this.#session.createAnswer(offer, { isWanted });
    this.#mustBeWanted();
    this.#adopt('remote');
    return answer;
  }

  async applyAnswer(answer: string): Promise<void> {
    if (this.#present) return this.#present.applyAnswer(answer);
    this.#mustBeWanted();
    await this.#session.applyAnswer(answer);
    this.#adopt('local');
  }

  consider(offer: string, method: 'INVITE' | 'UPDATE', signal?: AbortSignal): ReturnType<CallMedia['consider']> {
    return this.isAdopted ? this.#media.consider(offer, method, signal) : undefined;
  }

  rollback(): Promise<void> {
    return this.#present?.rollback() ?? this.#session.rollback();
  }

  renew(): void {
    if (this.isAdopted) this.#media.renew();
  }

  /** They are not needed. */
  discard(): void {
    this.#untold = [];
    if (!this.isAdopted) this.#session.close();
  }

  #mustBeWanted(): void {
    if (!this.#isWanted()) throw new EvercallError('cancelled', 'another dialog was faster', { status: 487 });
  }

  /** From now on they are the call's; the former end. */
  #adopt(offerer: 'local' | 'remote'): void {
    this.isStale = this.#media.adopt(this.#session, offerer);
    this.isAdopted = true;
    for (const tell of this.#untold.splice(0)) tell();
  }
}
