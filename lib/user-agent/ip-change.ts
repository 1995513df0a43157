/**
 * What happens when the network changes: witnesses are heard, suspect connections verified or replaced, and every call brought
 * back (PJSIP's handle_ip_change, which here calls itself).
 */
import { sleep } from '../base/clock.js';
import { abortError } from '../base/errors.js';
import { Lifetime } from '../base/lifetime.js';
import type { Signal } from '../base/lifetime.js';
import { unlessAborted } from '../base/unless-aborted.js';
import type { CallWatcher } from '../call/call-context.js';
import type { Leg } from '../call/leg.js';
import { watchAddresses } from '../media/address-watcher.js';
import { browserMediaEnvironment } from '../media/environment.js';
import type { MediaEnvironment } from '../media/environment.js';
import { browserNetwork, watchSleep } from '../network/network-monitor.js';
import type { NetworkEvidence, NetworkSource } from '../network/network-monitor.js';
import type { Flow } from '../transport/flow.js';
import { encourage, migrate, race } from '../transport/suspicion.js';
import type { CallLog } from './call-log.js';
import type { HandleIpChangeOptions, IpChangePolicyConfig, IpChangeReport } from './ip-change-options.js';
import { IpChangeRun } from './ip-change-run.js';
import type { IpChangeRunHost, IpChangeRunOptions } from './ip-change-run.js';
import { PushWake } from './push-wake.js';
import type { PushOptions, PushReport } from './push-wake.js';

export interface IpChangeHost extends IpChangeRunHost {
  readonly environment: Partial<MediaEnvironment> & { readonly network?: NetworkSource };
  readonly callLog: Pick<CallLog, 'entries'>;
  /** There is a network, whatever the app has said. */
  readonly assumeReachable: () => void;
  /** Has every account that registers by this flow do so once more; not where its Contact is to stay, if only that has `moved`. */
  readonly register: (flow: Flow, moved?: boolean) => void;
}

/** Milliseconds after which a call is worth a connection of its own for looking: browsers count them. */
const settled = 1000;
/** Milliseconds without a word of the server's after which it is asked, while somebody talks; and how long it may take. */
const quiet = 3000;
const answerTime = 1000;
/** Milliseconds that it is still asked when nobody talks any more. */
const afterwards = 2 * quiet;
/** Milliseconds that a registrar gets to answer, beyond those for which a call is not given up. */
const patience = 2000;

export class IpChange implements Pick<CallWatcher, 'onBegan' | 'onConfirmed' | 'onReleased'> {
  readonly #host: IpChangeHost;
  #policy: IpChangePolicyConfig;
  readonly #legs = new Set<Leg>();
  /** Those that nobody has answered yet, too. */
  readonly #present = new Set<Leg>();
  /** Ends the watch over their connections. */
  #flows: Lifetime | undefined;
  #unwatch: (() => void) | undefined;
  /** Ends what is only watched during calls. */
  #calls: Lifetime | undefined;
  /** The default address, and all. */
  #addresses: readonly string[] | undefined;
  #run: IpChangeRun | undefined;
  #began = -Infinity;
  #cancelEcho: (() => void) | undefined;
  #pushes: PushWake | undefined;

  constructor(host: IpChangeHost, policy: IpChangePolicyConfig) {
    this.#host = host;
    this.#policy = policy;
  }

  /** From now on the network is watched, unless the app does that. */
  start(): void {
    if (this.#policy.monitor === 'manual') return;
    const { network = browserNetwork } = this.#host.environment;
    this.#unwatch ??= network.watch((evidence) => {
      this.#onEvidence(evidence);
    });
  }

  /** The app knows what becomes of the network: a run that is under way is over, too. */
  cease(): void {
    this.stop();
    this.#unwatch = undefined;
    this.#policy = { ...this.#policy, monitor: 'manual' };
  }

  stop(): void {
    this.#unwatch?.();
    this.#flows?.end();
    this.#calls?.end();
    this.#run?.abort();
    this.#cancelEcho?.();
    this.#pushes?.stop();
  }

  onBegan(leg: Leg): void {
    this.#present.add(leg);
    this.#pushes?.onBegan(leg);
    if (!this.#flows && this.#unwatch) void this.#watchFlows((this.#flows = new Lifetime()));
  }

  onConfirmed(leg: Leg): void {
    this.#legs.add(leg);
    if (!this.#calls && this.#unwatch) this.#watchCalls((this.#calls = new Lifetime()));
  }

  onReleased(leg: Leg): void {
    this.#present.delete(leg);
    this.#legs.delete(leg);
    if (this.#legs.size > 0) return;
    this.#calls?.end();
    this.#calls = this.#addresses = undefined;
  }

  /** The app has said whether peers can be reached. @param seeks whether paths are sought at once */
  onMediaReachable(seeks: boolean): void {
    for (const leg of this.#legs) leg.reconnection.onMediaReachable(seeks);
  }

  /**
   * Resolves with what came of it; a later run supersedes it.
   * @param keepsMedia the app knows that the way of the media is what it was
   */
  handle(options: HandleIpChangeOptions, keepsMedia = false): Promise<IpChangeReport> {
    const { reason = 'the app says so', reconnect = true, restartDelay: delay = 0, signal } = options;
    if (signal?.aborted) return Promise.reject(abortError(signal));
    const { tenants, register } = this.#host;
    const isDropped = (flow: Flow): boolean =>
      options.shutdownTransport ??
      (tenants(flow).length === 0 || tenants(flow).some((tenant) => tenant.policy.shutdownTransport));
    const restart = async (flow: Flow, superseded: AbortSignal): Promise<void> => {
      if (!reconnect) {
        register(flow, true);
      } else if (isDropped(flow)) {
        const run = this.#run!;
        if (flow.isOpen) run.note({ step: 'shutdownTransport', url: flow.url, duration: run.duration });
        flow.reconnect(reason, { delay });
      } else {
        if (delay > 0) await sleep(this.#host.clock, delay, superseded);
        await migrate(flow, reason);
      }
    };
    const { refresh, hangupCalls } = options;
    const report = this.#recover({ reason, restart, refresh, hangupCalls, keepsMedia, registers: !reconnect });
    return unlessAborted(signal, report);
  }

  /** A call waits for us at the server. */
  onPush(options: PushOptions): Promise<PushReport> {
    const { clock, callLog, assumeReachable } = this.#host;
    this.#pushes ??= new PushWake({
      clock,
      legs: this.#present,
      hasEnded: (callId) => callLog.entries.some((entry) => entry.callId === callId),
      heal: () => {
        assumeReachable();
        return this.#wake('a push has come');
      },
    });
    return this.#pushes.handle(options);
  }

  /** Every connection is verified, every account registers anew; calls are left alone where theirs works. */
  #wake(reason: string): Promise<IpChangeReport> {
    const { register } = this.#host;
    const verify = async (flow: Flow): Promise<void> => {
      if (flow.state === 'connecting') await flow.whenOpen();
      else await race(flow, reason);
      register(flow);
    };
    return this.#recover({ reason, restart: verify, isCautious: true, registers: true });
  }

  /** Sleep and addresses cost a look now and then: while somebody talks that is worth it. */
  #watchCalls(signal: Signal): void {
    const { clock, environment } = this.#host;
    const awake = watchSleep(clock, (evidence) => {
      this.#onEvidence(evidence);
    });
    signal.addEventListener('abort', awake, { once: true });
    const look = (): Promise<void> =>
      watchAddresses(browserMediaEnvironment(environment), clock, (addresses) => { this.#onAddresses(addresses); }, signal); // prettier-ignore
    sleep(clock, settled, signal).then(look, () => undefined);
  }

  /**
   * A NAT may have forgotten us, and nobody says so: the peer could not even hang up on us. Looks on for a while when the last
   * call is over, for its BYE.
   */
  async #watchFlows(signal: Signal): Promise<void> {
    const { clock } = this.#host;
    const isOver = (): boolean => signal.aborted;
    const flowsInUse = (): Set<Flow> => new Set(Array.from(this.#present, ({ context }) => context.flow));
    let flows = flowsInUse();
    let wait = quiet;
    let end = clock.now() + afterwards;
    while (clock.now() < end) {
      await sleep(clock, wait, signal).catch(() => undefined);
      if (isOver()) return;
      if (this.#present.size > 0) {
        flows = flowsInUse();
        end = clock.now() + afterwards;
      }
      wait = Math.min(quiet, ...Array.from(flows, (flow) => this.#verify(flow, signal)));
    }
    this.#flows = undefined;
  }

  /** Asks who has been silent for long enough; returns the milliseconds until it is worth another look. */
  #verify(flow: Flow, signal: Signal): number {
    const silence = this.#host.clock.now() - (flow.lastReceived ?? -Infinity);
    if (!flow.isOpen || !flow.isSilenceTelling) return quiet;
    if (silence < quiet) return quiet - silence;
    void this.#ask(flow, signal);
    return quiet;
  }

  async #ask(flow: Flow, signal: Signal): Promise<void> {
    try {
      const isAlive = await flow.probe(answerTime, signal);
      if (!isAlive && !signal.aborted) await race(flow, 'no sign of life during a call');
    } catch {
      // no server can be reached: the flow goes on trying
    }
  }

  /** Another default route, or an address that is gone while others are left: the way of the media is another one. */
  #onAddresses(addresses: readonly string[]): void {
    const former = this.#addresses;
    const [first] = addresses;
    this.#host.log.debug(`network: addresses ${addresses.join(' ')}`);
    if (first === undefined) return; // no network at all: nothing can be done yet
    this.#addresses = addresses;
    const hasLost = former?.some((address) => !addresses.includes(address));
    if (former && (hasLost === true || former[0] !== first)) this.#onEvidence('moved');
  }

  #onEvidence(evidence: NetworkEvidence): void {
    const { log } = this.#host;
    log.info(`network: ${evidence}`);
    if (evidence === 'offline') return; // a hint, and no reason to give anything up
    if (evidence !== 'moved' && this.#host.clock.now() - this.#began < this.#policy.debounce) {
      this.#hearMore(evidence);
      return;
    }
    if (evidence === 'moved') {
      void this.#recover({ reason: evidence, restart: (flow) => migrate(flow, 'the network has changed') });
    } else {
      const restart = (flow: Flow): Promise<unknown> => race(flow, `the network may have changed: ${evidence}`);
      void this.#recover({ reason: evidence, restart, isCautious: true });
    }
  }

  /** Of the change that is being seen to: who has failed to connect may succeed now, at once or when the dust has settled. */
  #hearMore(evidence: NetworkEvidence): void {
    const { clock, flows } = this.#host;
    for (const flow of flows()) encourage(flow);
    const isNews = !this.#run;
    this.#cancelEcho ??= clock.after(this.#began + this.#policy.debounce - clock.now(), () => {
      this.#cancelEcho = undefined;
      if (isNews || flows().some(({ state }) => state !== 'open' && state !== 'idle')) this.#onEvidence(evidence);
    });
  }

  async #recover(options: Omit<IpChangeRunOptions, 'patience'>): Promise<IpChangeReport> {
    this.#run?.abort();
    const legs = { confirmed: this.#legs, present: this.#present };
    const run = new IpChangeRun(this.#host, legs, { ...options, patience: this.#policy.gracePeriod + patience });
    this.#run = run;
    this.#began = run.began;
    const report = await run.report();
    if (this.#run === run) this.#run = undefined;
    return report;
  }
}
