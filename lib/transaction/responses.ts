/** Builds responses (RFC 3261 §8.2.6). */
import { headerValue } from '../parser/index.js';
import type { Body, Header, SipRequest, SipResponse } from '../parser/index.js';
import { firstPhrase } from './first-phrases.js';

export interface ResponseOptions {
  readonly reason?: string | undefined;
  /** Our tag, put into the To of a request that has none (§8.2.6.2). */
  readonly toTag?: string | undefined;
  readonly headers?: readonly Header[] | undefined;
  readonly body?: Body | undefined;
}

/** RFC 3261 §12.1, RFC 6665 §4.4.1. */
const formingDialogs: ReadonlySet<string> = new Set(['INVITE', 'SUBSCRIBE', 'REFER']);

/** The response to `request`, with the headers §8.2.6.2 copies; Record-Route too where a dialog may come of it (§12.1.1). */
export function buildResponse(request: SipRequest, status: number, options: ResponseOptions = {}): SipResponse {
  const formsDialog = status > 100 && status < 300 && formingDialogs.has(request.method);
  const headers: Header[] = [];
  for (const line of request.headers) {
    switch (line.name) {
      case 'Via':
      case 'From':
      case 'Call-ID':
      case 'CSeq':
        headers.push(line);
        break;
      case 'To':
        headers.push(options.toTag && status > 100 ? withTag(line, options.toTag) : line);
        break;
      case 'Record-Route':
        if (formsDialog) headers.push(line);
        break;
      case 'Timestamp':
        if (status === 100) headers.push(line); // §8.2.6.1
        break;
    }
  }
  if (options.headers) headers.push(...options.headers);
  return { status, reason: options.reason ?? firstPhrase(status), headers, body: options.body ?? '' };
}

/** Whether the request lies inside a dialog: its To has a tag. */
export function toTag(request: SipRequest): string | undefined {
  return tagOf(headerValue(request, 'To') ?? '');
}

function withTag(to: Header, tag: string): Header {
  return tagOf(to.value) === undefined ? { name: 'To', value: `${to.value};tag=${tag}` } : to;
}

/** The tag of a From or To value, found behind the URI without parsing it: a malformed value must be answerable too. */
function tagOf(value: string): string | undefined {
  const rest = value.slice(value.lastIndexOf('>') + 1);
  return /;[ \t]*tag[ \t]*=[ \t]*([^;\s"]+)/i.exec(rest)?.[1];
}
