/**
 * A flow to a server (RFC 5626 §2, RFC 7118): the present WebSocket, its successors when it is lost, and the list of
 * servers that can take over.
 *
 *   idle ──open()──▶ connecting ──handshake──▶ open ──lost──▶ waiting ──delay──▶ connecting …
 *     ▲                  └──── failed: next server at once, then waiting
 *     └───── close() from anywhere
 */
import type { Clock } from '../base/clock.js';
import { Deferred } from '../base/deferred.js';
import { EvercallError } from '../base/errors.js';
import type { Logger } from '../base/log.js';
import { redact, tracing } from '../base/log.js';
import type { Random } from '../base/random.js';
import { unlessAborted } from '../base/unless-aborted.js';
import { ParseError, checkMessage, isRequest, parseMessage, writeMessage } from '../parser/index.js';
import type { ParseLimits, SipMessage } from '../parser/index.js';
import { failback } from './failback.js';
import { KeepAlive } from './keep-alive.js';
import type { Habit, KeepAliveUser } from './keep-alive.js';
import { Race, challenger } from './race.js';
import { ServerList } from './server-list.js';
import type { Counters } from './stats.js';
import { WebSocketConnection } from './websocket-connection.js';
import type { ConnectionUser, WebSocketFactory } from './websocket-connection.js';

export type FlowState = 'idle' | 'connecting' | 'open' | 'waiting';

/** What sits on the transport floor. */
export interface TransportUser {
  onMessage(message: SipMessage, flow: Flow): void;
  /** A frame that is no valid SIP message; `error.partial` is what was understood of it. */
  onMalformed(error: ParseError, flow: Flow): void;
  /**
   * The connection is gone: what was sent on it may never be answered, for a page cannot be dialled back. `sentBy` names a
   * former one, of which only what has had no answer at all is lost.
   */
  onConnectionLost(flow: Flow, sentBy?: string): void;
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

/** Milliseconds after which a connection on which something came was no accident. */
const soundAfter = 10_000;
/** Milliseconds in which a connection that still works has brought an answer. */
const answerTime = 1000;
/** Milliseconds without a word to what was asked after which nothing is hoped for from a connection that is left. */
const mute = 500;
/** Milliseconds that the connection to a lesser server is kept after a move: as long as a transaction lives. */
const farewell = 32_000;

export class Flow implements ConnectionUser, KeepAliveUser {
  readonly config: FlowConfig;
  readonly #user: TransportUser;
  readonly #env: FlowEnvironment;
  readonly #listeners = new Set<FlowListener>();
  /** What those wait for who need a connection. */
  #opening: Deferred<void> | undefined;
  readonly #servers: ServerList;
  #state: FlowState = 'idle';
  #connection: WebSocketConnection | undefined;
  #keepAlive: KeepAlive | undefined;
  /** Ends the search for a better server. */
  #staying: AbortController | undefined;
  /** Of the lesser server we moved away from, until all that came on it is answered. */
  #former: WebSocketConnection | undefined;
  /** The former one may be behind a network that we have left: nothing more is said on it. */
  #hasMoved = false;
  #origin: WebSocketConnection | undefined;
  #cancelFarewell: (() => void) | undefined;
  #race: Race | undefined;
  #raced: Promise<boolean> | undefined;
  /** A server that was left for silence that may be its habit: not a second time. */
  #leftUnknown: string | undefined;
  /** Aborts with the connection. */
  #leaving: AbortController | undefined;
  #cancelWait: (() => void) | undefined;
  #sentBy = '';
  #connectionId = 0;
  #openedAt = 0;
  #lastReceived: number | undefined;
  /** When the first was said of what nothing has been said to since. */
  #unansweredSince: number | undefined;
  #framesReceived = 0;

  constructor(config: FlowConfig, user: TransportUser, env: FlowEnvironment) {
    this.config = config;
    this.#user = user;
    this.#env = env;
    this.#servers = new ServerList(config.servers, env.random, config.spread);
  }

  get state(): FlowState {
    return this.#state;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** The server of the present or next connection. */
  get url(): string {
    return this.#servers.url;
  }

  /** RFC 7118 §5: `WS` or `WSS` in the Via. */
  get viaTransport(): 'WS' | 'WSS' {
    return this.url.startsWith('wss:') ? 'WSS' : 'WS';
  }

  /** RFC 7118 §5.1 with RFC 2606: a page has no address; each connection gets a name of its own under `.invalid`. */
  get sentBy(): string {
    return this.#sentBy;
  }

  /** Counts the connections: 1 is the first, 0 none yet. */
  get connectionId(): number {
    return this.#connectionId;
  }

  /**
   * Whether silence would mean something: the server answers CRLF CRLF, or that is not known yet; or we have asked for something,
   * and nothing at all has come on this connection.
   */
  get isSilenceTelling(): boolean {
    if (this.#lastReceived === undefined && this.#unansweredSince !== undefined) return true;
    const habit = this.#env.habits.get(this.url);
    if (habit === undefined) return this.config.keepAlive !== false && this.#leftUnknown !== this.url;
    return habit === 'pongs';
  }

  /** When the latest frame came on the present connection, by `clock.now()`; undefined when none has. */
  get lastReceived(): number | undefined {
    return this.#lastReceived;
  }

  /** Counts the frames received, for who must know whether anything came since. */
  get framesReceived(): number {
    return this.#framesReceived;
  }

  /** While a message is delivered: the connection it came on, where its answer belongs. */
  get origin(): WebSocketConnection | undefined {
    return this.#origin;
  }

  addListener(listener: FlowListener): void {
    this.#listeners.add(listener);
  }

  removeListener(listener: FlowListener): void {
    this.#listeners.delete(listener);
  }

  /** Connects, unless that is done or under way. */
  open(): void {
    if (this.#state === 'idle') this.#connect();
  }

  /** Resolves when a connection is open, at once if it is. @param patience milliseconds for which failed attempts are put up with */
  whenOpen(signal?: AbortSignal, patience = 0): Promise<void> {
    if (this.isOpen) return Promise.resolve();
    this.#opening ??= new Deferred();
    const opening = unlessAborted(signal, this.#opening.promise);
    return patience > 0 ? this.#again(opening, signal, this.#env.clock.now() + patience) : opening;
  }

  async #again(opening: Promise<void>, signal: AbortSignal | undefined, until: number): Promise<void> {
    const { clock } = this.#env;
    try {
      await opening;
    } catch (error) {
      const left = until - clock.now();
      if (signal?.aborted || this.#state === 'idle' || left <= 0) throw error;
      await this.whenOpen(signal, left);
    }
  }

  /**
   * Sends one message as one frame (RFC 7118 §4.2), on the connection that `origin` names if that is still there; false
   * when there is no open connection.
   */
  send(message: SipMessage, origin?: WebSocketConnection): boolean {
    const connection = this.isUsable(origin) ? origin : this.#connection;
    if (!connection?.isOpen) return false;
    const frame = writeMessage(message);
    if (tracing(this.#env.log)) this.#trace('→', frame);
    const { counters } = this.#env;
    counters.messagesOut++;
    if (isRequest(message) && message.method !== 'ACK') {
      counters.requests++;
      this.#unansweredSince ??= this.#env.clock.now();
    }
    return this.#sendFrame(connection, frame);
  }

  /** Whether something that came on this connection can still be answered there. */
  isUsable(origin: WebSocketConnection | undefined): origin is WebSocketConnection {
    const isPast = origin === this.#former && this.#hasMoved;
    return origin?.isOpen === true && !isPast;
  }

  /** For the statistics: a request is sent once more. */
  countRetry(): void {
    this.#env.counters.retries++;
  }

  /** Whether the server is there: asks it, and takes any frame within `ms` for a yes. Changes nothing. */
  probe(ms: number, signal?: AbortSignal): Promise<boolean> {
    return this.#keepAlive?.probe(ms, signal) ?? Promise.resolve(false);
  }

  /** Whether it waits for the app to say that there is a network. */
  get isSuspended(): boolean {
    return this.#env.isSuspended();
  }

  /** Gives up the present connection and all waiting, and connects at once; `elsewhere` begins with the next server. */
  reconnect(reason: string, { elsewhere = false }: { readonly elsewhere?: boolean } = {}): void {
    if (this.#state === 'idle') return;
    if (this.isOpen) {
      this.#servers.onLost({ sound: this.#isSound, elsewhere, urgent: true });
      this.#lose(reason, 0);
    } else {
      this.#drop();
      this.#connect();
    }
  }

  /**
   * Finds out whether the connection still works, by asking on it and opening another one beside it at once: the first that
   * shows life stays. Resolves when a connection is known to work, with whether it is the one we had. A race that is under
   * way already gets another handshake, should that have failed.
   */
  race(reason: string): Promise<boolean> {
    this.encourage();
    return (this.#raced ??= this.#runRace(reason).finally(() => (this.#raced = undefined)));
  }

  /** A handshake that has failed while the present connection is asked, too, may succeed by now. */
  encourage(): void {
    this.#race?.again();
  }

  async #runRace(reason: string): Promise<boolean> {
    if (!this.isOpen) {
      this.reconnect(reason); // whatever it waits for, or tries
      await this.whenOpen();
      return false;
    }
    const { signal } = (this.#leaving ??= new AbortController());
    const { url } = this.#connection!;
    const { habits } = this.#env;
    this.#race = new Race(
      {
        clock: this.#env.clock,
        probe: (over) => this.probe(this.config.connectTimeout, over),
        servers: [url, ...this.config.servers.filter((other) => other !== url)],
        connect: (server, user) => this.#newConnection(server, user),
      },
      signal,
    );
    const outcome = await this.#race.outcome;
    this.#race = undefined;
    if (signal.aborted) {
      if (typeof outcome !== 'string') outcome.close();
      await this.whenOpen(); // it was lost meanwhile
      return false;
    }
    if (outcome === 'kept') return true;
    if (!habits.has(url) && this.config.keepAlive !== false) this.#leftUnknown = url;
    if (outcome === 'silent') {
      this.reconnect(reason, { elsewhere: true });
      await this.whenOpen();
    } else {
      this.#replace(outcome, reason);
    }
    return false;
  }

  /**
   * Opens another connection and moves to it, make before break: what is under way is answered on the former. Resolves when
   * that is done, or could not be and the former is verified.
   */
  async migrate(reason: string): Promise<void> {
    if (!this.isOpen) {
      await this.race(reason);
      return;
    }
    const { signal } = (this.#leaving ??= new AbortController());
    const { url } = this.#connection!;
    this.#race?.afresh();
    const connection = await challenger((user) => this.#newConnection(url, user), signal);
    if (signal.aborted) connection?.close();
    else if (connection?.isOpen && this.#isMute) this.#replace(connection, reason);
    else if (connection?.isOpen) this.#migrateTo(connection);
    else await this.race(reason);
  }

  get #isMute(): boolean {
    return this.#unansweredSince !== undefined && this.#env.clock.now() - this.#unansweredSince >= mute;
  }

  /** What the former connection has not answered soon, it never will. */
  #migrateTo(connection: WebSocketConnection): void {
    const { sentBy } = this;
    this.#moveTo(connection);
    this.#env.clock.after(answerTime, () => {
      if (this.#connection === connection) this.#hasMoved = true;
      this.#user.onConnectionLost(this, sentBy);
    });
  }

  /** The server is there, but cannot serve us: on to the next of the list, unless there is none, or calls would mind. */
  moveOn(reason: string): boolean {
    if (!this.isOpen || this.config.servers.length < 2 || this.#env.isInUse(this)) return false;
    this.reconnect(reason, { elsewhere: true });
    return true;
  }

  /** A request timed out since whose start `framesReceived` was this: if nothing at all has come, the connection is dead. */
  onUnanswered(framesReceived: number): void {
    if (this.isOpen && framesReceived === this.#framesReceived) this.onSilence();
  }

  /** The Flow-Timer of a 2xx to REGISTER on this flow, in seconds (RFC 5626 §4.4); it holds for the present connection. */
  setFlowTimer(seconds: number | undefined): void {
    this.#keepAlive?.setFlowTimer(seconds);
  }

  /** Drops the connection and ends all attempts, without waiting for the other side. */
  close(): void {
    const wasOpen = this.isOpen;
    this.#drop();
    this.#dropFormer();
    this.#state = 'idle';
    if (wasOpen) this.#user.onConnectionLost(this);
    this.#fail('the connection was closed');
  }

  onOpen(connection: WebSocketConnection): void {
    const { clock, random, log, habits, counters } = this.#env;
    const { url } = connection;
    this.#state = 'open';
    this.#servers.onAccepted();
    this.#sentBy = `${random.token(12)}.invalid`;
    if (this.#connectionId++ > 0) counters.reconnects++;
    this.#openedAt = clock.now();
    this.#lastReceived = this.#unansweredSince = undefined;
    this.#keepAlive = new KeepAlive({ url, interval: this.config.keepAlive, habits, clock, random }, this);
    // silence shall mean something from here on
    if (this.#leftUnknown === url && !habits.has(url)) void this.probe(this.config.connectTimeout).catch(() => false);
    this.#seekBetter();
    log.info(`connected to ${url}`);
    this.#opening?.resolve();
    this.#opening = undefined;
    for (const listener of [...this.#listeners]) listener.onFlowOpen(this);
  }

  onFrame(frame: string | Uint8Array, connection: WebSocketConnection): void {
    const { counters, clock } = this.#env;
    counters.framesIn++;
    counters.bytesIn += frame.length;
    const count = frame.length <= 4 ? crlfs(frame) : 0;
    if (connection === this.#connection) {
      this.#framesReceived++;
      this.#lastReceived = clock.now();
      this.#unansweredSince = undefined;
      this.#keepAlive!.onFrame(count === 1);
    }
    if (count) {
      if (count === 2) this.#sendFrame(connection, '\r\n'); // RFC 5626 §3.5.1: the pong to a double CRLF
      return;
    }
    if (tracing(this.#env.log)) this.#trace('←', frame);
    const message = parseMessage(frame, this.config.limits);
    const error = message instanceof ParseError ? message : checkMessage(message);
    this.#origin = connection;
    try {
      if (error) {
        this.#env.log.warn(`malformed message from ${connection.url}: ${error.message}`, error.caret);
        this.#user.onMalformed(error, this);
      } else {
        counters.messagesIn++;
        this.#user.onMessage(message as SipMessage, this);
      }
    } finally {
      this.#origin = undefined;
    }
  }

  onLost(reason: string, connection: WebSocketConnection): void {
    if (connection === this.#former) {
      this.#dropFormer();
    } else if (this.isOpen) {
      const urgent = this.#env.isInUse(this); // the others need not all come in the same second
      this.#lose(reason, this.#servers.onLost({ sound: this.#isSound, elsewhere: false, urgent }));
    } else {
      const delay = this.#servers.onRefused(this.#env.isInUse(this));
      this.#env.log.warn(`could not reach ${connection.url}: ${reason}`);
      if (delay === undefined) this.#connect();
      else this.#lose(reason, delay);
    }
  }

  ping(): void {
    const { counters, habits, clock } = this.#env;
    counters.pings++;
    if (habits.get(this.url) === 'pongs') this.#unansweredSince ??= clock.now(); // of others silence may be the habit
    this.#sendFrame(this.#connection!, '\r\n\r\n');
  }

  ask(): void {
    this.#env.ask(this);
  }

  onSilence(): void {
    const urgent = this.config.spread === undefined || this.#env.isInUse(this);
    this.#lose('no sign of life', this.#servers.onLost({ sound: this.#isSound, elsewhere: true, urgent }));
  }

  /** Whether the present connection has served for a while: then its loss is no reason to hesitate. */
  get #isSound(): boolean {
    return this.#lastReceived !== undefined && this.#env.clock.now() - this.#openedAt >= soundAfter;
  }

  #connect(): void {
    if (this.isSuspended) {
      this.#state = 'waiting'; // for `reconnect`
      return;
    }
    this.#state = 'connecting';
    this.#connection = this.#newConnection(this.url, this);
  }

  #newConnection(url: string, user: ConnectionUser): WebSocketConnection {
    const { open, connectTimeout } = this.config;
    const { clock, counters } = this.#env;
    counters.handshakes++;
    return new WebSocketConnection({ url, open, connectTimeout, clock, user });
  }

  /** The connection, or the hope for one, is gone; the next attempt is planned before anyone hears of it. */
  #lose(reason: string, delay: number): void {
    const { clock, log } = this.#env;
    const wasOpen = this.isOpen;
    if (wasOpen) log.warn(`lost ${this.#connection!.url}: ${reason}`);
    this.#drop();
    if (delay === 0) {
      this.#connect();
    } else {
      this.#state = 'waiting';
      this.#cancelWait = clock.after(delay, () => {
        this.#connect();
      });
    }
    if (wasOpen) this.#user.onConnectionLost(this);
    else this.#fail(`no server could be reached: ${reason}`);
    for (const listener of [...this.#listeners]) listener.onFlowLost(this, reason);
  }

  #fail(message: string): void {
    this.#opening?.reject(new EvercallError('transport', message, { status: 503 }));
    this.#opening = undefined;
  }

  /** Lets go of the present connection and of what goes with it. */
  #drop(): void {
    this.#cancelWait?.();
    this.#staying?.abort();
    this.#keepAlive?.stop();
    this.#connection?.close();
    this.#leaving?.abort();
    this.#cancelWait = this.#staying = this.#keepAlive = this.#connection = this.#leaving = undefined;
  }

  #seekBetter(): void {
    const { clock, isInUse } = this.#env;
    const { failback: interval } = this.config;
    if (interval === false || this.#servers.better.length === 0) return;
    const { signal } = (this.#staying = new AbortController());
    const host = {
      clock,
      delay: () => this.#servers.failbackDelay(interval),
      better: () => this.#servers.better,
      isInUse: () => isInUse(this),
      connect: (url: string, user: ConnectionUser) => this.#newConnection(url, user),
    };
    failback(host, signal).then(
      (connection) => {
        if (connection.isOpen && !signal.aborted) this.#moveTo(connection);
        else connection.close();
      },
      () => undefined, // we have left
    );
  }

  /** Make before break: what is still under way on the former connection is answered there. */
  #moveTo(connection: WebSocketConnection): void {
    this.#dropFormer();
    this.#hasMoved = false;
    this.#former = this.#connection;
    this.#connection = undefined;
    this.#drop();
    if (connection.url !== this.url) this.#servers.onMoved(connection.url);
    connection.user = this;
    this.#connection = connection;
    this.#bidFarewell();
    this.onOpen(connection);
  }

  /** Break after make: nothing can come on the former connection any more. */
  #replace(connection: WebSocketConnection, reason: string): void {
    const { log } = this.#env;
    log.warn(`left a connection to ${this.url}: ${reason}`);
    this.#drop();
    this.#servers.use(connection.url);
    this.#state = 'connecting';
    this.#user.onConnectionLost(this);
    for (const listener of [...this.#listeners]) listener.onFlowLost(this, reason);
    if (this.#hasMovedOn()) return; // a listener has closed it, or begun anew
    connection.user = this;
    this.#connection = connection;
    if (connection.isOpen) this.onOpen(connection);
    else this.onLost('closed', connection);
  }

  #hasMovedOn(): boolean {
    return this.#state !== 'connecting' || this.#connection !== undefined;
  }

  #bidFarewell(): void {
    const { clock, isInUse } = this.#env;
    this.#cancelFarewell = clock.after(farewell, () => {
      if (isInUse(this)) this.#bidFarewell();
      else this.#dropFormer();
    });
  }

  #dropFormer(): void {
    this.#cancelFarewell?.();
    this.#former?.close();
    this.#former = undefined;
  }

  #sendFrame(connection: WebSocketConnection, frame: string | Uint8Array): boolean {
    const { counters } = this.#env;
    counters.framesOut++;
    counters.bytesOut += frame.length;
    return connection.send(frame);
  }

  #trace(direction: string, frame: string | Uint8Array): void {
    const text = typeof frame === 'string' ? redact(frame) : `${frame.length} bytes`;
    this.#env.log.debug(`${direction} ${this.url}\n${text}`);
  }
}

/** How many CRLFs a frame consists of, if of nothing else: 2 are a ping, 1 is a pong (RFC 5626 §3.5.1). */
function crlfs(frame: string | Uint8Array): number {
  const text = typeof frame === 'string' ? frame : String.fromCharCode(...frame);
  return text === '\r\n' ? 1 : text === '\r\n\r\n' ? 2 : 0;
}
