/** What is done when the network changes, as the app wants it; and what it is told of it. */
import type { EvercallError } from '../base/errors.js';
import { invalidOption } from '../base/errors.js';
import { checkBoolean, checkPositive, ifGiven, oneOf, positive, readOptions } from '../base/options.js';
import type { ReadBy, Readers } from '../base/options.js';
import type { Account } from '../account/account.js';
import type { Call } from '../call/call.js';
import { checkRefresh, ipChangeReaders } from '../call/ip-change-policy.js';
import type { AccountIpChange, CallRefresh } from '../call/ip-change-policy.js';
import type { Rung } from '../call/ladder.js';

/** What is done when the network changes, whoever noticed it; of its calls an account may say something else. */
export interface IpChangePolicy extends AccountIpChange {
  /** `manual`: nothing is noticed, the app calls `handleIpChange()`. @default 'auto' */
  readonly monitor?: 'auto' | 'manual';
  /** Milliseconds in which what is noticed is taken for signs of one and the same change. @default 1000 */
  readonly debounce?: number;
}

/** Of this change only; what is not said is done as the accounts have it. */
export interface HandleIpChangeOptions {
  /** For the log and the report. */
  readonly reason?: string;
  /** Opens a new connection to each server (PJSIP's restart_listener); false trusts the present ones. @default true */
  readonly reconnect?: boolean;
  /** Whether the present connections are dropped first (PJSIP's shutdown_transport). */
  readonly shutdownTransport?: boolean;
  /** Milliseconds between the end of a connection and the next (PJSIP's restart_lis_delay). @default 0 */
  readonly restartDelay?: number;
  readonly refresh?: CallRefresh;
  readonly hangupCalls?: boolean;
  /** Nothing more is waited for: rejects with `aborted`. What was begun goes its way. */
  readonly signal?: AbortSignal;
}

/** What is said of one stays so until it is said anew. */
export interface NetworkReachability {
  /** Whether servers can be reached. */
  readonly signalling?: boolean;
  /** Whether the peers of calls can. */
  readonly media?: boolean;
}

/** What became of a connection, an account's registration, or a call; milliseconds since it began. */
export type IpChangeProgress =
  /** A connection was dropped before there is another. */
  | { readonly step: 'shutdownTransport'; readonly url: string; readonly duration: number }
  | {
      readonly step: 'restartTransport';
      readonly url: string;
      readonly ok: boolean;
      readonly error: EvercallError | undefined;
      readonly duration: number;
    }
  /** The same, told once for each account that uses it. */
  | { readonly step: 'accountTransport'; readonly account: Account; readonly ok: boolean; readonly duration: number }
  | {
      readonly step: 'updateContact';
      readonly account: Account;
      /** False where the former Contact is removed by itself (`contactUpdate: 'unregister'`). */
      readonly register: boolean;
      readonly ok: boolean;
      readonly status: number | undefined;
      readonly duration: number;
    }
  | { readonly step: 'hangupCall'; readonly account: Account; readonly call: Call; readonly duration: number }
  /** Its turn has come; what came of it follows. */
  | {
      readonly step: 'refreshCall';
      readonly phase: 'begun';
      readonly account: Account;
      readonly call: Call;
      readonly duration: number;
    }
  | {
      readonly step: 'refreshCall';
      readonly phase: 'done' | 'failed';
      readonly account: Account;
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
  /** The connections that were replaced, or were to be. */
  readonly transports: readonly IpChangeOf<'restartTransport'>[];
  /** All there are, with what became of them. */
  readonly accounts: readonly IpChangeOfAccount[];
  /** As they came. */
  readonly steps: readonly Exclude<IpChangeProgress, { readonly step: 'completed' }>[];
  /** Milliseconds. */
  readonly duration: number;
}

/** What was told of a step. */
export type IpChangeOf<Step extends IpChangeProgress['step']> = Extract<IpChangeProgress, { readonly step: Step }>;

export interface IpChangeOfAccount {
  readonly account: Account;
  /** Undefined where it had nothing to say to its registrar, or does not register. */
  readonly registration: IpChangeOf<'updateContact'> | undefined;
  /** Those that were ended, and those that were to come back. */
  readonly calls: readonly (
    IpChangeOf<'hangupCall'> | Extract<IpChangeProgress, { readonly phase: 'done' | 'failed' }>
  )[];
}

const boolean = ifGiven<boolean>(checkBoolean);

const policyReaders = {
  ...ipChangeReaders,
  monitor: oneOf('auto', 'manual'),
  debounce: positive(1000),
} satisfies Readers<IpChangePolicy>;

const handleReaders = {
  reason: (reason: string | undefined) => reason,
  reconnect: boolean,
  shutdownTransport: boolean,
  restartDelay: ifGiven((option, value) => {
    if (value !== 0) checkPositive(option, value);
  }),
  refresh: ifGiven(checkRefresh),
  hangupCalls: boolean,
  signal: (signal: AbortSignal | undefined) => signal,
} satisfies Readers<HandleIpChangeOptions>;

const reachabilityReaders = { signalling: boolean, media: boolean } satisfies Readers<NetworkReachability>;

export type IpChangePolicyConfig = ReadBy<typeof policyReaders>;

/** Throws `invalidOption`, naming the option. */
export const ipChangePolicy = (policy: IpChangePolicy = {}): IpChangePolicyConfig =>
  readOptions(policy, policyReaders, 'ipChange');

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
