/** Feature-Caps, Accept-Contact and Reject-Contact, `*` and feature tags: RFC 6809 §6, RFC 3841 §9. */
import type { HeaderCodec } from '../header.js';
import { type Params, parseParams, writeParams } from '../params.js';
import { codec, list } from './field.js';

const ASTERISK = 42;

const features = (name: string): HeaderCodec<Params> =>
  list(
    codec(
      name,
      (scanner) => {
        scanner.expect(ASTERISK);
        return parseParams(scanner);
      },
      (params) => `*${writeParams(params, name)}`,
    ),
  );

/** RFC 6809 §6.2. */
export const FeatureCaps = /* @__PURE__ */ features('Feature-Caps');
/** RFC 3841 §9.2. */
export const AcceptContact = /* @__PURE__ */ features('Accept-Contact');
/** RFC 3841 §9.2. */
export const RejectContact = /* @__PURE__ */ features('Reject-Contact');
