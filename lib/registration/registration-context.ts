/** What a registration is asked for and works with, and what it tells its user of its state. */
import type { Clock } from '../base/clock.js';
import type { ErrorCode } from '../base/errors.js';
import type { Logger } from '../base/log.js';
import type { RetryConfig } from '../base/schedule.js';
import type { Authenticator } from '../core/authenticator.js';
import type { Core } from '../core/core.js';
import type { Header, SipResponse } from '../parser/index.js';
import type { Flow } from '../transport/flow.js';
import type { LocalContact } from './contact.js';
import type { RegistrationIdentity } from './register-request.js';
import type { Registration } from './registration.js';

/** Linphone's None, Progress, Refreshing, Ok, Cleared and Failed. */
export type RegistrationState = 'none' | 'registering' | 'refreshing' | 'registered' | 'unregistered' | 'failed';

export interface RegistrationChange {
  readonly state: RegistrationState;
  readonly previous: RegistrationState;
  /** Of the response behind the change, or what a failure equates to (RFC 3261 §8.1.3.1). */
  readonly status: number | undefined;
  readonly reason: string | undefined;
  /** Seconds granted. */
  readonly expires: number | undefined;
  readonly response: SipResponse | undefined;
  /** Why it failed; `dependency` when the account it depends on did. */
  readonly cause: ErrorCode | 'dependency' | undefined;
  /** When it is tried again, in milliseconds since 1970; at the next connection where that is missing, if not permanent. */
  readonly retryAt: number | undefined;
  /** Nothing follows by itself: only a wish or a change of the app's does. */
  readonly isPermanent: boolean;
  /** Which flow (RFC 5626 §4.2). */
  readonly regId: number;
}

export interface RegistrationUser {
  /** Every change, and every repeat of success. */
  onRegistrationChange(change: RegistrationChange, registration: Registration): void;
}

/** How a new connection's address takes the place of the old one's (PJSIP's contact_rewrite_method). */
export type ContactUpdate = 'no-unregister' | 'unregister' | 'off';

/** Read anew for each REGISTER: a change takes effect with the next one. */
export interface RegistrationConfig extends RegistrationIdentity {
  readonly registrar: string;
  /** Seconds asked for. */
  readonly expires: number;
  /** Seconds: less is not asked for. */
  readonly minExpires: number;
  /** Seconds before the end at which a binding is refreshed, at the latest. */
  readonly refreshBefore: number;
  readonly retry: RetryConfig | undefined;
  readonly routes: readonly string[];
  readonly headers: () => readonly Header[];
  readonly supported: readonly string[];
  readonly outbound: boolean;
  readonly extraContacts: readonly string[];
  readonly contactUpdate: ContactUpdate;
  /** Our Contact takes the address that the registrar saw us at (ACC-22). */
  readonly isRewritten: boolean;
}

export interface RegistrationContext {
  readonly core: Core;
  readonly flow: Flow;
  readonly contact: LocalContact;
  readonly authenticator: Authenticator;
  readonly clock: Clock;
  readonly log: Logger;
  readonly user: RegistrationUser;
}

export interface RegisterOptions {
  /** Seconds, from now on; 0 unregisters. */
  readonly expires?: number | undefined;
  /** Further headers of this REGISTER. */
  readonly headers?: readonly Header[] | undefined;
}
