/** The status line in a `message/sipfrag`: how a referred request fares (RFC 3420, RFC 3515 §2.4.5). */
import { optional } from '../core/optional.js';
import { ContentType } from '../parser/index.js';
import type { Header, SipMessage } from '../parser/index.js';

export interface StatusLine {
  readonly status: number;
  readonly reason: string;
}

export const sipfragHeader: Header = { name: 'Content-Type', value: 'message/sipfrag;version=2.0' };

/** Nothing where the body is of another type, or does not begin with a status line. */
export function readSipfrag(message: SipMessage): StatusLine | undefined {
  if (optional(message, ContentType)?.type !== 'message/sipfrag') return undefined;
  const { body } = message;
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
  const line = /^\s*SIP\/2\.0[ \t]+([1-6]\d\d)(?:[ \t]+([^\r\n]*))?(?:\r?\n|$)/i.exec(text);
  return line ? { status: Number(line[1]), reason: (line[2] ?? '').trim() } : undefined;
}

/** The status line alone: more of a response could tell the peer what is none of its business (RFC 3515 §5.2). */
export const writeSipfrag = ({ status, reason }: StatusLine): string =>
  `SIP/2.0 ${status} ${reason.replace(/[\r\n\0]+/g, ' ')}\r\n`;
