// Responses to requests, and the surgery that a proxy does on headers (RFC 3261 §8.2.6, §16.6).
import { newTag, systemRandom } from '../../lib/base/random.js';
import {
  MaxForwards,
  ParseError,
  RecordRoute,
  Route,
  To,
  Via,
  header,
  read,
  readAll,
  reasonPhrase,
} from '../../lib/parser/index.js';
import type { Address, Header, SipRequest, SipResponse, ViaValue } from '../../lib/parser/index.js';

const copied = new Set(['Via', 'From', 'To', 'Call-ID', 'CSeq']);

/** §8.2.6: what a response repeats, a To tag, and `headers`. */
export function respond(request: SipRequest, status: number, headers: readonly Header[] = [], body = ''): SipResponse {
  const repeated = request.headers
    .filter(({ name }) => copied.has(name) || (name === 'Timestamp' && status === 100))
    .map((given) => (given.name === 'To' && status > 100 ? withTag(given) : given));
  return { status, reason: reasonPhrase(status), headers: [...repeated, ...headers], body };
}

function withTag(to: Header): Header {
  try {
    const value = To.parse(to.value);
    if (value.params.has('tag')) return to;
    return header(To, { ...value, params: new Map([...value.params, ['tag', newTag(systemRandom)]]) });
  } catch (error) {
    if (error instanceof ParseError) return to; // this is what the response complains of
    throw error;
  }
}

/** §18.2.1, RFC 3581: where the request came from goes into its topmost Via. */
export function withReceived(request: SipRequest, address: string): SipRequest {
  const vias = readAll(request, Via);
  const top = vias[0];
  if (!top || top.host === address) return request;
  const marked: ViaValue = { ...top, params: new Map([...top.params, ['received', address]]) };
  return { ...request, headers: replaceAll(request.headers, 'Via', [marked, ...vias.slice(1)].map(viaHeader)) };
}

const viaHeader = (via: ViaValue): Header => header(Via, via);

/** Puts `replacements` where the first header of that name stood, or in front. */
function replaceAll(headers: readonly Header[], name: string, replacements: readonly Header[]): readonly Header[] {
  const at = headers.findIndex((given) => given.name === name);
  const others = headers.filter((given) => given.name !== name);
  const index = at < 0 ? 0 : headers.slice(0, at).filter((given) => given.name !== name).length;
  return [...others.slice(0, index), ...replacements, ...others.slice(index)];
}

/** The request without our own entries at the top of its route set, and the users of those: our tokens (§16.4). */
export function withoutOwnRoutes(
  request: SipRequest,
  ownUser: (uri: string) => string | undefined,
): { readonly request: SipRequest; readonly tokens: readonly string[]; readonly next: Address | undefined } {
  const routes = readAll(request, Route);
  const tokens: string[] = [];
  for (const { uri } of routes) {
    const user = ownUser(uri);
    if (user === undefined) break;
    tokens.push(user);
  }
  const rest = routes.slice(tokens.length);
  const headers = replaceAll(
    request.headers,
    'Route',
    rest.map((route) => header(Route, route)),
  );
  return { request: tokens.length > 0 ? { ...request, headers } : request, tokens, next: rest[0] };
}

export interface ForwardOptions {
  /** The Request-URI of the copy. */
  readonly uri: string;
  readonly branch: string;
  /** Our own host, for Via and Record-Route. */
  readonly host: string;
  /** Tokens of the connections it came from and goes to, when we want to stay in the dialog's way. */
  readonly record: { readonly from: string; readonly to: string } | undefined;
}

/** §16.6: the copy that goes on. */
export function forwarded(request: SipRequest, { uri, branch, host, record }: ForwardOptions): SipRequest {
  const via = header(Via, {
    protocol: 'SIP',
    version: '2.0',
    transport: 'WS',
    host,
    params: new Map([['branch', branch]]),
  });
  // RFC 5658: one entry per side, so that whoever sends next, the last one names where it goes
  const routes = record ? [record.to, record.from].map((token) => recordRoute(token, host)) : [];
  const headers = request.headers
    .filter(({ name }) => name !== 'Proxy-Authorization')
    .map((given) => (given.name === 'Max-Forwards' ? oneLess(request) : given));
  if (!headers.some(({ name }) => name === 'Max-Forwards')) headers.unshift(header(MaxForwards, 70));
  return { ...request, uri, headers: [via, ...routes, ...headers] };
}

const oneLess = (request: SipRequest): Header => header(MaxForwards, (read(request, MaxForwards) ?? 70) - 1);

const recordRoute = (token: string, host: string): Header =>
  header(RecordRoute, { uri: `sip:${token}@${host};transport=ws;lr`, params: new Map() });

/** The response without its topmost Via, which was ours. */
export function withoutTopVia(response: SipResponse): SipResponse {
  const rest = readAll(response, Via).slice(1).map(viaHeader);
  return { ...response, headers: replaceAll(response.headers, 'Via', rest) };
}

/** §17.1.1.3 and §9.1: the ACK or CANCEL of an INVITE that we have sent. */
export function derived(
  method: 'ACK' | 'CANCEL',
  invite: SipRequest,
  to: Header | undefined,
  headers: readonly Header[] = [],
): SipRequest {
  const kept = new Set(['From', 'Call-ID', 'Route']);
  const [via] = readAll(invite, Via);
  const sequence = invite.headers.find(({ name }) => name === 'CSeq')!.value.split(/\s/, 1)[0]!;
  return {
    method,
    uri: invite.uri,
    headers: [
      viaHeader(via!),
      header(MaxForwards, 70),
      ...invite.headers.filter(({ name }) => kept.has(name)),
      to ?? invite.headers.find(({ name }) => name === 'To')!,
      { name: 'CSeq', value: `${sequence} ${method}` },
      ...headers,
    ],
    body: '',
  };
}
