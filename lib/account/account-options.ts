/** The options of an account: what the app may say. */
import type { AutoAnswer } from '../call/auto-answer.js';
import type { IdentityOptions } from '../call/identity-options.js';
import type { AccountIpChange } from '../call/ip-change-policy.js';
import type { CallLimits } from '../call/limit-options.js';
import type { OutgoingRequestHook } from '../call/outgoing-request.js';
import type { Privacy } from '../call/privacy.js';
import type { Credentials, CredentialsProvider, DigestAlgorithm } from '../core/credentials.js';
import type { UserAgentMediaOptions } from '../media/media-config.js';
import type { Header } from '../parser/index.js';
import type { ContactUpdate } from '../registration/registration-context.js';
import type { ExtensionOptions } from '../session/extensions.js';
import type { RedirectPolicy } from '../session/redirection.js';
import type { Account } from './account.js';
import type { SharedContact } from './dependency.js';

/** Parameters of a URI or a header; `true` is a flag without a value. */
export type ParameterOptions = Readonly<Record<string, string | number | true>>;

/** PJSIP's force_contact, contact_params, contact_uri_params, reg_contact_params and reg_contact_uri_params. */
export interface ContactOptions {
  /** Used as it stands, in place of the one that we make. */
  readonly uri?: string;
  /** Parameters of the header, after `>`: `{ q: 0.5 }`. */
  readonly params?: ParameterOptions;
  /** Parameters of the URI, before `>`. */
  readonly uriParams?: ParameterOptions;
  /** The same, in REGISTER only. */
  readonly registerParams?: ParameterOptions;
  readonly registerUriParams?: ParameterOptions;
}

/** PJSIP's auth_pref. */
export interface AuthenticationOptions {
  /** Authorizes a request before it is challenged, where a challenge is known. @default true */
  readonly preemptive?: boolean;
  /** The first REGISTER says who asks, as IMS wants it (3GPP TS 24.229 §5.1.1.2). @default false */
  readonly initialEmpty?: boolean;
  /** Those that are answered. @default all */
  readonly algorithms?: readonly DigestAlgorithm[];
}

/** Back-off after failures (RFC 5626 §4.5). Seconds. */
export interface RetryOptions {
  /** The delay after a first failure. @default as `interval` */
  readonly first?: number;
  /** Doubled with each further failure. @default 30 */
  readonly interval?: number;
  /** @default 1800 */
  readonly max?: number;
  /** The share of each delay, 0 to 1, that chance may take away. @default 0.5 */
  readonly jitter?: number;
}

/** Where the messages wait (RFC 3842). */
export interface MessageWaitingOptions {
  /** Whose mailbox, or the server of them: a SIP URI. @default the address of the account */
  readonly target?: string;
  /** Seconds asked for. @default 3600 */
  readonly expires?: number;
}

export interface AccountOptions extends ExtensionOptions, CallLimits, IdentityOptions {
  /** The address of record, with or without a display name: `sip:alice@example.com`, `"Alice" <sip:alice@example.com>`. */
  readonly uri: string;
  readonly displayName?: string;
  /** Kept as `account.id`. @default a random one */
  readonly id?: string;
  /** For all realms, together with `username`; `credentials` says more. */
  readonly password?: string;
  /** H(username:realm:password) by MD5 in hexadecimal, instead of `password`. */
  readonly ha1?: string;
  /** The user name in digests. @default the user of `uri` */
  readonly username?: string;
  /** One login per realm, where one for all is not enough; or a token (RFC 8898). */
  readonly credentials?: Credentials | readonly Credentials[];
  /** Asked for the credentials that are missing or were refused, once per realm; what needs them waits. */
  readonly credentialsProvider?: CredentialsProvider;
  readonly authentication?: AuthenticationOptions;
  /** `ws:` or `wss:` URLs in order of preference. @default those of the user agent */
  readonly servers?: string | readonly string[];
  /** How many of `servers` are connected at the same time, where the registrar keeps their bindings apart (RFC 5626). @default 1 */
  readonly flows?: number;
  /** Where to register: a SIP URI; null never does. @default the domain of `uri` */
  readonly registrar?: string | null;
  /** Registers when it is added, and unregisters when it is changed to false. @default true */
  readonly register?: boolean;
  /** Seconds asked of the registrar. @default 600 */
  readonly expires?: number;
  /** Seconds: less is raised to it. @default 1 */
  readonly minExpires?: number;
  /** Seconds before its end at which a binding is refreshed at the latest; the usual moment is at 90 %. @default 5 */
  readonly refreshBefore?: number;
  /** Milliseconds that `dispose()` waits for the registrar to confirm. @default 4000 */
  readonly unregisterTimeout?: number;
  /** Further tries after a failure that may pass; false leaves them to the app. */
  readonly retry?: RetryOptions | false;
  /** Calls end when a registration could not be renewed twice in a row. @default false */
  readonly dropCallsOnFailure?: boolean;
  /** Proxies that every request outside of a dialog goes through, first to last; `;lr` is added where it is missing. */
  readonly outboundProxies?: readonly string[];
  /** Whether REGISTER goes through `outboundProxies` too. @default true */
  readonly registerVia?: boolean;
  /** Whether requests take the Service-Route that the registrar names (RFC 3608). @default true */
  readonly useServiceRoute?: boolean;
  /** Further headers of each REGISTER, or who provides them. */
  readonly registerHeaders?: readonly Header[] | (() => readonly Header[]);
  /** Option tags for the Supported of REGISTER, beside our own. */
  readonly supported?: readonly string[];
  readonly contact?: ContactOptions;
  /** How its calls get their audio through, where that is not as the user agent says. */
  readonly media?: UserAgentMediaOptions;
  /** Makes of what the user typed what is called: `dialPlan()` of `evercall/dial-plan`, or the app's own rules. */
  readonly normalize?: (typed: string) => string;
  /** Who must not learn who we are, in calls and messages; a call may say otherwise. @default nobody */
  readonly privacy?: readonly Privacy[];
  /** Kept as `account.params`: never sent, but stored. */
  readonly params?: Readonly<Record<string, string>>;
  /** Contacts of the app's own, registered beside ours: `sip:alice@10.0.0.7;transport=udp`. */
  readonly extraContacts?: readonly string[];
  /**
   * How the Contact of a new connection takes the place of the old one's, where the registrar has no flows or GRUU: both in
   * one REGISTER, by unregistering first, or not at all, with the same Contact. @default 'no-unregister'
   */
  readonly contactUpdate?: ContactUpdate;
  /** `received`: our Contact takes the address the registrar sees us at, for servers that demand it. @default 'invalid' */
  readonly contactHost?: 'invalid' | 'received';
  /**
   * Another account, or its id if it is added later: this one registers that one's Contact, only while it is registered,
   * and follows all its changes. Given when the account is added, or never.
   */
  readonly dependsOn?: Account | string;
  /** What of the other account is shared: its GRUU, else its Contact, or what is said here; its address, or any SIP URI. @default 'auto' */
  readonly sharedContact?: SharedContact;
  /** Registers anew whenever the other one has, not only when its Contact has changed. @default false */
  readonly followRefresh?: boolean;
  /** Accounts that depend on this one unregister before it does; otherwise their bindings run out. @default false */
  readonly unregisterDependents?: boolean;
  /** Asks for a binding per flow (RFC 5626). @default true */
  readonly outbound?: boolean;
  /** A UUID that should stay the same over reloads (RFC 5626 §4.1). @default the user agent's */
  readonly instanceId?: string;
  /** Which of several accounts takes a request that fits them equally; the highest. @default 0 */
  readonly priority?: number;
  /** Whether a 3xx that our calls get is followed. @default 'stop' */
  readonly redirect?: RedirectPolicy;
  /** Answers incoming messages with 200 by itself; without, the app calls `respond`. @default true */
  readonly autoRespondMessage?: boolean;
  /**
   * Whether `call.remote` is who the server says it is (P-Asserted-Identity, Remote-Party-ID) rather than who it says itself
   * (From): only where the server takes such headers away from strangers (RFC 3325 §8). `call.identity` has both. @default false
   */
  readonly trustAssertedIdentity?: boolean;
  /** Which calls answer themselves, where the microphone is allowed already; else they ring. @default as the user agent says */
  readonly autoAnswer?: AutoAnswer;
  /** What is done with its connection and its calls when the network changes, where that is not as the user agent says. */
  readonly ipChange?: AccountIpChange;
  /** May add to what calls send: called for each INVITE, ACK, UPDATE, BYE, CANCEL, INFO … */
  readonly outgoingRequest?: OutgoingRequestHook;
  /**
   * Whether the account asks which messages wait, when it is registered (`account.messageWaiting`). Without, what the server
   * tells unasked is taken all the same; with false it is not.
   */
  readonly messageWaiting?: boolean | MessageWaitingOptions;
  /** Kept as `account.data`. */
  readonly data?: unknown;
}
