/** A REFER that comes: the app decides, else its account does; the referred call, and what the peer hears of it (RFC 3515 §2.4). */
import { EvercallError } from '../base/errors.js';
import { newTag } from '../base/random.js';
import type { Core } from '../core/core.js';
import { dialogOfRequest } from '../core/dialog.js';
import { reasonPhrase } from '../parser/index.js';
import type { ReplacesValue, SipRequest } from '../parser/index.js';
import { readRefer } from '../session/refer.js';
import type { Referral } from '../session/refer.js';
import { ReferNotifier } from '../session/refer-notifier.js';
import { abilitiesOf } from '../session/abilities.js';
import { ReferUsages } from '../session/refer-usages.js';
import type { Session } from '../session/session.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { Call } from './call.js';
import type { CallContext } from './call-context.js';
import type { RemoteParty } from './call-events.js';
import type { CallOptions } from './call-options.js';
import { party } from './call-events.js';
import type { Leg } from './leg.js';

/** Where a REFER came, and who is to know. */
interface Recipient {
  readonly context: CallContext;
  /** The call in which we are asked: ours goes on in its place, and it need not be held for it. */
  readonly predecessor?: Call;
  readonly core: Pick<Core, 'respond'>;
  readonly usages: ReferUsages;
  /** Who shares the dialog. */
  readonly accepted: () => void;
  readonly announce: (refer: IncomingRefer) => void;
  readonly onCall: (call: Call) => void;
  /** What is done where nobody decides. */
  readonly isWelcome: boolean;
}

/** Someone asks us to call someone else. */
export class IncomingRefer {
  /** Whom to call. */
  readonly target: string;
  readonly displayName: string | undefined;
  /** Who asks, by their own word (RFC 3892). */
  readonly referredBy: RemoteParty | undefined;
  /** The dialog whose place the call is to take (RFC 3891): an attended transfer. */
  readonly replaces: ReplacesValue | undefined;
  readonly request: SipRequest;
  readonly #referral: Referral;
  readonly #recipient: Recipient;
  readonly #transaction: ServerTransaction;
  readonly #notifier: ReferNotifier;
  #state: 'open' | 'pending' | 'decided' = 'open';

  constructor(recipient: Recipient, referral: Referral, transaction: ServerTransaction) {
    this.target = referral.target;
    this.displayName = referral.displayName;
    this.referredBy = referral.referredBy && party(referral.referredBy);
    this.replaces = referral.replaces;
    this.request = transaction.request;
    this.#referral = referral;
    this.#recipient = recipient;
    this.#transaction = transaction;
    this.#notifier = new ReferNotifier(recipient.usages, transaction, referral.isSilent);
  }

  /** Whether someone has decided, or said that they will. */
  get isTaken(): boolean {
    return this.#state !== 'open';
  }

  /** Places the call, by the account that was asked; who asked hears how it goes. Throws as `account.call` does. */
  accept(options: CallOptions = {}): Call {
    this.#mustBeUndecided('accept');
    const { context, predecessor, onCall } = this.#recipient;
    const { target } = this;
    const uri = /^tel:/i.test(target) ? context.normalize(target) : target;
    const call = context.place(uri, options, { ...this.#referral, predecessor });
    if (this.#state === 'open') this.#welcome('active');
    this.#state = 'decided';
    follow(call, this.#notifier);
    onCall(call);
    return call;
  }

  /** @param status 400 to 699. */
  reject(status = 603): void {
    if (!(Number.isInteger(status) && status >= 400 && status <= 699))
      throw new EvercallError('invalidOption', `status: takes 400 to 699, got ${status}`);
    this.#mustBeUndecided('reject');
    if (this.#state === 'open') this.#recipient.core.respond(this.#transaction, status);
    else this.#notifier.decline({ status, reason: reasonPhrase(status) });
    this.#state = 'decided';
  }

  /**
   * `accept` or `reject` comes later: someone has to be asked first. When the promise settles, and neither was called, it is
   * decided as without a listener.
   */
  waitUntil(promise: Promise<unknown>): void {
    this.#mustBeUndecided('waitUntil');
    if (this.#state === 'open') this.#welcome('pending'); // RFC 3515 §2.4.2: a REFER cannot be left unanswered
    this.#state = 'pending';
    const decide = (): void => {
      if (this.#state !== 'pending') return;
      if (this.#recipient.isWelcome) this.accept();
      else this.reject();
    };
    promise.then(decide, decide);
  }

  #welcome(state: 'active' | 'pending'): void {
    this.#notifier.accept(state);
    this.#recipient.accepted();
  }

  #mustBeUndecided(verb: string): void {
    if (this.#state === 'decided') throw new EvercallError('invalidState', `${verb}: the REFER is answered`);
  }
}

function take(recipient: Recipient, transaction: ServerTransaction): void {
  const referral = readRefer(transaction.request);
  if ('status' in referral) {
    recipient.core.respond(transaction, referral.status, referral);
    return;
  }
  const refer = new IncomingRefer(recipient, referral, transaction);
  recipient.announce(refer);
  if (refer.isTaken) return;
  if (recipient.isWelcome) refer.accept();
  else refer.reject();
}

/** Who talks to us may send us on. */
export function takeReferInCall(leg: Leg, session: Session, transaction: ServerTransaction): void {
  const { context } = leg;
  const { core } = session.context;
  if (session.isOver) {
    core.respond(transaction, 481);
    return;
  }
  session.refers ??= new ReferUsages(session.context, session.dialog);
  const recipient: Recipient = {
    context,
    predecessor: leg.call,
    core,
    usages: session.refers,
    accepted: () => undefined,
    announce: (refer) => {
      leg.tell('refer', refer);
    },
    onCall: (call) => {
      leg.tell('referredCall', { call });
    },
    isWelcome: true,
  };
  take(recipient, transaction);
}

/** A stranger must not make us call whom they like: where nobody says otherwise, it is declined. */
export function takeReferOfStranger(
  context: CallContext,
  transaction: ServerTransaction,
  announce: (refer: IncomingRefer) => void,
): void {
  const dialog = dialogOfRequest(transaction.request, newTag(context.core.random), transaction.flow);
  const { core, flow, clock, log, timers, contact } = context;
  const own = {
    core,
    flow,
    clock,
    log,
    timers,
    contact,
    extensions: abilitiesOf(context.extensions),
    get authenticator() {
      return context.authenticator;
    },
  };
  const usages = new ReferUsages(own, dialog);
  const recipient: Recipient = {
    context,
    core: context.core,
    usages,
    accepted: () => {
      usages.takeOver(); // the dialog that the REFER has made (RFC 6665 §4.4.1)
    },
    announce,
    onCall: () => undefined,
    isWelcome: false,
  };
  take(recipient, transaction);
}

/** Of a call that failed here, by the name of its status: what went wrong on our side is our affair. */
function follow(call: Call, notifier: ReferNotifier): void {
  call.on('stateChanged', ({ state, status, reason, response }) => {
    if (state === 'early' && status !== undefined) notifier.report({ status, reason: reason ?? reasonPhrase(status) });
    else if (state === 'confirmed') notifier.report({ status: 200, reason: reasonPhrase(200) });
    else if (state === 'disconnected') {
      const final = status === undefined || status < 300 ? 487 : status;
      notifier.report({ status: final, reason: response?.reason ?? reasonPhrase(final) });
    }
  });
}
