/** SIP messages as plain values: RFC 3261 §7. */

/** A header field: canonical name ("Call-ID", "CSeq"), raw value, unfolded and trimmed. */
export interface Header {
  readonly name: string;
  readonly value: string;
}

/** A string whenever the bytes are valid UTF-8. */
export type Body = string | Uint8Array;

/** RFC 3261 §7.1. */
export interface SipRequest {
  readonly method: string;
  /** The Request-URI, byte for byte. */
  readonly uri: string;
  readonly headers: readonly Header[];
  readonly body: Body;
}

/** RFC 3261 §7.2. */
export interface SipResponse {
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly Header[];
  readonly body: Body;
}

export type SipMessage = SipRequest | SipResponse;

/** Tells requests from responses. */
export function isRequest(message: SipMessage): message is SipRequest {
  return 'method' in message;
}
