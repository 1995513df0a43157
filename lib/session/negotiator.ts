/** How a session asks for session descriptions: the media behind it are none of its business (RFC 3264). */

export interface OfferWish {
  readonly iceRestart?: boolean;
}

export interface Negotiator {
  createOffer(wish?: OfferWish): Promise<string>;
  createAnswer(offer: string): Promise<string>;
  applyAnswer(answer: string): Promise<void>;
  /** Takes back an offer that was refused or not answered: the former session goes on. */
  rollback(): Promise<void>;
}
