/** Headers that name someone: RFC 3261 §20.10, §20.20, §20.30 f., §20.39 and the extensions that speak of addresses. */
import { type Address, parseAddress, writeAddress } from '../address.js';
import type { HeaderCodec } from '../header.js';
import { list, textCodec } from './field.js';

const address = (name: string): HeaderCodec<Address> => textCodec(name, parseAddress, writeAddress);

/** RFC 3261 §20.20. */
export const From = /* @__PURE__ */ address('From');
/** RFC 3261 §20.39. */
export const To = /* @__PURE__ */ address('To');
/** RFC 3261 §20.31. */
export const ReplyTo = /* @__PURE__ */ address('Reply-To');
/** RFC 3515 §2.1. */
export const ReferTo = /* @__PURE__ */ address('Refer-To');
/** RFC 3892 §2.1. */
export const ReferredBy = /* @__PURE__ */ address('Referred-By');
/** RFC 3261 §20.34. */
export const Route = /* @__PURE__ */ list(address('Route'));
/** RFC 3261 §20.30. */
export const RecordRoute = /* @__PURE__ */ list(address('Record-Route'));
/** RFC 3327 §4. */
export const Path = /* @__PURE__ */ list(address('Path'));
/** RFC 3608 §5. */
export const ServiceRoute = /* @__PURE__ */ list(address('Service-Route'));
/** RFC 3325 §9.1. */
export const PAssertedIdentity = /* @__PURE__ */ list(address('P-Asserted-Identity'));
/** RFC 3325 §9.2. */
export const PPreferredIdentity = /* @__PURE__ */ list(address('P-Preferred-Identity'));
/** RFC 7315 §4.1. */
export const PAssociatedURI = /* @__PURE__ */ list(address('P-Associated-URI'));
/** RFC 5806 §4. */
export const Diversion = /* @__PURE__ */ list(address('Diversion'));
/** RFC 7044 §5. */
export const HistoryInfo = /* @__PURE__ */ list(address('History-Info'));
/** draft-ietf-sip-privacy-04 §8, which gateways still send. */
export const RemotePartyId = /* @__PURE__ */ list(address('Remote-Party-ID'));

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
