/** Replaces, which names another dialog: RFC 3891 §6.1. */
import { type Params, otherParams, parseParams, writeParams } from '../params.js';
import { codec } from './field.js';

export interface ReplacesValue {
  readonly callId: string;
  readonly toTag: string;
  readonly fromTag: string;
  readonly earlyOnly: boolean;
  /** The others. */
  readonly params: Params;
}

/** RFC 3891 §6.1. */
export const Replaces = /* @__PURE__ */ codec<ReplacesValue>(
  'Replaces',
  (scanner) => {
    const callId = scanner.run(/[^ \t\r\n;]*/y);
    const params = parseParams(scanner);
    const toTag = params.get('to-tag');
    const fromTag = params.get('from-tag');
    if (callId === '' || toTag == null || fromTag == null) return scanner.fail('expected Call-ID, to-tag, from-tag', 0);
    const rest = otherParams(params, 'to-tag', 'from-tag', 'early-only');
    return { callId, toTag, fromTag, earlyOnly: params.has('early-only'), params: rest };
  },
  ({ callId, toTag, fromTag, earlyOnly, params }, what) => {
    if (/[\s;]|^$/.test(callId)) throw new TypeError(`${what}: ${JSON.stringify(callId)}`);
    const all = new Map<string, string | null>([
      ['to-tag', toTag],
      ['from-tag', fromTag],
    ]);
    if (earlyOnly) all.set('early-only', null);
    return callId + writeParams(new Map([...all, ...params]), what);
  },
);
