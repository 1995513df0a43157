/** One request to its final response, through connecting, 401 and 407 (RFC 3261 §8.1, §22.2, §22.3). */
import { EvercallError, abortError } from '../base/errors.js';
import { newBranch } from '../base/random.js';
import type { Random } from '../base/random.js';
import type { Header, SipRequest, SipResponse } from '../parser/index.js';
import type { ClientTransaction, ClientTransactionUser } from '../transaction/client-transaction.js';
import type { Invites } from '../transaction/invites.js';
import type { TransactionLayer } from '../transaction/transaction-layer.js';
import type { Flow } from '../transport/flow.js';
import type { Attempt, Authenticator } from './authenticator.js';
import { buildRequest } from './requests.js';
import type { RequestPlan } from './requests.js';

/** Who sent a request and waits for its outcome. */
export interface RequestUser {
  onProvisional?(response: SipResponse, request: SipRequest): void;
  /** Final responses; further ones only to an INVITE whose forks answer 2xx one after another (§13.2.2.4). */
  onFinal(response: SipResponse, request: SipRequest): void;
  /**
   * No response: code `timeout` (408), `transport` (503) or `aborted` before anything was sent (§8.1.3.1). A 2xx to an INVITE
   * that was lost with its connection may still come.
   */
  onFailure(error: EvercallError): void;
}

export interface RequestContext {
  readonly transactions: TransactionLayer;
  readonly random: Random;
  /** The User-Agent header, where one is to be sent (RFC 3261 §20.41). */
  readonly product: Header | undefined;
}

export interface RequestOptions {
  readonly flow: Flow;
  readonly authenticator?: Pick<Authenticator, 'learn' | 'preempt' | 'onSuccess'> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for which it waits for a connection, whatever fails meanwhile. @default until no server can be reached */
  readonly patience?: number | undefined;
  /** Of the call it belongs to (RFC 7989). */
  readonly sessionId?: Header | undefined;
  /** For an INVITE. */
  readonly invites?: Invites | undefined;
}

export class ClientRequest implements ClientTransactionUser {
  readonly #context: RequestContext;
  /** Let go with the final response. */
  #plan: RequestPlan | undefined;
  readonly #options: RequestOptions;
  #user: RequestUser;
  /** What its challenges led to so far. */
  #tried: Map<string, Attempt> | undefined;
  /** Ends the wait for credentials. */
  #waiting: AbortController | undefined;
  #transaction: ClientTransaction | undefined;
  #isOver = false;
  #hasProvisional = false;
  /** A CANCEL wished for before a provisional response allowed it (§9.1). */
  #cancel: readonly Header[] | undefined;

  constructor(context: RequestContext, plan: RequestPlan, options: RequestOptions, user: RequestUser) {
    this.#context = context;
    this.#plan = plan;
    this.#options = options;
    this.#user = user;
  }

  start(): this {
    const { flow, signal } = this.#options;
    if (flow.isOpen && !signal?.aborted) {
      this.#send();
    } else {
      flow.whenOpen(signal, this.#options.patience).then(
        () => {
          if (!this.#isOver) this.#send();
        },
        (error: unknown) => {
          this.#fail(error instanceof EvercallError ? error : abortError(signal!));
        },
      );
    }
    return this;
  }

  get hasLeft(): boolean {
    return this.#transaction !== undefined;
  }

  /** From now on another one hears what comes: who is done with a request must not be kept for its sake. */
  handOver(user: RequestUser): void {
    this.#user = user;
  }

  /** Forgets it: whatever comes, not a word goes out, and nobody hears of it. */
  abandon(): void {
    this.#user = deaf;
    this.#isOver = true;
    this.#waiting?.abort();
  }

  /**
   * Ends an INVITE that has no final response yet (§9.1): at once after a provisional response, else when one comes. One
   * that has not left never leaves.
   */
  cancel(headers: readonly Header[] = []): void {
    if (this.#isOver || this.#cancel) return;
    this.#cancel = headers;
    if (!this.#transaction) this.#fail(new EvercallError('cancelled', 'cancelled before it was sent', { status: 487 }));
    else if (this.#hasProvisional) this.#sendCancel();
  }

  /** Takes back what was lost with its connection: by a CANCEL on the present one, whatever came or did not (§9.1). */
  cancelLost(headers: readonly Header[] = []): void {
    if (this.#transaction?.state !== 'lost') return;
    const cancel = this.#options.invites!.buildCancel(this.#transaction.request, headers);
    this.#context.transactions.request(cancel, this.#options.flow, ignoreOutcome);
  }

  onResponse(response: SipResponse): void {
    if (response.status < 200) {
      if (!this.#hasProvisional) {
        this.#hasProvisional = true;
        if (this.#cancel) this.#sendCancel();
      }
      this.#user.onProvisional?.(response, this.#transaction!.request);
      return;
    }
    const request = this.#transaction!.request;
    const again = (response.status === 401 || response.status === 407) && this.#authorize(response, request);
    if (again === true) {
      this.#hasProvisional = false;
      this.#send();
    } else if (again) {
      this.#await(again, response, request);
    } else {
      this.#end(response, request);
    }
  }

  onFailure(reason: 'timeout' | 'transport'): void {
    this.#fail(
      reason === 'timeout'
        ? new EvercallError('timeout', `no response to ${this.#plan?.method}`, { status: 408 })
        : new EvercallError('transport', `connection lost during ${this.#plan?.method}`, { status: 503 }),
    );
  }

  #authorize(response: SipResponse, { headers }: SipRequest): boolean | Promise<boolean> {
    const { authenticator } = this.#options;
    if (!authenticator || !this.#plan || this.#cancel || this.#isOver) return false;
    return authenticator.learn(response, {
      request: this.#plan,
      sent: headers,
      tried: (this.#tried ??= new Map<string, Attempt>()),
      signal: () => (this.#waiting ??= new AbortController()).signal,
    });
  }

  /** Credentials have to be fetched first; until they come the operation can be given up without a word. */
  #await(again: Promise<boolean>, response: SipResponse, request: SipRequest): void {
    const { signal } = this.#options;
    const onAbort = (): void => {
      this.#fail(abortError(signal!));
    };
    this.#transaction = undefined;
    this.#hasProvisional = false;
    signal?.addEventListener('abort', onAbort);
    again
      .then(
        (isAnswered) => {
          if (this.#isOver) return;
          if (isAnswered) this.start();
          else this.#end(response, request);
        },
        (error: unknown) => {
          this.#fail(error as EvercallError);
        },
      )
      .finally(() => signal?.removeEventListener('abort', onAbort));
    if (signal?.aborted) onAbort();
  }

  #end(response: SipResponse, request: SipRequest): void {
    this.#isOver = true;
    if (response.status < 300 && this.#plan) this.#options.authenticator?.onSuccess(response, this.#plan);
    this.#plan = undefined;
    this.#user.onFinal(response, request);
  }

  #send(): void {
    const { flow, authenticator } = this.#options;
    const plan = this.#plan!;
    if (this.#transaction) flow.countRetry();
    const request = buildRequest(plan, {
      branch: newBranch(this.#context.random),
      viaTransport: flow.viaTransport,
      sentBy: flow.sentBy,
      sequence: plan.nextSequence(),
      authorization: authenticator?.preempt(plan, this.#tried) ?? [],
      product: this.#context.product,
      sessionId: this.#options.sessionId,
    });
    this.#transaction = this.#context.transactions.request(request, flow, this, this.#options.invites);
  }

  #sendCancel(): void {
    const invite = this.#transaction!;
    const cancel = this.#options.invites!.buildCancel(invite.request, this.#cancel);
    invite.feed('cancelled');
    this.#context.transactions.request(cancel, this.#options.flow, ignoreOutcome); // the INVITE's own 487 is what counts
  }

  #fail(error: EvercallError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#waiting?.abort();
    this.#user.onFailure(error);
  }
}

const deaf: RequestUser = { onFinal: () => undefined, onFailure: () => undefined };
const ignoreOutcome: ClientTransactionUser = { onResponse: () => undefined, onFailure: () => undefined };
