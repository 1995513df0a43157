/** An account: one identity at one server, with its registration and its calls. */
import { Deferred } from '../base/deferred.js';
import { Emitter } from '../base/emitter.js';
import type { EventSource } from '../base/emitter.js';
import { EvercallError, mustSucceed } from '../base/errors.js';
import type { ErrorCode } from '../base/errors.js';
import { quiet } from '../base/quiet.js';
import { Store } from '../base/store.js';
import type { Call } from '../call/call.js';
import { checkHeaders } from '../call/call-options.js';
import type { CallOptions } from '../call/call-options.js';
import type { Credentials } from '../core/credentials.js';
import type { SipRequest, SipResponse } from '../parser/index.js';
import { rejectedCall } from './rejected-call.js';
import type { RegisterOptions, RegistrationChange, RegistrationState } from '../registration/registration-context.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { MessageSummary } from '../subscription/message-summary.js';
import type { SubscribeOptions, Subscription } from '../subscription/subscription.js';
import { AccountCalls } from './account-calls.js';
import type { AccountParts } from './account-calls.js';
import type { AccountContext, AccountInbox, AnnouncedEvent, DisposeOptions } from './account-context.js';
import type { AccountEvents, AccountInfo, AccountSnapshot } from './account-events.js';
import { accountConfig } from './account-config.js';
import type { AccountOptions } from './account-options.js';
import type { AccountConfig } from './account-config.js';
import { AccountSubscriptions } from './account-subscriptions.js';
import { Dependency } from './dependency.js';
import { accountEdit, patched } from './edit.js';
import type { AccountEdit } from './edit.js';
import { Identity } from './identity.js';
import type { StandAloneOptions } from './stand-alone-request.js';
import { Succession } from './succession.js';
import { targetUri } from './target.js';

/** A change that waits for the end of the task, and who waits for it. */
interface PendingUpdate {
  options: AccountOptions;
  config: AccountConfig;
  register: boolean;
  readonly outcome: Deferred<void>;
}

export class Account implements EventSource<AccountEvents> {
  readonly id: string;
  /** The app's own. */
  data: unknown;
  #options: AccountOptions;
  /** Those that are in force: a change is, as soon as it can be. */
  #applied: AccountOptions;
  readonly #context: AccountContext;
  readonly #emitter = new Emitter<AccountEvents>();
  readonly #store: Store<AccountSnapshot>;
  readonly #contactUser: string;
  readonly #identities: Succession;
  readonly #calls: AccountCalls;
  readonly #subscriptions: AccountSubscriptions;
  #registered: Deferred<void> | undefined;
  #change: RegistrationChange | undefined;
  /** Registrations that failed in a row. */
  #failures = 0;
  #update: PendingUpdate | undefined;
  #dependency: Dependency | undefined;
  #isDisposed = false;

  /** Accounts are made by `ua.addAccount()`. */
  constructor(options: AccountOptions, context: AccountContext) {
    const config = accountConfig(options, context.defaults);
    const { random } = context.core;
    this.#options = this.#applied = options;
    this.#context = context;
    this.data = options.data;
    this.id = options.id ?? random.uuid();
    this.#contactUser = random.token(12);
    this.#store = new Store(() => ({
      uri: this.uri,
      state: this.state,
      isRegistered: this.isRegistered,
      connected: this.connected,
      calls: [...this.calls],
      messageWaiting: this.messageWaiting,
    }));
    this.#identities = new Succession(config, context.clock, this.#newIdentity.bind(this));
    const { core, parts, clock, log, timers, mediaEnvironment, policy, watcher, callBegan } = context;
    this.#calls = new AccountCalls(
      { core, parts, clock, log, timers, mediaEnvironment, policy, watcher, callBegan },
      {
        identity: () => this.#identity,
        registering: () => (this.#isRegistering ? this.#settled() : undefined),
        normalize: (typed) => this.normalize(typed),
        announce: (call) => this.#tell('incomingCall', { account: this, call }),
        onCallEnded: (call) => {
          context.callEnded(call, this.id);
        },
        onCallsChanged: () => {
          this.#sweep();
          this.#store.changed();
        },
        onRefused: this.#onRefused.bind(this),
      },
    );
    this.#subscriptions = new AccountSubscriptions({
      core,
      clock,
      log,
      timers,
      identity: () => this.#identity,
      onMessageWaiting: (summary) => {
        this.#store.changed();
        this.#tell('messageWaitingChanged', { account: this, ...summary });
      },
    });
    this.#dependency = this.#newDependency(config);
    context.attach(this.#inbox());
  }

  get #identity(): Identity {
    return this.#identities.current;
  }

  /** The app's own texts: never sent. */
  get params(): Readonly<Record<string, string>> {
    return this.#options.params ?? {};
  }

  /** The id of the account that this one depends on. */
  get dependsOn(): string | undefined {
    return this.#dependency?.masterId;
  }

  /** The address of record. */
  get uri(): string {
    return this.#identity.config.uri;
  }

  get state(): RegistrationState {
    return this.#identity.state;
  }

  /** Whether the registrar lists our own Contact, its time is not over, and the connection it leads to stands. */
  get isRegistered(): boolean {
    return this.#identity.isRegistered;
  }

  /** Whether a server is connected. */
  get connected(): boolean {
    return this.#identity.isConnected;
  }

  get calls(): ReadonlySet<Call> {
    return this.#calls.all;
  }

  /** The Contact URI that we register. */
  get contact(): string {
    return this.#identity.branch.contact.uri;
  }

  /** The URI that reaches us, and no other device of the address, from anywhere (RFC 5627), where the registrar grants one. */
  get gruu(): string | undefined {
    return this.#identity.branch.contact.publicGruu;
  }

  /** Which messages wait in the mailbox (RFC 3842), as the server told last. */
  get messageWaiting(): MessageSummary | undefined {
    return this.#subscriptions.messageWaiting;
  }

  get info(): AccountInfo {
    const { uri, state, isRegistered, connected, contact, gruu } = this;
    const isPending = this.#isRegistering;
    const { registration } = this.#identity.branch;
    return {
      uri,
      state,
      isRegistered,
      connected,
      contact,
      gruu,
      status: isPending ? (this.#change?.status ?? 100) : this.#change?.status,
      reason: this.#change?.reason,
      expires: registration?.expires,
      expiresIn: registration?.expires && registration.expiresIn,
    };
  }

  /** The registrar's last answer: headers of its own may tell more. */
  get lastResponse(): SipResponse | undefined {
    return this.#identity.lastResponse;
  }

  /** Resolves when registered, at once if so; rejects at the next failure. */
  get registered(): Promise<void> {
    if (this.isRegistered) return Promise.resolve();
    this.#registered ??= new Deferred();
    return this.#registered.promise;
  }

  on<K extends keyof AccountEvents>(event: K, listener: (payload: AccountEvents[K]) => void): () => void {
    return this.#emitter.on(event, listener);
  }

  once<K extends keyof AccountEvents>(
    event: K,
    options?: { readonly signal?: AbortSignal },
  ): Promise<AccountEvents[K]> {
    return this.#emitter.once(event, options);
  }

  subscribe(listener: () => void): () => void {
    return this.#store.subscribe(listener);
  }

  getSnapshot(): AccountSnapshot {
    return this.#store.getSnapshot();
  }

  /** Registers, or refreshes with other values; resolves when the registrar lists our Contact. */
  register(options: RegisterOptions = {}): Promise<void> {
    checkHeaders(options.headers);
    this.#mustRegister('register');
    if (this.#dependency) this.#dependency.isWanted = options.expires !== 0;
    return quiet(this.#register(options));
  }

  /** Removes our binding, or with `all` every binding of the address; resolves when that is done. */
  unregister(options: { readonly all?: boolean } = {}): Promise<void> {
    const identity = this.#mustRegister('unregister');
    if (this.#dependency) this.#dependency.isWanted = false;
    this.#subscriptions.suspend();
    if (!identity.config.unregisterDependents) return quiet(identity.unregister(options));
    return quiet(this.#context.signOffDependents().then(() => identity.unregister(options)));
  }

  /** The URI that `call` would call for what the user typed: by `normalize`, then in our domain. Throws `invalidTarget`. */
  normalize(typed: string): string {
    const { normalize, domain } = this.#identity.config;
    return targetUri(normalize && typeof typed === 'string' ? normalize(typed) : typed, domain);
  }

  /** Neither refreshes nor tries again until `register()`; the binding is left to run out (Linphone's pause_register). */
  pauseRegistration(): void {
    this.#mustRegister('pauseRegistration').pause();
    if (this.#dependency) this.#dependency.isWanted = false;
  }

  /**
   * Adds credentials, in place of the same user's for the same realm: what waits for them goes on, and a registration
   * that was refused is tried again. Throws `invalidOption`.
   */
  setCredentials(credentials: Credentials): void {
    this.#mustLive('setCredentials');
    this.#identity.authenticator.set(credentials);
    this.#context.edited();
    const isRefused = this.#change?.cause === 'authentication' && this.state === 'failed';
    if (isRefused && this.#identity.config.register) void quiet(this.#register());
  }

  /** Removes those for a realm, or with none named those for all realms (eXosip2's remove_authentication_info). */
  removeCredentials(realm?: string): void {
    this.#identity.authenticator.remove(realm);
    this.#context.edited();
  }

  clearCredentials(): void {
    this.#identity.authenticator.clear();
    this.#context.edited();
  }

  /** The options, to be changed and committed together. */
  edit(): AccountEdit {
    return accountEdit({ ...this.#options, data: this.data }, (patch) => this.update(patch));
  }

  /**
   * Changes options, all or none: throws `invalidOption` and leaves all as it was. Changes of one task go together, with
   * the least traffic that they need: none, one REGISTER, or the old identity unregisters and the new one registers. With
   * `register: false` nothing is sent. Resolves when it is done; rejects when the registrar does not take it.
   */
  update(patch: Partial<AccountOptions>, { register = true }: { readonly register?: boolean } = {}): Promise<void> {
    this.#mustLive('update');
    for (const name of ['id', 'dependsOn'] as const)
      if (name in patch && patch[name] !== this[name])
        throw new EvercallError('invalidState', `${name}: stays as it was added`);
    const options = patched(this.#options, patch);
    const config = accountConfig(options, this.#context.defaults);
    this.#options = options;
    if ('data' in patch) this.data = patch.data;
    if (!this.#update) {
      this.#update = { options, config, register, outcome: new Deferred() };
      queueMicrotask(() => {
        const update = this.#update!;
        this.#update = undefined;
        this.#apply(update).then(update.outcome.resolve, update.outcome.reject);
        this.#context.edited();
      });
    }
    Object.assign(this.#update, { options, config, register });
    return this.#update.outcome.promise;
  }

  /**
   * Calls `target`: a SIP or tel URI, `user@host`, a user of our domain, or a telephone number. Returns the call at once;
   * `call.answered` and `call.ended` settle with its fate. Throws `invalidTarget` and `invalidOption`.
   */
  call(target: string, options: CallOptions = {}): Call {
    this.#mustLive('call');
    return this.#calls.place(this.normalize(target), options);
  }

  /**
   * Subscribes to what happens with `target`, which is given as for `call` (RFC 6665): presence, the calls of a colleague, a
   * mailbox. Returns the subscription at once; it begins when the account is connected, and registered where it is to be. It
   * is refreshed, and made anew when it is lost: the object stays. Throws `invalidTarget` and `invalidOption`.
   */
  subscribeTo(target: string, options: SubscribeOptions): Subscription {
    this.#mustLive('subscribeTo');
    return this.#subscriptions.subscribe(this.normalize(target), options);
  }

  /** Sends a MESSAGE (RFC 3428); resolves when it was taken with a 2xx. */
  sendMessage(target: string, body: string, options: { readonly contentType?: string } = {}): Promise<void> {
    const headers = [{ name: 'Content-Type', value: options.contentType ?? 'text/plain' }];
    return quiet(this.request('MESSAGE', target, { headers, body }).then(mustSucceed));
  }

  /** Sends any request outside of a dialog, with authentication; resolves with its final response, whatever its status. */
  request(method: string, target: string, options: StandAloneOptions = {}): Promise<SipResponse> {
    this.#mustLive(method);
    const { core, parts } = this.#context;
    const uri = this.normalize(target);
    const send = ({ sendStandAlone }: AccountParts): Promise<SipResponse> =>
      sendStandAlone(core, this.#identity, method, uri, options);
    return quiet(parts.part ? send(parts.part) : parts.load().then(send));
  }

  /**
   * Ends the account: hangs up its calls, removes its binding (bounded by `unregisterTimeout`), gives its connection back.
   * Rejects with `busy` where `force: false` and there are calls; then nothing has happened.
   */
  async dispose({ unregister = true, force = true }: DisposeOptions = {}): Promise<void> {
    if (this.#isDisposed) return;
    const { size } = this.calls;
    if (!force && size > 0) throw new EvercallError('busy', `dispose: the account has ${size} calls`);
    this.#isDisposed = true;
    this.#calls.hangup({ silent: !unregister });
    this.#context.disposing();
    const left = this.#subscriptions.end(unregister);
    if (unregister) await Promise.all([left, this.#identities.signOff()]);
    this.#identities.discard();
    this.#registered?.reject(new EvercallError('aborted', 'the account was disposed'));
    this.#context.disposed();
  }

  /** As soon as what it takes is there; where that cannot be had, all stays as it was. */
  async #apply({ options, config, register }: PendingUpdate): Promise<void> {
    const { parts, edited } = this.#context;
    if (!parts.part) {
      await parts.load().catch((error: unknown) => {
        this.#options = this.#applied;
        edited();
        throw error;
      });
    }
    this.#mustLive('update', 'aborted');
    this.#applied = options;
    const account = {
      identities: this.#identities,
      dependency: this.#dependency,
      subscriptions: this.#subscriptions,
      register: () => this.#register(),
      changed: () => {
        this.#store.changed();
      },
      sweep: () => {
        this.#sweep();
      },
    };
    await parts.part!.applyChange(account, config, register);
  }

  get #isRegistering(): boolean {
    return this.state === 'refreshing' || this.state === 'registering';
  }

  async #settled(): Promise<void> {
    while (this.#isRegistering) await this.once('registrationChanged');
  }

  /** Now, or as soon as the master is. */
  #register(options: RegisterOptions = {}): Promise<void> {
    if (this.#dependency && !this.#dependency.isOpen && options.expires !== 0) return this.registered;
    const ready = this.#context.ready();
    return ready ? ready.then(() => this.#register(options)) : this.#identity.register(options);
  }

  /** What the user agent, and the other accounts, ask of this one. */
  #inbox(): AccountInbox {
    return {
      id: this.id,
      uri: () => this.uri,
      isRegistered: () => this.isRegistered,
      contact: () => {
        const { registerUri: registered, publicGruu: gruu } = this.#identity.branch.contact;
        return { registered, gruu };
      },
      dependsOn: () => this.dependsOn,
      onInvite: (request, transaction) => {
        this.#calls.onInvite(request, transaction);
      },
      onMessage: this.#onMessage.bind(this),
      onRefer: this.#onRefer.bind(this),
      onNotify: (request, transaction) => this.#subscriptions.onNotify(request, transaction),
      onRefused: this.#onRefused.bind(this),
      hasFlow: (flow) =>
        this.#identity.branchOf(flow) !== undefined || this.#calls.hasFlow(flow) || !!this.#dependency?.hasFlow(flow),
      contactUser: this.#contactUser,
      priority: () => this.#identity.config.priority,
      onPeerAdded: (peer) => {
        if (peer.id === this.dependsOn) this.#dependency!.attach(peer);
      },
      onPeerChange: (id, change) => {
        if (id === this.dependsOn) this.#dependency!.follow(change);
      },
      onPeerGone: (id) => {
        if (id === this.dependsOn) this.#free();
      },
      signOff: () => {
        this.#subscriptions.suspend();
        return this.#identities.signOff();
      },
      refresh: (flow, moved) => {
        const { config } = this.#identity;
        if (moved && config.contactUpdate === 'off') return;
        this.#identity.branchOf(flow)?.registration?.refresh();
      },
      ipChange: () => this.#identity.config.ipChange,
      start: () => {
        if (this.#isDisposed) return;
        this.#identity.connect();
        if (this.#identity.config.register) void quiet(this.#register());
      },
      options: () =>
        this.#isDisposed
          ? undefined
          : patched(this.#options, { data: this.data, credentials: this.#identity.authenticator.credentials }),
    };
  }

  #newDependency({ dependsOn, register, followRefresh }: AccountConfig): Dependency | undefined {
    if (dependsOn === undefined) return undefined;
    return new Dependency(dependsOn, register, followRefresh, {
      identities: this.#identities,
      parts: this.#context.parts,
      onContact: () => {
        this.#calls.onContact();
      },
      warn: (message) => {
        this.#context.log.warn(`${this.uri}: ${message}`);
        this.#emitter.emit('warning', { account: this, message });
      },
    });
  }

  /** The account it depended on was removed: it stands on its own (LIN-17). */
  #free(): void {
    const { isWanted } = this.#dependency!;
    this.#dependency!.master = undefined;
    this.#dependency = undefined;
    this.#identities.share(undefined);
    if (isWanted) void quiet(this.#identity.register());
  }

  #sweep(): void {
    this.#identities.sweep((flow) => this.#calls.isUsing(flow));
    this.#calls.sweep();
  }

  #newIdentity(config: AccountConfig, credentials?: readonly Credentials[]): Identity {
    const { core, clock, log, instanceId, lease } = this.#context;
    return new Identity(
      config,
      { core, clock, log, instanceId, lease, contactUser: this.#contactUser },
      {
        onRegistrationChange: this.#onRegistrationChange.bind(this),
        onConnectionChange: (connected, reason) => {
          this.#changed('connectionChanged', { connected, reason });
          this.#subscriptions.onChange();
        },
        onCredentialsNeeded: (challenge, signal, reply) => {
          const { credentialsProvider: ask } = this.#identity.config;
          if (ask) return ask(challenge, signal);
          const { provide, wait } = reply;
          this.#tell('credentialsRequired', { account: this, challenge, signal, provide, wait });
          return reply.credentials;
        },
      },
      credentials,
    );
  }

  #onRegistrationChange(change: RegistrationChange): void {
    const payload = Object.assign({ account: this }, change); // a spread copy would have a shape of its own each time
    this.#change = change;
    const isFailure = change.cause !== undefined && change.state !== 'none';
    if (change.state === 'registered' || change.state === 'failed') {
      const waiting = this.#registered;
      this.#registered = undefined;
      if (change.state === 'registered') waiting?.resolve();
      else waiting?.reject(registrationError(change));
    }
    if (isFailure) this.#failures++;
    else if (change.state === 'registered') this.#failures = 0;
    this.#changed('registrationChanged', payload);
    this.#context.announce('registrationChanged', payload);
    this.#context.changed(change);
    this.#subscriptions.onChange();
    if (change.state === 'registered' || change.state === 'failed') this.#calls.onContact();
    // PJSIP's drop_calls_on_reg_fail: one failure is forgiven
    if (this.#failures > 1 && this.#identity.config.dropCallsOnFailure) this.#calls.hangup();
  }

  #onRefused(request: SipRequest, status: number): void {
    this.#tell('rejectedCall', rejectedCall(this.#context.core, this, request, status));
  }

  #onRefer(transaction: ServerTransaction): void {
    this.#calls.refer(transaction, (refer) => this.#tell('refer', { account: this, refer }));
  }

  /** Here and at the user agent; tells whether anyone listens. */
  #tell<K extends AnnouncedEvent>(event: K, payload: AccountEvents[K]): boolean {
    const isHeard = this.#emitter.has(event);
    this.#emitter.emit(event, payload);
    return this.#context.announce(event, payload) || isHeard;
  }

  #onMessage(request: SipRequest, transaction: ServerTransaction): void {
    const { core, parts } = this.#context;
    const message = { account: this, ...parts.part!.incomingMessage(core, request, transaction) };
    if (this.#identity.config.autoRespondMessage) message.respond(200);
    if (!this.#tell('message', message)) message.respond(405);
  }

  #changed<K extends keyof AccountEvents>(event: K, payload: AccountEvents[K]): void {
    this.#store.changed();
    this.#emitter.emit(event, payload);
  }

  #mustRegister(verb: string): Identity {
    this.#mustLive(verb);
    if (!this.#identity.hasRegistrar) throw new EvercallError('invalidState', `${verb}: the account has no registrar`);
    return this.#identity;
  }

  #mustLive(verb: string, code: ErrorCode = 'invalidState'): void {
    if (this.#isDisposed) throw new EvercallError(code, `${verb}: the account was disposed`);
  }
}

function registrationError({ status, reason, cause }: RegistrationChange): EvercallError {
  const code = cause === undefined || cause === 'dependency' ? 'rejected' : cause;
  return new EvercallError(code, `registration failed: ${reason ?? ''}`, status === undefined ? {} : { status });
}
