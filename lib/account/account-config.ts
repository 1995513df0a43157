/** The options of an account as the code reads them: complete, and checked by name. */
import { invalidOption } from '../base/errors.js';
import {
  checkFunction,
  checkLine,
  checkList,
  checkOneOf,
  checkPositive,
  checkUuid,
  flag,
  ifGiven,
  oneOf,
  orElse,
  positive,
  readOptions,
} from '../base/options.js';
import type { ReadBy, Reader, Readers } from '../base/options.js';
import { checkAutoAnswer } from '../call/auto-answer.js';
import type { AutoAnswer } from '../call/auto-answer.js';
import { checkHeaders, checkRedirect } from '../call/call-options.js';
import { identityHeaders } from '../call/identity-options.js';
import { accountIpChange } from '../call/ip-change-policy.js';
import type { IpChangeConfig } from '../call/ip-change-policy.js';
import { callLimits, limitOptions } from '../call/limit-options.js';
import type { CallLimits } from '../call/limit-options.js';
import { dressWith } from '../call/outgoing-request.js';
import { checkPrivacy } from '../call/privacy.js';
import { checkCredentials, digestAlgorithms } from '../core/credentials.js';
import type { Credentials, CredentialsProvider, DigestAlgorithm } from '../core/credentials.js';
import { mediaConfig } from '../media/media-config.js';
import type { MediaSessionConfig } from '../media/media-session.js';
import { writeAddress } from '../parser/index.js';
import type { Header, Params } from '../parser/index.js';
import { extensionConfig, extensionOptions } from '../session/extensions.js';
import type { ExtensionConfig } from '../session/extensions.js';
import type { Dress } from '../session/signalling.js';
import type { RetryConfig } from '../base/schedule.js';
import type { Account } from './account.js';
import type { AccountOptions, MessageWaitingOptions, ParameterOptions, RetryOptions } from './account-options.js';
import { extraContact, registrarUri, routeSet, sipAddress } from './named-address.js';

const checkWhole = (option: string, value: unknown): void => {
  if (!Number.isInteger(value) || (value as number) <= 0)
    throw invalidOption(option, 'takes a whole number above 0', value);
};
const whole = (otherwise: number): Reader<number, number> => orElse(otherwise, checkWhole);

const authentication = {
  preemptive: flag(true),
  initialEmpty: flag(false),
  algorithms: orElse<readonly DigestAlgorithm[]>(digestAlgorithms, (option, names) => {
    for (const name of names as readonly unknown[]) checkOneOf(option, name, digestAlgorithms);
  }),
};

const retry = {
  first: ifGiven<number>((option, value) => {
    if (value !== 0) checkPositive(option, value, 'seconds');
  }),
  interval: positive(30, 'seconds'),
  max: positive(1800, 'seconds'),
  jitter: orElse(0.5, (option, value) => {
    if (!((value as number) >= 0 && (value as number) <= 1)) throw invalidOption(option, 'takes 0 to 1', value);
  }),
};

const contact = {
  uri: (uri: string | undefined, option: string) => (uri === undefined ? undefined : sipAddress(uri, option).uri),
  params: parameters,
  uriParams: parameters,
  registerParams: parameters,
  registerUriParams: parameters,
};

const mailbox = {
  target: (target: string | undefined, option: string) =>
    target === undefined ? undefined : sipAddress(target, option).uri,
  expires: whole(3600),
};

/** Of options that are read as they stand, whatever the others say. */
const readers = {
  credentialsProvider: ifGiven<CredentialsProvider>(checkFunction),
  authentication: (options = {}, option) => readOptions(options, authentication, option),
  flows: whole(1),
  register: flag(true),
  expires: whole(600),
  minExpires: whole(1),
  refreshBefore: whole(5),
  unregisterTimeout: positive(4000),
  retry: retryConfig,
  dropCallsOnFailure: flag(false),
  registerVia: flag(true),
  useServiceRoute: flag(true),
  contact: (options = {}, option) => readOptions(options, contact, option),
  extraContacts: (contacts = [], option) => textList(option, contacts).map(extraContact),
  contactUpdate: oneOf('no-unregister', 'unregister', 'off'),
  sharedContact: (choice = 'auto', option) =>
    ['auto', 'gruu', 'contact', 'aor'].includes(choice) ? choice : sipAddress(choice, option).uri,
  followRefresh: flag(false),
  unregisterDependents: flag(false),
  outbound: flag(true),
  instanceId: ifGiven<string>(checkUuid),
  priority: orElse(0, (option, value) => {
    if (!Number.isFinite(value)) throw invalidOption(option, 'takes a number', value);
  }),
  autoRespondMessage: flag(true),
  redirect: (policy = 'stop') => checkRedirect(policy),
  normalize: ifGiven<NonNullable<AccountOptions['normalize']>>(checkFunction),
  privacy: (list) => checkPrivacy(list),
  trustAssertedIdentity: flag(false),
  messageWaiting: mailboxOf,
} satisfies Partial<Readers<AccountOptions>>;

/** Of those that take more than one of them to read. */
const others = [
  ...extensionOptions, 'uri', 'displayName', 'id', 'password', 'ha1', 'username', 'credentials', 'servers', 'registrar',
  'outboundProxies', 'registerHeaders', 'supported', 'contactHost', 'dependsOn', 'outgoingRequest', 'preferredIdentity',
  'assertedIdentity', 'autoAnswer', 'ipChange', ...limitOptions, 'media', 'params', 'data',
] as const satisfies readonly Exclude<keyof AccountOptions, keyof typeof readers>[]; // prettier-ignore

/** Complete, checked once, never written again. */
export interface AccountConfig extends ReadBy<typeof readers> {
  /** From and To value of the address of record, without tag. */
  readonly address: string;
  readonly uri: string;
  readonly user: string;
  readonly domain: string;
  readonly credentials: readonly Credentials[];
  readonly servers: readonly string[];
  readonly registrar: string | undefined;
  readonly routes: readonly string[];
  readonly registerHeaders: NonNullable<AccountOptions['registerHeaders']>;
  readonly supported: readonly string[];
  readonly isRewritten: boolean;
  readonly dependsOn: string | undefined;
  /** Of its calls. */
  readonly extensions: ExtensionConfig;
  readonly limits: CallLimits;
  readonly media: MediaSessionConfig;
  readonly dress: Dress | undefined;
  readonly autoAnswer: AutoAnswer;
  readonly ipChange: IpChangeConfig;
  /** Of calls that name no other identity. */
  readonly identityHeaders: readonly Header[];
}

/** What accounts have that say nothing else: the user agent's. */
export type AccountDefaults = Pick<
  AccountConfig,
  'servers' | 'routes' | 'media' | 'extensions' | 'autoAnswer' | 'ipChange'
> & {
  readonly callLimits: CallLimits;
};

/** Throws `invalidOption`, naming the option. */
export function accountConfig(options: AccountOptions, defaults: AccountDefaults): AccountConfig {
  const read = readOptions(options, readers, undefined, others);
  const { parsed, ...address } = sipAddress(options.uri, 'uri');
  const displayName = options.displayName ?? address.displayName;
  if (displayName !== undefined) checkLine('displayName', displayName);
  const { user, host } = parsed;
  if (user === undefined) throw invalidOption('uri', 'takes an address with a user', options.uri);
  const { id, registrar, outboundProxies, servers, autoAnswer, params = {}, outgoingRequest: hook } = options;
  for (const [name, value] of Object.entries(params)) checkLine(`params.${name}`, value);
  if (id !== undefined) checkLine('id', id);
  if (hook !== undefined) checkFunction('outgoingRequest', hook);
  return Object.freeze({
    ...read,
    ...registerHeaders(options),
    address: writeAddress({ displayName, uri: address.uri, params: new Map() }),
    uri: address.uri,
    user,
    domain: host,
    credentials: credentialList(options, user),
    servers: servers === undefined ? defaults.servers : serverList(servers),
    registrar: registrar === null ? undefined : registrarUri(registrar, parsed),
    register: read.register && registrar !== null,
    routes: outboundProxies === undefined ? defaults.routes : routeSet(outboundProxies),
    isRewritten: oneOf('invalid', 'received')(options.contactHost, 'contactHost') === 'received',
    dependsOn: masterId(options),
    extensions: extensionConfig(options, defaults.extensions),
    limits: callLimits(options, defaults.callLimits),
    media: mediaConfig(options.media, defaults.media),
    identityHeaders: identityHeaders(options),
    autoAnswer: autoAnswer === undefined ? defaults.autoAnswer : checkAutoAnswer(autoAnswer),
    ipChange: accountIpChange(options.ipChange, defaults.ipChange),
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

/** The id of the account that this one is to depend on. */
export function masterId({ dependsOn, id }: AccountOptions): string | undefined {
  if (dependsOn === undefined) return undefined;
  const master: unknown = typeof dependsOn === 'string' ? dependsOn : (dependsOn as Account | null)?.id;
  if (typeof master !== 'string' || master === '')
    throw invalidOption('dependsOn', 'takes an account or its id', dependsOn);
  if (master === id) throw invalidOption('dependsOn', 'takes another account', master);
  return master;
}

function retryConfig(options: RetryOptions | false = {}, option: string): RetryConfig | undefined {
  if (options === false) return undefined;
  const { interval, first = interval, ...rest } = readOptions(options, retry, option);
  return { first, interval, ...rest };
}

export type MessageWaitingConfig = ReadBy<typeof mailbox>;

function mailboxOf(
  wish: boolean | MessageWaitingOptions | undefined,
  option: string,
): MessageWaitingConfig | false | undefined {
  return wish === false || wish === undefined ? wish : readOptions(wish === true ? {} : wish, mailbox, option);
}

/** Supported is ours: what the app names there comes beside our own (EXO-2). */
function registerHeaders(options: AccountOptions): Pick<AccountConfig, 'registerHeaders' | 'supported'> {
  const supported = [...textList('supported', options.supported ?? [])];
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
  return { registerHeaders: headers, supported };
}

function textList(option: string, list: readonly string[]): readonly string[] {
  checkList(option, list);
  return list;
}

function parameters(options: ParameterOptions = {}, option: string): Params {
  return new Map(
    Object.entries(options).map(([name, value]) => {
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
