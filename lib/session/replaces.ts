/** INVITE with Replaces: the call whose place the new one takes, or why it does not (RFC 3891 §3). */
import type { DialogUser } from '../core/dialog.js';
import type { DialogTable } from '../core/dialog-table.js';
import type { Refusal } from '../core/inspect.js';
import { optional } from '../core/optional.js';
import { Replaces, headerValue, headerValues } from '../parser/index.js';
import type { ReplacesValue, SipRequest } from '../parser/index.js';
import type { Session } from './session.js';

const refuse = (status: number): Refusal => ({ status, headers: [] });

/** What the INVITE wants replaced; a refusal where it does not say so clearly. */
export function readReplaces(invite: SipRequest): ReplacesValue | Refusal {
  const isOne = headerValues(invite, 'Replaces').length === 1 && headerValue(invite, 'Join') === undefined;
  return (isOne ? optional(invite, Replaces) : undefined) ?? refuse(400);
}

/** Tags count as they would in a request that comes: `to-tag` is ours. */
export function findReplaced({ callId, toTag, fromTag }: ReplacesValue, dialogs: DialogTable): Session | undefined {
  const dialog = dialogs.get(callId, toTag, fromTag) ?? (fromTag === '0' ? dialogs.get(callId, toTag, '') : undefined); // §6.1
  return dialog?.user && isSession(dialog.user) ? dialog.user : undefined;
}

/** §3: dialogs that an INVITE has made, not a REFER. */
const isSession = (user: DialogUser): user is Session => 'ownsCallId' in user;

/**
 * Why a session cannot be replaced; nothing where it can.
 * Deviation from §3: whoever knows Call-ID and both tags, of which one is our secret, is taken to be authorized.
 */
export function refuseReplacement(
  { ownsCallId }: Session,
  isConfirmed: boolean,
  { earlyOnly }: ReplacesValue,
): Refusal | undefined {
  if (isConfirmed) return earlyOnly ? refuse(486) : undefined;
  return ownsCallId ? undefined : refuse(481); // an early dialog that we did not begin
}
