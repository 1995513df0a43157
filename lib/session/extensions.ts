/** What a call agrees on with its peer besides media: reliable provisional responses (RFC 3262), session timers (RFC 4028). */
import { invalidOption } from '../base/errors.js';
import { checkBoolean, checkKnown, checkOneOf } from '../base/options.js';

export interface SessionTimerOptions {
  /**
   * `optional`: where the peer can; `required`: with no peer that cannot; `always`: we refresh even where it cannot.
   * @default 'optional'
   */
  readonly mode?: 'off' | 'optional' | 'required' | 'always';
  /** How long a session lives without a refresh, in seconds. @default 1800 */
  readonly expires?: number;
  /** The shortest such time we take, in seconds; 90 or more. @default 90 */
  readonly minSE?: number;
}

export interface ExtensionOptions {
  /** Provisional responses that are acknowledged (RFC 3262): never, where the peer wants them, or in every call. @default 'supported' */
  readonly reliableProvisional?: 'off' | 'supported' | 'required';
  /** Finds out that a peer is gone although no BYE came (RFC 4028). */
  readonly sessionTimer?: SessionTimerOptions;
  /** Methods of the app's own, answered by `call.on('request')`. @default none */
  readonly allowedMethods?: readonly string[];
  /**
   * Candidates that are found after a description has left are told by INFO (RFC 8840): never, to a peer that says it takes them,
   * or with every peer. `required` refuses all others, and its first offer leaves at once, without waiting for any server.
   * @default 'supported'
   */
  readonly trickleIce?: 'off' | 'supported' | 'required';
  /** Info packages that we take (RFC 6086), answered by `call.on('request')`; an empty list takes none and says so. @default says nothing of them */
  readonly infoPackages?: readonly string[];
  /** Names the call from end to end by a Session-ID (RFC 7989), for whoever looks for it in several logs. @default true */
  readonly sessionId?: boolean;
}

export interface ExtensionConfig {
  readonly reliableProvisional: 'off' | 'supported' | 'required';
  readonly sessionTimer: Required<SessionTimerOptions>;
  readonly trickleIce: 'off' | 'supported' | 'required';
  /** Beyond those that the library takes. */
  readonly methods: readonly string[];
  readonly infoPackages: readonly string[] | undefined;
  readonly sessionId: boolean;
}

const defaults: ExtensionConfig = {
  reliableProvisional: 'supported',
  sessionTimer: { mode: 'optional', expires: 1800, minSE: 90 },
  trickleIce: 'supported',
  methods: [],
  infoPackages: undefined,
  sessionId: true,
};

/** Names of options, for whoever has them among others. */
export const extensionOptions = [
  'reliableProvisional', 'sessionTimer', 'trickleIce', 'allowedMethods', 'infoPackages', 'sessionId',
] as const satisfies readonly (keyof ExtensionOptions)[]; // prettier-ignore

/** Complete, or throws what is wrong; what is not said is as in `base`. */
export function extensionConfig(options: ExtensionOptions, base = defaults): ExtensionConfig {
  const { reliableProvisional = base.reliableProvisional, sessionId = base.sessionId } = options;
  const { trickleIce = base.trickleIce } = options;
  const { allowedMethods: methods = base.methods, infoPackages = base.infoPackages } = options;
  checkTokens('allowedMethods', methods, /^[A-Z]+$/);
  if (infoPackages !== undefined) checkTokens('infoPackages', infoPackages, /^[!%'*+\-.\w`~]+$/);
  checkBoolean('sessionId', sessionId);
  checkOneOf('reliableProvisional', reliableProvisional, ['off', 'supported', 'required']);
  checkOneOf('trickleIce', trickleIce, ['off', 'supported', 'required']);
  if (options.sessionTimer !== undefined)
    checkKnown(options.sessionTimer, new Set(['mode', 'expires', 'minSE']), 'sessionTimer');
  const sessionTimer = { ...base.sessionTimer, ...options.sessionTimer };
  const { mode, expires, minSE } = sessionTimer;
  checkOneOf('sessionTimer.mode', mode, ['off', 'optional', 'required', 'always']);
  if (!(Number.isInteger(minSE) && minSE >= 90)) throw invalidOption('sessionTimer.minSE', 'takes 90 or more', minSE);
  if (!(Number.isInteger(expires) && expires >= minSE))
    throw invalidOption('sessionTimer.expires', 'takes minSE or more', expires);
  return { reliableProvisional, sessionTimer, trickleIce, methods, infoPackages, sessionId };
}

function checkTokens(option: string, list: readonly string[], token: RegExp): void {
  if (!(Array.isArray as (value: unknown) => boolean)(list)) throw invalidOption(option, 'takes a list', list);
  for (const value of list)
    if (typeof value !== 'string' || !token.test(value)) throw invalidOption(option, 'takes tokens', value);
}
