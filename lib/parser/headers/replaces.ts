/** Headers that name another dialog: RFC 3891 §6.1, RFC 3911 §7.1, RFC 4538 §7. */
import type { HeaderCodec } from '../header.js';
import { type Params, otherParams, parseParams, writeParams } from '../params.js';
import { type Scanner, safeText } from '../scanner.js';
import { codec } from './field.js';

export interface ReplacesValue {
  readonly callId: string;
  readonly toTag: string;
  readonly fromTag: string;
  readonly earlyOnly: boolean;
  /** The others. */
  readonly params: Params;
}

export interface TargetDialogValue {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  readonly params: Params;
}

export type JoinValue = Omit<ReplacesValue, 'earlyOnly'>;

interface DialogReference {
  readonly callId: string;
  readonly first: string;
  readonly second: string;
  readonly params: Params;
}

function readReference(scanner: Scanner, first: string, second: string): DialogReference {
  const callId = scanner.until(';');
  const params = parseParams(scanner);
  const firstTag = params.get(first);
  const secondTag = params.get(second);
  if (callId === '') scanner.fail('expected a Call-ID', 0);
  if (firstTag == null || secondTag == null) return scanner.fail(`${first} or ${second} is missing`, 0);
  return { callId, first: firstTag, second: secondTag, params: otherParams(params, first, second) };
}

function writeReference(
  what: string,
  callId: string,
  tags: readonly (readonly [string, string])[],
  params: Params,
): string {
  if (/[\s;]|^$/.test(safeText(callId, what))) throw new TypeError(`${what}: Call-ID ${JSON.stringify(callId)}`);
  return callId + writeParams(new Map([...tags, ...params]), what);
}

/** RFC 3891 §6.1. */
export const Replaces = /* @__PURE__ */ codec<ReplacesValue>(
  'Replaces',
  (scanner) => {
    const { callId, first, second, params } = readReference(scanner, 'to-tag', 'from-tag');
    const rest = otherParams(params, 'early-only');
    return { callId, toTag: first, fromTag: second, earlyOnly: params.has('early-only'), params: rest };
  },
  ({ callId, toTag, fromTag, earlyOnly, params }) => {
    const flags: Params = earlyOnly ? new Map([['early-only', null], ...params]) : params;
    return writeReference(
      'Replaces',
      callId,
      [
        ['to-tag', toTag],
        ['from-tag', fromTag],
      ],
      flags,
    );
  },
);

/** RFC 3911 §7.1. */
export const Join: HeaderCodec<JoinValue> = /* @__PURE__ */ codec<JoinValue>(
  'Join',
  (scanner) => {
    const { callId, first, second, params } = readReference(scanner, 'to-tag', 'from-tag');
    return { callId, toTag: first, fromTag: second, params };
  },
  ({ callId, toTag, fromTag, params }) =>
    writeReference(
      'Join',
      callId,
      [
        ['to-tag', toTag],
        ['from-tag', fromTag],
      ],
      params,
    ),
);

/** RFC 4538 §7. */
export const TargetDialog = /* @__PURE__ */ codec<TargetDialogValue>(
  'Target-Dialog',
  (scanner) => {
    const { callId, first, second, params } = readReference(scanner, 'local-tag', 'remote-tag');
    return { callId, localTag: first, remoteTag: second, params };
  },
  ({ callId, localTag, remoteTag, params }) =>
    writeReference(
      'Target-Dialog',
      callId,
      [
        ['local-tag', localTag],
        ['remote-tag', remoteTag],
      ],
      params,
    ),
);
