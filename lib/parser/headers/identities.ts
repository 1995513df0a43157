/** Headers that name someone else: who is asserted, who has sent us on, whom to answer or to call (RFC 3261 §20.31 and extensions). */
import { address } from './addresses.js';
import { list } from './field.js';

/** RFC 3261 §20.31. */
export const ReplyTo = /* @__PURE__ */ address('Reply-To');
/** RFC 3515 §2.1. */
export const ReferTo = /* @__PURE__ */ address('Refer-To');
/** RFC 3892 §2.1. */
export const ReferredBy = /* @__PURE__ */ address('Referred-By');
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
