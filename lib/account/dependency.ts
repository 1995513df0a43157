/**
 * An account that depends on another one (Linphone's dependent accounts): it shares the master's Contact, registers only
 * while the master is registered, and goes through what the master goes through.
 */
import type { RegistrationChange } from '../registration/registration.js';
import type { Flow } from '../transport/flow.js';

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
  readonly sharedContact: () => SharedContact;
  /** Takes the master's Contact, or its own again; tells whether that is another than before. */
  readonly share: (uri: string | undefined) => boolean;
  readonly register: () => void;
  readonly isListed: () => boolean;
  /** Neither refreshes nor retries. */
  readonly pause: () => void;
  readonly mirror: (change: RegistrationChange) => void;
  /** Where its own requests go. */
  readonly flow: () => Flow;
  readonly warn: (message: string) => void;
}

export class Dependency {
  readonly masterId: string;
  readonly #host: DependencyHost;
  readonly #always: boolean;
  #master: Peer | undefined;
  /** The master is registered: the dependent may be. */
  #isOpen = false;
  /** The app wants it registered: its own word goes before the master's. */
  isWanted: boolean;

  constructor(masterId: string, isWanted: boolean, always: boolean, host: DependencyHost) {
    this.masterId = masterId;
    this.isWanted = isWanted;
    this.#always = always;
    this.#host = host;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  hasFlow(flow: Flow): boolean {
    return this.#master?.hasFlow(flow) ?? false;
  }

  /** The master is there, maybe later than its dependent. */
  attach(master: Peer): void {
    this.#master = master;
    if (master.isRegistered()) this.#onRegistered();
  }

  onMasterChange(change: RegistrationChange): void {
    switch (change.state) {
      case 'registered':
        this.#onRegistered();
        return;
      case 'refreshing':
        return;
      case 'registering': // it has lost its binding or never had one; what we have may be stale when it is back
        this.#isOpen = false;
        this.#host.pause();
        return;
      default:
        this.#isOpen = false;
        if (this.isWanted) this.#host.mirror(change);
    }
  }

  #onRegistered(): void {
    const wasOpen = this.#isOpen;
    const uri = this.#contact();
    this.#isOpen = uri !== undefined;
    if (uri === undefined) {
      this.#host.warn('the account it depends on has no GRUU to share');
      return;
    }
    const isOther = this.#host.share(uri);
    // nobody can dial a page: another server finds it by a Path, if by that, through the master's
    if (isOther && /\.invalid\b/.test(uri) && !this.#master!.hasFlow(this.#host.flow()))
      this.#host.warn('its registrar may not reach the Contact it shares, which is no GRUU');
    if (this.isWanted && (isOther || !wasOpen || this.#always || !this.#host.isListed())) this.#host.register();
  }

  /** Byte for byte, as the master's registrar knows it. */
  #contact(): string | undefined {
    const { registered, gruu } = this.#master!.contact();
    const wanted = this.#host.sharedContact();
    switch (wanted) {
      case 'auto':
        return gruu ?? registered;
      case 'gruu':
        return gruu;
      case 'contact':
        return registered;
      case 'aor':
        return this.#master!.uri();
      default:
        return wanted;
    }
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
