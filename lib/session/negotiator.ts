/** How a session asks for session descriptions: the media behind it are none of its business (RFC 3264). */

export interface OfferWish {
  readonly iceRestart?: boolean;
}

export interface Negotiator {
  createOffer(wish?: OfferWish): Promise<string>;
  /** Nothing changes where `isWanted` says no at the last moment. */
  createAnswer(offer: string, isWanted?: () => boolean): Promise<string>;
  applyAnswer(answer: string): Promise<void>;
  /** Takes back an offer that was refused or not answered: the former session goes on. */
  rollback(): Promise<void>;
  /** Forgets all that was negotiated: the next offer is the first of another session of media. */
  renew(): void;
}
