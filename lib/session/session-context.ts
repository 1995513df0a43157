/** What every part of an INVITE usage needs of the floors below, and what it tells the floor above. */
import type { Clock } from '../base/clock.js';
import type { EvercallError } from '../base/errors.js';
import type { Logger } from '../base/log.js';
import type { Authenticator } from '../core/authenticator.js';
import type { Body, Header, SipRequest, SipResponse } from '../parser/index.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { Timers } from '../transaction/timers.js';
import type { Flow } from '../transport/flow.js';
import type { DtmfSignal } from './dtmf-relay.js';
import type { Abilities } from './abilities.js';
import type { Negotiator } from './negotiator.js';
import type { Session } from './session.js';
import type { Signalling } from './signalling.js';

export interface SessionContext {
  readonly core: Signalling;
  readonly flow: Flow;
  readonly authenticator: Authenticator;
  readonly clock: Clock;
  readonly log: Logger;
  readonly timers: Timers;
  readonly negotiator: Negotiator;
  readonly extensions: Abilities;
  /** The Contact of the account as it is now. */
  readonly contact: () => Header;
}

/** How a session came to its end. */
export interface SessionEnd {
  readonly by: 'local' | 'remote' | 'network';
  /** The final response to the INVITE, or what a failure equates to; 200 for a call that was hung up on. */
  readonly status: number;
  readonly reason: string;
  /** What the status does not say. */
  readonly cause?: 'replaced' | 'transferred' | 'ipChange';
  /** The message that ended it: its Reason headers (RFC 3326) say more. */
  readonly message?: SipRequest | SipResponse | undefined;
  readonly error?: EvercallError | undefined;
}

/** What sits on a session: the call. */
export interface SessionUser {
  /** A provisional response above 100 to our INVITE; early media flows when it brought a description. */
  onProgress(response: SipResponse): void;
  /** A 2xx: ours is sent, or the peer's has come. */
  onAccepted(message: SipResponse | undefined): void;
  /** The ACK is sent or has come, and the descriptions are applied. */
  onConfirmed(): void;
  /** A change that either side asked for was agreed on. */
  onRenegotiated(): void;
  /** A re-INVITE or UPDATE of the peer's is agreed to, or its 2xx to one of ours has come: it may say who the peer is. */
  onRefreshed(message: SipRequest | SipResponse): void;
  /** Another callee has taken our INVITE as well, and is hung up on: its media may be on their way to us. */
  onRival(): void;
  /** The peer has agreed to an offer that was given up for its own. */
  onCrossed(): void;
  /** The peer repeats its 2xx though that was acknowledged: it does not hear us. */
  onUnheard(): void;
  /** A proxy says that the flow to the peer has failed (430), or the peer says nothing: whether another dialog is sought. */
  onUnreachable(status: 430 | 408): boolean;
  /** The peer has said something in a dialog that our response has made: it knows of it. */
  onHeard(): void;
  /** An answer has come in a response that the peer does not know to have arrived: an INFO is to tell (RFC 8840 §4.3.2). */
  onUnconfirmedAnswer(session: Session): void;
  /** An INFO has brought candidates of the peer's (RFC 8840 §4.4). */
  onCandidates(fragment: Body): void;
  onDtmf(signal: DtmfSignal): void;
  /** The peer has no picture: it wants one that can be understood by itself (RFC 5168). */
  onPictureWanted(): void;
  /** A request that changes nothing of the session; `answer` does with it what is done with one that nobody takes. */
  onRequest(request: SipRequest, transaction: ServerTransaction, answer: () => void): void;
  /** A MESSAGE in the dialog: it is answered by whoever takes it. */
  onMessage(request: SipRequest, transaction: ServerTransaction): void;
  /** A REFER in the dialog: it is answered by whoever takes it. */
  onRefer(session: Session, transaction: ServerTransaction): void;
  /** A 3xx, or a failure after one, has sent our INVITE on to another target; `status` is of the one before. */
  onRedirected(target: string, response: SipResponse | undefined, status: number): void;
  /** Our INVITE was lost with its connection, and it is not known who has it: whether the user sees to what becomes of it. */
  onStranded(): boolean;
  /** Our INVITE was refused: whether it is sent once more, by the user. */
  onRefused(status: number): boolean;
  /** Once, and the last word. */
  onEnded(end: SessionEnd): void;
}

/** RFC 3326: why a BYE follows the answer. */
export const notAcceptable: Header = { name: 'Reason', value: 'SIP;cause=488;text="Not Acceptable Here"' };
