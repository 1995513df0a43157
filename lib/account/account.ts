/** An account: one identity at one server, with its registration and its calls. */
import { Deferred } from '../base/deferred.js';
import { Emitter } from '../base/emitter.js';
import type { EventSource } from '../base/emitter.js';
import { EvercallError, mustSucceed } from '../base/errors.js';
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import { quiet } from '../base/quiet.js';
import { newCallId, newTag } from '../base/random.js';
import { Store } from '../base/store.js';
import { Call } from '../call/call.js';
import type { CallContext } from '../call/call-context.js';
import { checkHeaders } from '../call/call-options.js';
import type { CallOptions } from '../call/call-options.js';
import { optional } from '../core/optional.js';
import { Authenticator } from '../core/authenticator.js';
import type { Core } from '../core/core.js';
import { ContentType, From } from '../parser/index.js';
import type { Body, Header, SipRequest, SipResponse } from '../parser/index.js';
import type { MediaEnvironment } from '../media/environment.js';
import type { MediaSessionConfig } from '../media/media-session.js';
import { readAudio } from '../media/sdp.js';
import { sessionDescription } from '../session/session-description.js';
import { Registration } from '../registration/registration.js';
import type { RegistrationChange, RegistrationState } from '../registration/registration.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { Timers } from '../transaction/timers.js';
import type { Flow, FlowListener } from '../transport/flow.js';
import type { FlowLease } from '../transport/transport-pool.js';
import { targetUri } from './account-options.js';
import type { AccountConfig } from './account-options.js';

/** A message of the pager kind (RFC 3428); it was answered with 200. */
export interface IncomingMessage {
  readonly account: Account;
  readonly from: string;
  readonly contentType: string;
  readonly body: Body;
  readonly request: SipRequest;
}

export interface AccountEvents {
  /** Every change of the registration, and every repeat of success. */
  registrationChanged: RegistrationChange & { readonly account: Account };
  incomingCall: { readonly account: Account; readonly call: Call };
  message: IncomingMessage;
  connectionChanged: { readonly connected: boolean; readonly reason: string | undefined };
}

export interface AccountSnapshot {
  readonly uri: string;
  readonly state: RegistrationState;
  readonly isRegistered: boolean;
  readonly connected: boolean;
  readonly calls: readonly Call[];
}

/** How the user agent hands requests to an account that is the app's to hold. */
export interface AccountInbox {
  readonly onInvite: (request: SipRequest, transaction: ServerTransaction) => void;
  readonly onMessage: (request: SipRequest, transaction: ServerTransaction) => void;
}

export type AnnouncedEvent = 'registrationChanged' | 'incomingCall' | 'message';

export interface AccountContext {
  readonly core: Core;
  readonly clock: Clock;
  readonly log: Logger;
  readonly timers: Timers;
  readonly media: MediaSessionConfig;
  readonly mediaEnvironment: MediaEnvironment;
  readonly lease: (listener: FlowListener) => FlowLease;
  readonly instanceId: string;
  /** Called once, from the constructor. */
  readonly attach: (inbox: AccountInbox) => void;
  /** For events that the user agent repeats; tells whether anyone listens there. */
  readonly announce: <K extends AnnouncedEvent>(event: K, payload: AccountEvents[K]) => boolean;
  readonly disposed: () => void;
}

export class Account implements EventSource<AccountEvents> {
  readonly id: string;
  /** The address of record. */
  readonly uri: string;
  /** The app's own. */
  data: unknown;
  readonly #config: AccountConfig;
  readonly #context: AccountContext;
  readonly #emitter = new Emitter<AccountEvents>();
  readonly #store: Store<AccountSnapshot>;
  readonly #authenticator: Authenticator;
  readonly #lease: FlowLease;
  readonly #registration: Registration | undefined;
  readonly #calls = new Set<Call>();
  readonly #contact: string;
  /** One for all calls. */
  readonly #callContext: CallContext<Call>;
  #registered: Deferred<void> | undefined;
  #isDisposed = false;

  /** Accounts are made by `ua.addAccount()`. */
  constructor(config: AccountConfig, data: unknown, context: AccountContext) {
    const { core } = context;
    this.#config = config;
    this.#context = context;
    this.data = data;
    this.id = core.random.uuid();
    this.uri = config.uri;
    // RFC 7118 §5: nobody can dial a page; the name under .invalid only has to be ours alone
    this.#contact = `sip:${core.random.token(12)}@${core.random.token(12)}.invalid;transport=ws`;
    this.#authenticator = new Authenticator(config.credentials, core.random);
    this.#store = new Store(() => ({
      uri: this.uri,
      state: this.state,
      isRegistered: this.isRegistered,
      connected: this.connected,
      calls: [...this.#calls],
    }));
    this.#lease = context.lease({
      onFlowOpen: () => {
        this.#registration?.onFlowOpen();
        this.#changed('connectionChanged', { connected: true, reason: undefined });
      },
      onFlowLost: (_flow, reason) => {
        this.#changed('connectionChanged', { connected: false, reason });
      },
    });
    this.#callContext = this.#newCallContext();
    this.#registration = this.#newRegistration();
    context.attach({
      onInvite: (request, transaction) => {
        this.#onInvite(request, transaction);
      },
      onMessage: (request, transaction) => {
        this.#onMessage(request, transaction);
      },
    });
    this.#flow.open();
    if (config.register) void this.#registration?.register();
  }

  get #flow(): Flow {
    return this.#lease.flow;
  }

  get state(): RegistrationState {
    return this.#registration?.state ?? 'none';
  }

  /** Whether the registrar lists our own Contact and its time is not over. */
  get isRegistered(): boolean {
    return this.#registration?.isRegistered ?? false;
  }

  /** Whether the server is connected. */
  get connected(): boolean {
    return this.#flow.isOpen;
  }

  get calls(): ReadonlySet<Call> {
    return this.#calls;
  }

  /** The Contact URI that peers reach us by. */
  get contact(): string {
    return this.#contact;
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

  /** Registers, or refreshes with other values; resolves when the registrar lists our Contact. @param expires seconds */
  register(options: { readonly expires?: number } = {}): Promise<void> {
    return this.#mustRegister('register').register(options);
  }

  /** Removes our binding, or with `all` every binding of the address; resolves when that is done. */
  unregister(options: { readonly all?: boolean } = {}): Promise<void> {
    return this.#mustRegister('unregister').unregister(options);
  }

  /**
   * Calls `target`: a SIP or tel URI, `user@host`, a user of our domain, or a telephone number. Returns the call at once;
   * `call.answered` and `call.ended` settle with its fate. Throws `invalidTarget` and `invalidOption`.
   */
  call(target: string, options: CallOptions = {}): Call {
    this.#mustLive('call');
    const uri = targetUri(target, this.#config.domain);
    checkHeaders(options.headers);
    const { address, routes } = this.#config;
    const call = new Call(this.#callContext, {
      direction: 'outgoing',
      target: uri,
      from: address,
      routes,
      options,
    });
    return this.#adopt(call);
  }

  /** Sends a MESSAGE (RFC 3428); resolves when it was taken with a 2xx. */
  sendMessage(target: string, body: string, options: { readonly contentType?: string } = {}): Promise<void> {
    const headers = [{ name: 'Content-Type', value: options.contentType ?? 'text/plain' }];
    return quiet(this.request('MESSAGE', target, { headers, body }).then(mustSucceed));
  }

  /** Sends any request outside of a dialog, with authentication; resolves with its final response, whatever its status. */
  request(
    method: string,
    target: string,
    options: { readonly headers?: readonly Header[]; readonly body?: Body; readonly signal?: AbortSignal } = {},
  ): Promise<SipResponse> {
    this.#mustLive(method);
    if (method === 'INVITE' || method === 'ACK' || method === 'CANCEL' || !/^[A-Z]+$/.test(method)) {
      throw new EvercallError(
        'invalidOption',
        `method: takes a method that stands alone, got ${JSON.stringify(method)}`,
      );
    }
    const { core } = this.#context;
    const { address, routes, domain } = this.#config;
    const uri = targetUri(target, domain);
    let sequence = 0;
    const plan = {
      method,
      uri,
      from: `${address};tag=${newTag(core.random)}`,
      to: `<${uri}>`,
      callId: newCallId(core.random),
      routes,
      nextSequence: () => ++sequence,
      headers: checkHeaders(options.headers),
      body: options.body ?? '',
    };
    return quiet(core.exchange(plan, { flow: this.#flow, authenticator: this.#authenticator, signal: options.signal }));
  }

  /**
   * Ends the account: hangs up its calls, removes its binding (at most 4 s), gives its connection back. With
   * `unregister: false` not a word goes out.
   */
  async dispose({ unregister = true }: { readonly unregister?: boolean } = {}): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    const registration = this.#registration;
    for (const call of this.#calls) call.hangup({ silent: !unregister });
    if (unregister && registration?.isRegistered && this.connected) await this.#atMost(4000, registration.unregister());
    registration?.discard();
    this.#registered?.reject(new EvercallError('aborted', 'the account was disposed'));
    this.#lease.release();
    this.#context.disposed();
  }

  #atMost(ms: number, promise: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#context.clock.after(ms, resolve);
      const done = (): void => {
        cancel();
        resolve();
      };
      promise.then(done, done); // the binding runs out by itself when it cannot be removed
    });
  }

  #newRegistration(): Registration | undefined {
    const { registrar, address, expires, routes, registerHeaders } = this.#config;
    if (registrar === undefined) return undefined;
    const { core, clock, log, instanceId } = this.#context;
    return new Registration(
      {
        registrar,
        address,
        contact: this.#contact,
        instanceId,
        regId: 1,
        expires,
        routes,
        headers: registerHeaders,
      },
      {
        core,
        flow: this.#flow,
        authenticator: this.#authenticator,
        clock,
        log,
        user: {
          onRegistrationChange: (change) => {
            this.#onRegistrationChange(change);
          },
        },
      },
    );
  }

  #onRegistrationChange(change: RegistrationChange): void {
    const payload = { ...change, account: this };
    if (change.state === 'registered' || change.state === 'failed') {
      const waiting = this.#registered;
      this.#registered = undefined;
      if (change.state === 'registered') waiting?.resolve();
      else waiting?.reject(registrationError(change));
    }
    this.#changed('registrationChanged', payload);
    this.#context.announce('registrationChanged', payload);
  }

  #onInvite(request: SipRequest, transaction: ServerTransaction): void {
    const { core } = this.#context;
    const offer = sessionDescription(request);
    if (offer !== undefined && !readAudio(offer)) {
      core.respond(transaction, 488); // §13.3.1.3: nothing we could take; the user need not hear of it
      return;
    }
    const call = this.#adopt(new Call(this.#callContext, { direction: 'incoming', request, transaction }));
    const payload = { account: this, call };
    const isHeard = this.#emitter.has('incomingCall');
    this.#emitter.emit('incomingCall', payload);
    if (!this.#context.announce('incomingCall', payload) && !isHeard)
      call.reject(480); // a page that takes no calls
    else if (call.state === 'incoming') void call.ring();
  }

  #onMessage(request: SipRequest, transaction: ServerTransaction): void {
    this.#context.core.respond(transaction, 200);
    const message = {
      account: this,
      from: optional(request, From)?.uri ?? '',
      contentType: optional(request, ContentType)?.type ?? 'text/plain',
      body: request.body,
      request,
    };
    this.#emitter.emit('message', message);
    this.#context.announce('message', message);
  }

  #adopt(call: Call): Call {
    this.#calls.add(call);
    this.#store.changed();
    return call;
  }

  #newCallContext(): CallContext<Call> {
    const { core, clock, log, timers, media, mediaEnvironment } = this.#context;
    return {
      core,
      flow: this.#flow,
      authenticator: this.#authenticator,
      clock,
      log,
      timers,
      media,
      mediaEnvironment,
      contact: () => ({ name: 'Contact', value: `<${this.#contact}>` }),
      released: (call) => {
        this.#calls.delete(call);
        this.#store.changed();
      },
    };
  }

  #changed<K extends keyof AccountEvents>(event: K, payload: AccountEvents[K]): void {
    this.#store.changed();
    this.#emitter.emit(event, payload);
  }

  #mustRegister(verb: string): Registration {
    this.#mustLive(verb);
    if (!this.#registration) throw new EvercallError('invalidState', `${verb}: the account has no registrar`);
    return this.#registration;
  }

  #mustLive(verb: string): void {
    if (this.#isDisposed) throw new EvercallError('invalidState', `${verb}: the account was disposed`);
  }
}

function registrationError({ status, reason }: RegistrationChange): EvercallError {
  const isRefused = status === 401 || status === 403 || status === 407;
  const code = isRefused ? 'authentication' : status === 408 ? 'timeout' : status === 503 ? 'transport' : 'rejected';
  return new EvercallError(
    code,
    `registration failed: ${status ?? ''} ${reason ?? ''}`,
    status === undefined ? {} : { status },
  );
}
