/** The session description in a message: its whole body, or one part of a multipart body (RFC 3261 §13.2.1, RFC 5621). */
import { ParseError, headerValue, parseMultipart } from '../parser/index.js';
import type { Header, SipMessage } from '../parser/index.js';

export const sdpHeader: Header = { name: 'Content-Type', value: 'application/sdp' };

const isSdp = (type: string | undefined): boolean => type !== undefined && /^application\/sdp\s*(?:;|$)/i.test(type);

/** The SDP a message carries; a body without Content-Type is taken for what it looks like. */
export function sessionDescription(message: SipMessage): string | undefined {
  const { body } = message;
  if (body.length === 0) return undefined;
  const type = headerValue(message, 'Content-Type');
  if (type !== undefined && /^multipart\//i.test(type)) return sdpPart(type, message);
  if (typeof body !== 'string') return undefined;
  return isSdp(type) || (type === undefined && body.startsWith('v=0')) ? body : undefined;
}

function sdpPart(type: string, { body }: SipMessage): string | undefined {
  try {
    const part = parseMultipart(type, body).find(({ headers }) =>
      isSdp(headers.find((h) => h.name === 'Content-Type')?.value),
    );
    return typeof part?.body === 'string' ? part.body : undefined;
  } catch (error) {
    if (error instanceof ParseError) return undefined;
    throw error;
  }
}
