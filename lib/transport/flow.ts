/**
 * A flow to a server (RFC 5626 §2, RFC 7118): the present WebSocket, its successors when it is lost, and the list of
 * servers that can take over.
 *
 *   idle ──open()──▶ connecting ──handshake──▶ open ──lost──▶ waiting ──delay──▶ connecting …
 *     ▲                  └──── failed: next server at once, then waiting
 *     └───── close() from anywhere
 */
import type { Clock } from '../base/clock.js';
import type { Signal } from '../base/lifetime.js';
import { OnDemand } from '../base/on-demand.js';
import { ParseError, isRequest, writeMessage } from '../parser/index.js';
import type { SipMessage } from '../parser/index.js';
import type { FlowConfig, FlowEnvironment, FlowListener, TransportUser } from './flow-context.js';
import type { FormerConnection, Leave } from './former-connection.js';
import { crlfs, readFrame, sendFrame, trace } from './frames.js';
import { KeepAlive } from './keep-alive.js';
import type { KeepAliveUser } from './keep-alive.js';
import { Opening } from './opening.js';
import { ServerList } from './server-list.js';
import { SignsOfLife } from './signs-of-life.js';
import { WebSocketConnection } from './websocket-connection.js';
import type { ConnectionUser } from './websocket-connection.js';

/** Only who has a lesser server needs it. */
export const failbackParts = new OnDemand(() => import('./failback.js'));

export type FlowState = 'idle' | 'connecting' | 'open' | 'waiting';

export interface ReconnectWish {
  readonly elsewhere?: boolean;
  readonly delay?: number;
}

export class Flow implements ConnectionUser, KeepAliveUser {
  readonly config: FlowConfig;
  readonly #user: TransportUser;
  readonly #env: FlowEnvironment;
  readonly #listeners = new Set<FlowListener>();
  readonly #opening: Opening;
  readonly #servers: ServerList;
  #state: FlowState = 'idle';
  #connection: WebSocketConnection | undefined;
  #keepAlive: KeepAlive | undefined;
  /** Ends the search for a better server. */
  #staying: AbortController | undefined;
  #former: FormerConnection | undefined;
  #origin: WebSocketConnection | undefined;
  /** A server that was left for silence that may be its habit: not a second time. */
  #leftUnknown: string | undefined;
  #leaving: AbortController | undefined;
  #cancelWait: (() => void) | undefined;
  #sentBy = '';
  #connectionId = 0;
  /** Of the present connection, once it is open. */
  #signs: SignsOfLife | undefined;
  #framesReceived = 0;

  constructor(config: FlowConfig, user: TransportUser, env: FlowEnvironment) {
    this.config = config;
    this.#user = user;
    this.#env = env;
    this.#opening = new Opening(env.clock, () => this.#state);
    this.#servers = new ServerList(config.servers, env.random, config.spread);
  }

  get clock(): Clock {
    return this.#env.clock;
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
    if (this.#signs?.hasNone) return true;
    const habit = this.#env.habits.get(this.url);
    if (habit === undefined) return this.config.keepAlive !== false && this.#leftUnknown !== this.url;
    return habit === 'pongs';
  }

  /** When the latest frame came on the present connection, by `clock.now()`; undefined when none has. */
  get lastReceived(): number | undefined {
    return this.#signs?.lastReceived;
  }

  /** Whether what was asked on the present connection has been met with silence for so long that nothing is hoped for. */
  get isMute(): boolean {
    return this.#signs?.isMute(this.clock.now()) ?? false;
  }

  /** Counts the frames received, for who must know whether anything came since. */
  get framesReceived(): number {
    return this.#framesReceived;
  }

  /** While a message is delivered: the connection it came on, where its answer belongs. */
  get origin(): WebSocketConnection | undefined {
    return this.#origin;
  }

  /** Aborts with the present connection. */
  get leaving(): AbortSignal {
    return (this.#leaving ??= new AbortController()).signal;
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
  whenOpen(signal?: AbortSignal, patience?: number): Promise<void> {
    return this.#opening.next(signal, patience);
  }

  /**
   * Sends one message as one frame (RFC 7118 §4.2), on the connection that `origin` names if that is still there; false
   * when there is no open connection.
   */
  send(message: SipMessage, origin?: WebSocketConnection): boolean {
    const connection = this.isUsable(origin) ? origin : this.#connection;
    if (!connection?.isOpen) return false;
    const frame = writeMessage(message);
    trace('→', frame, this.url, this.#env);
    const { counters } = this.#env;
    counters.messagesOut++;
    if (isRequest(message) && message.method !== 'ACK') {
      counters.requests++;
      this.#signs?.onAsked(this.clock.now());
    }
    return sendFrame(connection, frame, this.#env);
  }

  /** Whether something that came on this connection can still be answered there. */
  isUsable(origin: WebSocketConnection | undefined): origin is WebSocketConnection {
    return origin?.isOpen === true && !(this.#former?.isPast && this.#former.is(origin));
  }

  /** For the statistics: a request is sent once more. */
  countRetry(): void {
    this.#env.counters.retries++;
  }

  /** Whether the server is there: asks it, and takes any frame within `ms` for a yes. Changes nothing. */
  probe(ms: number, signal?: Signal): Promise<boolean> {
    return this.#keepAlive?.probe(ms, signal) ?? Promise.resolve(false);
  }

  /** Whether it waits for the app to say that there is a network. */
  get isSuspended(): boolean {
    return this.#env.isSuspended();
  }

  /**
   * Gives up the present connection and all waiting, and connects, at once or after `delay` milliseconds; `elsewhere` begins with
   * the next server.
   */
  reconnect(reason: string, { elsewhere = false, delay = 0 }: ReconnectWish = {}): void {
    if (this.#state === 'idle') return;
    if (this.isOpen) {
      this.#servers.onLost({ sound: this.#isSound, elsewhere, urgent: true });
      this.#lose(reason, delay);
    } else {
      this.#drop();
      this.#connectIn(delay);
    }
  }

  /** Begins a handshake; whose connection it becomes is for `user` to say. */
  connect(url: string, user: ConnectionUser): WebSocketConnection {
    const { open, connectTimeout } = this.config;
    const { clock, counters } = this.#env;
    counters.handshakes++;
    return new WebSocketConnection({ url, open, connectTimeout, clock, user });
  }

  /**
   * Make before break: what is still under way on the former connection is answered there, as long as `leave` has it.
   */
  moveTo(connection: WebSocketConnection, leave: Leave): void {
    this.#dropFormer();
    this.#former = leave(this.#connection!, this.#sentBy, this.clock, {
      isInUse: () => this.#env.isInUse(this),
      ask: (former) => {
        if (this.#env.habits.get(former.url) === 'pongs') sendFrame(former, '\r\n\r\n', this.#env);
      },
      onPast: ({ sentBy }) => {
        this.#user.onConnectionLost(this, { sentBy, isDead: false });
      },
      onDead: () => {
        this.#dropFormer();
      },
    });
    this.#connection = undefined;
    this.#drop();
    if (connection.url !== this.url) this.#servers.onMoved(connection.url);
    connection.user = this;
    this.#connection = connection;
    this.onOpen(connection);
  }

  /** Break after make: nothing can come on the former connection any more. */
  replace(connection: WebSocketConnection, reason: string): void {
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

  /** The present connection is about to be left for silence, which may be its server's habit. */
  onLeftForSilence(): void {
    const { url } = this;
    if (!this.#env.habits.has(url) && this.config.keepAlive !== false) this.#leftUnknown = url;
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
    this.#state = 'idle';
    this.#dropFormer();
    if (wasOpen) this.#user.onConnectionLost(this);
    this.#opening.fail('the connection was closed');
  }

  onOpen(connection: WebSocketConnection): void {
    const { clock, random, log, habits, counters } = this.#env;
    const { url } = connection;
    this.#state = 'open';
    this.#servers.onAccepted();
    this.#sentBy = `${random.token(12)}.invalid`;
    if (this.#connectionId++ > 0) counters.reconnects++;
    this.#signs = new SignsOfLife(clock.now());
    this.#keepAlive = new KeepAlive({ url, interval: this.config.keepAlive, habits, clock, random }, this);
    // silence shall mean something from here on
    if (this.#leftUnknown === url && !habits.has(url)) void this.probe(this.config.connectTimeout).catch(() => false);
    this.#seekBetter();
    log.info(`connected to ${url}`);
    this.#opening.succeed();
    for (const listener of [...this.#listeners]) listener.onFlowOpen(this);
  }

  onFrame(frame: string | Uint8Array, connection: WebSocketConnection): void {
    const { counters } = this.#env;
    counters.framesIn++;
    counters.bytesIn += frame.length;
    const count = crlfs(frame);
    if (connection === this.#connection) {
      this.#framesReceived++;
      this.#signs!.onReceived(this.clock.now());
      this.#keepAlive!.onFrame(count === 1);
    } else if (this.#former?.is(connection)) {
      this.#former.onFrame();
    }
    if (count) {
      if (count === 2) sendFrame(connection, '\r\n', this.#env); // RFC 5626 §3.5.1: the pong to a double CRLF
      return;
    }
    const message = readFrame(frame, connection, this.config.limits, this.#env);
    this.#origin = connection;
    try {
      if (message instanceof ParseError) this.#user.onMalformed(message, this);
      else this.#user.onMessage(message, this);
    } finally {
      this.#origin = undefined;
    }
  }

  onLost(reason: string, connection: WebSocketConnection): void {
    if (this.#former?.is(connection)) {
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
    const { counters, habits } = this.#env;
    counters.pings++;
    if (habits.get(this.url) === 'pongs') this.#signs!.onAsked(this.clock.now()); // of others silence may be the habit
    sendFrame(this.#connection!, '\r\n\r\n', this.#env);
  }

  ask(): void {
    this.#env.ask(this);
  }

  onSilence(): void {
    const urgent = this.config.spread === undefined || this.#env.isInUse(this);
    this.#lose('no sign of life', this.#servers.onLost({ sound: this.#isSound, elsewhere: true, urgent }));
  }

  get #isSound(): boolean {
    return this.#signs?.isSound(this.clock.now()) ?? false;
  }

  #connect(): void {
    if (this.isSuspended) {
      this.#state = 'waiting'; // for `reconnect`
      this.#opening.fail('there is no network, says the app');
      return;
    }
    this.#state = 'connecting';
    this.#connection = this.connect(this.url, this);
  }

  #connectIn(delay: number): void {
    if (delay === 0) {
      this.#connect();
      return;
    }
    this.#state = 'waiting';
    this.#cancelWait = this.clock.after(delay, () => {
      this.#connect();
    });
  }

  /** The connection, or the hope for one, is gone; the next attempt is planned before anyone hears of it. */
  #lose(reason: string, delay: number): void {
    const { log } = this.#env;
    const wasOpen = this.isOpen;
    if (wasOpen) log.warn(`lost ${this.#connection!.url}: ${reason}`);
    this.#drop();
    this.#connectIn(delay);
    if (wasOpen) this.#user.onConnectionLost(this);
    else this.#opening.fail(`no server could be reached: ${reason}`);
    for (const listener of [...this.#listeners]) listener.onFlowLost(this, reason);
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
    const { clock, log, isInUse } = this.#env;
    const { failback: interval } = this.config;
    if (interval === false || this.#servers.better.length === 0) return;
    const { signal } = (this.#staying = new AbortController());
    const host = {
      clock,
      delay: () => this.#servers.failbackDelay(interval),
      better: () => this.#servers.better,
      isInUse: () => isInUse(this),
      connect: (url: string, user: ConnectionUser) => this.connect(url, user),
      moveTo: (connection: WebSocketConnection, leave: Leave) => {
        this.moveTo(connection, leave);
      },
    };
    failbackParts
      .load()
      .then(({ failback }) => failback(host, signal))
      .catch((error: unknown) => {
        if (!signal.aborted) log.warn('no better server is sought', error);
      });
  }

  #hasMovedOn(): boolean {
    return this.#state !== 'connecting' || this.#connection !== undefined;
  }

  #dropFormer(): void {
    const former = this.#former;
    if (!former) return;
    this.#former = undefined;
    former.drop();
    this.#user.onConnectionLost(this, { sentBy: former.sentBy, isDead: true });
  }
}
