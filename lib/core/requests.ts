/** Builds requests (RFC 3261 §8.1.1, §12.2.1.1): a plan that stays the same over attempts, and the attempt made of it. */
import type { Body, Header, SipRequest } from '../parser/index.js';

/** A request before it has a Via, a CSeq number and credentials: what repeated attempts have in common. */
export interface RequestPlan {
  readonly method: string;
  /** The remote target; the Request-URI unless a strict router comes first. */
  readonly uri: string;
  /** Header values with their tags. */
  readonly from: string;
  readonly to: string;
  readonly callId: string;
  readonly routes: readonly string[];
  /** The CSeq number of the next attempt: each one has a higher number (§22.2). */
  readonly nextSequence: () => number;
  /** How many proxies may pass it on; 0 makes the first one answer (§11). @default 70 */
  readonly maxForwards?: number;
  /** What the peer of the dialog calls itself in Session-ID (RFC 7989). */
  readonly peerUuid?: string | undefined;
  readonly headers: readonly Header[];
  readonly body: Body;
}

/** What an attempt adds. */
export interface Attempt {
  readonly branch: string;
  readonly viaTransport: 'WS' | 'WSS';
  readonly sentBy: string;
  readonly sequence: number;
  readonly authorization: readonly Header[];
  readonly product?: Header | undefined;
  readonly sessionId?: Header | undefined;
}

const maxForwards: Header = { name: 'Max-Forwards', value: '70' };

export function buildRequest(plan: RequestPlan, attempt: Attempt): SipRequest {
  const [uri, routes] = route(plan.uri, plan.routes);
  const headers: Header[] = [
    { name: 'Via', value: `SIP/2.0/${attempt.viaTransport} ${attempt.sentBy};branch=${attempt.branch}` },
    plan.maxForwards === undefined ? maxForwards : { name: 'Max-Forwards', value: String(plan.maxForwards) },
  ];
  for (const value of routes) headers.push({ name: 'Route', value });
  headers.push(
    { name: 'From', value: plan.from },
    { name: 'To', value: plan.to },
    { name: 'Call-ID', value: plan.callId },
    { name: 'CSeq', value: `${attempt.sequence} ${plan.method}` },
  );
  for (const line of attempt.authorization) headers.push(line);
  for (const line of plan.headers) headers.push(line);
  if (attempt.sessionId) headers.push(attempt.sessionId);
  if (attempt.product) headers.push(attempt.product);
  return { method: plan.method, uri, headers, body: plan.body };
}

/** The Request-URI and Route values for a target and its route set (§12.2.1.1). */
export function route(target: string, routes: readonly string[]): [uri: string, routes: readonly string[]] {
  const first = routes[0];
  if (first === undefined || isLooseRouter(first)) return [target, routes];
  const uri = addrSpec(first); // a strict router wants to be the Request-URI; the target goes last
  return [uri, [...routes.slice(1), `<${target}>`]];
}

const isLooseRouter = (value: string): boolean => /;[ \t]*lr(?:[;=?>\s]|$)/i.test(value);

function addrSpec(value: string): string {
  const open = value.indexOf('<');
  return open < 0 ? value : value.slice(open + 1, value.indexOf('>', open));
}
