/** What a UAS checks before it looks at what a request means (RFC 3261 §8.2.1-8.2.3). */
import { Accept, ContentEncoding, ContentType, Require, headerValue, read, readAll } from '../parser/index.js';
import type { Header, SipRequest } from '../parser/index.js';
import { acceptHeader, allowHeader, allowedMethods, knownMethods, supportedOptions } from './capabilities.js';

/** The response that refuses a request. */
export interface Refusal {
  readonly status: number;
  readonly headers: readonly Header[];
}

const allowed: ReadonlySet<string> = new Set(allowedMethods);

/**
 * The refusal of a request we cannot process, or nothing. The order is §8.2's: method, URI, extensions, content.
 * @param isTaken its dialog takes the method, even if we do not
 */
export function inspect(request: SipRequest, isTaken = false): Refusal | undefined {
  return (
    (isTaken ? undefined : inspectMethod(request)) ??
    inspectUri(request) ??
    inspectReplaces(request) ??
    inspectRequire(request) ??
    inspectContent(request) ??
    inspectAccept(request)
  );
}

function inspectMethod({ method }: SipRequest): Refusal | undefined {
  if (allowed.has(method)) return undefined;
  return { status: knownMethods.has(method) ? 405 : 501, headers: [allowHeader] };
}

/** §8.2.2.1: the schemes of our own addresses. */
function inspectUri({ uri }: SipRequest): Refusal | undefined {
  const scheme = uri.slice(0, uri.indexOf(':')).toLowerCase();
  return scheme === 'sip' || scheme === 'sips' || scheme === 'tel' ? undefined : { status: 416, headers: [] };
}

/** RFC 3891 §3: only an INVITE can take the place of another. */
function inspectReplaces(request: SipRequest): Refusal | undefined {
  if (request.method === 'INVITE' || headerValue(request, 'Replaces') === undefined) return undefined;
  return { status: 400, headers: [] };
}

/** §8.2.2.3; not in a CANCEL, whose Require is ignored (§9.1). */
function inspectRequire(request: SipRequest): Refusal | undefined {
  if (headerValue(request, 'Require') === undefined || request.method === 'CANCEL') return undefined;
  const unknown = readAll(request, Require).filter((option) => !supportedOptions.has(option.toLowerCase()));
  if (unknown.length === 0) return undefined;
  return { status: 420, headers: [{ name: 'Unsupported', value: unknown.join(', ') }] };
}

const encodings = new Set(['identity', '']);

/** Whose body is a session description. */
const describing = new Set(['INVITE', 'UPDATE', 'PRACK']);

/** §8.2.3; a body marked optional may be of any type (§20.11). MESSAGE and INFO take whatever the app takes. */
function inspectContent(request: SipRequest): Refusal | undefined {
  if (request.body.length === 0) return undefined;
  const isOptional = /handling[ \t]*=[ \t]*"?optional/i.test(headerValue(request, 'Content-Disposition') ?? '');
  if (isOptional) return undefined;
  const coded = readAll(request, ContentEncoding).some((encoding) => !encodings.has(encoding.toLowerCase()));
  if (coded) return { status: 415, headers: [{ name: 'Accept-Encoding', value: 'identity' }] };
  if (!describing.has(request.method)) return undefined;
  const type = read(request, ContentType)?.type;
  if (type === undefined || type === 'application/sdp' || type.startsWith('multipart/')) return undefined;
  return { status: 415, headers: [acceptHeader] };
}

/** §20.1, §21.4.7: who calls us must take a session description in our answer. */
function inspectAccept(request: SipRequest): Refusal | undefined {
  if (request.method !== 'INVITE' || headerValue(request, 'Accept') === undefined) return undefined;
  const takesSdp = readAll(request, Accept).some(({ type }) => sdpRanges.has(type));
  return takesSdp ? undefined : { status: 406, headers: [noFormat] };
}

const noFormat: Header = { name: 'Warning', value: '399 evercall "an answer is an application/sdp"' };
const sdpRanges = new Set(['application/sdp', 'application/*', '*/*']);
