/** An INVITE of ours that takes the place of a call the callee has (RFC 3891 §4). */
import { EvercallError, invalidOption } from '../base/errors.js';
import { Replaces } from '../parser/index.js';
import type { Header } from '../parser/index.js';
import type { Call } from './call.js';
import type { ReplacedDialog } from './call-options.js';

/** Throws `invalidState` for a call that cannot be replaced, and `invalidOption`. */
export function replacesHeaders(replaces: Call | ReplacedDialog): readonly Header[] {
  const { callId, toTag, fromTag, earlyOnly = false } = 'dialogs' in replaces ? dialogOf(replaces) : replaces;
  for (const [name, value] of Object.entries({ callId, toTag, fromTag }))
    if (typeof value !== 'string' || !/^[^\s;,"<>\0]+$/.test(value))
      throw invalidOption(`replaces.${name}`, 'takes what the dialog has', value);
  const value = Replaces.write({ callId, toTag, fromTag, earlyOnly, params: new Map() });
  // §6.2: who does not know it would ring
  return [
    { name: 'Replaces', value },
    { name: 'Require', value: 'replaces' },
  ];
}

/** A call of ours with the callee, as they see it. */
function dialogOf({ dialogs, state, direction }: Call): ReplacedDialog {
  const [dialog] = dialogs;
  // §4: an early dialog only where the callee began it
  if (!dialog || !(dialog.state === 'confirmed' || direction === 'incoming'))
    throw new EvercallError('invalidState', `replaces: the call is ${state}`);
  return { callId: dialog.callId, toTag: dialog.remoteTag, fromTag: dialog.localTag };
}
