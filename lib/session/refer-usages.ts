/** The subscriptions that REFERs made in a dialog: beside its session, and beyond its end (RFC 3515 §2.4.6, RFC 5057 §4.2). */
import type { Dialog, DialogUser } from '../core/dialog.js';
import { optional } from '../core/optional.js';
import { Event } from '../parser/index.js';
import type { SipRequest } from '../parser/index.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { SessionContext } from './session-context.js';

export interface ReferContext extends Pick<
  SessionContext,
  'flow' | 'authenticator' | 'clock' | 'log' | 'timers' | 'contact' | 'extensions'
> {
  readonly core: Pick<SessionContext['core'], 'request' | 'exchange' | 'respond' | 'dialogs'>;
}

/** A subscription of ours: made by a REFER that we sent. */
export interface Subscription {
  /** Whether it still waits for word. */
  readonly isOpen: boolean;
  /** Whether a NOTIFY with this id in its Event may be for it; only the first REFER of a dialog goes without one. */
  claims(id: string | null | undefined): boolean;
  onNotify(notify: SipRequest, transaction: ServerTransaction): void;
  /** The peer has hung up, or we have. */
  onSessionOver(): void;
}

export class ReferUsages implements DialogUser {
  readonly context: ReferContext;
  readonly dialog: Dialog;
  /** How many REFERs came in this dialog. */
  taken = 0;
  readonly #subscriptions = new Set<Subscription>();
  /** What the dialog is still needed for. */
  readonly #open = new Set<object>();
  /** No session holds the dialog, or none does any longer. */
  #isAlone = false;

  constructor(context: ReferContext, dialog: Dialog) {
    this.context = context;
    this.dialog = dialog;
  }

  /** It gets its NOTIFYs, and keeps the dialog until `release`. */
  subscribe(subscription: Subscription): void {
    this.#subscriptions.add(subscription);
    this.#open.add(subscription);
  }

  /** NOTIFYs for it get 481 from now on. */
  unsubscribe(subscription: Subscription): void {
    this.#subscriptions.delete(subscription);
    this.release(subscription);
  }

  /** The dialog stays as long as `usage` needs it. */
  hold(usage: object): void {
    this.#open.add(usage);
  }

  release(usage: object): void {
    this.#open.delete(usage);
    if (this.#isAlone && this.#open.size === 0) this.context.core.dialogs.remove(this.dialog);
  }

  /** The session is over, or there never was one: the dialog is ours as long as something needs it. */
  takeOver(): void {
    this.#isAlone = true;
    for (const subscription of this.#subscriptions) subscription.onSessionOver();
    if (this.#open.size === 0) return;
    this.dialog.user = this;
    this.context.core.dialogs.add(this.dialog);
  }

  onRequest(request: SipRequest, transaction: ServerTransaction): void {
    if (request.method === 'NOTIFY') this.onNotify(request, transaction);
    else this.context.core.respond(transaction, 481); // what belonged to the session is over with it (RFC 5057 §5)
  }

  onAck(): void {
    // of an INVITE that is settled
  }

  onNotify(notify: SipRequest, transaction: ServerTransaction): void {
    const { core } = this.context;
    const event = optional(notify, Event);
    if (event?.type !== 'refer') {
      core.respond(transaction, 489, { headers: [{ name: 'Allow-Events', value: 'refer' }] });
      return;
    }
    const id = event.params.get('id');
    const claimants = [...this.#subscriptions].filter((subscription) => subscription.claims(id));
    const found = claimants.find(({ isOpen }) => isOpen) ?? claimants.at(-1);
    if (found) found.onNotify(notify, transaction);
    else core.respond(transaction, 481); // RFC 6665 §4.1.3
  }
}
