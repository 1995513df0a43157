/** Who talks, and who is being rung: the calls of somebody, kept from one NOTIFY to the next (RFC 4235 §4.3). */
import { Emitter } from '../base/emitter.js';
import { dialogInfoType, readDialogInfo } from './dialog-info.js';
import type { DialogInfo, WatchedDialog, WatchedParty } from './dialog-info.js';

export { dialogInfoType } from './dialog-info.js';
export type { WatchedDialog, WatchedDialogState, WatchedParty } from './dialog-info.js';

/** `unknown` until something was told. */
export type LineStatus = 'unknown' | 'idle' | 'ringing' | 'busy';

export interface DialogsChange {
  readonly status: LineStatus;
  readonly dialogs: readonly WatchedDialog[];
  /** What is over since the last change: why, and who it was with. */
  readonly ended: readonly WatchedDialog[];
}

export interface WatchedDialogsEvents {
  changed: DialogsChange;
}

/** A subscription to the event `dialog`: what `account.subscribeTo()` returns. */
export interface DialogSubscription {
  readonly state: string;
  readonly last: DialogNotification | undefined;
  on(event: 'notified', listener: (notification: DialogNotification) => void): () => void;
  on(event: 'stateChanged', listener: (change: { readonly state: string }) => void): () => void;
  refresh(): Promise<void>;
}

export interface DialogNotification {
  readonly contentType: string | undefined;
  readonly body: string | Uint8Array;
}

export class WatchedDialogs {
  readonly #subscription: DialogSubscription;
  readonly #read: (text: string) => DialogInfo | undefined;
  readonly #emitter = new Emitter<WatchedDialogsEvents>();
  readonly #rows = new Map<string, WatchedDialog>();
  /** Of the last document; undefined until there is one from the present notifier. */
  #version: number | undefined;
  #isKnown = false;

  /** Made by `watchDialogs()`. */
  constructor(subscription: DialogSubscription, read: (text: string) => DialogInfo | undefined) {
    this.#subscription = subscription;
    this.#read = read;
    if (subscription.last) this.#onNotified(subscription.last);
    subscription.on('notified', (notification) => {
      this.#onNotified(notification);
    });
    subscription.on('stateChanged', ({ state }) => {
      if (state === 'subscribing') this.#version = undefined; // versions are of one subscription (§4.1)
    });
  }

  /** The calls there are. */
  get dialogs(): readonly WatchedDialog[] {
    return [...this.#rows.values()];
  }

  /** `busy`: talks, or calls somebody; `ringing`: is called, and does neither. */
  get status(): LineStatus {
    if (!this.#isKnown) return 'unknown';
    const { dialogs } = this;
    if (dialogs.length === 0) return 'idle';
    return dialogs.every(({ state, direction }) => state !== 'confirmed' && direction !== 'initiator')
      ? 'ringing'
      : 'busy';
  }

  on<K extends keyof WatchedDialogsEvents>(event: K, listener: (payload: WatchedDialogsEvents[K]) => void): () => void {
    return this.#emitter.on(event, listener);
  }

  once<K extends keyof WatchedDialogsEvents>(
    event: K,
    options?: { readonly signal?: AbortSignal },
  ): Promise<WatchedDialogsEvents[K]> {
    return this.#emitter.once(event, options);
  }

  #onNotified({ contentType, body }: DialogNotification): void {
    if (contentType === undefined && body.length === 0) this.#onNothing();
    if (contentType !== dialogInfoType) return;
    const info = this.#read(typeof body === 'string' ? body : new TextDecoder().decode(body));
    if (info) this.#apply(info);
  }

  /** The first word of a notifier that knows of nothing: there are no calls (seen at Kamailio; RFC 6665 §4.2.1.2). */
  #onNothing(): void {
    if (this.#version !== undefined || this.#subscription.state !== 'active') return;
    if (this.#isKnown && this.#rows.size === 0) return;
    this.#isKnown = true;
    this.#rows.clear();
    this.#emitter.emit('changed', { status: this.status, dialogs: [], ended: [] });
  }

  #apply({ version, isFull, dialogs }: DialogInfo): void {
    const last = this.#version;
    // §4.3; a notifier that does not count says all there is, again and again
    if (last !== undefined && (version < last || (version === last && !isFull))) return;
    const isGap = !isFull && (last === undefined || version !== last + 1);
    this.#version = version;
    this.#isKnown = true;
    const before = new Map(this.#rows);
    if (isFull) this.#rows.clear();
    const ended: WatchedDialog[] = [];
    for (const dialog of dialogs) {
      const known = before.get(dialog.id);
      const row = known ? merged(known, dialog) : dialog;
      if (row.state !== 'terminated') this.#rows.set(row.id, row);
      else if (this.#rows.delete(row.id) || known) ended.push(row);
    }
    this.#emitter.emit('changed', { status: this.status, dialogs: this.dialogs, ended });
    if (isGap) this.#subscription.refresh().catch(() => undefined); // something was missed: all there is, once more
  }
}

/** §4.1.6: what is not said of an end of a call is as it was. */
function merged(before: WatchedDialog, now: WatchedDialog): WatchedDialog {
  return {
    ...now,
    direction: now.direction ?? before.direction,
    callId: now.callId ?? before.callId,
    localTag: now.localTag ?? before.localTag,
    remoteTag: now.remoteTag ?? before.remoteTag,
    local: mergedParty(before.local, now.local),
    remote: mergedParty(before.remote, now.remote),
  };
}

const mergedParty = (before: WatchedParty, now: WatchedParty): WatchedParty => ({
  uri: now.uri ?? before.uri,
  displayName: now.uri === undefined ? before.displayName : now.displayName,
  target: now.target ?? before.target,
});

/** Follows the calls that a subscription to the event `dialog` tells of; what was told before counts. Ends with it. */
export const watchDialogs = (subscription: DialogSubscription): WatchedDialogs =>
  new WatchedDialogs(subscription, readDialogInfo);
