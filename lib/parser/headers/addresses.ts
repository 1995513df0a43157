/** Headers that say from whom, to whom and by which way: RFC 3261 §20.10, §20.20, §20.30, §20.34, §20.39, RFC 3327, RFC 3608. */
import { type Address, parseAddress, writeAddress } from '../address.js';
import type { HeaderCodec } from '../header.js';
import { list, textCodec } from './field.js';

export const address = (name: string): HeaderCodec<Address> => textCodec(name, parseAddress, writeAddress);

/** RFC 3261 §20.20. */
export const From = /* @__PURE__ */ address('From');
/** RFC 3261 §20.39. */
export const To = /* @__PURE__ */ address('To');
/** RFC 3261 §20.34. */
export const Route = /* @__PURE__ */ list(address('Route'));
/** RFC 3261 §20.30. */
export const RecordRoute = /* @__PURE__ */ list(address('Record-Route'));
/** RFC 3327 §4. */
export const Path = /* @__PURE__ */ list(address('Path'));
/** RFC 3608 §5. */
export const ServiceRoute = /* @__PURE__ */ list(address('Service-Route'));
/** RFC 3840 §9: the values of these are quoted even when they are tokens. */
const featureTags: ReadonlySet<string> = new Set([
  'actor',
  'class',
  'description',
  'duplex',
  'events',
  'language',
  'methods',
  'mobility',
  'priority',
  'schemes',
  'type',
]);

/** RFC 3261 §20.10; `*` stands for all bindings. */
export const Contact: HeaderCodec<Address | '*'> = /* @__PURE__ */ list(
  textCodec<Address | '*'>(
    'Contact',
    (value) => (value === '*' ? value : parseAddress(value)),
    (value, what) => (value === '*' ? value : writeAddress(value, what, (name) => featureTags.has(name))),
  ),
);
