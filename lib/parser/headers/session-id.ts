/** Session-ID: RFC 7989 §5. */
import { type Params, parseParams, writeParams } from '../params.js';
import { safeToken } from '../scanner.js';
import { codec } from './field.js';

export interface SessionIdValue {
  /** 32 hexadecimal digits of the sender's. */
  readonly local: string;
  /** remote … */
  readonly params: Params;
}

/** RFC 7989 §5. */
export const SessionId = /* @__PURE__ */ codec<SessionIdValue>(
  'Session-ID',
  (scanner) => ({ local: scanner.token('session identifier').toLowerCase(), params: parseParams(scanner) }),
  ({ local, params }, what) => safeToken(local, what) + writeParams(params, what),
);
