/** The user agent: accounts, their calls, and the floors below, built once. */
import { Account } from '../account/account.js';
import type { AccountInbox, AnnouncedEvent, DisposeOptions } from '../account/account.js';
import type { AccountEvents } from '../account/account-events.js';
import { masterId } from '../account/account-options.js';
import type { AccountOptions } from '../account/account-options.js';
import { isCyclic } from '../account/dependency.js';
import { Emitter } from '../base/emitter.js';
import type { EventSource } from '../base/emitter.js';
import { EvercallError, invalidOption } from '../base/errors.js';
import { Store } from '../base/store.js';
import type { Call } from '../call/call.js';
import type { CallOptions } from '../call/call-options.js';
import { Core } from '../core/core.js';
import type { CoreUser } from '../core/core.js';
import { askForLife } from '../core/keep-alive.js';
import type { SipRequest } from '../parser/index.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import { TransactionLayer } from '../transaction/transaction-layer.js';
import type { FlowLease } from '../transport/transport-pool.js';
import type { FlowListener } from '../transport/flow.js';
import type { Stats } from '../transport/stats.js';
import { TransportPool } from '../transport/transport-pool.js';
import { findAccount, sipHost } from './account-routing.js';
import { userAgentConfig } from './user-agent-options.js';
import type { UserAgentConfig, UserAgentOptions } from './user-agent-options.js';

export type UserAgentEvents = Pick<AccountEvents, AnnouncedEvent>;

export interface StopOptions extends Pick<DisposeOptions, 'unregister'> {
  /** @default true */
  readonly wait?: boolean;
}

export interface UserAgentSnapshot {
  readonly accounts: readonly Account[];
  readonly defaultAccount: Account | undefined;
}

export class UserAgent implements EventSource<UserAgentEvents> {
  readonly #config: UserAgentConfig;
  readonly #emitter = new Emitter<UserAgentEvents>();
  readonly #pool: TransportPool;
  readonly #core: Core;
  readonly #transactions: TransactionLayer;
  readonly #accounts = new Map<Account, AccountInbox>();
  readonly #store: Store<UserAgentSnapshot>;
  #defaultAccount: Account | undefined;
  #isStopped = false;

  /** Does no I/O: that begins with the first account. Throws `invalidOption`, naming the option. */
  constructor(options: UserAgentOptions) {
    const config = userAgentConfig(options);
    const { clock, random, log, timers, userAgent } = config;
    this.#config = config;
    this.#store = new Store(() => ({ accounts: this.accounts, defaultAccount: this.defaultAccount }));
    this.#pool = new TransportPool({
      clock,
      random,
      log,
      isInUse: (flow) => this.calls.length > 0 || this.#transactions.isUsing(flow),
      ask: (flow) => {
        askForLife(this.#core, flow);
      },
    });
    this.#transactions = new TransactionLayer(clock, log, timers);
    this.#pool.attach(this.#transactions);
    this.#core = new Core(this.#transactions, random, log, { userAgent });
    const user: CoreUser = {
      onNewRequest: (request, transaction) => {
        this.#onNewRequest(request, transaction);
      },
    };
    this.#core.attach(user);
  }

  get accounts(): readonly Account[] {
    return [...this.#accounts.keys()];
  }

  get calls(): readonly Call[] {
    return this.accounts.flatMap((account) => [...account.calls]);
  }

  /** The account of calls that name none; the first one added, unless another is set. */
  get defaultAccount(): Account | undefined {
    return this.#defaultAccount;
  }

  set defaultAccount(account: Account | undefined) {
    if (account && !this.#accounts.has(account))
      throw new EvercallError('invalidState', 'defaultAccount: not added here');
    this.#defaultAccount = account;
    this.#store.changed();
  }

  /** What has gone over the connections so far, counted; a snapshot. */
  get stats(): Stats {
    return this.#pool.stats;
  }

  on<K extends keyof UserAgentEvents>(event: K, listener: (payload: UserAgentEvents[K]) => void): () => void {
    return this.#emitter.on(event, listener);
  }

  once<K extends keyof UserAgentEvents>(
    event: K,
    options?: { readonly signal?: AbortSignal },
  ): Promise<UserAgentEvents[K]> {
    return this.#emitter.once(event, options);
  }

  subscribe(listener: () => void): () => void {
    return this.#store.subscribe(listener);
  }

  getSnapshot(): UserAgentSnapshot {
    return this.#store.getSnapshot();
  }

  /** Adds an account, connects and registers it; returns at once. Throws `invalidOption`, naming the option. */
  addAccount(options: AccountOptions): Account {
    if (this.#isStopped) throw new EvercallError('invalidState', 'addAccount: the user agent was stopped');
    if (this.accounts.some(({ id }) => id === options.id)) throw invalidOption('id', 'is taken', options.id);
    this.#checkDependency(options);
    const { servers, clock, log, timers, media, mediaEnvironment, instanceId } = this.#config;
    let inbox!: AccountInbox;
    const account: Account = new Account(options, {
      core: this.#core,
      servers,
      clock,
      log,
      timers,
      media,
      mediaEnvironment,
      instanceId,
      lease: (servers, slot, listener) => this.#lease(servers, slot, listener),
      attach: (given) => (inbox = given),
      announce: (event, payload) => {
        const isHeard = this.#emitter.has(event);
        this.#emitter.emit(event, payload);
        return isHeard;
      },
      changed: (change) => {
        for (const { onPeerChange } of this.#accounts.values()) onPeerChange(account.id, change);
      },
      signOffDependents: async () => {
        const dependents = [...this.#accounts.values()].filter(({ dependsOn }) => dependsOn() === account.id);
        await Promise.all(dependents.map(({ signOff }) => signOff()));
      },
      disposing: () => {
        if (this.#isStopped) return;
        for (const { onPeerGone } of this.#accounts.values()) onPeerGone(account.id);
      },
      disposed: () => {
        this.#remove(account);
      },
    });
    const peers = [...this.#accounts.values()];
    this.#accounts.set(account, inbox);
    this.#defaultAccount ??= account;
    this.#store.changed();
    inbox.start();
    for (const peer of peers) {
      inbox.onPeerAdded(peer);
      peer.onPeerAdded(inbox);
    }
    return account;
  }

  #checkDependency(options: AccountOptions): void {
    const { id = '', dependsOn } = options;
    const master = masterId(options);
    if (typeof dependsOn === 'object' && !this.#accounts.has(dependsOn))
      throw invalidOption('dependsOn', 'takes an account of this user agent');
    if (master !== undefined && isCyclic(id, master, [...this.#accounts.values()]))
      throw invalidOption('dependsOn', 'takes an account that does not depend on this one', master);
  }

  /**
   * Calls `target` by the account whose domain it names, else by the default one (PJSIP's acc_find_for_outgoing). Throws
   * `invalidState` where there is no account, `invalidTarget` and `invalidOption`.
   */
  call(target: string, options?: CallOptions): Call {
    const domain = /@([^;?>:\s]+)/.exec(target)?.[1]?.toLowerCase();
    const known = this.accounts.find((account) => sipHost(account.uri) === domain);
    const account = known ?? this.#defaultAccount;
    if (!account) throw new EvercallError('invalidState', 'call: there is no account');
    return account.call(target, options);
  }

  /** Hangs up every call of every account. */
  hangupAll(): void {
    for (const call of this.calls) call.hangup();
  }

  /**
   * Hangs up, unregisters and disconnects; resolves when that is done, for each account bounded by its `unregisterTimeout`.
   * With `unregister: false` not a word goes out; with `wait: false` what has to be said is said, and no answer awaited.
   */
  async stop({ unregister = true, wait = true }: StopOptions = {}): Promise<void> {
    this.#isStopped = true;
    const done = Promise.all(this.accounts.map((account) => account.dispose({ unregister })));
    if (wait) await done;
    else this.#pool.close();
  }

  #lease(servers: readonly string[], slot: number, listener: FlowListener): FlowLease {
    const { webSocket: open, connectTimeout, limits, keepAlive, failback } = this.#config;
    return this.#pool.lease({ servers, open, connectTimeout, limits, keepAlive, failback }, listener, slot);
  }

  #remove(account: Account): void {
    this.#accounts.delete(account);
    if (this.#defaultAccount === account) this.#defaultAccount = this.accounts[0];
    this.#store.changed();
  }

  #onNewRequest(request: SipRequest, transaction: ServerTransaction): void {
    const found = findAccount(this.#accounts, request, transaction.flow);
    const account = this.#config.routeIncoming ? this.#config.routeIncoming(request, found) : found;
    const inbox = account && this.#accounts.get(account);
    switch (request.method) {
      case 'OPTIONS': // §11.2: as an INVITE would fare
        this.#core.respondOptions(transaction, inbox ? 200 : 404);
        return;
      case 'INVITE':
      case 'MESSAGE':
        if (!inbox) this.#core.respond(transaction, 404);
        else if (request.method === 'INVITE' && this.calls.length >= this.#config.maxCalls)
          this.#core.respond(transaction, 486);
        else if (request.method === 'INVITE') inbox.onInvite(request, transaction);
        else inbox.onMessage(request, transaction);
        return;
      default: // BYE, INFO …: they mean nothing outside of a dialog (§15.1.2)
        this.#core.respond(transaction, 481);
    }
  }
}
