/** The options of the user agent: what the app may say, what the code reads. */
import type { Clock } from '../base/clock.js';
import { systemClock } from '../base/clock.js';
import { invalidOption } from '../base/errors.js';
import { consoleLogger } from '../base/log.js';
import type { LogLevel, Logger } from '../base/log.js';
import type { Random } from '../base/random.js';
import { systemRandom } from '../base/random.js';
import {
  checkFunction,
  checkLine,
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
import type { ReadBy, Readers } from '../base/options.js';
import type { KeyValueStorage } from '../base/storage.js';
import type { AudioOptions } from '../audio/audio-options.js';
import type { AudioEnvironment } from '../audio/environment.js';
import type { Account } from '../account/account.js';
import { serverList } from '../account/account-config.js';
import { routeSet } from '../account/named-address.js';
import { checkAutoAnswer } from '../call/auto-answer.js';
import type { AutoAnswer } from '../call/auto-answer.js';
import { callLimits, limitOptions } from '../call/limit-options.js';
import type { CallLimits } from '../call/limit-options.js';
import type { MediaEnvironment } from '../media/environment.js';
import { mediaConfig } from '../media/media-config.js';
import type { UserAgentMediaOptions } from '../media/media-config.js';
import type { MediaSessionConfig } from '../media/media-session.js';
import type { ParseLimits, SipRequest } from '../parser/index.js';
import { extensionConfig, extensionOptions } from '../session/extensions.js';
import type { ExtensionConfig, ExtensionOptions } from '../session/extensions.js';
import type { NetworkSource } from '../network/network-monitor.js';
import { timersFrom } from '../transaction/timers.js';
import type { Timers } from '../transaction/timers.js';
import { ipChangePolicy } from './ip-change-options.js';
import type { IpChangePolicy } from './ip-change-options.js';
import { browserWebSocket } from '../transport/websocket-connection.js';
import type { WebSocketFactory } from '../transport/websocket-connection.js';

/** What the page's host may replace (VDI, tests, Node). */
export interface Environment extends Partial<MediaEnvironment>, Partial<AudioEnvironment> {
  /** Opens a WebSocket with the subprotocol `sip`. */
  readonly webSocket?: WebSocketFactory;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Tells when the network may have changed. @default the browser's events */
  readonly network?: NetworkSource;
}

export interface ReconnectOptions {
  /**
   * Seconds over which all pages of a server that restarts come back: their number, divided by how many handshakes and REGISTERs
   * it takes a second, and a fifth more. Each page has its moment in them, and those that talk theirs in the first half. Needed
   * where thousands of pages share a server. @default each page within a second, then about once a second, then ever less often
   */
  readonly spread?: number;
}

/** What a call agrees on with its peer is here that of accounts that say nothing else. */
export interface UserAgentOptions extends ExtensionOptions, CallLimits {
  /** `ws:` or `wss:` URLs in order of preference; the next one is tried when one cannot be reached. */
  readonly servers: string | readonly string[];
  /** Product tokens for User-Agent and Server; empty for none. @default 'evercall' */
  readonly userAgent?: string;
  /** Of accounts that name none: proxies that every request outside of a dialog goes through, first to last. */
  readonly outboundProxies?: readonly string[];
  readonly media?: UserAgentMediaOptions;
  /**
   * The calls' sound is that of the sound device and the conference bridge (`ua.audio`). @default each call opens the microphone
   * and is heard by itself
   */
  readonly audio?: AudioOptions;
  /** A logger, or how much goes to the console. @default 'warn' */
  readonly log?: Logger | LogLevel;
  /** Which calls answer themselves, where the microphone is allowed already; else they ring. @default 'never' */
  readonly autoAnswer?: AutoAnswer;
  /**
   * `exclusive`: a call that is answered, placed or resumed puts the one that is heard on hold first; one that only rings
   * does not. `mix`: calls do not know of one another. @default 'exclusive'
   */
  readonly callPolicy?: 'exclusive' | 'mix';
  /** What is done when the network changes. */
  readonly ipChange?: IpChangePolicy;
  /** Whether the call that was put on hold for another one is resumed when that one is over. @default false */
  readonly resumeHeld?: boolean;
  /** How many calls the log keeps, in `storage` where there is one; false keeps none. @default 200 */
  readonly callLog?: number | false;
  /** Calls at the same time, incoming ones beyond are answered with 486. @default no limit */
  readonly maxCalls?: number;
  /**
   * Which account takes a request that came, where the best match by To, domain and Request-URI is not it; nobody's is
   * answered with 404.
   */
  readonly routeIncoming?: (request: SipRequest, match: Account | undefined) => Account | undefined;
  /** A UUID that should stay the same over reloads (RFC 5626 §4.1). @default the stored one, or a random one */
  readonly instanceId?: string;
  /**
   * Keeps accounts and the instance-id over reloads: `idbStorage()` of `evercall/storage`, or the app's own. Of one page at
   * a time: to a registrar two pages with one storage are one and the same phone. @default none
   */
  readonly storage?: KeyValueStorage;
  /** Whether passwords are stored too, as clear text; without, what was learned of them logs in again. @default false */
  readonly storePasswords?: boolean;
  /** Milliseconds for a WebSocket handshake. @default 5000 */
  readonly connectTimeout?: number;
  /**
   * How often an idle server is asked whether it is still there, in seconds (RFC 5626 §4.4): by CRLF CRLF, or by OPTIONS
   * where it does not answer that. `auto` takes the registrar's Flow-Timer, or 25 s. @default 'auto'
   */
  readonly keepAlive?: 'auto' | number | false;
  /**
   * How often servers before the present one in the list are tried, in seconds; when one is back and no call is going
   * on, we move to it. False stays as long as the present server lives. @default 60
   */
  readonly failback?: number | false;
  /** How soon we come back to a server that was lost. */
  readonly reconnect?: ReconnectOptions;
  /** Timer T1 of RFC 3261 in milliseconds; requests time out after 64 times that. @default 500 */
  readonly T1?: number;
  /** How large a message may be. */
  readonly limits?: ParseLimits;
  readonly environment?: Environment;
}

const inMilliseconds = (value: unknown, option: string, takes = 'seconds'): number => {
  checkPositive(option, value, takes);
  return (value as number) * 1000;
};

/** Of options that are read as they stand. */
const readers = {
  servers: (servers, option) => serverList(servers!, option),
  userAgent: orElse('evercall', checkLine),
  audio: (options: AudioOptions | undefined) => options,
  autoAnswer: (choice = 'never') => checkAutoAnswer(choice),
  callPolicy: oneOf('exclusive', 'mix'),
  resumeHeld: flag(false),
  /** 0 keeps none. */
  callLog: (calls = 200, option) => {
    if (calls !== false && !(Number.isInteger(calls) && calls > 0))
      throw invalidOption(option, 'takes a number of calls, or false', calls);
    return calls || 0;
  },
  log: logger,
  maxCalls: positive(Infinity, 'a number'),
  routeIncoming: ifGiven<NonNullable<UserAgentOptions['routeIncoming']>>(checkFunction),
  instanceId: ifGiven<string>(checkUuid),
  storage: ifGiven<KeyValueStorage>((option, value) => {
    if (typeof (value as Partial<KeyValueStorage> | null)?.get !== 'function')
      throw invalidOption(option, 'takes a storage', value);
  }),
  storePasswords: flag(false),
  connectTimeout: positive(5000),
  /** Milliseconds. */
  keepAlive: (value = 'auto', option) =>
    value === 'auto' || value === false ? value : inMilliseconds(value, option, "'auto', false or seconds"),
  failback: (value = 60, option) => value !== false && inMilliseconds(value, option, 'false or seconds'),
  limits: (limits: ParseLimits = {}) => limits,
  /** As the app has given it. */
  environment: (environment: Environment = {}) => environment,
  ipChange: (policy) => ipChangePolicy(policy),
} satisfies Partial<Readers<UserAgentOptions>>;

const reconnect = {
  spread: (value: number | undefined, option: string) =>
    value === undefined ? undefined : inMilliseconds(value, option),
};

const others = ['outboundProxies', 'media', 'reconnect', 'T1', ...extensionOptions, ...limitOptions] as const;

export interface UserAgentConfig extends ReadBy<typeof readers> {
  readonly routes: readonly string[];
  readonly media: MediaSessionConfig;
  readonly extensions: ExtensionConfig;
  readonly callLimits: CallLimits;
  /** Milliseconds. */
  readonly spread: number | undefined;
  readonly timers: Timers;
  readonly webSocket: WebSocketFactory;
  readonly clock: Clock;
  readonly random: Random;
}

/** Throws `invalidOption`, naming the option. */
export function userAgentConfig(options: UserAgentOptions): UserAgentConfig {
  const read = readOptions(options, readers, undefined, others);
  const media = mediaConfig(options.media);
  const { webSocket = browserWebSocket, clock = systemClock, random = systemRandom } = read.environment;
  return Object.freeze({
    ...read,
    routes: routeSet(options.outboundProxies),
    media: options.audio ? { ...media, routed: true } : media,
    extensions: extensionConfig(options),
    callLimits: callLimits(options),
    spread: readOptions(options.reconnect ?? {}, reconnect, 'reconnect').spread,
    timers: timersFrom(positive(500)(options.T1, 'T1')),
    webSocket,
    clock,
    random,
  });
}

function logger(log: Logger | LogLevel = 'warn', option: string): Logger {
  if (typeof log === 'string') {
    checkOneOf(option, log, ['error', 'warn', 'info', 'debug']);
    return consoleLogger(log);
  }
  if (typeof (log as Partial<Logger> | null)?.error !== 'function')
    throw invalidOption(option, 'takes a logger or a level', log);
  return log;
}
