/** Flows shared by server list: several accounts may stand on one WebSocket. An account holds a lease. */
import { Flow } from './flow.js';
import type { FlowConfig, FlowEnvironment, FlowListener, TransportUser } from './flow.js';

/** A share in a flow; the last one returned closes it. */
export interface FlowLease {
  readonly flow: Flow;
  /** Gives the share back; a second call does nothing. */
  release(): void;
}

interface Entry {
  readonly flow: Flow;
  leases: number;
}

export class TransportPool {
  readonly #env: FlowEnvironment;
  readonly #entries = new Map<string, Entry>();
  #user: TransportUser | undefined;

  constructor(env: FlowEnvironment) {
    this.#env = env;
  }

  attach(user: TransportUser): void {
    this.#user = user;
  }

  /** The flow to these servers, shared with whoever named the same list; the listener hears of it from now on. */
  lease(config: FlowConfig, listener: FlowListener): FlowLease {
    const key = config.servers.join(' ');
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
