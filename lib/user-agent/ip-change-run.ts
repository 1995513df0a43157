/** One run after a change of the network: connections first, then all registrations and calls at once (PJSIP's handle_ip_change). */
import type { Clock } from '../base/clock.js';
import { Deferred } from '../base/deferred.js';
import type { EvercallError } from '../base/errors.js';
import type { Logger } from '../base/log.js';
import type { Account } from '../account/account.js';
import { endForIpChange } from '../call/hangup.js';
import type { CallRefresh, IpChangeConfig } from '../call/ip-change-policy.js';
import type { Leg } from '../call/leg.js';
import type { Flow } from '../transport/flow.js';
import type { IpChangeProgress, IpChangeReport } from './ip-change-options.js';
import { sorted } from './ip-change-report.js';

type Step = IpChangeReport['steps'][number];

/** An account, and what it wants when the network changes. */
export interface Tenant {
  readonly account: Account;
  readonly policy: IpChangeConfig;
}

export interface IpChangeRunHost {
  readonly clock: Clock;
  readonly log: Logger;
  readonly flows: () => readonly Flow[];
  /** The accounts that use a flow. */
  readonly tenants: (flow: Flow) => readonly Tenant[];
  readonly accounts: () => readonly Account[];
  readonly tell: (progress: IpChangeProgress) => void;
}

export interface IpChangeRunOptions {
  readonly reason: string;
  /** Gets a flow another connection, or finds that it needs none. */
  readonly restart: (flow: Flow, signal: AbortSignal) => Promise<unknown>;
  /** Calls are left alone where their connection is found to work. */
  readonly isCautious?: boolean;
  /** Accounts say once more where they are, though their connection works. */
  readonly registers?: boolean;
  /** Media that are well stay as they are, for they were not what has changed. */
  readonly keepsMedia?: boolean;
  /** In place of what the accounts say. */
  readonly refresh?: CallRefresh | undefined;
  readonly hangupCalls?: boolean | undefined;
  /** Milliseconds that a server gets before the report says that it did not answer. */
  readonly patience: number;
}

export class IpChangeRun {
  readonly began: number;
  readonly #host: IpChangeRunHost;
  readonly #options: IpChangeRunOptions;
  /** Those that were answered, of all. */
  readonly #confirmed: ReadonlySet<Leg>;
  readonly #present: ReadonlySet<Leg>;
  readonly #superseded = new AbortController();
  readonly #steps: Step[] = [];
  /** Those that got another connection. */
  readonly #replaced = new Set<Flow>();

  constructor(
    host: IpChangeRunHost,
    legs: { readonly confirmed: ReadonlySet<Leg>; readonly present: ReadonlySet<Leg> },
    options: IpChangeRunOptions,
  ) {
    this.#host = host;
    this.#options = options;
    this.#confirmed = legs.confirmed;
    this.#present = legs.present;
    this.began = host.clock.now();
  }

  get isOver(): boolean {
    return this.#superseded.signal.aborted;
  }

  /** Another one has it now, or nobody. */
  abort(): void {
    this.#superseded.abort();
  }

  /** Never rejects for what the network does. */
  async report(): Promise<IpChangeReport> {
    const { flows, accounts, tell } = this.#host;
    for (const leg of this.#confirmed) leg.reconnection.prepared = this.#rung(leg);
    await Promise.all(flows().map((flow) => this.#restart(flow)));
    if (!this.isOver) {
      for (const leg of this.#confirmed) leg.reconnection.prepared = 'dialog';
      const isMoved = this.#options.registers === true || this.#replaced.size > 0;
      const registrations = isMoved ? accounts().map((account) => this.#registered(account)) : [];
      await Promise.all([...registrations, ...[...this.#confirmed].map((leg) => this.#refresh(leg))]);
    }
    const outcome = this.isOver ? 'superseded' : 'completed';
    const report = {
      reason: this.#options.reason,
      outcome,
      ...sorted(this.#steps, accounts()),
      duration: this.duration,
    } as const;
    if (outcome === 'completed') tell({ step: 'completed', report });
    return report;
  }

  note(step: Step): void {
    if (this.isOver) return;
    this.#steps.push(step);
    this.#host.tell(step);
  }

  get duration(): number {
    return this.#host.clock.now() - this.began;
  }

  /** Whose it is, while it lasts. */
  #accountOf({ call }: Leg): Account {
    return this.#host.accounts().find(({ calls }) => calls.has(call))!;
  }

  #rung(leg: Leg): CallRefresh {
    const { refresh, keepsMedia } = this.#options;
    const rung = refresh ?? leg.context.ipChange.refresh;
    return rung && keepsMedia ? 'dialog' : rung;
  }

  async #restart(flow: Flow): Promise<void> {
    if (flow.state === 'idle') return;
    const { url, connectionId } = flow;
    const { restart, isCautious = false, patience } = this.#options;
    const { signal } = this.#superseded;
    let error: EvercallError | undefined;
    try {
      const restarted = restart(flow, signal);
      if (!flow.isOpen && !isCautious) this.#hangUp(flow); // lest they go on as soon as there is another
      await restarted;
      await flow.whenOpen(signal, patience);
    } catch (reason) {
      error = reason as EvercallError;
      if (!this.isOver) this.#host.log.warn(`no connection yet: ${error.message}`); // the flow goes on trying
    }
    const isReplaced = flow.connectionId !== connectionId;
    if (isReplaced || !isCautious) this.#hangUp(flow);
    if (!isReplaced && !error) return;
    const ok = error === undefined;
    if (isReplaced) this.#replaced.add(flow);
    this.note({ step: 'restartTransport', url: ok ? flow.url : url, ok, error, duration: this.duration });
    for (const { account } of this.#host.tenants(flow))
      this.note({ step: 'accountTransport', account, ok, duration: this.duration });
  }

  /** Those that are not to be kept; what they have to say waits for a connection. */
  #hangUp(flow: Flow): void {
    for (const leg of [...this.#present]) {
      const { context, call } = leg;
      if (this.isOver || context.flow !== flow || !(this.#options.hangupCalls ?? context.ipChange.hangupCalls))
        continue;
      const account = this.#accountOf(leg);
      endForIpChange(leg);
      this.note({ step: 'hangupCall', account, call, duration: this.duration });
    }
  }

  /** The registration renews itself on the new connection; here it is waited for. */
  async #registered(account: Account): Promise<void> {
    const isBusy = (): boolean => account.state === 'registering' || account.state === 'refreshing';
    if (!isBusy()) return;
    const say = (register: boolean, ok: boolean): void => {
      const status = account.lastResponse?.status;
      this.note({ step: 'updateContact', account, register, ok, status, duration: this.duration });
    };
    const done = new Deferred<void>();
    const enough = (): void => {
      done.resolve();
    };
    const forget = account.on('registrationChanged', ({ state }) => {
      if (state === 'unregistered')
        say(false, true); // the new Contact follows, unless that is all the app wants
      else if (!isBusy()) enough();
    });
    const cancel = this.#host.clock.after(this.#options.patience, enough);
    await done.promise;
    forget();
    cancel();
    say(true, account.isRegistered);
  }

  async #refresh(leg: Leg): Promise<void> {
    const { call } = leg;
    const account = this.#accountOf(leg);
    const rung = this.#rung(leg);
    if (rung === false || (this.#options.isCautious && !this.#replaced.has(leg.context.flow))) return;
    this.note({ step: 'refreshCall', phase: 'begun', account, call, duration: this.duration });
    const { ok, status, rung: reached } = await leg.reconnection.climb(rung);
    const phase = ok ? 'done' : 'failed';
    this.note({ step: 'refreshCall', phase, account, call, rung: reached, ok, status, duration: this.duration });
  }
}
