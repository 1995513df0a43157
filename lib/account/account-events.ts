/** What an account tells the app. */
import type { Call } from '../call/call.js';
import type { RemoteParty } from '../call/call-events.js';
import type { IncomingRefer } from '../call/incoming-refer.js';
import type { AuthenticationChallenge, Credentials } from '../core/credentials.js';
import type { Body, SipRequest } from '../parser/index.js';
import type { RegistrationChange, RegistrationState } from '../registration/registration-context.js';
import type { MessageSummary } from '../subscription/message-summary.js';
import type { Account } from './account.js';

/** A message of the pager kind (RFC 3428). */
export interface IncomingMessage {
  readonly account: Account;
  readonly from: string;
  readonly contentType: string;
  readonly body: Body;
  readonly request: SipRequest;
  /** Answers it, where the account leaves that to the app (`autoRespondMessage: false`); only the first answer counts. */
  readonly respond: (status: number, reason?: string) => void;
}

/** An INVITE that the library has refused by itself: the app never had the call. */
export interface RejectedCall {
  /** Undefined where it was for none. */
  readonly account: Account | undefined;
  /** As it was answered: 404 no such account, 480 nobody takes calls, 481, 486 too many calls, 488, 420 … */
  readonly status: number;
  readonly reason: string;
  readonly remote: RemoteParty;
  readonly request: SipRequest;
}

/** A server asks for credentials that are missing, or were refused (Linphone's authentication_requested). */
export interface CredentialsRequest {
  readonly account: Account;
  readonly challenge: AuthenticationChallenge;
  /** Aborts when nothing waits for them any more. */
  readonly signal: AbortSignal;
  /** What waits goes on with them; without, or when they are refused, it ends. Called by nobody, it ends at once. */
  readonly provide: (credentials: Credentials | undefined | Promise<Credentials | undefined>) => void;
  /** What waits goes on waiting until `account.setCredentials()`. */
  readonly wait: () => void;
}

export interface AccountEvents {
  /** Every change of the registration, and every repeat of success. */
  registrationChanged: RegistrationChange & { readonly account: Account };
  incomingCall: { readonly account: Account; readonly call: Call };
  rejectedCall: RejectedCall;
  /** Someone without a call with us wants us to call someone else; when no listener decides there and then, it is declined. */
  refer: { readonly account: Account; readonly refer: IncomingRefer };
  message: IncomingMessage;
  credentialsRequired: CredentialsRequest;
  /** Something works, but perhaps not as meant; `message` is for developers. */
  warning: { readonly account: Account; readonly message: string };
  /** Messages have come to the mailbox, or were listened to. */
  messageWaitingChanged: MessageSummary & { readonly account: Account };
  connectionChanged: { readonly connected: boolean; readonly reason: string | undefined };
}

export interface AccountSnapshot {
  readonly uri: string;
  readonly state: RegistrationState;
  readonly isRegistered: boolean;
  readonly connected: boolean;
  readonly calls: readonly Call[];
  readonly messageWaiting: MessageSummary | undefined;
}

/** PJSIP's account info. */
export interface AccountInfo {
  readonly uri: string;
  readonly state: RegistrationState;
  readonly isRegistered: boolean;
  readonly connected: boolean;
  readonly contact: string;
  readonly gruu: string | undefined;
  /** Of the last answer or failure; 100 while one is awaited. */
  readonly status: number | undefined;
  readonly reason: string | undefined;
  /** Seconds granted, and those that are left. */
  readonly expires: number | undefined;
  readonly expiresIn: number | undefined;
}
