/** What an account is built from, and what its user agent asks of it. */
import type { Call } from '../call/call.js';
import type { IpChangeConfig } from '../call/ip-change-policy.js';
import type { SipRequest } from '../parser/index.js';
import type { RegistrationChange } from '../registration/registration-context.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { Flow } from '../transport/flow.js';
import type { CallEnvironment } from './account-calls.js';
import type { AccountDefaults } from './account-config.js';
import type { AccountEvents } from './account-events.js';
import type { AccountOptions } from './account-options.js';
import type { Peer } from './dependency.js';
import type { IdentityContext } from './identity.js';

/** What the user agent, and the other accounts by it, ask of an account that is the app's to hold. */
export interface AccountInbox extends Peer {
  readonly onInvite: (request: SipRequest, transaction: ServerTransaction) => void;
  readonly onMessage: (request: SipRequest, transaction: ServerTransaction) => void;
  readonly onRefer: (transaction: ServerTransaction) => void;
  /** Outside of any dialog; false where it is none of ours. */
  readonly onNotify: (request: SipRequest, transaction: ServerTransaction) => boolean;
  /** An INVITE for it was refused before it came here. */
  readonly onRefused: (request: SipRequest, status: number) => void;
  /** The user part of its Contacts. */
  readonly contactUser: string;
  readonly priority: () => number;
  /** What becomes of other accounts, for what depends on them. */
  readonly onPeerAdded: (peer: Peer) => void;
  readonly onPeerChange: (id: string, change: RegistrationChange) => void;
  readonly onPeerGone: (id: string) => void;
  /** Unregisters for its master's sake. */
  readonly signOff: () => Promise<void>;
  /** Says where we are once more, by this flow; not where its Contact is to stay, if only that has `moved`. */
  readonly refresh: (flow: Flow, moved?: boolean) => void;
  readonly ipChange: () => IpChangeConfig;
  /** Connects and registers; called once, when the account can be found by others and the instance-id is known. */
  readonly start: () => void;
  /** As they are by now, with what was learned of logins; undefined once it is disposed of. */
  readonly options: () => AccountOptions | undefined;
}

export type AnnouncedEvent =
  | 'registrationChanged'
  | 'incomingCall'
  | 'rejectedCall'
  | 'refer'
  | 'message'
  | 'messageWaitingChanged'
  | 'credentialsRequired';

export interface AccountContext extends CallEnvironment, Pick<IdentityContext, 'instanceId' | 'lease'> {
  readonly defaults: AccountDefaults;
  /** What has to be over before it may register. */
  readonly ready: () => Promise<void> | undefined;
  /** Called once, from the constructor. */
  readonly attach: (inbox: AccountInbox) => void;
  /** For events that the user agent repeats; tells whether anyone listens there. */
  readonly announce: <K extends AnnouncedEvent>(event: K, payload: AccountEvents[K]) => boolean;
  /** The registration has changed, and the app knows. */
  readonly changed: (change: RegistrationChange) => void;
  readonly callEnded: (call: Call, id: string) => void;
  /** Options or credentials have changed. */
  readonly edited: () => void;
  /** Has what depends on it unregister. */
  readonly signOffDependents: () => Promise<void>;
  readonly disposing: () => void;
  readonly disposed: () => void;
}

export interface DisposeOptions {
  /** Removes our binding first. Without, not a word goes out. @default true */
  readonly unregister?: boolean;
  /** Ends the account even if it has calls, which are hung up; without, that is refused with `busy`. @default true */
  readonly force?: boolean;
}
