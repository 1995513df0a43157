/** Flows shared by server list and slot: several accounts may stand on one WebSocket. An account holds a lease. */
import { Flow } from './flow.js';
import type { FlowConfig, FlowEnvironment, FlowListener, TransportUser } from './flow-context.js';
import { newCounters } from './stats.js';
import type { Stats } from './stats.js';

/** A share in a flow; the last one returned closes it. */
export interface FlowLease {
  readonly flow: Flow;
  /** Gives the share back; a second call does nothing. */
  release(): void;
}

/** What the pool does not bring itself. */
export type PoolEnvironment = Omit<FlowEnvironment, 'counters' | 'habits'>;

interface Entry {
  readonly flow: Flow;
  leases: number;
}

export class TransportPool {
  readonly #env: FlowEnvironment;
  readonly #counters = newCounters();
  readonly #entries = new Map<string, Entry>();
  #user: TransportUser | undefined;

  constructor(env: PoolEnvironment) {
    this.#env = { ...env, counters: this.#counters, habits: new Map() };
  }

  /** The counts up to now; they do not move. */
  get stats(): Stats {
    return { ...this.#counters };
  }

  /** All that are leased. */
  get flows(): Flow[] {
    return [...this.#entries.values()].map(({ flow }) => flow);
  }

  attach(user: TransportUser): void {
    this.#user = user;
  }

  /** Drops every connection. */
  close(): void {
    for (const { flow } of this.#entries.values()) flow.close();
  }

  /**
   * The flow to these servers, shared with whoever named the same list and slot; the listener hears of it from now on.
   * Another slot is another WebSocket, be it to the same server: an account may hold several (RFC 5626 §4.2.1).
   */
  lease(config: FlowConfig, listener: FlowListener, slot = 0): FlowLease {
    const key = `${slot} ${config.servers.join(' ')}`;
    let entry = this.#entries.get(key);
    if (!entry) {
      entry = { flow: new Flow(config, this.#user!, this.#env), leases: 0 };
      this.#entries.set(key, entry);
    }
    const shared = entry;
    shared.leases++;
    shared.flow.addListener(listener);
    let returned = false;
    return {
      flow: shared.flow,
      release: () => {
        if (returned) return;
        returned = true;
        shared.flow.removeListener(listener);
        if (--shared.leases > 0) return;
        this.#entries.delete(key);
        shared.flow.close();
      },
    };
  }
}
