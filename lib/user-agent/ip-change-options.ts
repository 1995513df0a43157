/** What is done when the network changes, as the app wants it; and what it is told of it. */
import { invalidOption } from '../base/errors.js';
import { checkBoolean, checkPositive, flag, ifGiven, oneOf, readOptions } from '../base/options.js';
import type { Readers } from '../base/options.js';
import type { Account } from '../account/account.js';
import type { Call } from '../call/call.js';
import type { Rung } from '../call/reconnection.js';

/** What is done when the network changes, whoever noticed it. */
export interface IpChangePolicy {
  /** `manual`: nothing is noticed, the app calls `handleIpChange()`. @default 'auto' */
  readonly monitor?: 'auto' | 'manual';
  /** Ends calls instead of keeping them (PJSIP's hangup_calls). @default false */
  readonly hangupCalls?: boolean;
  /**
   * How a call that has moved is offered anew, where its peer allows UPDATE (PJSIP's reinv_use_update): by UPDATE instead of a
   * re-INVITE, which it falls back to; or `two-phase`: an UPDATE that says where we are, then the re-INVITE. @default false
   */
  readonly useUpdate?: boolean | 'two-phase';
}

export interface HandleIpChangeOptions {
  /** For the log and the events. */
  readonly reason?: string;
  /** Opens a new connection to each server (PJSIP's restart_listener); false trusts the present ones. @default true */
  readonly reconnect?: boolean;
  /** Milliseconds between the end of a connection and the next (PJSIP's restart_lis_delay). @default 0 */
  readonly restartDelay?: number;
  /** `media`: every call is offered with an ICE restart; `dialog`: those whose media are well only say where we are now. @default 'media' */
  readonly refresh?: 'media' | 'dialog' | false;
  /** @default as the user agent was told */
  readonly hangupCalls?: boolean;
}

/** What is said of one stays so until it is said anew. */
export interface NetworkReachability {
  /** Whether servers can be reached. */
  readonly signalling?: boolean;
  /** Whether the peers of calls can. */
  readonly media?: boolean;
}

/** What became of a connection, an account's registration, or a call. */
export type IpChangeProgress =
  | { readonly step: 'restartTransport'; readonly url: string; readonly ok: boolean; readonly duration: number }
  | {
      readonly step: 'updateContact';
      readonly account: Account;
      readonly ok: boolean;
      readonly status: number | undefined;
      readonly duration: number;
    }
  | { readonly step: 'hangupCall'; readonly call: Call }
  | {
      readonly step: 'refreshCall';
      readonly call: Call;
      /** How far up the ladder it went. */
      readonly rung: Rung;
      readonly ok: boolean;
      readonly status: number | undefined;
      readonly duration: number;
    }
  | { readonly step: 'completed'; readonly report: IpChangeReport };

export interface IpChangeReport {
  readonly reason: string;
  /** `superseded`: the network has changed again meanwhile, and the later run has it. */
  readonly outcome: 'completed' | 'superseded';
  readonly steps: readonly Exclude<IpChangeProgress, { readonly step: 'completed' }>[];
  /** Milliseconds. */
  readonly duration: number;
}

const boolean = ifGiven<boolean>(checkBoolean);

const policyReaders = {
  monitor: oneOf('auto', 'manual'),
  hangupCalls: flag(false),
  useUpdate: (value = false, option) => (value === 'two-phase' ? value : boolean(value, option)),
} satisfies Readers<IpChangePolicy>;

const handleReaders = {
  reason: (reason: string | undefined) => reason,
  reconnect: boolean,
  restartDelay: ifGiven((option, value) => {
    if (value !== 0) checkPositive(option, value);
  }),
  refresh: ifGiven((option, value) => {
    if (!([false, 'media', 'dialog'] as unknown[]).includes(value))
      throw invalidOption(option, "takes 'media', 'dialog' or false", value);
  }),
  hangupCalls: boolean,
} satisfies Readers<HandleIpChangeOptions>;

const reachabilityReaders = { signalling: boolean, media: boolean } satisfies Readers<NetworkReachability>;

/** Throws `invalidOption`, naming the option. */
export const ipChangePolicy = (policy: IpChangePolicy = {}): IpChangePolicy =>
  readOptions(policy, policyReaders, 'ipChange') as IpChangePolicy;

/** Throws `invalidOption`, naming what is wrong. */
export function checkReachability(reachable: boolean | NetworkReachability): NetworkReachability {
  if (typeof reachable === 'boolean') return { signalling: reachable, media: reachable };
  if (typeof reachable !== 'object' || (reachable as unknown) === null)
    throw invalidOption('isReachable', 'takes true, false, or { signalling, media }', reachable);
  readOptions(reachable, reachabilityReaders, 'isReachable');
  return reachable;
}

export function checkHandleOptions(options: HandleIpChangeOptions): HandleIpChangeOptions {
  readOptions(options, handleReaders);
  return options;
}
