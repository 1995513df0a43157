/** What a call is built from, and how it begins. */
import type { Clock } from '../base/clock.js';
import type { Core } from '../core/core.js';
import type { DialogState } from '../core/dialog.js';
import type { MediaEnvironment } from '../media/environment.js';
import type { MediaSessionConfig } from '../media/media-session.js';
import type { Address, Header, SipRequest } from '../parser/index.js';
import type { RedirectPolicy } from '../session/redirection.js';
import type { SessionContext } from '../session/session-context.js';
import type { Dress } from '../session/signalling.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { Call } from './call.js';
import type { CallOptions } from './call-options.js';
import type { CallLimits } from './limits.js';

export type DialogId = Pick<DialogState, 'callId' | 'localTag' | 'remoteTag'>;

/** What a call is built from; its account provides that. */
export interface CallContext extends Omit<SessionContext, 'core' | 'negotiator' | 'contact'> {
  readonly core: Core;
  readonly clock: Clock;
  readonly media: MediaSessionConfig;
  readonly mediaEnvironment: MediaEnvironment;
  readonly contact: (purpose?: { readonly anonymous?: boolean }) => Header;
  readonly limits: CallLimits;
  /** Whether what servers assert of the peer is shown. */
  readonly trustsIdentity: boolean;
  /** What the app makes of requests before they leave. */
  readonly dress: Dress | undefined;
  readonly redirect: RedirectPolicy;
  /** What the user typed, as a URI. Throws `invalidTarget`. */
  readonly normalize: (typed: string) => string;
  /** Another call of the same account. */
  readonly place: (target: string, options: CallOptions, referral?: Sent) => Call;
  /** Called once, when the call is over. */
  readonly released: (call: Call, dialog: DialogId | undefined) => void;
}

/** What sends us to someone: the headers that the INVITE has of it, and who it was. */
export interface Sent {
  readonly headers: readonly Header[];
  readonly referredBy: Address | undefined;
}

/** How a call begins. */
export type CallOrigin =
  | {
      readonly direction: 'outgoing';
      readonly target: string;
      readonly from: string;
      readonly routes: readonly string[];
      /** Before those of the app's. */
      readonly headers: readonly Header[];
      readonly isAnonymous: boolean;
      readonly referredBy: Address | undefined;
      readonly options: CallOptions;
    }
  | { readonly direction: 'incoming'; readonly request: SipRequest; readonly transaction: ServerTransaction };
