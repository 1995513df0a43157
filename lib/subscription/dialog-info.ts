/** The calls of somebody, as a document: application/dialog-info+xml (RFC 4235 §4). */

export const dialogInfoType = 'application/dialog-info+xml';

export type WatchedDialogState = 'trying' | 'proceeding' | 'early' | 'confirmed' | 'terminated';

/** One end of a call. What is not said is undefined. */
export interface WatchedParty {
  readonly uri: string | undefined;
  readonly displayName: string | undefined;
  /** The Contact. */
  readonly target: string | undefined;
}

/** A call of somebody's, as the notifier tells it; `local` is who is watched. */
export interface WatchedDialog {
  readonly id: string;
  readonly state: WatchedDialogState;
  /** Why it is terminated: `cancelled`, `rejected`, `replaced`, `local-bye`, `remote-bye`, `error`, `timeout`. */
  readonly event: string | undefined;
  /** The status of the response that ended it. */
  readonly code: number | undefined;
  readonly direction: 'initiator' | 'recipient' | undefined;
  readonly callId: string | undefined;
  readonly localTag: string | undefined;
  readonly remoteTag: string | undefined;
  readonly local: WatchedParty;
  readonly remote: WatchedParty;
}

export interface DialogInfo {
  readonly version: number;
  /** All there is; else what has changed. */
  readonly isFull: boolean;
  readonly dialogs: readonly WatchedDialog[];
}

/** Characters: more than a switchboard's worth of calls. */
const longest = 1_000_000;

/** What a document says; nothing where it is none, too large, or brings a DOCTYPE along. */
export function readDialogInfo(text: string): DialogInfo | undefined {
  if (text.length > longest || /<!DOCTYPE/i.test(text)) return undefined; // entities are not for notifiers
  const root = new DOMParser().parseFromString(text, 'application/xml').documentElement;
  if (root.localName !== 'dialog-info' || root.getElementsByTagName('parsererror').length > 0) return undefined;
  const version = Number(root.getAttribute('version') ?? NaN);
  if (!Number.isInteger(version) || version < 0) return undefined;
  return {
    version,
    isFull: root.getAttribute('state') !== 'partial',
    dialogs: childrenOf(root, 'dialog').flatMap((element) => readDialog(element) ?? []),
  };
}

const states: readonly string[] = ['trying', 'proceeding', 'early', 'confirmed', 'terminated'];

function readDialog(element: Element): WatchedDialog | undefined {
  const id = attribute(element, 'id');
  const [stateElement] = childrenOf(element, 'state');
  const state = stateElement && textOf(stateElement)?.toLowerCase();
  if (id === undefined || !stateElement || !state || !states.includes(state)) return undefined;
  const direction = attribute(element, 'direction');
  const code = Number(attribute(stateElement, 'code') ?? NaN);
  return {
    id,
    state: state as WatchedDialogState,
    event: attribute(stateElement, 'event'),
    code: Number.isInteger(code) ? code : undefined,
    direction: direction === 'initiator' || direction === 'recipient' ? direction : undefined,
    callId: attribute(element, 'call-id'),
    localTag: attribute(element, 'local-tag'),
    remoteTag: attribute(element, 'remote-tag'),
    local: readParty(childrenOf(element, 'local')[0]),
    remote: readParty(childrenOf(element, 'remote')[0]),
  };
}

function readParty(element: Element | undefined): WatchedParty {
  const [identity] = element ? childrenOf(element, 'identity') : [];
  const [target] = element ? childrenOf(element, 'target') : [];
  return {
    uri: identity && textOf(identity),
    displayName: identity && attribute(identity, 'display'),
    target: target && attribute(target, 'uri'),
  };
}

/** By local name: some PBXs forget the namespace. */
const childrenOf = (element: Element, name: string): Element[] =>
  [...element.children].filter(({ localName }) => localName === name);

const attribute = (element: Element, name: string): string | undefined => element.getAttribute(name) ?? undefined;

const textOf = (element: Element): string | undefined => element.textContent.trim() || undefined;
