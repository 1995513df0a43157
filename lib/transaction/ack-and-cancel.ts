/** The requests that a client transaction derives from its INVITE (RFC 3261 §17.1.1.3, §9.1). */
import { CSeq, header, read } from '../parser/index.js';
import type { Header, SipRequest, SipResponse } from '../parser/index.js';
import { acknowledging } from './session-id.js';

/** §17.1.1.3: the ACK to a final response of 300 or above. */
export function buildAck(invite: SipRequest, response: SipResponse): SipRequest {
  return derive(
    invite,
    'ACK',
    response.headers.find((h) => h.name === 'To'),
    response,
  );
}

/** §9.1: only where a provisional response has come; the caller sees to that. */
export function buildCancel(invite: SipRequest, headers: readonly Header[] = []): SipRequest {
  const cancel = derive(invite, 'CANCEL', undefined);
  return headers.length ? { ...cancel, headers: [...cancel.headers, ...headers] } : cancel;
}

function derive(invite: SipRequest, method: string, to: Header | undefined, response?: SipResponse): SipRequest {
  const headers: Header[] = [];
  let seenVia = false;
  for (const line of invite.headers) {
    switch (line.name) {
      case 'Via': // a single Via, equal to the top one of the INVITE
        if (!seenVia) headers.push(line);
        seenVia = true;
        break;
      case 'To':
        headers.push(to ?? line);
        break;
      case 'CSeq':
        headers.push(header(CSeq, { sequence: read(invite, CSeq)!.sequence, method }));
        break;
      case 'Session-ID': // RFC 7989 §6: a CANCEL has the INVITE's
        headers.push(response ? acknowledging(line, response) : line);
        break;
      case 'From':
      case 'Call-ID':
      case 'Max-Forwards':
      case 'Route': // every Route value, not the first only
      case 'Authorization':
      case 'Proxy-Authorization': // §22.1: an ACK or CANCEL cannot be challenged
        headers.push(line);
        break;
    }
  }
  return { method, uri: invite.uri, headers, body: '' };
}
