/**
 * What an account is while its options stand: its login, its flows, a registration on each. A change of identity replaces
 * it as a whole, so that the old one can still sign off as who it was (ACC-18).
 */
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import { reportBug } from '../base/emitter.js';
import { Authenticator } from '../core/authenticator.js';
import type { Core } from '../core/core.js';
import type { Credentials } from '../core/credentials.js';
import type { CredentialsQuestion } from '../core/reply.js';
import { LocalContact } from '../registration/contact.js';
import { Registration } from '../registration/registration.js';
import type {
  RegisterOptions,
  RegistrationChange,
  RegistrationConfig,
  RegistrationState,
  RegistrationUser,
} from '../registration/registration-context.js';
import type { Header, SipResponse } from '../parser/index.js';
import type { Flow } from '../transport/flow.js';
import type { FlowListener } from '../transport/flow-context.js';
import type { FlowLease } from '../transport/transport-pool.js';
import { checkHeaders } from '../call/call-options.js';
import type { AccountConfig } from './account-config.js';

export interface IdentityContext {
  readonly core: Core;
  readonly clock: Clock;
  readonly log: Logger;
  /** May be another until the account is started. */
  readonly instanceId: () => string;
  /** The user part of our Contacts. */
  readonly contactUser: string;
  readonly lease: (servers: readonly string[], slot: number, listener: FlowListener) => FlowLease;
}

export interface IdentityUser {
  /** `state` and `previous` are of all flows together. */
  onRegistrationChange(change: RegistrationChange): void;
  onConnectionChange(connected: boolean, reason: string | undefined): void;
  /** Credentials are missing, or those we have were refused. */
  onCredentialsNeeded: CredentialsQuestion;
}

/** One flow, our Contact on it, and what the registrar knows of it. */
export interface Branch {
  readonly flow: Flow;
  readonly contact: LocalContact;
  readonly registration: Registration | undefined;
  readonly release: () => void;
}

/** Best first: what one flow has reached, the account has (RFC 5626 §4.2). */
const states: readonly RegistrationState[] = [
  'registered',
  'refreshing',
  'registering',
  'failed',
  'unregistered',
  'none',
];

export class Identity implements RegistrationUser {
  readonly authenticator: Authenticator;
  #config: AccountConfig;
  readonly #context: IdentityContext;
  /** Gone when it is retired: nobody is to hear of it any more. */
  #user: IdentityUser | undefined;
  readonly #branches: Branch[] = [];
  #state: RegistrationState = 'none';

  /** `credentials`: what a former identity had by the end, where that is not what `config` says. */
  constructor(
    config: AccountConfig,
    context: IdentityContext,
    user: IdentityUser,
    credentials: readonly Credentials[] = config.credentials,
  ) {
    this.#config = config;
    this.#context = context;
    this.#user = user;
    this.authenticator = new Authenticator(
      {
        ...config,
        ...config.authentication,
        credentials,
        provider: (...question) => this.#user?.onCredentialsNeeded(...question),
      },
      context.core.random,
    );
    this.#branch();
  }

  get config(): AccountConfig {
    return this.#config;
  }

  get state(): RegistrationState {
    return this.#state;
  }

  get isRegistered(): boolean {
    return this.#branches.some(({ registration }) => registration?.isRegistered);
  }

  /** Whether the registrar may list us, or is being asked to. */
  get isActive(): boolean {
    return this.#branches.some(({ registration }) => registration?.isActive);
  }

  get isConnected(): boolean {
    return this.#branches.some(({ flow }) => flow.isOpen);
  }

  get hasRegistrar(): boolean {
    return this.#config.registrar !== undefined;
  }

  /** What new requests go out by: a flow that the registrar knows, else one that is open. */
  get branch(): Branch {
    const branches = this.#branches;
    return (
      branches.find(({ registration }) => registration?.isRegistered) ??
      branches.find(({ flow }) => flow.isOpen) ??
      branches[0]!
    );
  }

  get branches(): readonly Branch[] {
    return this.#branches;
  }

  /** The route of requests outside of dialogs: our proxies, then what the registrar has told us (RFC 3608 §5). */
  get routes(): readonly string[] {
    const { routes, useServiceRoute } = this.#config;
    const learned = (useServiceRoute && this.branch.registration?.serviceRoute) || [];
    return [...routes.filter((route) => !learned.includes(route)), ...learned];
  }

  get lastResponse(): SipResponse | undefined {
    return this.branch.registration?.lastResponse;
  }

  /** The branch that `flow` belongs to. */
  branchOf(flow: Flow): Branch | undefined {
    return this.#branches.find((branch) => branch.flow === flow);
  }

  connect(): void {
    for (const { flow } of this.#branches) flow.open();
  }

  /** Resolves when one flow is registered; rejects as the first one did when none is. */
  register(options: RegisterOptions = {}): Promise<void> {
    const outcomes = this.#registrations().map((registration) => registration.register(options));
    return Promise.any(outcomes).catch(() => outcomes[0]);
  }

  async unregister(options: { readonly all?: boolean | undefined } = {}): Promise<void> {
    await Promise.all(this.#registrations().map((registration) => registration.unregister(options)));
  }

  pause(): void {
    for (const registration of this.#registrations()) registration.pause();
  }

  mirror(change: RegistrationChange): void {
    for (const registration of this.#registrations()) registration.mirror(change);
  }

  /** Another account's Contact in place of ours, or ours again. */
  share(uri: string | undefined): void {
    this.#change((contact) => {
      contact.share(uri);
    });
  }

  /** Values that need no new identity: the next REGISTER has them. */
  reconfigure(config: AccountConfig): void {
    this.#config = config;
    this.#change((contact) => {
      contact.config = config.contact;
    });
  }

  #change(change: (contact: LocalContact) => void): void {
    this.#branches.forEach(({ contact, registration }, index) => {
      if (registration) registration.reconfigure(this.#registrationConfig(index), change);
      else change(contact);
    });
  }

  /** From now on nobody hears of it. */
  detach(): void {
    this.#user = undefined;
  }

  /** Ends without a word and gives its flows back. */
  discard(): void {
    this.detach();
    this.authenticator.clear(); // nobody waits for credentials any more
    for (const { registration, release } of this.#branches) {
      registration?.discard();
      release();
    }
  }

  onRegistrationChange(change: RegistrationChange, source: Registration): void {
    const previous = this.#state;
    const present = this.#registrations().map((registration) => registration.state);
    this.#state = states.find((state) => present.includes(state)) ?? change.state;
    if (change.state === 'registered' && source.contact.isOutbound) this.#addFlows();
    this.#user?.onRegistrationChange(Object.assign({}, change, { state: this.#state, previous }));
  }

  /** RFC 5626 §4.2.1: further flows only where the registrar keeps them apart. */
  #addFlows(): void {
    while (this.#branches.length < this.#config.flows) {
      const { flow, registration } = this.#branch();
      flow.open();
      void registration?.register();
    }
  }

  #registrations(): Registration[] {
    return this.#branches.flatMap(({ registration }) => registration ?? []);
  }

  #branch(): Branch {
    const { core, clock, log, contactUser, lease } = this.#context;
    const index = this.#branches.length;
    const { servers, contact: contactConfig, registrar } = this.#config;
    const first = index % servers.length;
    const contact = new LocalContact(contactConfig, contactUser, core.random);
    const held = lease([...servers.slice(first), ...servers.slice(0, first)], index, {
      onFlowOpen: () => {
        registration?.onFlowOpen();
        this.#user?.onConnectionChange(true, undefined);
      },
      onFlowLost: (_flow, reason) => {
        registration?.onFlowLost(reason);
        this.#user?.onConnectionChange(this.isConnected, reason);
      },
    });
    const { authenticator } = this;
    const { flow } = held;
    const registration =
      registrar === undefined
        ? undefined
        : new Registration(this.#registrationConfig(index), {
            core,
            flow,
            contact,
            authenticator,
            clock,
            log,
            user: this,
          });
    const branch: Branch = {
      flow,
      contact,
      registration,
      release: () => {
        held.release();
      },
    };
    this.#branches.push(branch);
    return branch;
  }

  #registrationConfig(index: number): RegistrationConfig {
    const { registrar = '', registerHeaders, routes, registerVia, ...config } = this.#config;
    const { instanceId } = this.#context;
    return {
      ...config,
      registrar,
      get instanceId() {
        return config.instanceId ?? instanceId();
      },
      regId: index + 1,
      routes: registerVia ? routes : [],
      headers: typeof registerHeaders === 'function' ? () => appHeaders(registerHeaders) : () => registerHeaders,
    };
  }
}

/** A REGISTER is not lost to a bug in the app's function. */
function appHeaders(headers: () => readonly Header[]): readonly Header[] {
  try {
    return checkHeaders(headers(), 'registerHeaders');
  } catch (error) {
    reportBug(error);
    return [];
  }
}
