/** A REFER that we send, and the subscription it makes: how the peer fares with the call it was asked to make (RFC 3515 §2.4, RFC 6665 §4.1). */
import { Deferred } from '../base/deferred.js';
import { EvercallError, abortError, rejected } from '../base/errors.js';
import { stateOfSubscription } from '../core/subscription-state.js';
import type { StateOfSubscription } from '../core/subscription-state.js';
import type { Header, SipRequest, SipResponse } from '../parser/index.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import { isFalse } from './refer.js';
import type { ReferUsages, Subscription } from './refer-usages.js';
import { readSipfrag } from './sipfrag.js';
import type { StatusLine } from './sipfrag.js';

/** Milliseconds for a peer that says nothing of how long it will report: as long as a call may ring (timer C). */
const patience = 180_000;

export interface ReferUser {
  /** The referred call has come so far. */
  onReport(line: StatusLine): void;
  /** The response to the REFER itself. */
  onResponse?(response: SipResponse): void;
}

export class ReferSubscription implements Subscription {
  readonly #usages: ReferUsages;
  readonly #user: ReferUser;
  /** CSeq numbers of the REFER: one for each attempt, and the id of its NOTIFYs (RFC 3515 §2.4.6). */
  readonly #sequences = new Set<string>();
  readonly #outcome = new Deferred<void>();
  #last: StatusLine | undefined;
  #isSettled = false;
  #isTerminated = false;
  #unlimit: (() => void) | undefined;

  constructor(usages: ReferUsages, user: ReferUser) {
    this.#usages = usages;
    this.#user = user;
  }

  /**
   * Deviation from RFC 7647 §4: in the dialog, even where the peer's Contact is a GRUU. Out of it the REFER would need
   * Target-Dialog (RFC 4538), which PBXs do not know, and which many would decline as a stranger's.
   *
   * Sends the REFER; resolves when the referred call is answered, or with the 2xx where there is no subscription. Rejects
   * with `rejected` when either is refused, with `timeout` when no word comes, with `aborted` when the signal does: what
   * was asked for goes on.
   */
  send(headers: readonly Header[], signal?: AbortSignal): Promise<void> {
    const { context, dialog } = this.#usages;
    const { core, flow, authenticator, contact, extensions } = context;
    const plan = dialog.plan('REFER', [contact(), extensions.supported, ...headers]);
    const nextSequence = (): number => {
      const sequence = plan.nextSequence();
      this.#sequences.add(String(sequence));
      return sequence;
    };
    this.#usages.subscribe(this); // a NOTIFY may overtake the 2xx (RFC 6665 §4.1.2.4)
    core.request(
      { ...plan, nextSequence },
      { flow, authenticator, signal },
      {
        onFinal: (response) => {
          this.#onResponse(response);
        },
        onFailure: (error) => {
          this.#fail(error);
        },
      },
    );
    const onAbort = (): void => {
      this.#usages.unsubscribe(this); // RFC 3515 §2.4.4: its NOTIFYs are rejected, and the peer stops
      this.#fail(abortError(signal!));
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    return this.#outcome.promise.finally(() => signal?.removeEventListener('abort', onAbort));
  }

  #onResponse(response: SipResponse): void {
    this.#user.onResponse?.(response);
    if (response.status >= 300) this.#fail(rejected(response));
    else if (isFalse(response)) this.#succeed(true);
    else if (!this.#last) this.#limit(this.#usages.context.timers.F, 'no NOTIFY came for the REFER'); // timer N
  }

  get isOpen(): boolean {
    return !this.#isSettled;
  }

  claims(id: string | null | undefined): boolean {
    return id == null || this.#sequences.has(id);
  }

  onNotify(notify: SipRequest, transaction: ServerTransaction): void {
    this.#usages.context.core.respond(transaction, 200);
    const state = stateOfSubscription(notify);
    if (state?.isTerminated) this.#isTerminated = true;
    const line = readSipfrag(notify);
    if (!this.#isSettled && line) {
      this.#last = line;
      this.#user.onReport(line);
    }
    if (line && line.status >= 200) this.#conclude(line);
    else if (!this.#isSettled) this.#expect(state);
    if (this.#isTerminated && this.#isSettled) this.#release();
  }

  /** The final status of the referred call. */
  #conclude(line: StatusLine): void {
    if (line.status < 300) this.#succeed(this.#isTerminated);
    else this.#fail(rejected(line), this.#isTerminated);
  }

  /** How long the next word may take. */
  #expect(state: StateOfSubscription | undefined): void {
    const { timers } = this.#usages.context;
    const { expires = 0, reason } = state ?? {};
    if (this.#isTerminated && reason) {
      const status = this.#last ? ` at ${this.#last.status} ${this.#last.reason}` : '';
      this.#fail(new EvercallError('rejected', `the peer reports no more (${reason})${status}`));
    } else {
      // Deviation from RFC 6665 §4.1.3: some say `terminated`, and no reason, in each NOTIFY, and yet go on
      const ms = expires > 0 && !this.#isTerminated ? expires * 1000 + timers.F : patience;
      this.#limit(ms, 'the peer does not say how the referred call went');
    }
  }

  onSessionOver(): void {
    const { timers } = this.#usages.context;
    if (this.#isSettled) this.#release();
    else this.#limit(timers.F, 'the call is over, and the peer did not say how the referred call went');
  }

  #limit(ms: number, message: string): void {
    this.#unlimit?.();
    this.#unlimit = this.#usages.context.clock.after(ms, () => {
      if (this.#isSettled) this.#release();
      else this.#fail(new EvercallError('timeout', message, { status: 408 }));
    });
  }

  #succeed(isOver: boolean): void {
    if (this.#settle(isOver)) this.#outcome.resolve();
  }

  #fail(error: EvercallError, isOver = true): void {
    if (this.#settle(isOver)) this.#outcome.reject(error);
  }

  /** Where it is not over yet, a last NOTIFY that says `terminated` is still to come. */
  #settle(isOver: boolean): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    if (isOver) this.#release();
    else this.#limit(this.#usages.context.timers.F, '');
    return true;
  }

  #release(): void {
    this.#unlimit?.();
    this.#usages.release(this);
  }
}
