/** What happens when a push has come (RFC 8599 §4.1.3): whatever stands between us and the call that waits is healed. */
import type { Clock } from '../base/clock.js';
import { Deferred } from '../base/deferred.js';
import { abortError } from '../base/errors.js';
import { checkKnown, checkLine } from '../base/options.js';
import { unlessAborted } from '../base/unless-aborted.js';
import type { Call } from '../call/call.js';
import type { Leg } from '../call/leg.js';
import type { IpChangeReport } from './ip-change-options.js';

export interface PushOptions {
  /** Of the call that the push is for, where its payload tells. */
  readonly callId?: string;
  /** Ends the waiting; what was begun goes on. */
  readonly signal?: AbortSignal;
}

export interface PushReport {
  /** `known`: its call was here already, and nothing was done; `nothing`: none came within 20 s. */
  readonly outcome: 'known' | 'call' | 'nothing';
  /** It may be over: one that was known, or that the page does not take. Undefined where only the call log knows of it. */
  readonly call: Call | undefined;
  /** What became of connections and registrations; undefined where that is still under way, for a call need not wait for it. */
  readonly recovery: IpChangeReport | undefined;
  /** Milliseconds. */
  readonly duration: number;
}

export interface PushHost {
  readonly clock: Clock;
  /** Of calls that are not over. */
  readonly legs: Iterable<Leg>;
  readonly hasEnded: (callId: string) => boolean;
  /** Brings connections and registrations back. */
  readonly heal: () => Promise<IpChangeReport>;
}

/** Milliseconds that the call is waited for (Linphone's background task). */
const patience = 20_000;
const names: ReadonlySet<string> = new Set<keyof PushOptions>(['callId', 'signal']);

export class PushWake {
  readonly #host: PushHost;
  /** By Call-ID: a push that comes again waits with the first. */
  readonly #waits = new Map<string, Promise<PushReport>>();
  /** One for each push. */
  readonly #listeners = new Set<(leg: Leg | undefined) => void>();

  constructor(host: PushHost) {
    this.#host = host;
  }

  async handle(options: PushOptions): Promise<PushReport> {
    checkKnown(options, names);
    const { callId, signal } = options;
    if (signal?.aborted) throw abortError(signal);
    if (callId === undefined) return unlessAborted(signal, this.#wait(undefined));
    checkLine('callId', callId);
    let wait = this.#waits.get(callId);
    if (!wait) {
      wait = this.#wait(callId).finally(() => this.#waits.delete(callId));
      this.#waits.set(callId, wait);
    }
    return unlessAborted(signal, wait);
  }

  onBegan(leg: Leg): void {
    queueMicrotask(() => {
      for (const listener of this.#listeners) listener(leg); // by now it knows its own name
    });
  }

  /** Nobody waits any longer. */
  stop(): void {
    for (const listener of this.#listeners) listener(undefined);
  }

  async #wait(callId: string | undefined): Promise<PushReport> {
    const { clock, heal } = this.#host;
    const began = clock.now();
    const known = callId === undefined ? undefined : this.#known(callId);
    if (known) return { ...known, recovery: undefined, duration: 0 };
    let recovery: IpChangeReport | undefined;
    void heal().then((report) => (recovery = report));
    const call = (callId === undefined && this.#ringing) || (await this.#nextCall(callId));
    return { outcome: call ? 'call' : 'nothing', call, recovery, duration: clock.now() - began };
  }

  #known(callId: string): Pick<PushReport, 'outcome' | 'call'> | undefined {
    const { legs, hasEnded } = this.#host;
    for (const leg of legs) if (leg.callId === callId) return { outcome: 'known', call: leg.call };
    return hasEnded(callId) ? { outcome: 'known', call: undefined } : undefined;
  }

  /** One that came ahead of its push: where that names none, it is taken to be meant. */
  get #ringing(): Call | undefined {
    for (const leg of this.#host.legs) if (leg.isRinging) return leg.call;
    return undefined;
  }

  /** The one with that Call-ID, or else, for a server on the way may have changed it, the first that came in time. */
  #nextCall(callId: string | undefined): Promise<Call | undefined> {
    const found = new Deferred<Call | undefined>();
    let first: Call | undefined;
    const listener = (leg: Leg | undefined): void => {
      if (!leg) found.resolve(undefined);
      else if (leg.direction !== 'incoming') return;
      else if (callId === undefined || leg.callId === callId) found.resolve(leg.call);
      else first ??= leg.call;
    };
    this.#listeners.add(listener);
    const cancel = this.#host.clock.after(patience, () => {
      found.resolve(first);
    });
    return found.promise.finally(() => {
      cancel();
      this.#listeners.delete(listener);
    });
  }
}
