/** The calls of an account: each on the flow it began on, with what all calls of that flow share. */
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import { Call } from '../call/call.js';
import type { CallContext } from '../call/call-context.js';
import type { CallOptions } from '../call/call-options.js';
import { identityHeaders } from '../call/identity.js';
import { appearance, checkPrivacy } from '../call/privacy.js';
import { addedHeaders } from '../call/user-to-user.js';
import type { Core } from '../core/core.js';
import type { MediaEnvironment } from '../media/environment.js';
import { readAudio } from '../media/sdp.js';
import type { SipRequest } from '../parser/index.js';
import { refuseExtensions } from '../session/extensions.js';
import { sessionDescription } from '../session/session-description.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { Timers } from '../transaction/timers.js';
import type { Flow } from '../transport/flow.js';
import type { Identity } from './identity.js';

export interface CallEnvironment {
  readonly core: Core;
  readonly clock: Clock;
  readonly log: Logger;
  readonly timers: Timers;
  readonly mediaEnvironment: MediaEnvironment;
}

export interface AccountCallsUser {
  /** The identity in force. */
  readonly identity: () => Identity;
  /** A call began or is over. */
  readonly onCallsChanged: () => void;
}

interface Line {
  readonly context: CallContext;
  calls: number;
}

export class AccountCalls {
  readonly all = new Set<Call>();
  readonly #environment: CallEnvironment;
  readonly #user: AccountCallsUser;
  readonly #lines = new Map<Flow, Line>();

  constructor(environment: CallEnvironment, user: AccountCallsUser) {
    this.#environment = environment;
    this.#user = user;
  }

  /** Whether a call is, or was of late, on `flow`. */
  hasFlow(flow: Flow): boolean {
    return this.#lines.has(flow);
  }

  isUsing(flow: Flow): boolean {
    return (this.#lines.get(flow)?.calls ?? 0) > 0;
  }

  place(target: string, options: CallOptions): Call {
    const { config, routes, branch } = this.#user.identity();
    addedHeaders(options);
    const privacy = options.privacy ? checkPrivacy(options.privacy) : config.privacy;
    const named = identityHeaders(options);
    const identity = named.length > 0 ? named : config.identityHeaders;
    const line = this.#line(branch.flow);
    const looks = appearance(privacy, config.address, identity);
    const origin = { direction: 'outgoing', target, ...looks, routes, options } as const;
    return this.#adopt(new Call(line.context, origin), line);
  }

  /** The call of an INVITE; nothing where it can be refused at once, and the user need not hear of it. */
  take(request: SipRequest, transaction: ServerTransaction): Call | undefined {
    const offer = sessionDescription(request);
    const refusal =
      offer !== undefined && !readAudio(offer)
        ? { status: 488, headers: [] } // §13.3.1.3: nothing we could take
        : refuseExtensions(request, this.#user.identity().config.extensions);
    if (refusal) {
      this.#environment.core.respond(transaction, refusal.status, refusal);
      return undefined;
    }
    const line = this.#line(transaction.flow);
    return this.#adopt(new Call(line.context, { direction: 'incoming', request, transaction }), line);
  }

  hangup(options: { readonly silent?: boolean } = {}): void {
    for (const call of this.all) call.hangup(options);
  }

  /** Lets go of flows without calls that are the account's no longer. */
  sweep(): void {
    const { branches } = this.#user.identity();
    for (const [flow, { calls }] of this.#lines) {
      if (calls === 0 && !branches.some((branch) => branch.flow === flow)) this.#lines.delete(flow);
    }
  }

  #adopt(call: Call, line: Line): Call {
    line.calls++;
    this.all.add(call);
    this.#user.onCallsChanged();
    return call;
  }

  #line(flow: Flow): Line {
    let line = this.#lines.get(flow);
    if (!line) this.#lines.set(flow, (line = { context: this.#newContext(flow), calls: 0 }));
    return line;
  }

  #newContext(flow: Flow): CallContext {
    const { identity, onCallsChanged } = this.#user;
    return {
      ...this.#environment,
      flow,
      get authenticator() {
        return identity().authenticator;
      },
      get media() {
        return identity().config.media;
      },
      get extensions() {
        return identity().config.extensions;
      },
      get limits() {
        return identity().config.limits;
      },
      get trustsIdentity() {
        return identity().config.trustAssertedIdentity;
      },
      get dress() {
        return identity().config.dress;
      },
      contact: (purpose) => ({
        name: 'Contact',
        value: (identity().branchOf(flow) ?? identity().branch).contact.value(purpose),
      }),
      released: (call) => {
        this.all.delete(call);
        this.#lines.get(flow)!.calls--;
        onCallsChanged();
      },
    };
  }
}
