/** What a flow is told once, its servers and their rules; what it needs of who owns it, and who hears of it. */
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import type { Random } from '../base/random.js';
import type { ParseError, ParseLimits, SipMessage } from '../parser/index.js';
import type { Flow } from './flow.js';
import type { Habit } from './keep-alive.js';
import type { Counters } from './stats.js';
import type { WebSocketFactory } from './websocket-connection.js';

/** What sits on the transport floor. */
export interface TransportUser {
  onMessage(message: SipMessage, flow: Flow): void;
  /** A frame that is no valid SIP message; `error.partial` is what was understood of it. */
  onMalformed(error: ParseError, flow: Flow): void;
  /**
   * The connection is gone: what was sent on it may never be answered, for a page cannot be dialled back. With `former`, one that
   * was left before.
   */
  onConnectionLost(flow: Flow, former?: FormerWay): void;
}

/** A connection that was left. */
export interface FormerWay {
  readonly sentBy: string;
  /** Otherwise only what has had no answer at all is lost. */
  readonly isDead: boolean;
}

/** What an account hears of the flow it leases. */
export interface FlowListener {
  /** A connection is open: the first one, the next one after a loss, or one to a better server, with no loss before. */
  onFlowOpen(flow: Flow): void;
  /** The connection is gone, or no server of the list could be reached; the next attempt is already planned. */
  onFlowLost(flow: Flow, reason: string): void;
}

export interface FlowConfig {
  /** `ws:` and `wss:` URLs in order of preference. */
  readonly servers: readonly string[];
  readonly open: WebSocketFactory;
  readonly connectTimeout: number;
  /** Milliseconds between signs of life; `auto` is the server's Flow-Timer, or 25 s. */
  readonly keepAlive: 'auto' | number | false;
  /** Milliseconds between looks for a better server; false stays as long as the present one lives. */
  readonly failback: number | false;
  /** Milliseconds over which all clients come back to a server that was lost; undefined where they are few. */
  readonly spread?: number | undefined;
  readonly limits: ParseLimits;
}

export interface FlowEnvironment {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly counters: Counters;
  /** By URL, for all flows. */
  readonly habits: Map<string, Habit>;
  /** Whether a call or a transaction would be disturbed by another connection. */
  readonly isInUse: (flow: Flow) => boolean;
  /** Sends a request that any server answers. */
  readonly ask: (flow: Flow) => void;
  /** Whether the app has said that there is no network: nothing is tried then. */
  readonly isSuspended: () => boolean;
}
