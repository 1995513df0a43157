/** Provisional responses of ours that must arrive: one at a time, each repeated until its PRACK (RFC 3262 §3). */
import { Queue } from '../base/queue.js';
import { optional } from '../core/optional.js';
import { CSeq, RAck, read } from '../parser/index.js';
import type { Header, SipRequest } from '../parser/index.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import { repeatUntilAck } from './repeat-until-ack.js';
import type { SessionContext } from './session-context.js';

const require100rel: Header = { name: 'Require', value: '100rel' };

export class ReliableProvisional {
  readonly #context: SessionContext;
  #transaction: ServerTransaction;
  /** 64·T1 have passed without a PRACK: the INVITE is to be refused (§3). */
  readonly #onNoPrack: () => void;
  readonly #queue = new Queue();
  /** The CSeq number of the INVITE. */
  readonly #sequence: number;
  #rseq: number;
  #outstanding: { readonly rseq: number; readonly stop: () => void; readonly resolve: () => void } | undefined;

  constructor(context: SessionContext, transaction: ServerTransaction, onNoPrack: () => void) {
    this.#context = context;
    this.#transaction = transaction;
    this.#onNoPrack = onNoPrack;
    this.#sequence = read(transaction.request, CSeq)!.sequence;
    this.#rseq = 1 + Math.floor(context.core.random.number() * (2 ** 31 - 2)); // §3: 1 to 2³¹ - 1
  }

  /** Has `respond` send a response with these headers when its turn comes; resolves with its PRACK. */
  send(respond: (headers: readonly Header[]) => void): Promise<void> {
    return this.#queue.run(
      () =>
        new Promise((resolve) => {
          if (this.#transaction.isAnswered) {
            resolve(); // what waits is not needed any more
            return;
          }
          const rseq = this.#rseq++;
          respond([require100rel, { name: 'RSeq', value: String(rseq) }]);
          this.#outstanding = { rseq, stop: this.#repeat(), resolve };
        }),
    );
  }

  #repeat(): () => void {
    const { clock, timers } = this.#context;
    const response = this.#transaction.lastResponse!;
    return repeatUntilAck(this.#transaction, response, clock, { ...timers, T2: Infinity }, this.#onNoPrack);
  }

  /** The INVITE has come by another way, and the response that waits for its PRACK was said there. */
  move(transaction: ServerTransaction): void {
    this.#transaction = transaction;
    const waiting = this.#outstanding;
    if (!waiting) return;
    waiting.stop();
    this.#outstanding = { ...waiting, stop: this.#repeat() };
  }

  /** Whether this PRACK is for the response that waits for one; another gets 481 (§3). */
  onPrack(prack: SipRequest): boolean {
    const rack = optional(prack, RAck);
    const waiting = this.#outstanding;
    if (!waiting || rack?.rseq !== waiting.rseq || rack.sequence !== this.#sequence || rack.method !== 'INVITE')
      return false;
    this.#outstanding = undefined;
    waiting.stop();
    waiting.resolve();
    return true;
  }

  /** No more repeats, and nothing to wait for: a final response is out. A PRACK may still come. */
  stop(): void {
    this.#outstanding?.stop();
    this.#outstanding?.resolve();
  }
}
