/** The options of the user agent: what the app may say, what the code reads. */
import type { Clock } from '../base/clock.js';
import { systemClock } from '../base/clock.js';
import { invalidOption } from '../base/errors.js';
import { consoleLogger } from '../base/log.js';
import type { LogLevel, Logger } from '../base/log.js';
import type { Random } from '../base/random.js';
import { systemRandom } from '../base/random.js';
import { checkBoolean, checkKnown, checkLine, checkOneOf, checkPositive, checkUuid } from '../base/options.js';
import type { KeyValueStorage } from '../base/storage.js';
import type { AudioOptions } from '../audio/audio-options.js';
import type { AudioEnvironment } from '../audio/environment.js';
import type { Account } from '../account/account.js';
import { routeSet, serverList } from '../account/account-options.js';
import { checkAutoAnswer } from '../call/auto-answer.js';
import type { AutoAnswer } from '../call/auto-answer.js';
import { callLimits } from '../call/limits.js';
import type { CallLimits } from '../call/limits.js';
import { browserMediaEnvironment } from '../media/environment.js';
import type { MediaEnvironment } from '../media/environment.js';
import { mediaConfig } from '../media/media-config.js';
import type { UserAgentMediaOptions } from '../media/media-config.js';
import type { MediaSessionConfig } from '../media/media-session.js';
import type { ParseLimits, SipRequest } from '../parser/index.js';
import { extensionConfig, extensionOptions } from '../session/extensions.js';
import type { ExtensionConfig, ExtensionOptions } from '../session/extensions.js';
import { browserNetwork } from '../network/network-monitor.js';
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

const reconnectNames: ReadonlySet<string> = new Set<keyof ReconnectOptions>(['spread']);

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

export interface UserAgentConfig {
  readonly servers: readonly string[];
  readonly routes: readonly string[];
  readonly userAgent: string;
  readonly media: MediaSessionConfig;
  readonly audio: AudioOptions | undefined;
  readonly extensions: ExtensionConfig;
  readonly callLimits: CallLimits;
  readonly autoAnswer: AutoAnswer;
  readonly callPolicy: 'exclusive' | 'mix';
  readonly ipChange: IpChangePolicy;
  readonly network: NetworkSource;
  readonly resumeHeld: boolean;
  readonly callLog: number;
  readonly log: Logger;
  readonly maxCalls: number;
  readonly routeIncoming: UserAgentOptions['routeIncoming'];
  /** Undefined where the app names none. */
  readonly instanceId: string | undefined;
  readonly storage: KeyValueStorage | undefined;
  readonly storePasswords: boolean;
  readonly connectTimeout: number;
  /** Milliseconds. */
  readonly keepAlive: 'auto' | number | false;
  readonly failback: number | false;
  /** Milliseconds. */
  readonly spread: number | undefined;
  readonly timers: Timers;
  readonly limits: ParseLimits;
  readonly webSocket: WebSocketFactory;
  readonly clock: Clock;
  readonly random: Random;
  readonly mediaEnvironment: MediaEnvironment;
  /** As the app has given it. */
  readonly environment: Environment;
}

const known: ReadonlySet<string> = new Set<keyof UserAgentOptions>([
  'audio', 'servers', 'outboundProxies', 'userAgent', 'media', 'log', 'maxCalls', 'routeIncoming', 'instanceId', 'storage', 'storePasswords', 'connectTimeout', 'keepAlive', 'failback', 'reconnect',
  'T1', 'limits', 'environment', ...extensionOptions, 'autoAnswer', 'callPolicy', 'resumeHeld', 'ipChange', 'callLog', 'ringTimeout', 'maxDuration', 'noMediaTimeout',
]); // prettier-ignore

export function userAgentConfig(options: UserAgentOptions): UserAgentConfig {
  checkKnown(options, known);
  const { userAgent = 'evercall', connectTimeout = 5000, T1 = 500, limits = {}, environment = {} } = options;
  checkLine('userAgent', userAgent);
  if (options.instanceId !== undefined) checkUuid('instanceId', options.instanceId);
  checkPositive('connectTimeout', connectTimeout);
  checkPositive('T1', T1);
  const { maxCalls = Infinity, routeIncoming, storage, storePasswords = false } = options;
  checkBoolean('storePasswords', storePasswords);
  if (storage !== undefined && typeof (storage as Partial<KeyValueStorage> | null)?.get !== 'function')
    throw invalidOption('storage', 'takes a storage', storage);
  checkPositive('maxCalls', maxCalls, 'a number');
  if (routeIncoming !== undefined && typeof routeIncoming !== 'function')
    throw invalidOption('routeIncoming', 'takes a function', routeIncoming);
  const { autoAnswer = 'never', callPolicy = 'exclusive', resumeHeld = false } = options;
  checkOneOf('callPolicy', callPolicy, ['exclusive', 'mix']);
  checkBoolean('resumeHeld', resumeHeld);
  const { callLog = 200 } = options;
  if (callLog !== false && !(Number.isInteger(callLog) && callLog > 0))
    throw invalidOption('callLog', 'takes a number of calls, or false', callLog);
  const { keepAlive = 'auto', failback = 60 } = options;
  if (keepAlive !== 'auto' && keepAlive !== false) checkPositive('keepAlive', keepAlive, "'auto', false or seconds");
  if (failback !== false) checkPositive('failback', failback, 'false or seconds');
  const { reconnect = {} } = options;
  checkKnown(reconnect, reconnectNames, 'reconnect');
  if (reconnect.spread !== undefined) checkPositive('reconnect.spread', reconnect.spread, 'seconds');
  const {
    webSocket = browserWebSocket,
    clock = systemClock,
    random = systemRandom,
    network = browserNetwork,
    ...media
  } = environment;
  return Object.freeze({
    servers: serverList(options.servers),
    routes: routeSet(options.outboundProxies),
    userAgent,
    media: options.audio ? { ...mediaConfig(options.media), routed: true } : mediaConfig(options.media),
    audio: options.audio,
    environment,
    extensions: extensionConfig(options),
    callLimits: callLimits(options),
    autoAnswer: checkAutoAnswer(autoAnswer),
    callPolicy,
    ipChange: ipChangePolicy(options.ipChange),
    network,
    resumeHeld,
    callLog: callLog || 0,
    log: logger(options.log),
    maxCalls,
    routeIncoming,
    instanceId: options.instanceId,
    storage,
    storePasswords,
    connectTimeout,
    keepAlive: typeof keepAlive === 'number' ? keepAlive * 1000 : keepAlive,
    failback: failback && failback * 1000,
    spread: reconnect.spread && reconnect.spread * 1000,
    timers: timersFrom(T1),
    limits,
    webSocket,
    clock,
    random,
    mediaEnvironment: browserMediaEnvironment(media),
  });
}

function logger(log: Logger | LogLevel = 'warn'): Logger {
  if (typeof log === 'string') {
    checkOneOf('log', log, ['error', 'warn', 'info', 'debug']);
    return consoleLogger(log);
  }
  if (typeof (log as Partial<Logger> | null)?.error !== 'function')
    throw invalidOption('log', 'takes a logger or a level', log);
  return log;
}
