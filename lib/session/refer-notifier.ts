/** A REFER that we take: its 2xx, and the NOTIFYs that tell how the referred call fares (RFC 3515 §2.4.4, RFC 6665 §4.2). */
import type { EvercallError } from '../base/errors.js';
import { Queue } from '../base/queue.js';
import { CSeq, read, reasonPhrase } from '../parser/index.js';
import type { Header } from '../parser/index.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import { referSubFalse } from './refer.js';
import type { ReferUsages } from './refer-usages.js';
import { sipfragHeader, writeSipfrag } from './sipfrag.js';
import type { StatusLine } from './sipfrag.js';

/** Seconds that we report: longer than calls ring, for it is not prolonged. */
const duration = 600;

export class ReferNotifier {
  readonly #usages: ReferUsages;
  readonly #transaction: ServerTransaction;
  readonly #isSilent: boolean;
  readonly #event: Header;
  /** One after another: each is the state as it is, and the last one must come last. */
  readonly #queue = new Queue();
  #end = 0;
  #unlimit: (() => void) | undefined;
  #isOver = false;
  /** The peer does not want to hear of it, or cannot be had. */
  #isGone = false;
  #last: StatusLine = { status: 100, reason: reasonPhrase(100) };

  /** @param isSilent There is no subscription: the peer wants none (RFC 4488). */
  constructor(usages: ReferUsages, transaction: ServerTransaction, isSilent: boolean) {
    this.#usages = usages;
    this.#transaction = transaction;
    this.#isSilent = isSilent;
    // RFC 3515 §2.4.6: from the second one on they must be told apart
    const id = usages.taken++ > 0 ? `;id=${read(transaction.request, CSeq)!.sequence}` : '';
    this.#event = { name: 'Event', value: `refer${id}` };
  }

  /** Accepts; `pending` is what still has to be decided. RFC 7647 §5: 202 is a thing of the past. */
  accept(state: 'active' | 'pending' = 'active'): void {
    const { core, clock, contact } = this.#usages.context;
    const headers = this.#isSilent ? [contact(), referSubFalse] : [contact()];
    core.respond(this.#transaction, 200, { toTag: this.#usages.dialog.localTag, headers });
    this.#isOver = this.#isSilent;
    if (this.#isSilent) return;
    this.#usages.hold(this);
    this.#end = clock.now() + duration * 1000;
    this.#unlimit = clock.after(duration * 1000, () => {
      this.#finish('timeout');
    });
    this.#notify(state);
  }

  /** The referred call has come so far; with a final status there is no more to be told. */
  report(line: StatusLine): void {
    if (this.#isOver) return;
    this.#last = line;
    if (line.status < 200) this.#notify('active');
    else this.#finish('noresource'); // RFC 3515 §2.4.7
  }

  /** What was pending is not to be. */
  decline(line: StatusLine): void {
    if (this.#isOver) return;
    this.#last = line;
    this.#finish('rejected');
  }

  #finish(reason: string): void {
    this.#notify(`terminated;reason=${reason}`);
    this.#stop();
  }

  #stop(): void {
    this.#isOver = true;
    this.#unlimit?.();
    void this.#queue.run(() => {
      this.#usages.release(this);
      return Promise.resolve();
    });
  }

  #notify(state: string): void {
    const { clock } = this.#usages.context;
    const seconds = Math.max(Math.round((this.#end - clock.now()) / 1000), 1);
    const value = state.startsWith('terminated') ? state : `${state};expires=${seconds}`;
    const body = writeSipfrag(this.#last);
    this.#queue
      .run(() => this.#send(value, body))
      .catch((error: unknown) => {
        this.#usages.context.log.warn(`NOTIFY of a referred call: ${String(error)}`);
      });
  }

  /** A peer that wants no more of it says 481; it is not the call's (RFC 5057 §5.1). */
  async #send(state: string, body: string): Promise<void> {
    if (this.#isGone) return;
    const { core, flow, authenticator, contact } = this.#usages.context;
    const headers = [contact(), this.#event, { name: 'Subscription-State', value: state }, sipfragHeader];
    const plan = this.#usages.dialog.plan('NOTIFY', headers, body);
    try {
      const { status } = await core.exchange(plan, { flow, authenticator });
      if (status === 481) this.#leave();
    } catch (error) {
      if ((error as Partial<EvercallError>).code === 'timeout') this.#leave(); // RFC 6665 §4.2.2
      throw error;
    }
  }

  #leave(): void {
    this.#isGone = true;
    if (!this.#isOver) this.#stop();
  }
}
