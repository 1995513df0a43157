/** What a call is built from, and how it begins. */
import type { Clock } from '../base/clock.js';
import type { OnDemand } from '../base/on-demand.js';
import type { Core } from '../core/core.js';
import type { DialogState } from '../core/dialog.js';
import type { MediaEnvironment } from '../media/environment.js';
import type { MediaSessionConfig } from '../media/media-session.js';
import type { Address, Header, SipRequest } from '../parser/index.js';
import type { RedirectPolicy } from '../session/redirection.js';
import { abilitiesOf } from '../session/abilities.js';
import type { ExtensionConfig } from '../session/extensions.js';
import type { SessionContext } from '../session/session-context.js';
import type { Dress } from '../session/signalling.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { Call } from './call.js';
import type { Random } from '../base/random.js';
import type { Negotiator } from '../session/negotiator.js';
import { Signalling } from '../session/signalling.js';
import type { AutoAnswer } from './auto-answer.js';
import { callExtensions } from './call-config.js';
import type { CallOptions } from './call-options.js';
import type { Leg } from './leg.js';
import type { IpChangeConfig } from './ip-change-policy.js';
import type { CallLimits } from './limit-options.js';

/** What a call is made of, loaded ahead of the first one. */
export type CallParts = typeof import('./parts.js');

export type DialogId = Pick<DialogState, 'callId' | 'localTag' | 'remoteTag'>;

/** Which of several calls is heard. */
export interface CallPolicy {
  /** Makes `call` the one that is heard; resolves when it may be. Nothing where there is nothing to wait for. */
  makeWay(call: Call, predecessor?: Call): Promise<void> | undefined;
  onConfirmed(call: Call): void;
  onReleased(call: Call): void;
}

/** Hears of calls, for they must be kept. */
export interface CallWatcher {
  onBegan(leg: Leg): void;
  onConfirmed(leg: Leg): void;
  onReleased(leg: Leg): void;
  /** Whether it is worth while to seek a path for media. */
  isMediaReachable(): boolean;
}

/** What a call is built from; its account provides that. */
export interface CallContext extends Omit<SessionContext, 'core' | 'negotiator' | 'contact' | 'extensions'> {
  readonly core: Core;
  /** What the call is made of. */
  readonly parts: OnDemand<CallParts>;
  readonly clock: Clock;
  readonly extensions: ExtensionConfig;
  readonly media: MediaSessionConfig;
  readonly mediaEnvironment: () => MediaEnvironment;
  /** Of a request outside of any dialog. */
  readonly routes: () => readonly string[];
  readonly contact: (purpose?: { readonly anonymous?: boolean }) => Header;
  readonly limits: CallLimits;
  /** Whether what servers assert of the peer is shown. */
  readonly trustsIdentity: boolean;
  readonly autoAnswer: AutoAnswer;
  /** Where it has to wait for a registration that is under way: settles when that is over. */
  readonly registered: () => Promise<unknown> | undefined;
  /** What a change of the network does to it. */
  readonly ipChange: IpChangeConfig;
  /** None where calls may be heard together. */
  readonly policy: CallPolicy | undefined;
  /** What the app makes of requests before they leave. */
  readonly dress: Dress | undefined;
  readonly redirect: RedirectPolicy;
  /** What the user typed, as a URI. Throws `invalidTarget`. */
  readonly normalize: (typed: string) => string;
  /** Another call of the same account. */
  readonly place: (target: string, options: CallOptions, referral?: Sent) => Call;
  /** Whoever brings calls back when the network changes. */
  readonly watcher: CallWatcher | undefined;
  /** Called once, when the call begins … */
  readonly began: (leg: Leg) => void;
  /** … and when it is over. */
  readonly released: (leg: Leg, dialogs: readonly DialogId[]) => void;
  /** It is over before it has begun: the same, where there is no leg. */
  readonly givenUp: (call: Call) => void;
}

/** What sends us to someone: the headers that the INVITE has of it, and who it was. */
export interface Sent {
  readonly headers: readonly Header[];
  readonly referredBy: Address | undefined;
  /** The call whose place it takes. */
  readonly predecessor?: Call | undefined;
}

/** How a call begins. */
export type CallOrigin =
  | {
      readonly direction: 'outgoing';
      readonly target: string;
      readonly callId: string;
      readonly from: string;
      readonly routes: readonly string[];
      /** Before those of the app's. */
      readonly headers: readonly Header[];
      readonly isAnonymous: boolean;
      readonly referredBy: Address | undefined;
      readonly predecessor: Call | undefined;
      readonly options: CallOptions;
    }
  | { readonly direction: 'incoming'; readonly request: SipRequest; readonly transaction: ServerTransaction };

export function sessionContext(context: CallContext, origin: CallOrigin, negotiator: Negotiator): SessionContext {
  const { core, flow, authenticator, clock, log, timers, contact, dress } = context;
  const isAnonymous = origin.direction === 'outgoing' && origin.isAnonymous;
  const own = origin.direction === 'outgoing' ? origin.options : {};
  const extensions = abilitiesOf(callExtensions(context.extensions, own));
  return {
    core: new Signalling(core, extensions.sessionId ? newUuid(core.random) : undefined, dress),
    flow,
    authenticator,
    clock,
    log,
    timers,
    extensions,
    contact: isAnonymous ? () => contact({ anonymous: true }) : contact,
    negotiator,
  };
}

/** RFC 7989 §4.1: without the dashes. */
const newUuid = (random: Random): string => random.uuid().split('-').join(''); // in one piece, as `replaceAll` does not make it
