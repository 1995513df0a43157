/** When to come back: RFC 3261 §20.33. */
import { type Params, parseParams, writeParams } from '../params.js';
import type { Scanner } from '../scanner.js';
import { MAX_SECONDS, codec, writeInteger } from './field.js';

export interface RetryAfterValue {
  readonly seconds: number;
  readonly comment?: string | undefined;
  /** duration … */
  readonly params: Params;
}

/** RFC 3261 §20.33. */
export const RetryAfter = /* @__PURE__ */ codec<RetryAfterValue>(
  'Retry-After',
  (scanner) => {
    const seconds = scanner.integer(MAX_SECONDS, true);
    scanner.skipLws();
    const comment = scanner.text[scanner.pos] === '(' ? readComment(scanner) : undefined;
    return { seconds, comment, params: parseParams(scanner) };
  },
  ({ seconds, comment, params }, what) => {
    const text = comment === undefined ? '' : ` (${comment.replace(/[()\\]/g, '\\$&')})`;
    return writeInteger(seconds, MAX_SECONDS, what) + text + writeParams(params, what);
  },
);

/** comment of §25.1, parentheses within parentheses included. */
function readComment(scanner: Scanner): string {
  const { text, pos } = scanner;
  let depth = 0;
  let comment = '';
  for (let i = pos; i < text.length; i++) {
    const char = text[i]!;
    if (char === '(' && ++depth === 1) continue;
    if (char === ')' && --depth === 0) {
      scanner.pos = i + 1;
      return comment;
    }
    comment += char === '\\' ? (text[++i] ?? '') : char;
  }
  return scanner.fail('unterminated comment', pos);
}
