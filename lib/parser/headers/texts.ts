/** Headers whose value is read as it stands: RFC 3261 §20.8, §20.25 f., §20.35 f., §20.41 and others. */
import type { HeaderCodec } from '../header.js';
import { codec, textCodec } from './field.js';
import { Scanner, safeToken } from '../scanner.js';

const text = (name: string): HeaderCodec<string> =>
  textCodec(
    name,
    (value) => value,
    (value) => value,
  );

/** One word; what characters it has is nobody's business but its maker's. */
const word = (name: string): HeaderCodec<string> =>
  textCodec(
    name,
    (value) => (oneWord.test(value) ? value : new Scanner(value).fail('expected one word')),
    (value) => {
      if (!oneWord.test(value)) throw new TypeError(`${name}: ${JSON.stringify(value)}`);
      return value;
    },
  );

const oneWord = /^[^ \t\r\n]+$/;

const token = (name: string): HeaderCodec<string> => codec(name, (scanner) => scanner.token(), safeToken);

/** RFC 3261 §20.8. */
export const CallId = /* @__PURE__ */ word('Call-ID');
/** RFC 3903 §11.3.1. */
export const SIPETag = /* @__PURE__ */ token('SIP-ETag');
/** RFC 3903 §11.3.2. */
export const SIPIfMatch = /* @__PURE__ */ token('SIP-If-Match');
/** RFC 3261 §20.26. */
export const Priority = /* @__PURE__ */ token('Priority');
/** RFC 3261 §20.24. */
export const MIMEVersion = /* @__PURE__ */ word('MIME-Version');
/** RFC 3261 §20.25. */
export const Organization = /* @__PURE__ */ text('Organization');
/** RFC 3261 §20.35. */
export const Server = /* @__PURE__ */ text('Server');
/** RFC 3261 §20.36. */
export const Subject = /* @__PURE__ */ text('Subject');
/** RFC 3261 §20.41. */
export const UserAgent = /* @__PURE__ */ text('User-Agent');
