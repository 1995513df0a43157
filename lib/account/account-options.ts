/** The options of an account: what the app may say, what the code reads. */
import { invalidOption } from '../base/errors.js';
import { checkBoolean, checkKnown, checkLine, checkOneOf, checkPositive, checkUuid } from '../base/options.js';
import { checkHeaders, checkRedirect } from '../call/call-options.js';
import { checkCredentials } from '../core/credentials.js';
import type { Credentials, CredentialsProvider } from '../core/credentials.js';
import { digestAlgorithms } from '../core/credentials.js';
import type { DigestAlgorithm } from '../core/credentials.js';
import { ParseError, isSipUri, parseAddress, parseUri, writeAddress, writeUri } from '../parser/index.js';
import type { Header, Params, SipUri, Uri } from '../parser/index.js';
import { mediaConfig } from '../media/media-config.js';
import type { UserAgentMediaOptions } from '../media/media-config.js';
import type { MediaSessionConfig } from '../media/media-session.js';
import type { ContactConfig } from '../registration/contact.js';
import { callLimits } from '../call/limits.js';
import type { CallLimits } from '../call/limits.js';
import { checkAutoAnswer } from '../call/auto-answer.js';
import type { AutoAnswer } from '../call/auto-answer.js';
import { identityHeaders } from '../call/identity-options.js';
import type { IdentityOptions } from '../call/identity-options.js';
import { dressWith } from '../call/outgoing-request.js';
import type { OutgoingRequestHook } from '../call/outgoing-request.js';
import { extensionConfig, extensionOptions } from '../session/extensions.js';
import type { ExtensionConfig, ExtensionOptions } from '../session/extensions.js';
import type { RedirectPolicy } from '../session/redirection.js';
import type { Dress } from '../session/signalling.js';
import type { ContactUpdate } from '../registration/registration.js';
import type { RetryConfig } from '../registration/schedule.js';
import type { Account } from './account.js';
import type { SharedContact } from './dependency.js';
import { checkPrivacy } from '../call/privacy.js';
import type { Privacy } from '../call/privacy.js';

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
  /** May add to what calls send: called for each INVITE, ACK, UPDATE, BYE, CANCEL, INFO … */
  readonly outgoingRequest?: OutgoingRequestHook;
  /** Kept as `account.data`. */
  readonly data?: unknown;
}

/** Complete, checked once, never written again. */
export interface AccountConfig {
  /** From and To value of the address of record, without tag. */
  readonly address: string;
  readonly uri: string;
  readonly user: string;
  readonly domain: string;
  readonly credentials: readonly Credentials[];
  readonly credentialsProvider: CredentialsProvider | undefined;
  readonly authentication: AuthenticationOptions;
  readonly servers: readonly string[];
  readonly flows: number;
  readonly registrar: string | undefined;
  readonly register: boolean;
  readonly expires: number;
  readonly minExpires: number;
  readonly refreshBefore: number;
  readonly unregisterTimeout: number;
  readonly retry: RetryConfig | undefined;
  readonly dropCallsOnFailure: boolean;
  readonly routes: readonly string[];
  readonly registerVia: boolean;
  readonly useServiceRoute: boolean;
  readonly registerHeaders: readonly Header[] | (() => readonly Header[]);
  readonly supported: readonly string[];
  readonly contact: ContactConfig;
  readonly extraContacts: readonly string[];
  readonly contactUpdate: ContactUpdate;
  readonly isRewritten: boolean;
  readonly dependsOn: string | undefined;
  readonly sharedContact: SharedContact;
  readonly followRefresh: boolean;
  readonly unregisterDependents: boolean;
  readonly outbound: boolean;
  readonly instanceId: string | undefined;
  readonly priority: number;
  readonly autoRespondMessage: boolean;
  /** Of its calls. */
  readonly extensions: ExtensionConfig;
  readonly limits: CallLimits;
  readonly redirect: RedirectPolicy;
  readonly media: MediaSessionConfig;
  readonly normalize: AccountOptions['normalize'];
  readonly privacy: readonly Privacy[];
  readonly dress: Dress | undefined;
  readonly trustAssertedIdentity: boolean;
  readonly autoAnswer: AutoAnswer;
  /** Of calls that name no other identity. */
  readonly identityHeaders: readonly Header[];
}

/** What accounts have that say nothing else: the user agent's. */
export type AccountDefaults = Pick<AccountConfig, 'servers' | 'routes' | 'media' | 'extensions' | 'autoAnswer'> & {
  readonly callLimits: CallLimits;
};

const known: ReadonlySet<string> = new Set<keyof AccountOptions>([
  'uri', 'displayName', 'id', 'password', 'ha1', 'username', 'credentials', 'credentialsProvider', 'authentication', 'servers', 'flows', 'registrar', 'register',
  'expires', 'minExpires', 'refreshBefore', 'unregisterTimeout', 'retry', 'dropCallsOnFailure', 'outboundProxies',
  'registerVia', 'useServiceRoute', 'registerHeaders', 'supported', 'contact', 'extraContacts', 'contactUpdate',
  'contactHost', 'dependsOn', 'sharedContact', 'followRefresh', 'unregisterDependents', 'outbound', 'instanceId', 'priority', 'autoRespondMessage',
  ...extensionOptions, 'outgoingRequest', 'trustAssertedIdentity', 'preferredIdentity', 'assertedIdentity', 'autoAnswer', 'noMediaTimeout', 'ringTimeout', 'maxDuration', 'redirect', 'media', 'normalize', 'privacy', 'params', 'data',
]); // prettier-ignore

export function accountConfig(options: AccountOptions, defaults: AccountDefaults): AccountConfig {
  checkKnown(options, known);
  const address = sipAddress(options.uri, 'uri');
  const displayName = options.displayName ?? address.displayName;
  if (displayName !== undefined) checkLine('displayName', displayName);
  const { user, host } = address.parsed;
  if (user === undefined) throw invalidOption('uri', 'takes an address with a user', options.uri);
  const { registrar, instanceId, outboundProxies, params = {} } = options;
  for (const [name, value] of Object.entries(params)) checkLine(`params.${name}`, value);
  const { contactUpdate = 'no-unregister', contactHost = 'invalid', unregisterTimeout = 4000 } = options;
  if (options.id !== undefined) checkLine('id', options.id);
  if (instanceId !== undefined) checkUuid('instanceId', instanceId);
  checkOneOf('contactUpdate', contactUpdate, ['no-unregister', 'unregister', 'off']);
  checkOneOf('contactHost', contactHost, ['invalid', 'received']);
  checkPositive('unregisterTimeout', unregisterTimeout);
  const priority = options.priority ?? 0;
  if (!Number.isFinite(priority)) throw invalidOption('priority', 'takes a number', priority);
  const { headers, supported } = registerHeaders(options);
  const hook = aFunction(options, 'outgoingRequest');
  return Object.freeze({
    address: writeAddress({ displayName, uri: address.uri, params: new Map() }),
    uri: address.uri,
    user,
    domain: host,
    credentials: credentialList(options, user),
    credentialsProvider: aFunction(options, 'credentialsProvider'),
    authentication: authenticationConfig(options.authentication),
    servers: options.servers === undefined ? defaults.servers : serverList(options.servers),
    flows: whole(options, 'flows', 1),
    registrar: registrar === null ? undefined : registrarUri(registrar, address.parsed),
    register: flag(options, 'register', true) && registrar !== null,
    expires: whole(options, 'expires', 600),
    minExpires: whole(options, 'minExpires', 1),
    refreshBefore: whole(options, 'refreshBefore', 5),
    unregisterTimeout,
    retry: retryConfig(options.retry),
    dropCallsOnFailure: flag(options, 'dropCallsOnFailure', false),
    routes: outboundProxies === undefined ? defaults.routes : routeSet(outboundProxies),
    registerVia: flag(options, 'registerVia', true),
    useServiceRoute: flag(options, 'useServiceRoute', true),
    registerHeaders: headers,
    supported,
    contact: contactConfig(options.contact),
    extraContacts: textList(options.extraContacts ?? [], 'extraContacts').map(extraContact),
    contactUpdate,
    isRewritten: contactHost === 'received',
    dependsOn: masterId(options),
    sharedContact: sharedContact(options.sharedContact),
    followRefresh: flag(options, 'followRefresh', false),
    unregisterDependents: flag(options, 'unregisterDependents', false),
    outbound: flag(options, 'outbound', true),
    instanceId,
    priority,
    autoRespondMessage: flag(options, 'autoRespondMessage', true),
    extensions: extensionConfig(options, defaults.extensions),
    limits: callLimits(options, defaults.callLimits),
    redirect: checkRedirect(options.redirect ?? 'stop'),
    media: mediaConfig(options.media, defaults.media),
    normalize: aFunction(options, 'normalize'),
    privacy: checkPrivacy(options.privacy),
    trustAssertedIdentity: flag(options, 'trustAssertedIdentity', false),
    identityHeaders: identityHeaders(options),
    autoAnswer: options.autoAnswer === undefined ? defaults.autoAnswer : checkAutoAnswer(options.autoAnswer),
    dress: hook && dressWith(hook),
  });
}

/** One or several `ws:` or `wss:` URLs. */
export function serverList(servers: string | readonly string[], option = 'servers'): readonly string[] {
  const list: readonly unknown[] = Array.isArray(servers) ? servers : [servers];
  if (list.length === 0) throw invalidOption(option, 'takes at least one URL');
  return list.map((url) => {
    if (typeof url !== 'string' || !/^wss?:\/\/[^\s/]/i.test(url))
      throw invalidOption(option, 'takes ws: or wss: URLs', url);
    return url;
  });
}

type Flag = { [K in keyof AccountOptions]-?: boolean extends AccountOptions[K] ? K : never }[keyof AccountOptions];
type Whole = 'flows' | 'expires' | 'minExpires' | 'refreshBefore';

function flag(options: AccountOptions, name: Flag, otherwise: boolean): boolean {
  const value = options[name] === undefined ? otherwise : (options[name] as boolean);
  checkBoolean(name, value);
  return value;
}

function whole(options: AccountOptions, name: Whole, otherwise: number): number {
  const { [name]: value = otherwise } = options;
  if (!Number.isInteger(value) || value <= 0) throw invalidOption(name, 'takes a whole number above 0', value);
  return value;
}

function textList(list: readonly string[], option: string): readonly string[] {
  if (!(Array.isArray as (value: unknown) => boolean)(list)) throw invalidOption(option, 'takes a list', list);
  return list;
}

function aFunction<K extends 'credentialsProvider' | 'normalize' | 'outgoingRequest'>(
  options: AccountOptions,
  name: K,
): AccountOptions[K] {
  const value = options[name];
  if (value !== undefined && typeof value !== 'function') throw invalidOption(name, 'takes a function', value);
  return value;
}

function authenticationConfig(options: AuthenticationOptions = {}): AuthenticationOptions {
  checkKnown(options, new Set(['preemptive', 'initialEmpty', 'algorithms']), 'authentication');
  const { preemptive = true, initialEmpty = false, algorithms = digestAlgorithms } = options;
  checkBoolean('authentication.preemptive', preemptive);
  checkBoolean('authentication.initialEmpty', initialEmpty);
  for (const name of algorithms) checkOneOf('authentication.algorithms', name, digestAlgorithms);
  return { preemptive, initialEmpty, algorithms };
}

/** The id of the account that this one is to depend on. */
export function masterId({ dependsOn, id }: AccountOptions): string | undefined {
  if (dependsOn === undefined) return undefined;
  const master: unknown = typeof dependsOn === 'string' ? dependsOn : (dependsOn as Account | null)?.id;
  if (typeof master !== 'string' || master === '')
    throw invalidOption('dependsOn', 'takes an account or its id', dependsOn);
  if (master === id) throw invalidOption('dependsOn', 'takes another account', master);
  return master;
}

function sharedContact(choice: SharedContact = 'auto'): SharedContact {
  return ['auto', 'gruu', 'contact', 'aor'].includes(choice) ? choice : sipAddress(choice, 'sharedContact').uri;
}

function retryConfig(options: RetryOptions | false = {}): RetryConfig | undefined {
  if (options === false) return undefined;
  checkKnown(options, new Set(['first', 'interval', 'max', 'jitter']), 'retry');
  const { interval = 30, max = 1800, jitter = 0.5, first = interval } = options;
  for (const [name, value] of Object.entries({ first, interval, max })) {
    if (name !== 'first' || value !== 0) checkPositive(`retry.${name}`, value, 'seconds');
  }
  if (!(jitter >= 0 && jitter <= 1)) throw invalidOption('retry.jitter', 'takes 0 to 1', jitter);
  return { first, interval, max, jitter };
}

/** Supported is ours: what the app names there comes beside our own (EXO-2). */
function registerHeaders(options: AccountOptions): {
  headers: AccountConfig['registerHeaders'];
  supported: readonly string[];
} {
  const supported = [...textList(options.supported ?? [], 'supported')];
  let headers = options.registerHeaders ?? [];
  if (typeof headers !== 'function') {
    headers = checkHeaders(headers, 'registerHeaders').filter(({ name, value }) => {
      if (!/^(?:supported|k)$/i.test(name)) return true;
      supported.push(...value.split(',').map((tag) => tag.trim()));
      return false;
    });
  }
  for (const tag of supported) {
    if (!/^[!%'*+\-.\w`~]+$/.test(tag)) throw invalidOption('supported', 'takes option tags', tag);
  }
  return { headers, supported };
}

function contactConfig(options: ContactOptions = {}): ContactConfig {
  checkKnown(options, new Set(['uri', 'params', 'uriParams', 'registerParams', 'registerUriParams']), 'contact');
  return {
    uri: options.uri === undefined ? undefined : sipAddress(options.uri, 'contact.uri').uri,
    params: parameters(options.params, 'contact.params'),
    uriParams: parameters(options.uriParams, 'contact.uriParams'),
    registerParams: parameters(options.registerParams, 'contact.registerParams'),
    registerUriParams: parameters(options.registerUriParams, 'contact.registerUriParams'),
  };
}

function parameters(options: ParameterOptions | undefined, option: string): Params {
  return new Map(
    Object.entries(options ?? {}).map(([name, value]) => {
      const shown: unknown = value === true ? null : typeof value === 'number' ? String(value) : value;
      // for a URI and for a header alike: quoting is the business of whoever writes them
      if (
        !/^[\w.!%*+`'~-]+$/.test(name) ||
        (shown !== null && (typeof shown !== 'string' || /[\s;,<>"\0]/.test(shown)))
      )
        throw invalidOption(`${option}.${name}`, 'takes a parameter', value);
      return [name, shown];
    }),
  );
}

/** A Contact value without `expires`, which we say. */
function extraContact(text: string): string {
  const { uri, displayName, params } = anyAddress(text, 'extraContacts'); // RFC 3261 §10.2.1: a mailto, too
  return writeAddress({ uri, displayName, params: new Map([...params].filter(([name]) => name !== 'expires')) });
}

interface SipAddress {
  readonly uri: string;
  readonly displayName?: string | undefined;
  readonly params: Params;
  readonly parsed: SipUri;
}

function sipAddress(text: unknown, option: string): SipAddress {
  const { parsed, ...rest } = anyAddress(text, option);
  if (!isSipUri(parsed)) throw invalidOption(option, 'takes a SIP URI', text);
  return { ...rest, parsed };
}

function anyAddress(text: unknown, option: string): Omit<SipAddress, 'parsed'> & { readonly parsed: Uri } {
  if (typeof text !== 'string') throw invalidOption(option, 'takes a SIP URI', text);
  try {
    // without brackets parameters would be the header's (RFC 3261 §20.10); here they are meant for the URI
    const { uri, displayName, params }: { uri: string; displayName?: string | undefined; params: Params } =
      text.includes('<') ? parseAddress(text) : { uri: text.trim(), params: new Map<string, string | null>() };
    return { uri, ...(displayName === undefined ? {} : { displayName }), params, parsed: parseUri(uri) };
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
  }
  throw invalidOption(option, 'takes a SIP URI', text);
}

/** RFC 3261 §10.2: the domain of the address, without a user. */
function registrarUri(registrar: string | undefined, aor: SipUri): string {
  if (registrar === undefined) {
    const { scheme, host, port } = aor;
    return writeUri({ scheme, host, port, params: new Map(), headers: new Map() });
  }
  return sipAddress(registrar, 'registrar').uri;
}

/** Route values of proxies. */
export const routeSet = (proxies: readonly string[] = []): readonly string[] =>
  textList(proxies, 'outboundProxies').map(looseRoute);

function looseRoute(proxy: string): string {
  const { uri, parsed } = sipAddress(proxy, 'outboundProxies');
  return `<${parsed.params.has('lr') ? uri : `${uri};lr`}>`;
}

function credentialList(options: AccountOptions, user: string): readonly Credentials[] {
  const { credentials, password, ha1, username = user } = options;
  if (credentials !== undefined && (password !== undefined || ha1 !== undefined)) {
    throw invalidOption('credentials', 'takes the place of password and ha1, not both');
  }
  if (credentials === undefined) {
    if (password === undefined && ha1 === undefined) return [];
    const single = { username, password, ha1 };
    checkCredentials(single, 'account');
    return [single];
  }
  const list = Array.isArray(credentials) ? (credentials as readonly Credentials[]) : [credentials as Credentials];
  for (const entry of list) checkCredentials(entry);
  return list;
}
