/** What a change of the network does to the calls of an account (PJSIP's ip_change_cfg). */
import { checkBoolean, checkOneOf, flag, oneOf, orElse, positive, readOptions } from '../base/options.js';
import type { ReadBy, Readers } from '../base/options.js';

/**
 * What an answered call is offered anew with. `media`: an ICE restart; `rebuild`: another RTCPeerConnection (PJSIP's
 * REINIT_MEDIA); `dialog`: nothing where its media are well, it only says where we are now (UPDATE_CONTACT); false leaves it
 * alone, whatever becomes of its media: the app sees to it.
 */
export type CallRefresh = 'media' | 'rebuild' | 'dialog' | false;

export interface AccountIpChange {
  /**
   * Whether `handleIpChange()` drops the connection before it opens the next one; of several accounts that share it, one that
   * says so is enough (shutdown_tp). Otherwise what is under way is answered on the former. What is noticed by itself never
   * drops a connection that may still work. @default true
   */
  readonly shutdownTransport?: boolean;
  /** Ends calls, answered or not, instead of keeping them (hangup_calls). @default false */
  readonly hangupCalls?: boolean;
  /** What answered calls are brought back by (reinvite_flags). @default 'media' */
  readonly refresh?: CallRefresh;
  /**
   * How a call that has moved is offered anew, where its peer allows UPDATE: by UPDATE instead of a re-INVITE, which it falls
   * back to; or `two-phase`: an UPDATE that says where we are, then the re-INVITE (reinv_use_update). @default false
   */
  readonly useUpdate?: boolean | 'two-phase';
  /**
   * Whether calls speak on a new connection at once, for their dialogs need no binding, or when the account has registered, or
   * could not. Where our Contact is what the registrar says (`contactHost: 'received'`), it is the latter. @default 'calls-first'
   */
  readonly order?: 'calls-first' | 'register-first';
  /** Whether calls that nobody has answered yet are brought back when their connection is lost; `off` ends them. @default 'auto' */
  readonly repair?: 'auto' | 'off';
  /**
   * Milliseconds for which a call is not given up though its peer does not answer, refuses for now, or cannot be reached: one
   * that was answered waits for a connection as long as it takes. @default 32000
   */
  readonly gracePeriod?: number;
}

export const ipChangeReaders = {
  shutdownTransport: flag(true),
  hangupCalls: flag(false),
  refresh: orElse<CallRefresh>('media', checkRefresh),
  useUpdate: orElse<boolean | 'two-phase'>(false, (option, value) => {
    if (value !== 'two-phase') checkBoolean(option, value);
  }),
  order: oneOf('calls-first', 'register-first'),
  repair: oneOf('auto', 'off'),
  gracePeriod: positive(32_000),
} satisfies Readers<AccountIpChange>;

/** Complete. */
export type IpChangeConfig = ReadBy<typeof ipChangeReaders>;

/** What the user agent says holds where the account says nothing. Throws `invalidOption`, naming the option. */
export function accountIpChange(given: AccountIpChange | undefined, base: IpChangeConfig): IpChangeConfig {
  if (given === undefined) return base;
  const read = Object.entries(readOptions(given, ipChangeReaders, 'ipChange'));
  return {
    ...base,
    ...Object.fromEntries(read.filter(([name]) => given[name as keyof AccountIpChange] !== undefined)),
  };
}

export function checkRefresh(option: string, value: unknown): void {
  if (value !== false) checkOneOf(option, value, ['media', 'rebuild', 'dialog']);
}
