/** Session-Expires and Min-SE: RFC 4028 §4, §5. */
import { type Params, otherParams, parseParams, writeParams } from '../params.js';
import { MAX_SECONDS, codec, writeInteger } from './field.js';

export interface SessionExpiresValue {
  readonly seconds: number;
  readonly refresher?: 'uac' | 'uas' | undefined;
  /** The others. */
  readonly params: Params;
}

export interface MinSEValue {
  readonly seconds: number;
  readonly params: Params;
}

/** RFC 4028 §4. An unknown refresher is read as none. */
export const SessionExpires = /* @__PURE__ */ codec<SessionExpiresValue>(
  'Session-Expires',
  (scanner) => {
    const seconds = scanner.integer(MAX_SECONDS, true);
    const params = parseParams(scanner);
    const refresher = params.get('refresher')?.toLowerCase();
    const rest = otherParams(params, 'refresher');
    return { seconds, refresher: refresher === 'uac' || refresher === 'uas' ? refresher : undefined, params: rest };
  },
  ({ seconds, refresher, params }, what) => {
    const text = writeInteger(seconds, MAX_SECONDS, what);
    return `${text}${refresher ? `;refresher=${refresher}` : ''}${writeParams(params, what)}`;
  },
);

/** RFC 4028 §5. */
export const MinSE = /* @__PURE__ */ codec<MinSEValue>(
  'Min-SE',
  (scanner) => ({ seconds: scanner.integer(MAX_SECONDS, true), params: parseParams(scanner) }),
  ({ seconds, params }, what) => writeInteger(seconds, MAX_SECONDS, what) + writeParams(params, what),
);
