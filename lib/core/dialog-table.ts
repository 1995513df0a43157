/** Finds the dialog of a message by Call-ID and tags (RFC 3261 §12). */
import type { SipRequest } from '../parser/index.js';
import { CallId, From, To, read } from '../parser/index.js';
import type { Dialog } from './dialog.js';

export class DialogTable {
  readonly #dialogs = new Map<string, Dialog>();

  add(dialog: Dialog): void {
    this.#dialogs.set(key(dialog.callId, dialog.localTag, dialog.remoteTag), dialog);
  }

  remove(dialog: Dialog): void {
    this.#dialogs.delete(key(dialog.callId, dialog.localTag, dialog.remoteTag));
  }

  get(callId: string, localTag: string, remoteTag: string): Dialog | undefined {
    return this.#dialogs.get(key(callId, localTag, remoteTag));
  }

  /** The dialog a request of the peer lies in (§12.2.2). */
  find(request: SipRequest): Dialog | undefined {
    const localTag = read(request, To)?.params.get('tag');
    if (!localTag) return undefined;
    return this.get(read(request, CallId)!, localTag, read(request, From)!.params.get('tag') ?? '');
  }
}

const key = (callId: string, localTag: string, remoteTag: string): string => `${callId} ${localTag} ${remoteTag}`;
