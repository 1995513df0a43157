/** What INVITEs of ours have that other requests have not: loaded with what calls are made of (RFC 3261 §17.1.1, §9.1). */
import type { SipRequest } from '../parser/index.js';
import { buildAck, buildCancel } from './ack-and-cancel.js';
import { inviteClient } from './invite-client.js';

const essential: ReadonlySet<string> = new Set(['From', 'Call-ID', 'CSeq']);

/** The transaction lingers for half a minute: it must not keep a session description for that. */
function essence({ method, uri, headers }: SipRequest): SipRequest {
  return { method, uri, headers: headers.filter(({ name }) => essential.has(name)), body: '' };
}

export const invites = { step: inviteClient, buildAck, buildCancel, essence };

export type Invites = typeof invites;
