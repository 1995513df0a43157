/** What the softphone tells its page, and what the page can ask of it: the types of its DOM interface. */
import type { Account, Call, CallEnd, CallState, RegistrationState, UserAgent, UserAgentOptions } from '../index.js';
import type { SoundPreferences } from './sound.js';

/** The `detail` of each event; all of them bubble. */
export interface SoftphoneEvents {
  readonly registrationchange: {
    readonly account: Account;
    readonly state: RegistrationState;
    readonly status: number | undefined;
    readonly reason: string | undefined;
  };
  /** It rings; `callstart` comes with it. */
  readonly incomingcall: { readonly call: Call };
  /** A call of either direction has begun. */
  readonly callstart: { readonly call: Call };
  readonly callstatechange: { readonly call: Call; readonly state: CallState; readonly previous: CallState };
  readonly callend: { readonly call: Call; readonly end: CallEnd };
  /** The user has chosen other devices: to be kept, and given back as the property `sound`. */
  readonly soundchange: { readonly preferences: SoundPreferences };
  /** Something failed that is no call's end; it is shown already. */
  readonly phoneerror: { readonly error: unknown };
}

/** `<evercall-softphone>`. */
export interface SoftphoneElement extends HTMLElement {
  /** Attribute `server`: a `ws:` or `wss:` URL to begin with. */
  server: string;
  /** Attribute `address`: whose phone it is, `alice@example.com`. */
  address: string;
  /** Attribute `password`; better left to the user. */
  password: string;
  /** Attribute `target`: what the dial field holds. */
  target: string;
  /** Further options of the user agent: ICE servers, a logger, an environment. */
  options: Partial<UserAgentOptions>;
  /** Which devices are wanted; changed by the user, too (`soundchange`). */
  sound: SoundPreferences;
  /**
   * Attribute `faults`: offers buttons that provoke faults on purpose, from the next time somebody signs in. The page adds its
   * own with `slot="faults"`. For trying things out, against whatever server there is.
   */
  faults: boolean;
  readonly userAgent: UserAgent | undefined;
  readonly account: Account | undefined;
  /** The calls that are not over, in the order they came. */
  readonly calls: readonly Call[];
  /** The call that is talked in; else the one that is being made; else the newest. */
  readonly activeCall: Call | undefined;
  /** Signs in with the properties, or with what is given; resolves with whether it worked. */
  signIn(identity?: {
    readonly server?: string;
    readonly address?: string;
    readonly password?: string;
  }): Promise<boolean>;
  /** Hangs up, unregisters and disconnects. */
  signOut(): Promise<void>;
  /** Calls a number or an address; undefined when that cannot be called, which is shown. */
  call(target: string): Call | undefined;
  /** Adds a line to what happened. */
  note(text: string): void;
}
