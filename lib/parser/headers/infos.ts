/** Headers of `<uri>;params`: RFC 3261 §20.4, §20.9, §20.18. */
import { parseAddress, writeAddress } from '../address.js';
import type { HeaderCodec } from '../header.js';
import type { Params } from '../params.js';
import { list, textCodec } from './field.js';

export interface InfoValue {
  /** As written; see `parseUri`. */
  readonly uri: string;
  readonly params: Params;
}

const info = (name: string): HeaderCodec<InfoValue> =>
  list(
    textCodec(
      name,
      (value) => {
        const { uri, params } = parseAddress(value);
        return { uri, params };
      },
      ({ uri, params }, what) => writeAddress({ uri, params }, what),
    ),
  );

/** RFC 3261 §20.4, RFC 7462. */
export const AlertInfo = /* @__PURE__ */ info('Alert-Info');
/** RFC 3261 §20.9. */
export const CallInfo = /* @__PURE__ */ info('Call-Info');
/** RFC 3261 §20.18. */
export const ErrorInfo = /* @__PURE__ */ info('Error-Info');
