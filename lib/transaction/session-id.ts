/** Session-ID: the two UUIDs that name a call from end to end, whatever becomes of its Call-IDs (RFC 7989). */
import type { Header, SipMessage } from '../parser/index.js';

/** Of whoever is not known yet (§5). */
export const nilUuid = '0'.repeat(32);

export const sessionIdHeader = (local: string, remote = nilUuid): Header => ({
  name: 'Session-ID',
  value: `${local};remote=${remote}`,
});

/** Of whoever sent the message, where it is told and is one: nil, or of another length, counts as absent (§6). */
export function senderUuid(message: SipMessage): string | undefined {
  const value = message.headers.find(({ name }) => name === 'Session-ID')?.value;
  const uuid = value === undefined ? undefined : /^[\da-f]{32}(?=[ \t]*(?:;|$))/i.exec(value)?.[0].toLowerCase();
  return uuid === nilUuid ? undefined : uuid;
}

/** The line of an ACK: its INVITE's, and by now perhaps the peer is known (§6). */
export function acknowledging(line: Header, response: SipMessage): Header {
  const remote = senderUuid(response);
  return remote === undefined ? line : sessionIdHeader(line.value.slice(0, 32), remote);
}
