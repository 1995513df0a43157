/**
 * An account that depends on another one (Linphone's dependent accounts): it shares the master's Contact, registers only
 * while the master is registered, and goes through what the master goes through.
 */
import type { OnDemand } from '../base/on-demand.js';
import { quiet } from '../base/quiet.js';
import type { RegistrationChange } from '../registration/registration-context.js';
import type { Flow } from '../transport/flow.js';
import type { Succession } from './succession.js';

/** What of the master's the dependent registers: its GRUU, its Contact, its address of record, the best of these, or a URI. */
export type SharedContact = 'auto' | 'gruu' | 'contact' | 'aor' | (string & {});

/** An account as the others see it. */
export interface Peer {
  readonly id: string;
  readonly uri: () => string;
  readonly isRegistered: () => boolean;
  /** The Contact as it is registered, and what the registrar made of it. */
  readonly contact: () => { readonly registered: string; readonly gruu: string | undefined };
  readonly hasFlow: (flow: Flow) => boolean;
  /** The id of its own master. */
  readonly dependsOn: () => string | undefined;
}

export interface DependencyHost {
  /** Of the dependent. */
  readonly identities: Succession;
  readonly warn: (message: string) => void;
  /** The Contact is another, and no REGISTER says so. */
  readonly onContact: () => void;
  /** What it does as the master changes: it comes with the first account. */
  readonly parts: OnDemand<{ readonly followMaster: typeof import('./follow-master.js').followMaster }>;
}

export class Dependency {
  readonly masterId: string;
  readonly host: DependencyHost;
  /** Registers anew whenever the master has. */
  readonly always: boolean;
  /** It may be there later than its dependent. */
  master: Peer | undefined;
  /** The master is registered: the dependent may be. */
  isOpen = false;
  /** The app wants it registered: its own word goes before the master's. */
  isWanted: boolean;

  constructor(masterId: string, isWanted: boolean, always: boolean, host: DependencyHost) {
    this.masterId = masterId;
    this.isWanted = isWanted;
    this.always = always;
    this.host = host;
  }

  hasFlow(flow: Flow): boolean {
    return this.master?.hasFlow(flow) ?? false;
  }

  /** The master is there. */
  attach(master: Peer): void {
    this.master = master;
    this.follow();
  }

  /** The master has changed, or is found as it is. */
  follow(change?: RegistrationChange): void {
    const { parts } = this.host;
    if (parts.part) parts.part.followMaster(this, change);
    else void quiet(parts.load().then(({ followMaster }) => followMaster(this, change)));
  }
}

/** Whether `id`, depending on `masterId`, would depend on itself in the end. */
export function isCyclic(id: string, masterId: string, peers: readonly Peer[]): boolean {
  for (let next: string | undefined = masterId; next !== undefined;) {
    if (next === id) return true;
    const current: string = next;
    next = peers.find((peer) => peer.id === current)?.dependsOn();
  }
  return false;
}
