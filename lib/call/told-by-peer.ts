/** What the other side's application tells with a call, as it came (RFC 7433). */
import { headerValues, splitList } from '../parser/index.js';
import type { SipMessage } from '../parser/index.js';
import type { UserToUser } from './user-to-user.js';

const none: readonly UserToUser[] = [];

export function userToUserOf(message: SipMessage): readonly UserToUser[] {
  const lines = headerValues(message, 'User-to-User');
  if (lines.length === 0) return none;
  return lines.flatMap((line) => splitList(line)).flatMap(parsed);
}

/** Data that are no token and not quoted count as absent. */
function parsed(value: string): UserToUser[] {
  const [all, quoted, bare] = /^[ \t]*(?:"((?:[^"\\]|\\.)*)"|([\w.!%*+`'~-]+))[ \t]*(?=;|$)/.exec(value) ?? [];
  if (all === undefined) return [];
  const parameter = (name: string): string | undefined =>
    new RegExp(`;[ \\t]*${name}[ \\t]*=[ \\t]*"?([\\w.!%*+\`'~-]+)`, 'i').exec(value.slice(all.length))?.[1];
  const data = bare ?? quoted!.replace(/\\(.)/g, '$1');
  const encoding = parameter('encoding')?.toLowerCase();
  const text = encoding === 'hex' ? textOf(data) : data;
  return [{ data, encoding, purpose: parameter('purpose'), content: parameter('content'), text }];
}

/** Nothing where the bytes are no UTF-8, or no bytes. */
function textOf(hex: string): string | undefined {
  if (!/^(?:[\da-f]{2})*$/i.test(hex)) return undefined;
  const bytes = Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
