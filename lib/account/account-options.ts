/** The options of an account: what the app may say, what the code reads. */
import { EvercallError, invalidOption } from '../base/errors.js';
import { checkBoolean, checkKnown, checkLine, checkUuid } from '../base/options.js';
import { checkHeaders } from '../call/call-options.js';
import { checkCredentials } from '../core/credentials.js';
import type { Credentials } from '../core/credentials.js';
import { ParseError, isSipUri, parseAddress, parseUri, writeAddress, writeUri } from '../parser/index.js';
import type { Header, SipUri } from '../parser/index.js';

export interface AccountOptions {
  /** The address of record, with or without a display name: `sip:alice@example.com`, `"Alice" <sip:alice@example.com>`. */
  readonly uri: string;
  readonly displayName?: string;
  /** For all realms, together with `username`; `credentials` says more. */
  readonly password?: string;
  /** H(username:realm:password) by MD5 in hexadecimal, instead of `password`. */
  readonly ha1?: string;
  /** The user name in digests. @default the user of `uri` */
  readonly username?: string;
  /** One login per realm, where one for all is not enough. */
  readonly credentials?: Credentials | readonly Credentials[];
  /** `ws:` or `wss:` URLs in order of preference. @default those of the user agent */
  readonly servers?: string | readonly string[];
  /** Where to register: a SIP URI; null never does. @default the domain of `uri` */
  readonly registrar?: string | null;
  /** Registers when it is added. @default true */
  readonly register?: boolean;
  /** Seconds asked of the registrar. @default 600 */
  readonly expires?: number;
  /** Proxies that every request outside of a dialog goes through, first to last; `;lr` is added where it is missing. */
  readonly outboundProxies?: readonly string[];
  /** Further headers of each REGISTER. */
  readonly registerHeaders?: readonly Header[];
  /** A UUID that should stay the same over reloads (RFC 5626 §4.1). @default a random one */
  readonly instanceId?: string;
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
  readonly servers: readonly string[];
  readonly registrar: string | undefined;
  readonly register: boolean;
  readonly expires: number;
  readonly routes: readonly string[];
  readonly registerHeaders: readonly Header[];
  readonly instanceId: string | undefined;
}

const known: ReadonlySet<string> = new Set<keyof AccountOptions>([
  'uri', 'displayName', 'password', 'ha1', 'username', 'credentials', 'servers', 'registrar', 'register', 'expires',
  'outboundProxies', 'registerHeaders', 'instanceId', 'data',
]); // prettier-ignore

export function accountConfig(options: AccountOptions, defaultServers: readonly string[]): AccountConfig {
  checkKnown(options, known);
  const address = sipAddress(options.uri, 'uri');
  const displayName = options.displayName ?? address.displayName;
  if (displayName !== undefined) checkLine('displayName', displayName);
  const { user, host } = address.parsed;
  if (user === undefined) throw invalidOption('uri', 'takes an address with a user', options.uri);
  const servers = options.servers === undefined ? defaultServers : serverList(options.servers);
  const { register = true, expires = 600, registrar, instanceId } = options;
  if (!(Number.isInteger(expires) && expires > 0))
    throw invalidOption('expires', 'takes whole seconds above 0', expires);
  checkBoolean('register', register);
  if (instanceId !== undefined) checkUuid('instanceId', instanceId);
  return Object.freeze({
    address: writeAddress({ displayName, uri: address.uri, params: new Map() }),
    uri: address.uri,
    user,
    domain: host,
    credentials: credentialList(options, user),
    servers,
    registrar: registrar === null ? undefined : registrarUri(registrar, address.parsed),
    register: register && registrar !== null,
    expires,
    routes: (options.outboundProxies ?? []).map(looseRoute),
    registerHeaders: checkHeaders(options.registerHeaders, 'registerHeaders'),
    instanceId,
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

function sipAddress(text: unknown, option: string): { uri: string; displayName?: string | undefined; parsed: SipUri } {
  if (typeof text !== 'string') throw invalidOption(option, 'takes a SIP URI', text);
  try {
    const { uri, displayName } = parseAddress(text);
    const parsed = parseUri(uri);
    if (isSipUri(parsed)) return { uri, displayName, parsed };
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

/** What the user dialled as a URI: a SIP or tel URI, `user@host`, a user, or a telephone number in its usual spelling. */
export function targetUri(target: string, domain: string): string {
  const text = typeof target === 'string' ? target.trim() : '';
  try {
    const uri = dialled(text, domain);
    const parsed = uri === undefined ? undefined : parseUri(uri);
    if (parsed && isSipUri(parsed)) return uri!;
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
  }
  throw new EvercallError('invalidTarget', `no SIP or tel URI: ${JSON.stringify(text.slice(0, 80))}`);
}

function dialled(text: string, domain: string): string | undefined {
  if (text === '') return undefined;
  if (text.includes('<')) return parseAddress(text).uri;
  if (/^sips?:/i.test(text)) return text;
  if (/^tel:/i.test(text)) return telTarget(text, domain);
  if (/^[a-z][a-z\d+.-]*:/i.test(text)) return undefined; // a scheme that is not ours
  if (/^\+?[\d\s().\-/*#]+$/.test(text)) return inDomain(text.replace(/[\s().\-/]/g, ''), domain);
  return text.includes('@') ? `sip:${text}` : inDomain(text, domain);
}

const inDomain = (user: string, host: string): string =>
  writeUri({ scheme: 'sip', user, host, params: new Map(), headers: new Map() });

/** RFC 3261 §19.1.6: our proxy, not the telephone network, knows the way to the number. */
function telTarget(text: string, domain: string): string {
  const number = text
    .slice(4)
    .split(';')[0]!
    .replace(/[.\-()]/g, '');
  return `sip:${number}@${domain};user=phone`;
}
