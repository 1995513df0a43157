/** Headers that are lists of words: RFC 3261 §20.2 f., §20.5, §20.29, §20.32, §20.37, §20.40, RFC 3323, RFC 6665. */
import type { HeaderCodec } from '../header.js';
import { list, textCodec } from './field.js';

/** Values are read as they are: an odd one among the methods or option tags must not hide the others. */
const words = (name: string, split?: (value: string) => readonly string[], separator?: string): HeaderCodec<string> =>
  list(
    textCodec(
      name,
      (value) => value,
      (value) => {
        if (/[\s,;"<>]|^$/.test(value)) throw new TypeError(`${name}: ${JSON.stringify(value)}`);
        return value;
      },
    ),
    split,
    separator,
  );

/** RFC 3261 §20.5: methods. */
export const Allow = /* @__PURE__ */ words('Allow');
/** RFC 3261 §20.37: option tags. */
export const Supported = /* @__PURE__ */ words('Supported');
/** RFC 3261 §20.32: option tags. */
export const Require = /* @__PURE__ */ words('Require');
/** RFC 3261 §20.29: option tags. */
export const ProxyRequire = /* @__PURE__ */ words('Proxy-Require');
/** RFC 3261 §20.40: option tags. */
export const Unsupported = /* @__PURE__ */ words('Unsupported');
/** RFC 6665 §8.2.2: event types. */
export const AllowEvents = /* @__PURE__ */ words('Allow-Events');
/** RFC 3261 §20.12. */
export const ContentEncoding = /* @__PURE__ */ words('Content-Encoding');
/** RFC 3261 §20.13. */
export const ContentLanguage = /* @__PURE__ */ words('Content-Language');
/** RFC 3261 §20.21: Call-IDs. */
export const InReplyTo = /* @__PURE__ */ words('In-Reply-To');
/** RFC 3323 §4.2: the one list with semicolons. */
export const Privacy = /* @__PURE__ */ words('Privacy', (value) => value.match(/[^\s;]+/g) ?? [], ';');
