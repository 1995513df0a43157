/** Finds the dialog of a message by Call-ID and tags (RFC 3261 §12). */
import type { SipRequest } from '../parser/index.js';
import { CallId, From, To, read } from '../parser/index.js';
import type { Dialog, DialogUser } from './dialog.js';

export class DialogTable {
  readonly #dialogs = new Map<string, Dialog>();
  /** Who awaits a dialog whose other tag is not known yet. */
  readonly #expected = new Map<string, DialogUser>();

  add(dialog: Dialog): void {
    this.#dialogs.set(key(dialog.callId, dialog.localTag, dialog.remoteTag), dialog);
  }

  remove(dialog: Dialog): void {
    this.#dialogs.delete(key(dialog.callId, dialog.localTag, dialog.remoteTag));
  }

  get(callId: string, localTag: string, remoteTag: string): Dialog | undefined {
    return this.#dialogs.get(key(callId, localTag, remoteTag));
  }

  /** Until its undo is called, `user` gets what comes for a dialog to be: a NOTIFY may overtake the 2xx (RFC 6665 §4.1.2.4). */
  expect(callId: string, localTag: string, user: DialogUser): () => void {
    const name = key(callId, localTag, '');
    this.#expected.set(name, user);
    return () => this.#expected.delete(name);
  }

  /** Who awaits the dialog that a request of the peer would make. */
  expecting(request: SipRequest): DialogUser | undefined {
    return this.#expected.get(key(read(request, CallId)!, read(request, To)?.params.get('tag') ?? '', ''));
  }

  /** The dialog a request of the peer lies in (§12.2.2). */
  find(request: SipRequest): Dialog | undefined {
    const localTag = read(request, To)?.params.get('tag');
    if (!localTag) return undefined;
    return this.get(read(request, CallId)!, localTag, read(request, From)!.params.get('tag') ?? '');
  }
}

const key = (callId: string, localTag: string, remoteTag: string): string => `${callId} ${localTag} ${remoteTag}`;
