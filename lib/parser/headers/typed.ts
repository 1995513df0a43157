/** Headers that are a type with parameters: RFC 3261 §20.1 ff., §20.11, §20.15. */
import type { HeaderCodec } from '../header.js';
import { type Params, parseParams, writeParams } from '../params.js';
import { SLASH, safeToken } from '../scanner.js';
import { codec, list } from './field.js';

export interface TypeWithParams {
  /** "application/sdp", "presence", "session" … in lower case. */
  readonly type: string;
  readonly params: Params;
}

export const typed = (name: string): HeaderCodec<TypeWithParams> =>
  codec(
    name,
    (scanner) => {
      let type = scanner.token();
      if (scanner.take(SLASH)) type += `/${scanner.token()}`;
      return { type: type.toLowerCase(), params: parseParams(scanner) };
    },
    ({ type, params }, what) => {
      for (const part of type.split('/')) safeToken(part, what);
      return type + writeParams(params, what);
    },
  );

/** RFC 3261 §20.1. */
export const Accept = /* @__PURE__ */ list(typed('Accept'));
/** RFC 3261 §20.2. */
export const AcceptEncoding = /* @__PURE__ */ list(typed('Accept-Encoding'));
/** RFC 3261 §20.3. */
export const AcceptLanguage = /* @__PURE__ */ list(typed('Accept-Language'));
/** RFC 3261 §20.15. */
export const ContentType = /* @__PURE__ */ typed('Content-Type');
/** RFC 3261 §20.11. */
export const ContentDisposition = /* @__PURE__ */ typed('Content-Disposition');
