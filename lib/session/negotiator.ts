/** How a session asks for session descriptions: the media behind it are none of its business (RFC 3264). */

export interface OfferWish {
  readonly iceRestart?: boolean;
  /** Of another connection, in whose place the present one goes on until the peer has answered. */
  readonly another?: boolean;
}

/** What is said of a change that the peer offers, before it is answered. */
export interface Consideration {
  /** The final response that refuses it; without one it is answered. */
  readonly refusal?: number | undefined;
}

export interface Negotiator {
  /** Asks the app; nothing, at once, where nobody has a say. The signal aborts when the peer takes its offer back. */
  consider?(offer: string, method: 'INVITE' | 'UPDATE', signal?: AbortSignal): Promise<Consideration> | undefined;
  createOffer(wish?: OfferWish): Promise<string>;
  /** Nothing changes where `isWanted` says no at the last moment. */
  createAnswer(offer: string, isWanted?: () => boolean): Promise<string>;
  applyAnswer(answer: string): Promise<void>;
  /** Takes back an offer that was refused or not answered: the former session goes on. */
  rollback(): Promise<void>;
  /** Forgets all that was negotiated: the next offer is the first of another session of media. */
  renew(): void;
}
