/** Feature-Caps, `*` and feature tags: RFC 6809 §6. */
import { type Params, parseParams, writeParams } from '../params.js';
import { codec, list } from './field.js';

const ASTERISK = 42;

/** RFC 6809 §6.2. */
export const FeatureCaps = /* @__PURE__ */ list(
  codec<Params>(
    'Feature-Caps',
    (scanner) => {
      scanner.expect(ASTERISK);
      return parseParams(scanner);
    },
    (params, what) => `*${writeParams(params, what)}`,
  ),
);
