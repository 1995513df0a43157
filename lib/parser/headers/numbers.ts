/** Headers that hold one number: RFC 3261 §20.14, §20.19, §20.22 f., RFC 5626 §10. */
import type { HeaderCodec } from '../header.js';
import { MAX_SECONDS, codec, writeInteger } from './field.js';

export const number = (name: string, max: number, saturate = false): HeaderCodec<number> =>
  codec(
    name,
    (scanner) => scanner.integer(max, saturate),
    (value) => writeInteger(value, max, name),
  );

const seconds = (name: string): HeaderCodec<number> => number(name, MAX_SECONDS, true);

/** RFC 3261 §20.14. */
export const ContentLength = /* @__PURE__ */ number('Content-Length', Number.MAX_SAFE_INTEGER);
/** RFC 3261 §20.22. */
export const MaxForwards = /* @__PURE__ */ number('Max-Forwards', 255);
/** RFC 3261 §20.19. */
export const Expires = /* @__PURE__ */ seconds('Expires');
/** RFC 3261 §20.23. */
export const MinExpires = /* @__PURE__ */ seconds('Min-Expires');
/** RFC 5626 §10. */
export const FlowTimer = /* @__PURE__ */ seconds('Flow-Timer');
