/** Which messages wait: application/simple-message-summary (RFC 3842 §5.2). */
import { optional } from '../core/optional.js';
import { ContentType } from '../parser/index.js';
import type { SipMessage } from '../parser/index.js';

export const messageSummaryType = 'application/simple-message-summary';

/** How many there are of one kind. */
export interface MessageCount {
  readonly new: number;
  readonly old: number;
  /** Of these. */
  readonly newUrgent: number;
  readonly oldUrgent: number;
}

export interface MessageSummary {
  /** Whether there are messages that nobody has listened to. */
  readonly waiting: boolean;
  /** Of all kinds together; 0 also where the server only says whether there are any. */
  readonly newMessages: number;
  readonly oldMessages: number;
  /** Urgent ones among the new. */
  readonly urgent: number;
  /** By kind, in lower case: `voice-message`, `fax-message`, `pager-message`, `multimedia-message`, `text-message`, `none`. */
  readonly counts: Readonly<Record<string, MessageCount>>;
  /** The mailbox: a URI. */
  readonly mailbox: string | undefined;
}

/** RFC 3842 §3.5: a larger one is treated as this. */
const most = 2 ** 32 - 1;

const count = (digits: string | undefined): number => Math.min(Number(digits ?? 0), most);

/** The summary in a NOTIFY; nothing where there is none that can be read. */
export function messageSummaryOf(notify: SipMessage): MessageSummary | undefined {
  if (optional(notify, ContentType)?.type !== messageSummaryType) return undefined;
  const { body } = notify;
  return readMessageSummary(typeof body === 'string' ? body : new TextDecoder().decode(body));
}

/** Reads what can be read: line ends, blanks, the order and lines that are not known do not matter. */
export function readMessageSummary(text: string): MessageSummary | undefined {
  let status: boolean | undefined;
  let mailbox: string | undefined;
  const counts: Record<string, MessageCount> = {};
  for (const line of text.trimStart().split(/\r?\n/)) {
    if (line.trim() === '') break; // headers of single messages follow (§3.5)
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === 'messages-waiting') status = /^yes$/i.test(value);
    else if (name === 'message-account') mailbox = value.replace(/^<|>$/g, '');
    else if (/^(?:[a-z]+-message|none)$/.test(name)) readCount(value, name, counts);
  }
  const all = Object.values(counts);
  if (status === undefined && all.length === 0) return undefined;
  const sum = (kind: keyof MessageCount): number => all.reduce((total, each) => Math.min(total + each[kind], most), 0);
  const newMessages = sum('new');
  return {
    waiting: status ?? newMessages > 0,
    newMessages,
    oldMessages: sum('old'),
    urgent: sum('newUrgent'),
    counts,
    mailbox,
  };
}

function readCount(value: string, name: string, counts: Record<string, MessageCount>): void {
  const match = /^(\d+)[ \t]*\/[ \t]*(\d+)(?:[ \t]*\([ \t]*(\d+)[ \t]*\/[ \t]*(\d+)[ \t]*\))?/.exec(value);
  if (!match) return;
  const [, fresh, old, newUrgent, oldUrgent] = match;
  counts[name] = { new: count(fresh), old: count(old), newUrgent: count(newUrgent), oldUrgent: count(oldUrgent) };
}
