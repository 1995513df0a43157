/** How messages find their transactions (RFC 3261 §17.1.3, §17.2.3) and how merged requests are told (§8.2.2.2). */
import { CSeq, From, Via, headerValue, read } from '../parser/index.js';
import type { SipRequest, SipResponse } from '../parser/index.js';

const magicCookie = 'z9hG4bK';

/** §17.1.3: branch and method; only CANCEL shares its branch with another request. */
export function clientKey(branch: string, method: string): string {
  return method === 'CANCEL' ? `${branch} CANCEL` : branch;
}

export function topBranch(response: SipResponse): string {
  return read(response, Via)?.params.get('branch') ?? '';
}

/** The branch of a request of ours: we wrote its Via, so nothing has to be parsed. */
export function ownBranch(request: SipRequest): string {
  const via = headerValue(request, 'Via')!;
  return via.slice(via.lastIndexOf('=') + 1);
}

/** §17.2.3; an ACK finds its INVITE. */
export function serverKey(request: SipRequest, method: string = request.method): string {
  const via = read(request, Via)!;
  const branch = via.params.get('branch');
  const kind = method === 'ACK' ? 'INVITE' : method;
  if (branch?.startsWith(magicCookie) && branch.length > magicCookie.length)
    return inOnePiece(branch, via.host, via.port, kind);
  // RFC 2543 peers have no unique branch: compare what §17.2.3 lists (the To tag of an ACK is ours and not compared).
  const from = read(request, From)!;
  const [callId, topVia] = [headerValue(request, 'Call-ID'), headerValue(request, 'Via')];
  return inOnePiece(request.uri, from.params.get('tag'), callId, read(request, CSeq)!.sequence, topVia, kind);
}

/** §8.2.2.2: two requests with this in common and different branches are one request that came by two ways. */
export function mergeKey(request: SipRequest): string {
  const cseq = read(request, CSeq)!;
  return inOnePiece(
    headerValue(request, 'Call-ID'),
    read(request, From)!.params.get('tag'),
    cseq.sequence,
    cseq.method,
  );
}

/** Not as a template would: that keeps what it was made of, and with it the whole message. */
const inOnePiece = (...parts: readonly unknown[]): string => parts.join(' ');
