/** What a call is built from, and how it begins. */
import type { Clock } from '../base/clock.js';
import type { Core } from '../core/core.js';
import type { MediaEnvironment } from '../media/environment.js';
import type { MediaSessionConfig } from '../media/media-session.js';
import type { Header, SipRequest } from '../parser/index.js';
import type { SessionContext } from '../session/session-context.js';
import type { Dress } from '../session/signalling.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { Call } from './call.js';
import type { CallOptions } from './call-options.js';
import type { CallLimits } from './limits.js';

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
  /** Called once, when the call is over. */
  readonly released: (call: Call) => void;
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
      readonly options: CallOptions;
    }
  | { readonly direction: 'incoming'; readonly request: SipRequest; readonly transaction: ServerTransaction };
