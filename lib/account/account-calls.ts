/** The calls of an account: each on the flow it began on, with what all calls of that flow share. */
import type { Clock } from '../base/clock.js';
import { invalidOption } from '../base/errors.js';
import type { Logger } from '../base/log.js';
import type { OnDemand } from '../base/on-demand.js';
import { Call } from '../call/call.js';
import type { CallContext, CallPolicy, CallWatcher, DialogId, Sent } from '../call/call-context.js';
import { checkRedirect } from '../call/call-options.js';
import type { CallOptions } from '../call/call-options.js';
import { identityHeaders } from '../call/identity-options.js';
import type { IncomingRefer } from '../call/incoming-refer.js';
import type { Leg } from '../call/leg.js';
import { appearance, checkPrivacy } from '../call/privacy.js';
import { replacesHeaders } from '../call/replacing.js';
import { addedHeaders } from '../call/user-to-user.js';
import type { Core } from '../core/core.js';
import type { MediaEnvironment } from '../media/environment.js';
import type { Header, SipRequest } from '../parser/index.js';
import type { ContactPurpose } from '../registration/contact.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { Timers } from '../transaction/timers.js';
import type { Flow } from '../transport/flow.js';
import type { FlowListener } from '../transport/flow-context.js';
import type { Identity } from './identity.js';
import type { IncomingCalls } from './incoming-calls.js';

/** What comes with the first account. */
export type AccountParts = typeof import('./parts.js');

export interface CallEnvironment {
  readonly core: Core;
  readonly parts: OnDemand<AccountParts>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly timers: Timers;
  readonly mediaEnvironment: () => MediaEnvironment;
  readonly policy: CallPolicy | undefined;
  readonly watcher: CallWatcher | undefined;
  /** Told of every call, before it has done anything. */
  readonly callBegan: (leg: Leg) => void;
}

export interface AccountCallsUser {
  /** The identity in force. */
  readonly identity: () => Identity;
  /** While that is under way: settles when it is over. */
  readonly registering: () => Promise<unknown> | undefined;
  /** What the user typed, as a URI. */
  readonly normalize: (typed: string) => string;
  /** Shows the app a call of a peer's; false where nobody looks. */
  readonly announce: (call: Call) => boolean;
  readonly onCallEnded: (call: Call) => void;
  /** A call began or is over. */
  readonly onCallsChanged: () => void;
  /** An INVITE was refused before the app heard of it. */
  readonly onRefused: (request: SipRequest, status: number) => void;
}

/** How many calls that have ended are remembered, for those who want to take their place. */
const remembered = 16;

/** A flow, and the calls on it. */
interface Line {
  readonly context: CallContext;
  readonly legs: Set<Leg>;
  readonly listener: FlowListener;
  /** The Contact that its calls have told, since they came back. */
  told: string | undefined;
}

export class AccountCalls {
  readonly all = new Set<Call>();
  readonly #environment: CallEnvironment;
  readonly #user: AccountCallsUser;
  readonly #lines = new Map<Flow, Line>();
  #incoming: IncomingCalls | undefined;
  /** Dialogs of the last calls. */
  #ended: readonly string[] = [];

  constructor(environment: CallEnvironment, user: AccountCallsUser) {
    this.#environment = environment;
    this.#user = user;
  }

  /** Whether a call is, or was of late, on `flow`. */
  hasFlow(flow: Flow): boolean {
    return this.#lines.has(flow);
  }

  isUsing(flow: Flow): boolean {
    return (this.#lines.get(flow)?.legs.size ?? 0) > 0;
  }

  place(target: string, options: CallOptions, sent?: Sent): Call {
    const { config, routes, branch } = this.#user.identity();
    const { replaces, redirect, privacy = config.privacy } = options;
    addedHeaders(options);
    if (redirect !== undefined) checkRedirect(redirect);
    const named = identityHeaders(options);
    const identity = named.length > 0 ? named : config.identityHeaders;
    const looks = appearance(checkPrivacy(privacy), config.address, [
      ...identity,
      ...answerAfter(options, config.domain),
    ]);
    const extra = [...(replaces ? replacesHeaders(replaces) : []), ...(sent?.headers ?? [])];
    const headers = extra.length > 0 ? [...looks.headers, ...extra] : looks.headers;
    const line = this.#line(branch.flow);
    const { referredBy, predecessor = replaces && 'dialogs' in replaces ? replaces : undefined } = sent ?? {};
    const origin = {
      direction: 'outgoing',
      target,
      callId: this.#environment.core.random.token(24),
      ...looks,
      headers,
      routes,
      options,
      referredBy,
      predecessor,
    } as const;
    return this.#adopt(new Call(line.context, origin));
  }

  has(call: Call): boolean {
    return this.all.has(call);
  }

  hasEnded(callId: string, localTag: string, remoteTag: string): boolean {
    return this.#ended.includes(dialogKey({ callId, localTag, remoteTag }));
  }

  /** The parts of calls are there by then. */
  onInvite(request: SipRequest, transaction: ServerTransaction): void {
    this.#incomingCalls().onInvite(request, transaction);
  }

  /** A REFER outside of any call. */
  refer(transaction: ServerTransaction, announce: (refer: IncomingRefer) => void): void {
    this.#incomingCalls().onRefer(transaction, announce);
  }

  hangup(options: { readonly silent?: boolean } = {}): void {
    for (const call of this.all) call.hangup(options);
  }

  /**
   * The registrar has spoken, ours or the master's. What calls have told before it may be another Contact than what we have now
   * (RFC 5627 §4.4.1, ACC-22): they tell it once more.
   */
  onContact(): void {
    for (const [flow, line] of this.#lines) {
      const { told, legs } = line;
      const present = this.#contact(flow);
      if (told === undefined || told === present) continue;
      line.told = present;
      for (const leg of [...legs]) leg.onContactChanged();
    }
  }

  /** Lets go of flows without calls that are the account's no longer. */
  sweep(): void {
    const { branches } = this.#user.identity();
    for (const [flow, { legs, listener }] of this.#lines) {
      if (legs.size > 0 || branches.some((branch) => branch.flow === flow)) continue;
      flow.removeListener(listener);
      this.#lines.delete(flow);
    }
  }

  #incomingCalls(): IncomingCalls {
    return (this.#incoming ??= new this.#environment.parts.part!.IncomingCalls({
      ...this.#environment,
      ...this.#user,
      calls: this,
      config: () => this.#user.identity().config,
      context: (flow) => this.#line(flow).context,
      adopt: (call) => this.#adopt(call),
    }));
  }

  #release(call: Call): void {
    this.all.delete(call);
    this.#user.onCallEnded(call);
    this.#user.onCallsChanged();
  }

  #adopt(call: Call): Call {
    this.all.add(call);
    this.#user.onCallsChanged();
    return call;
  }

  #line(flow: Flow): Line {
    let line = this.#lines.get(flow);
    if (!line) this.#lines.set(flow, (line = this.#newLine(flow)));
    return line;
  }

  /** What becomes of the connection, its calls hear. */
  #newLine(flow: Flow): Line {
    const legs = new Set<Leg>();
    const listener: FlowListener = {
      onFlowOpen: () => {
        if (flow.connectionId > 1) line.told = this.#contact(flow);
        for (const leg of [...legs]) leg.onFlowOpen();
      },
      onFlowLost: () => {
        for (const leg of [...legs]) leg.onFlowLost();
      },
    };
    flow.addListener(listener);
    const line: Line = { context: this.#newContext(flow, legs), legs, listener, told: undefined };
    return line;
  }

  #contact(flow: Flow, purpose?: ContactPurpose): string {
    const identity = this.#user.identity();
    return (identity.branchOf(flow) ?? identity.branch).contact.value(purpose);
  }

  #newContext(flow: Flow, legs: Set<Leg>): CallContext {
    const { identity, normalize } = this.#user;
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
      get autoAnswer() {
        return identity().config.autoAnswer;
      },
      get ipChange() {
        return identity().config.ipChange;
      },
      registered: () => {
        const { ipChange, isRewritten } = identity().config;
        return ipChange.order === 'register-first' || isRewritten ? this.#user.registering() : undefined;
      },
      get dress() {
        return identity().config.dress;
      },
      get redirect() {
        return identity().config.redirect;
      },
      normalize,
      place: (target, options, sent) => this.place(target, options, sent),
      routes: () => identity().routes,
      contact: (purpose) => ({ name: 'Contact', value: this.#contact(flow, purpose) }),
      began: (leg) => {
        legs.add(leg);
        this.#environment.watcher?.onBegan(leg);
        this.#environment.callBegan(leg);
      },
      released: (leg, dialogs) => {
        legs.delete(leg);
        this.#ended = [...this.#ended, ...dialogs.map(dialogKey)].slice(-remembered);
        this.#environment.policy?.onReleased(leg.call);
        this.#environment.watcher?.onReleased(leg);
        this.#release(leg.call);
      },
      givenUp: (call) => {
        this.#release(call);
      },
    };
  }
}

const dialogKey = ({ callId, localTag, remoteTag }: DialogId): string => `${callId} ${localTag} ${remoteTag}`;

/** The URI must be there, and says nothing. */
function answerAfter({ answerAfter: seconds }: CallOptions, domain: string): readonly Header[] {
  if (seconds === undefined) return [];
  if (!(Number.isInteger(seconds) && seconds >= 0))
    throw invalidOption('answerAfter', 'takes a whole number of seconds', seconds);
  return [{ name: 'Call-Info', value: `<sip:${domain}>;answer-after=${seconds}` }];
}
