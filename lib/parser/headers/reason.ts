/** Reason: RFC 3326 §2. */
import { type Params, otherParams, parseParams, writeParams } from '../params.js';
import { safeToken } from '../scanner.js';
import { codec, list } from './field.js';

export interface ReasonValue {
  /** "SIP", "Q.850" … */
  readonly protocol: string;
  readonly cause?: number | undefined;
  readonly text?: string | undefined;
  /** The others. */
  readonly params: Params;
}

/** RFC 3326 §2. */
export const Reason = /* @__PURE__ */ list(
  codec<ReasonValue>(
    'Reason',
    (scanner) => {
      const protocol = scanner.token('protocol');
      const params = parseParams(scanner);
      const cause = params.get('cause') ?? '';
      return {
        protocol,
        cause: /^\d{1,9}$/.test(cause) ? Number(cause) : undefined,
        text: params.get('text') ?? undefined,
        params: otherParams(params, 'cause', 'text'),
      };
    },
    ({ protocol, cause, text, params }, what) => {
      const all = new Map<string, string | null>(params);
      if (cause !== undefined) all.set('cause', `${cause}`);
      if (text !== undefined) all.set('text', text);
      return safeToken(protocol, what) + writeParams(all, what, (name) => name === 'text');
    },
  ),
);
