/** The public face of `jssip-free-parser`. */
export { type Address, parseAddress, writeAddress } from './address.js';
export { checkMessage } from './check-message.js';
export { type HeaderCodec, header, headerList, headerValue, headerValues, read, readAll, splitList } from './header.js';
export { type ParseLimits, defaultLimits } from './header-lines.js';
export { canonicalName } from './header-names.js';
export { Contact, From, Path, RecordRoute, Route, ServiceRoute, To } from './headers/addresses.js';
export {
  type AuthParams,
  type Challenge,
  type Credentials,
  AuthenticationInfo,
  Authorization,
  ProxyAuthenticate,
  ProxyAuthorization,
  WWWAuthenticate,
} from './headers/challenge.js';
export { type CSeqValue, CSeq } from './headers/cseq.js';
export { type SubscriptionStateValue, Event, SubscriptionState } from './headers/events.js';
export { FeatureCaps } from './headers/features.js';
export {
  Diversion,
  HistoryInfo,
  PAssertedIdentity,
  PAssociatedURI,
  PPreferredIdentity,
  ReferTo,
  ReferredBy,
  RemotePartyId,
  ReplyTo,
} from './headers/identities.js';
export { type InfoValue, AlertInfo, CallInfo, ErrorInfo } from './headers/infos.js';
export {
  Allow,
  AllowEvents,
  ContentEncoding,
  ContentLanguage,
  InReplyTo,
  Privacy,
  ProxyRequire,
  Require,
  Supported,
  Unsupported,
} from './headers/lists.js';
export { ContentLength, Expires, FlowTimer, MaxForwards, MinExpires } from './headers/numbers.js';
export { type RAckValue, RAck, RSeq } from './headers/rack.js';
export { type ReasonValue, Reason } from './headers/reason.js';
export { type ReplacesValue, Replaces } from './headers/replaces.js';
export { type RetryAfterValue, RetryAfter } from './headers/retry-after.js';
export { type MinSEValue, type SessionExpiresValue, MinSE, SessionExpires } from './headers/session-expires.js';
export { type SessionIdValue, SessionId } from './headers/session-id.js';
export {
  CallId,
  MIMEVersion,
  Organization,
  Priority,
  SIPETag,
  SIPIfMatch,
  Server,
  Subject,
  UserAgent,
} from './headers/texts.js';
export { type TimestampValue, Date, Timestamp } from './headers/times.js';
export {
  type TypeWithParams,
  Accept,
  AcceptEncoding,
  AcceptLanguage,
  ContentDisposition,
  ContentType,
} from './headers/typed.js';
export { type ViaValue, Via } from './headers/via.js';
export { type WarningValue, Warning } from './headers/warning.js';
export { type Body, type Header, type SipMessage, type SipRequest, type SipResponse, isRequest } from './message.js';
export { type BodyPart, parseMultipart, writeMultipart } from './multipart.js';
export { type Params } from './params.js';
export { ParseError } from './parse-error.js';
export { parseMessage } from './parse-message.js';
export { reasonPhrase } from './reason-phrases.js';
export { quote } from './scanner.js';
export { type OtherUri, type SipUri, type TelUri, type Uri, isSipUri, isTelUri, parseUri } from './uri.js';
export { uriEquals } from './uri-equality.js';
export { writeMessage } from './write-message.js';
export { writeUri } from './write-uri.js';
