/** What every message must have before anything is done with it: RFC 3261 §8.1.1, §8.2, RFC 4475 §3.1.2, §3.3. */
import { type HeaderCodec, read } from './header.js';
import { CSeq } from './headers/cseq.js';
import { From, To } from './headers/addresses.js';
import { CallId } from './headers/texts.js';
import { Via } from './headers/via.js';
import { type SipMessage, isRequest } from './message.js';
import { ParseError } from './parse-error.js';
import { isSipUri, parseUri } from './uri.js';

/** The methods of the IANA registry: one that is not there and disagrees with CSeq is 501 rather than 400. */
const methods: ReadonlySet<string> = new Set(
  'ACK BYE CANCEL INFO INVITE MESSAGE NOTIFY OPTIONS PRACK PUBLISH REFER REGISTER SUBSCRIBE UPDATE'.split(' '),
);

/**
 * The mandatory headers are there, once, and well-formed; CSeq names the request's method; the Request-URI follows its
 * scheme's rules. Max-Forwards may be absent, as RFC 2543 left it out (RFC 4475 §3.4.1).
 */
export function checkMessage(message: SipMessage): ParseError | undefined {
  try {
    checkHeaders(message);
    if (isRequest(message)) checkRequest(message.method, message.uri, message);
    return undefined;
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const { message: text, input, offset, status } = error;
    return new ParseError(text, { input, offset, status, partial: message });
  }
}

function checkHeaders(message: SipMessage): void {
  readSingle(message, From);
  readSingle(message, To);
  readSingle(message, CallId);
  readSingle(message, CSeq);
  if (!read(message, Via)) refuse('Via is missing');
}

function readSingle<T>(message: SipMessage, codec: HeaderCodec<T>): void {
  let count = 0;
  for (const { name } of message.headers) if (name === codec.name) count++;
  if (count !== 1) refuse(count === 0 ? `${codec.name} is missing` : `${codec.name} occurs ${count} times`);
  read(message, codec);
}

function checkRequest(method: string, uri: string, message: SipMessage): void {
  if (read(message, CSeq)!.method !== method) {
    refuse(`CSeq is not of ${method}`, methods.has(method) ? 400 : 501); // RFC 4475 §3.1.2.17, §3.1.2.18
  }
  const parsed = parseUri(uri);
  if (isSipUri(parsed) && parsed.headers.size > 0) refuse('Request-URI with headers'); // §19.1.1, RFC 4475 §3.1.2.11
}

function refuse(message: string, status = 400): never {
  throw new ParseError(message, { input: '', offset: 0, status });
}
