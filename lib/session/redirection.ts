/** What a 3xx says: where else the callee may be found (RFC 3261 §8.1.3.4, §21.3). */
import { optionalAll } from '../core/optional.js';
import { Contact } from '../parser/index.js';
import type { SipResponse } from '../parser/index.js';

export interface RedirectContact {
  readonly uri: string;
  readonly displayName: string | undefined;
  /** How good it is, 0 to 1. */
  readonly q: number;
}

/** A response that names other places for the callee. */
export interface Redirection {
  readonly status: number;
  readonly reason: string;
  /** The best first. */
  readonly contacts: readonly RedirectContact[];
  readonly response: SipResponse;
}

/**
 * Whether a 300, 301 or 302 is followed: by the app's choice of those it names, or of others. An empty list, or `stop`,
 * ends the call.
 */
export type RedirectPolicy =
  'stop' | 'follow' | ((redirection: Redirection) => RedirectChoice | Promise<RedirectChoice>);

export type RedirectChoice = 'stop' | 'follow' | readonly string[];

/** 305 names a proxy, and 380 another service: neither is where the callee is. */
export const isRedirection = ({ status }: SipResponse): boolean => status >= 300 && status <= 302;

/** In the order of q; one without is as good as any. */
export function redirectContacts(response: SipResponse): readonly RedirectContact[] {
  return optionalAll(response, Contact)
    .flatMap((contact) => (contact === '*' ? [] : contact))
    .map(({ uri, displayName, params }) => ({ uri, displayName, q: quality(params.get('q')) }))
    .sort((a, b) => b.q - a.q);
}

function quality(q: string | null | undefined): number {
  const value = Number(q ?? 1);
  return value >= 0 && value <= 1 ? value : 1;
}
