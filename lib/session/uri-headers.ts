/** Headers that a URI asks for in the request that is made of it: `sip:user@host?Subject=lunch` (RFC 3261 §19.1.5). */
import { supportedOptions } from '../core/capabilities.js';
import { canonicalName } from '../parser/index.js';
import type { Header, Params, SipUri } from '../parser/index.js';

/**
 * What may be asked for, beside `X-…`: nothing that says who we are, where we are or what we can, that routes, or that
 * describes a body.
 */
const harmless: ReadonlySet<string> = new Set([
  'accept-contact', 'alert-info', 'call-info', 'in-reply-to', 'priority', 'reject-contact', 'replaces', 'request-disposition',
  'require', 'subject', 'user-to-user',
]); // prettier-ignore

/** The headers that are honoured; nothing where no valid request can be formed, or only one that we could not follow up. */
export function requestedHeaders(asked: Params): readonly Header[] | undefined {
  const headers: Header[] = [];
  for (const [name, value] of asked) {
    if (!harmless.has(name) && !/^x-[!%'*+\-.\w`~]+$/.test(name)) continue;
    if (value === null || /[\r\n\0]/.test(value)) return undefined;
    if (name === 'require' && !value.split(',').every((tag) => supportedOptions.has(tag.trim().toLowerCase())))
      return undefined;
    headers.push({ name: canonicalName(name), value });
  }
  return headers;
}

/** The URI as a Request-URI: without headers, and without the method that it names. */
export function requestUri(uri: SipUri): SipUri {
  const params = new Map([...uri.params].filter(([name]) => name !== 'method'));
  return { ...uri, params, headers: new Map() };
}

/** The method that the URI asks for. */
export const requestedMethod = ({ params }: SipUri): string => params.get('method')?.toUpperCase() ?? 'INVITE';
