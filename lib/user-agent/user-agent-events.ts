/** What the user agent tells the app, and how it is stopped. */
import type { Account } from '../account/account.js';
import type { AnnouncedEvent, DisposeOptions } from '../account/account-context.js';
import type { AccountEvents } from '../account/account-events.js';
import type { SipRequest } from '../parser/index.js';
import type { ResponseOptions } from '../transaction/responses.js';
import type { IpChangeProgress } from './ip-change-options.js';

/** Those of accounts that the user agent repeats. */
export type RepeatedEvents = Pick<AccountEvents, AnnouncedEvent>;

export interface UserAgentEvents extends RepeatedEvents {
  /**
   * A request outside of any dialog that the library has no use for (eXosip2's default_action). One that no listener
   * answers there and then gets 405, 481 or 501.
   */
  request: {
    readonly request: SipRequest;
    /** Whom it is for. */
    readonly account: Account | undefined;
    /** Only the first answer counts. */
    readonly respond: (status: number, options?: ResponseOptions) => void;
  };
  /** What becomes of connections, registrations and calls when the network changes, step by step (PJSIP's on_ip_change_progress). */
  ipChangeProgress: IpChangeProgress;
}

export interface StopOptions extends Pick<DisposeOptions, 'unregister'> {
  /** @default true */
  readonly wait?: boolean;
}

export interface UserAgentSnapshot {
  readonly accounts: readonly Account[];
  readonly defaultAccount: Account | undefined;
}
