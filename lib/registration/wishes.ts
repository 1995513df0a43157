/** What is wanted of the registrar: one REGISTER is in flight, one wish waits behind it, and the last one counts (RFC 3261 §10.2). */
import { Deferred } from '../base/deferred.js';
import { EvercallError } from '../base/errors.js';
import type { Header } from '../parser/index.js';
import type { RegistrationConfig } from './registration-context.js';

export interface Wish {
  /** Seconds; 0 unregisters. */
  readonly expires: number;
  readonly all: boolean;
  readonly headers: readonly Header[];
  /** What it was sent with. */
  readonly config: RegistrationConfig;
  readonly outcome: Deferred<void>;
}

export class Wishes {
  /** In flight. */
  current: Wish | undefined;
  /** Waits until the one in flight is answered: there is never a second REGISTER beside it. */
  #next: Wish | undefined;

  /** Resolves as the wish does. @param send at once, where none is in flight */
  add(wanted: Omit<Wish, 'outcome'>, send: (wish: Wish) => void): Promise<void> {
    const { current } = this;
    const wish = current && isMet(wanted, current) ? current : { ...wanted, outcome: new Deferred<void>() };
    this.#next?.outcome.reject(new EvercallError('aborted', 'a later register or unregister took its place')); // ACC-39
    this.#next = undefined;
    if (!current) send((this.current = wish));
    else if (wish !== current) this.#next = wish;
    return wish.outcome.promise;
  }

  /** The one in flight has been answered. Returns the one that is to be sent now. */
  settle(error?: EvercallError): Wish | undefined {
    if (error) this.current?.outcome.reject(error);
    else this.current?.outcome.resolve();
    this.current = this.#next;
    this.#next = undefined;
    return this.current;
  }

  giveUp(error: EvercallError): void {
    while (this.current) this.settle(error);
  }
}

/** What is in flight already is what is wanted. */
const isMet = ({ expires, all, headers, config }: Omit<Wish, 'outcome'>, current: Wish): boolean =>
  current.expires === expires && current.all === all && current.config === config && headers.length === 0;
