/** What the parser found wrong and where: message, offset, a caret line, and what an answer needs (RFC 3261 §21.4.1). */
import type { SipMessage } from './message.js';

/** Where a {@link ParseError} happened and how it may be answered. */
export interface ParseErrorDetails {
  readonly input: string;
  readonly offset: number;
  readonly status?: number;
  readonly partial?: SipMessage | undefined;
}

/** How much of the line is shown on either side of the caret. */
const CONTEXT = 60;

/** Text that is not what RFC 3261 §25 says it should be. */
export class ParseError extends Error {
  override readonly name = 'ParseError';
  /** The text that was read: the whole message, or one header's value. */
  readonly input: string;
  /** Index into {@link input} of the first character that does not fit. */
  readonly offset: number;
  /** The status that answers a request with this error: 400, 505, 513 … */
  readonly status: number;
  /** What was understood of the message, enough to answer it; undefined when not even the start line was. */
  readonly partial: SipMessage | undefined;

  constructor(message: string, { input, offset, status = 400, partial }: ParseErrorDetails) {
    super(message);
    this.input = input;
    this.offset = offset;
    this.status = status;
    this.partial = partial;
  }

  /** The offending line, and below it a caret under the offending character. */
  get caret(): string {
    const at = Math.min(this.offset, this.input.length);
    const start = Math.max(this.input.slice(0, at).lastIndexOf('\n') + 1, at - CONTEXT);
    const lineEnd = this.input.indexOf('\n', at);
    const end = Math.min(lineEnd < 0 ? this.input.length : lineEnd, at + CONTEXT);
    // Control characters would move the caret or hide the culprit.
    const line = this.input.slice(start, end).replace(/[^ -~]/g, '.');
    return `${line}\n${' '.repeat(at - start)}^`;
  }
}
