// One request and its branches: forking, cancelling, and which response goes back (RFC 3261 §16.6-16.10, RFC 6026).
import type { Clock } from '../../lib/base/clock.js';
import { newBranch, systemRandom } from '../../lib/base/random.js';
import { headerValue } from '../../lib/parser/index.js';
import type { Header, SipRequest, SipResponse } from '../../lib/parser/index.js';
import { bestResponse } from './best-response.js';
import type { Connection } from './connections.js';
import { derived, forwarded, respond } from './messages.js';

/** Where a branch goes. */
export interface Target {
  readonly uri: string;
  readonly connection: Connection;
}

export interface ContextOptions {
  /** Our own host. */
  readonly host: string;
  /** Whether we stay in the way of the dialog that comes of it. */
  readonly record: boolean;
  /** Milliseconds that a callee may ring (timer C). */
  readonly ringTimeout: number;
}

export interface ContextUser {
  /** The newest connection of a token. */
  find(token: string): Connection | undefined;
  /** A branch was sent: its responses belong here. */
  onBranch(branch: string, context: ResponseContext): void;
  /** Nothing more will come of it. */
  onDone(context: ResponseContext): void;
}

interface Branch {
  readonly request: SipRequest;
  readonly token: string;
  state: 'calling' | 'proceeding' | 'completed';
  response: SipResponse | undefined;
  cancel: 'no' | 'wanted' | 'sent';
  readonly cancelHeaders: Header[];
  stopTimer: () => void;
}

/** 64 times T1: timers B, F and H, and how long stray messages are still known (timers D, I, L, M). */
const patience = 32_000;

export class ResponseContext {
  readonly request: SipRequest;
  readonly source: Connection;
  readonly #options: ContextOptions;
  readonly #clock: Clock;
  readonly #user: ContextUser;
  readonly #branches = new Map<string, Branch>();
  /** The last response sent upstream: what a repeated request gets. */
  #last: SipResponse | undefined;
  #isFinal = false;
  #stopLinger: (() => void) | undefined;

  constructor(request: SipRequest, source: Connection, options: ContextOptions, clock: Clock, user: ContextUser) {
    this.request = request;
    this.source = source;
    this.#options = options;
    this.#clock = clock;
    this.#user = user;
  }

  get #isInvite(): boolean {
    return this.request.method === 'INVITE';
  }

  /** Branch ids, for the table they are found by. */
  get branches(): Iterable<string> {
    return this.#branches.keys();
  }

  start(targets: readonly Target[]): void {
    if (this.#isInvite) this.#send(respond(this.request, 100));
    // all are known before the first answers
    const branches = targets.map(({ uri, connection }) => ({ connection, branch: this.#newBranch(uri, connection) }));
    for (const { connection, branch } of branches) connection.send(branch.request);
  }

  /** The request came once more (§17.2): with what it was answered with. */
  repeat(): void {
    if (this.#last) this.#send(this.#last);
  }

  /** §16.7. */
  onResponse(id: string, response: SipResponse): void {
    const branch = this.#branches.get(id);
    if (!branch) return;
    const { status } = response;
    if (status < 200) this.#onProvisional(branch, response);
    else if (status < 300) this.#onSuccess(branch, response);
    else this.#onRefusal(branch, response);
  }

  /** A CANCEL came for the request (§16.10). */
  cancel(headers: readonly Header[]): void {
    if (!this.#isFinal) this.#cancelBranches(headers);
  }

  /** A connection is gone for good: what was asked of it will not be answered, and nobody waits for its requests. */
  onLost(token: string): void {
    if (this.source.token === token && this.#isInvite) this.cancel([]);
    for (const [, branch] of this.#branches)
      if (branch.token === token) this.#giveUp(branch, branch.cancel === 'no' ? 480 : 487);
  }

  dispose(): void {
    for (const branch of this.#branches.values()) branch.stopTimer();
    this.#stopLinger?.();
  }

  #newBranch(uri: string, connection: Connection): Branch {
    const id = newBranch(systemRandom);
    const { host, record } = this.#options;
    const ends = record ? { from: this.source.token, to: connection.token } : undefined;
    const branch: Branch = {
      request: forwarded(this.request, { uri, branch: id, host, record: ends }),
      token: connection.token,
      state: 'calling',
      response: undefined,
      cancel: 'no',
      cancelHeaders: [],
      stopTimer: () => undefined,
    };
    branch.stopTimer = this.#clock.after(patience, () => {
      this.#giveUp(branch, branch.cancel === 'no' ? 408 : 487); // timers B and F
    });
    this.#branches.set(id, branch);
    this.#user.onBranch(id, this);
    return branch;
  }

  #onProvisional(branch: Branch, response: SipResponse): void {
    if (branch.state === 'completed') return;
    if (branch.state === 'calling' && this.#isInvite) this.#startRinging(branch);
    branch.state = 'proceeding';
    if (branch.cancel === 'wanted') this.#sendCancel(branch); // §9.1: not before a provisional response
    if (response.status > 100 && !this.#isFinal) this.#send(response);
  }

  /** Timer C (§16.6 step 11). */
  #startRinging(branch: Branch): void {
    branch.stopTimer();
    branch.stopTimer = this.#clock.after(this.#options.ringTimeout, () => {
      this.#wantCancel(branch, []);
      this.#giveUp(branch, 408);
    });
  }

  #onSuccess(branch: Branch, response: SipResponse): void {
    branch.stopTimer();
    branch.state = 'completed';
    branch.response ??= response;
    // §16.7 step 5: every 2xx to an INVITE; of others only the first
    if (this.#isInvite || !this.#isFinal) this.#send(response);
    if (this.#isInvite) this.#cancelBranches([elsewhere(200, 'Call completed elsewhere')]);
    this.#finish();
  }

  #onRefusal(branch: Branch, response: SipResponse): void {
    if (this.#isInvite) this.#acknowledge(branch, response);
    if (branch.state === 'completed') return;
    this.#complete(branch, response);
    // §16.7 step 5: a 6xx speaks for all
    if (response.status >= 600) this.#cancelBranches([elsewhere(response.status, response.reason)]);
  }

  #giveUp(branch: Branch, status: number): void {
    if (branch.state !== 'completed') this.#complete(branch, respond(this.request, status));
  }

  #complete(branch: Branch, response: SipResponse): void {
    branch.stopTimer();
    branch.state = 'completed';
    branch.response = response;
    const responses = [...this.#branches.values()].map((each) => each.response);
    if (responses.includes(undefined)) return;
    if (!this.#isFinal) {
      const best = bestResponse(responses as readonly SipResponse[]);
      // RFC 4320 §4.2: whoever sent it has timed out by itself, and would believe that we are broken
      if (this.#isInvite || best.status !== 408) this.#send(best);
    }
    this.#finish();
  }

  #cancelBranches(headers: readonly Header[]): void {
    for (const branch of this.#branches.values()) {
      if (this.#isInvite && branch.state !== 'completed') this.#wantCancel(branch, headers);
    }
  }

  #wantCancel(branch: Branch, headers: readonly Header[]): void {
    if (branch.cancel !== 'no') return;
    branch.cancelHeaders.push(...headers);
    branch.cancel = 'wanted';
    if (branch.state === 'proceeding') this.#sendCancel(branch);
  }

  #sendCancel(branch: Branch): void {
    branch.cancel = 'sent';
    this.#user.find(branch.token)?.send(derived('CANCEL', branch.request, undefined, branch.cancelHeaders));
    branch.stopTimer();
    branch.stopTimer = this.#clock.after(patience, () => {
      this.#giveUp(branch, 487); // §9.1
    });
  }

  #acknowledge(branch: Branch, response: SipResponse): void {
    const to = response.headers.find(({ name }) => name === 'To');
    this.#user.find(branch.token)?.send(derived('ACK', branch.request, to));
  }

  #send(response: SipResponse): void {
    this.#last = response;
    if (response.status >= 200) this.#isFinal = true;
    this.#user.find(this.source.token)?.send(response);
  }

  /** Stays for stray and repeated messages, then goes. */
  #finish(): void {
    const isOver = [...this.#branches.values()].every(({ state }) => state === 'completed');
    if (!isOver || this.#stopLinger) return;
    this.#stopLinger = this.#clock.after(patience, () => {
      this.#user.onDone(this);
    });
  }
}

/** RFC 3326 §3.1: why the others stop ringing. */
function elsewhere(cause: number, text: string): Header {
  return { name: 'Reason', value: `SIP;cause=${cause};text="${text.replace(/["\\]/g, '')}"` };
}

/** The Reason of a CANCEL goes along (RFC 3326 §2). */
export function reasonsOf(request: SipRequest): readonly Header[] {
  const value = headerValue(request, 'Reason');
  return value === undefined ? [] : [{ name: 'Reason', value }];
}
