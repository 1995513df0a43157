/** The user agent: accounts, their calls, and the floors below, built once. */
import { Account } from '../account/account.js';
import type { AccountInbox } from '../account/account-context.js';
import { accountConfig, masterId } from '../account/account-config.js';
import type { AccountOptions } from '../account/account-options.js';
import { isCyclic } from '../account/dependency.js';
import { Deferred } from '../base/deferred.js';
import { Emitter } from '../base/emitter.js';
import type { EventSource } from '../base/emitter.js';
import { EvercallError, invalidOption } from '../base/errors.js';
import type { OnDemand } from '../base/on-demand.js';
import { quiet } from '../base/quiet.js';
import { Store } from '../base/store.js';
import type { Conference, ConferenceOptions } from '../audio/conference.js';
import type { Call } from '../call/call.js';
import type { CallWatcher } from '../call/call-context.js';
import type { CallOptions } from '../call/call-options.js';
import { Core } from '../core/core.js';
import { askForLife } from '../core/keep-alive.js';
import type { MediaEnvironment } from '../media/environment.js';
import { TransactionLayer } from '../transaction/transaction-layer.js';
import type { FlowLease } from '../transport/transport-pool.js';
import type { Flow } from '../transport/flow.js';
import type { FlowListener } from '../transport/flow-context.js';
import type { Stats } from '../transport/stats.js';
import { TransportPool } from '../transport/transport-pool.js';
import { Audio } from './audio.js';
import { CallLog } from './call-log.js';
import type { ExclusiveCalls } from './call-policy.js';
import { sipHost } from './account-routing.js';
import type { StoredState } from './account-store.js';
import { allParts } from './all-parts.js';
import type { AllParts } from './all-parts.js';
import { IncomingRequests } from './incoming-requests.js';
import type { IpChange } from './ip-change.js';
import { checkHandleOptions, checkReachability } from './ip-change-options.js';
import type {
  HandleIpChangeOptions,
  IpChangeProgress,
  IpChangeReport,
  NetworkReachability,
} from './ip-change-options.js';
import type { CompleteOptions, Keeper, Kept } from './persistence.js';
import type { PushOptions, PushReport } from './push-wake.js';
import type { RepeatedEvents, StopOptions, UserAgentEvents, UserAgentSnapshot } from './user-agent-events.js';
import { userAgentConfig } from './user-agent-options.js';
import type { UserAgentConfig, UserAgentOptions } from './user-agent-options.js';

/** Milliseconds that accounts wait for the storage. */
const patience = 3000;

export class UserAgent implements EventSource<UserAgentEvents> {
  /** What calls there were; empty for ever with `callLog: false`. */
  readonly callLog: CallLog;
  /** The sound device and the conference bridge; what they are made of is loaded when they are needed. */
  readonly audio: Audio;
  readonly #config: UserAgentConfig;
  readonly #parts: OnDemand<AllParts>;
  readonly #emitter = new Emitter<UserAgentEvents>();
  readonly #pool: TransportPool;
  readonly #core: Core;
  readonly #transactions: TransactionLayer;
  readonly #accounts = new Map<Account, AccountInbox>();
  readonly #store: Store<UserAgentSnapshot>;
  #instanceId: string;
  #loading: Promise<void> | undefined;
  #isLoaded: boolean;
  /** Where there is a storage, and it has answered. */
  #keeper: Keeper | undefined;
  #defaultAccount: Account | undefined;
  #isStopped = false;
  /** Where calls are heard one at a time: with the first of them. */
  #exclusive: ExclusiveCalls | undefined;
  /** As soon as it is loaded. */
  #ipChange: IpChange | undefined;
  /** With the first call. */
  #mediaEnvironment: MediaEnvironment | undefined;
  readonly #watcher: CallWatcher = {
    onBegan: (leg) => this.#ipChange?.onBegan(leg),
    onConfirmed: (leg) => this.#ipChange?.onConfirmed(leg),
    onReleased: (leg) => this.#ipChange?.onReleased(leg),
    isMediaReachable: () => this.#isMediaReachable,
  };
  /** Whether the app says what becomes of the network. */
  #isManual = false;
  #isReachable = true;
  #isMediaReachable = true;

  /**
   * Does no I/O: that begins with the first account. Throws `invalidOption`, naming the option.
   * @param parts where the library finds what it does not load at once
   */
  constructor(options: UserAgentOptions, parts: OnDemand<AllParts> = allParts) {
    const config = userAgentConfig(options);
    const { clock, random, log, timers, userAgent } = config;
    this.#config = config;
    this.#parts = parts;
    this.callLog = new CallLog(config.callLog, config.storage, clock, log);
    this.audio = new Audio(config, { setJoined: (calls) => this.#exclusive?.setJoined(calls) });
    this.#instanceId = config.instanceId ?? random.uuid();
    this.#isLoaded = !config.storage;
    this.#store = new Store(() => ({ accounts: this.accounts, defaultAccount: this.defaultAccount }));
    this.#pool = new TransportPool({
      clock,
      random,
      log,
      isInUse: (flow) => this.#callCount > 0 || this.#transactions.isUsing(flow),
      ask: (flow) => {
        askForLife(this.#core, flow);
      },
      isSuspended: () => !this.#isReachable,
    });
    this.#transactions = new TransactionLayer(clock, log, timers);
    this.#pool.attach(this.#transactions);
    this.#core = new Core(this.#transactions, parts, random, log, { userAgent });
    this.#core.attach(
      new IncomingRequests({
        core: this.#core,
        parts,
        config,
        accounts: this.#accounts,
        emitter: this.#emitter,
        callCount: () => this.#callCount,
      }),
    );
  }

  get accounts(): readonly Account[] {
    return [...this.#accounts.keys()];
  }

  get calls(): readonly Call[] {
    return this.accounts.flatMap((account) => [...account.calls]);
  }

  get #callCount(): number {
    let count = 0;
    for (const { calls } of this.#accounts.keys()) count += calls.size;
    return count;
  }

  /** The account of calls that name none; the first one added, unless another is set. */
  get defaultAccount(): Account | undefined {
    return this.#defaultAccount;
  }

  set defaultAccount(account: Account | undefined) {
    if (account && !this.#accounts.has(account))
      throw new EvercallError('invalidState', 'defaultAccount: not added here');
    this.#defaultAccount = account;
    this.#changed();
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
    const { clock, log, timers, environment } = this.#config;
    let inbox!: AccountInbox;
    const account: Account = new Account(options, {
      core: this.#core,
      parts: this.#parts,
      defaults: this.#config,
      clock,
      log,
      timers,
      mediaEnvironment: () => (this.#mediaEnvironment ??= this.#parts.part!.browserMediaEnvironment(environment)),
      policy: {
        makeWay: (call, predecessor) => this.#exclusive?.makeWay(call, predecessor),
        onConfirmed: (call) => this.#exclusive?.onConfirmed(call),
        onReleased: (call) => this.#exclusive?.onReleased(call),
      },
      watcher: this.#watcher,
      callBegan: (leg) => {
        this.audio.onCallBegan(leg);
      },
      instanceId: () => this.#instanceId,
      ready: () => this.#load(),
      lease: (servers, slot, listener) => this.#lease(servers, slot, listener),
      attach: (given) => (inbox = given),
      announce: (event, payload) => {
        const isHeard = this.#emitter.has(event);
        this.#emitter.emit<keyof RepeatedEvents>(event, payload);
        return isHeard;
      },
      changed: (change) => {
        for (const { onPeerChange } of this.#accounts.values()) onPeerChange(account.id, change);
        if (change.state !== 'registered') return;
        this.#keeper?.onRegistered();
        this.#prepare();
      },
      callEnded: (call, id) => {
        // one that ends before its parts have come was ours, and never rang
        this.callLog.add(call, id, this.#parts.part?.logStatus(call) ?? 'earlyAborted');
        this.audio.onCallEnded(call);
      },
      edited: () => {
        this.#keep();
      },
      signOffDependents: async () => {
        const dependents = [...this.#accounts.values()].filter(({ dependsOn }) => dependsOn() === account.id);
        await Promise.all(dependents.map(({ signOff }) => signOff()));
      },
      disposing: () => {
        if (this.#isStopped) return;
        for (const { onPeerGone } of this.#accounts.values()) onPeerGone(account.id);
        this.#keep(); // the page may be gone before the registrar has answered
      },
      disposed: () => {
        this.#remove(account);
      },
    });
    const peers = [...this.#accounts.values()];
    this.#accounts.set(account, inbox);
    this.#prepare();
    this.#defaultAccount ??= account;
    this.#changed();
    const ready = this.#load();
    if (ready) void ready.then(inbox.start);
    else inbox.start();
    for (const peer of peers) {
      inbox.onPeerAdded(peer);
      peer.onPeerAdded(inbox);
    }
    return account;
  }

  /**
   * Adds what is stored, and makes the account default that was; resolves with what it has added. Accounts that are here
   * under their ids are left alone; one that cannot be added is left out with a warning. Functions are not stored:
   * `complete` may put them back. Rejects with `invalidState` where there is no `storage`.
   */
  async restoreAccounts(complete?: CompleteOptions): Promise<readonly Account[]> {
    if (!this.#config.storage) throw new EvercallError('invalidState', 'restoreAccounts: there is no storage');
    await this.#load();
    if (this.#isStopped) throw new EvercallError('invalidState', 'restoreAccounts: the user agent was stopped');
    return this.#keeper?.restore(complete) ?? [];
  }

  /** All accounts as JSON can have them: without functions, and without what logs in, unless HA1s are asked for. */
  async exportAccounts({ secrets = false }: { readonly secrets?: boolean } = {}): Promise<StoredState> {
    const { exported } = await import('./persistence.js');
    return exported(this.#kept(), secrets);
  }

  /** Adds accounts that were exported, as `restoreAccounts` does: all, or rejects with `invalidOption` and adds none. */
  async importAccounts(state: StoredState, complete?: CompleteOptions): Promise<readonly Account[]> {
    const { imported } = await import('./persistence.js');
    return imported(this.#kept(), state, complete);
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

  /**
   * Brings everything back after a change of the network: a new connection to each server, a REGISTER with the new Contact,
   * every call by re-INVITE with ICE restart. Runs by itself unless `ipChange.monitor` is `manual`; called by hand it asks no
   * questions. Never rejects for what the network does: the report says what became of it, `ipChangeProgress` tells each
   * step. Throws `invalidOption` (PJSIP's handle_ip_change).
   */
  handleIpChange(options: HandleIpChangeOptions = {}): Promise<IpChangeReport> {
    if (this.#isStopped) throw new EvercallError('invalidState', 'handleIpChange: the user agent was stopped');
    return quiet(this.#handleIpChange(checkHandleOptions(options)));
  }

  /**
   * A push has come: a call waits for us (RFC 8599 §4.1.3). One whose Call-ID is known changes nothing; else the network is
   * taken to be there, each connection is verified or replaced, each account registers anew, and the call is waited for, for up
   * to 20 s. Resolves with what was found; rejects with `invalidOption`, `aborted`, `notLoaded` (Linphone's
   * process_push_notification).
   */
  handlePush(options: PushOptions = {}): Promise<PushReport> {
    if (this.#isStopped) throw new EvercallError('invalidState', 'handlePush: the user agent was stopped');
    return quiet(this.#parts.load().then((parts) => this.#watched(parts).onPush(options)));
  }

  /**
   * Says whether there is a network (Linphone's set_network_reachable); from then on the app has that word, and the library
   * watches no longer. While there is none no connection is tried and nothing sent, accounts are `none`, calls live on and
   * `call.connection` is `reconnecting`; what is asked for waits. With the network everything comes back: connections, then
   * registrations and calls, by ICE restart. Of signalling and media apart (set_sip_network_reachable,
   * set_media_network_reachable): without the one, media that are well go on, without the other, what is said does, and no path
   * is sought.
   */
  setNetworkReachable(isReachable: boolean | NetworkReachability): void {
    if (this.#isStopped) throw new EvercallError('invalidState', 'setNetworkReachable: the user agent was stopped');
    const { signalling = this.#isReachable, media = this.#isMediaReachable } = checkReachability(isReachable);
    this.#isManual = true;
    this.#ipChange?.cease();
    const isMediaNew = media !== this.#isMediaReachable;
    this.#isMediaReachable = media;
    const isBack = signalling && !this.#isReachable;
    if (isMediaNew) this.#ipChange?.onMediaReachable(media && !isBack);
    if (isBack) void quiet(this.#handleIpChange({ reason: 'the network is reachable' }, !isMediaNew));
    if (signalling || !this.#isReachable) return;
    this.#isReachable = false;
    for (const flow of this.#pool.flows) flow.reconnect('the network is not reachable');
  }

  /**
   * Lets confirmed calls hear one another, and us: whoever is on hold is resumed (PJSIP's conference bridge). Rejects with
   * `invalidState` for a call that is not confirmed, and with why one could not be resumed.
   */
  conference(calls: readonly Call[], options?: ConferenceOptions): Promise<Conference> {
    return quiet(this.audio.load().then((audio) => audio.conference(calls, options)));
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
    this.#ipChange?.stop();
    this.audio.stop();
    const done = Promise.all(this.accounts.map((account) => account.dispose({ unregister })));
    if (wait) await Promise.all([done, this.#keeper?.flush()]);
    else this.#pool.close();
    this.#transactions.stop();
  }

  /** Loads what calls take, ahead of the first, and watches the network. What cannot be had now is tried again when it is needed. */
  #prepare(): void {
    const { part } = this.#parts;
    if (part) this.#watched(part);
    else void quiet(this.#parts.load().then((loaded) => this.#watched(loaded)));
  }

  #handleIpChange(options: HandleIpChangeOptions, keepsMedia = false): Promise<IpChangeReport> {
    this.#isReachable = true; // whoever asks for it knows better
    const { part } = this.#parts;
    if (part) return this.#watched(part).handle(options, keepsMedia);
    return this.#parts.load().then((loaded) => this.#watched(loaded).handle(options, keepsMedia));
  }

  #watched(parts: AllParts): IpChange {
    if (this.#ipChange) return this.#ipChange;
    const { clock, log, callPolicy, resumeHeld } = this.#config;
    if (callPolicy === 'exclusive') this.#exclusive = new parts.ExclusiveCalls(clock, log, resumeHeld);
    const host = {
      ...this.#config,
      flows: () => this.#pool.flows,
      accounts: () => this.accounts,
      callLog: this.callLog,
      assumeReachable: () => {
        this.#isReachable = true;
      },
      tenants: (flow: Flow) =>
        [...this.#accounts].flatMap(([account, inbox]) =>
          inbox.hasFlow(flow) ? [{ account, policy: inbox.ipChange() }] : [],
        ),
      register: (flow: Flow, moved?: boolean) => {
        for (const { refresh } of this.#accounts.values()) refresh(flow, moved);
      },
      tell: (progress: IpChangeProgress) => {
        this.#emitter.emit('ipChangeProgress', progress);
      },
    };
    this.#ipChange = new parts.IpChange(host, this.#config.ipChange);
    if (this.#isManual) this.#ipChange.cease();
    else if (!this.#isStopped) this.#ipChange.start();
    return this.#ipChange;
  }

  #lease(servers: readonly string[], slot: number, listener: FlowListener): FlowLease {
    const { webSocket: open, connectTimeout, limits, keepAlive, failback, spread } = this.#config;
    const config = { servers, open, connectTimeout, limits, keepAlive, failback, spread };
    return this.#pool.lease(config, listener, slot);
  }

  #remove(account: Account): void {
    this.#accounts.delete(account);
    if (this.#defaultAccount === account) this.#defaultAccount = this.accounts[0];
    this.#changed();
  }

  #changed(): void {
    this.#store.changed();
    this.#keep();
  }

  /** Has the storage take what there is now; what is stopped stays as it was. */
  #keep(): void {
    if (!this.#isStopped) this.#keeper?.save();
  }

  #kept(): Kept {
    return {
      accounts: this.#accounts,
      add: (options) => this.addAccount(options),
      defaultAccount: () => this.#defaultAccount,
      setDefaultAccount: (account) => {
        this.defaultAccount = account;
      },
      instanceId: () => this.#instanceId,
      check: (options) => accountConfig(options, this.#config),
      invalid: invalidOption,
      log: this.#config.log,
    };
  }

  /** Asks the storage, once; settles when it has answered, or when it is too late. */
  #load(): Promise<void> | undefined {
    return this.#isLoaded ? undefined : (this.#loading ??= this.#open());
  }

  async #open(): Promise<void> {
    const { clock, log, storage, storePasswords } = this.#config;
    const late = new Deferred<undefined>();
    const cancel = clock.after(patience, () => {
      late.resolve(undefined);
    });
    const opened = import('./persistence.js')
      .then(({ openKeeper }) => openKeeper(storage!, { clock, log, storePasswords }, this.#kept()))
      .catch((error: unknown) => {
        log.warn('accounts are not kept', error);
        return undefined;
      });
    this.#keeper = await Promise.race([opened, late.promise]);
    cancel();
    this.#instanceId = this.#config.instanceId ?? this.#keeper?.instanceId ?? this.#instanceId;
    this.#isLoaded = true;
    if (this.#accounts.size > 0) this.#keep();
  }
}
