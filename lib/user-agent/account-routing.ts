/** Which account a request outside of any dialog is meant for (PJSIP's account matching, ACC-15). */
import type { Account } from '../account/account.js';
import type { AccountInbox } from '../account/account-context.js';
import { ParseError, To, isSipUri, parseUri, read } from '../parser/index.js';
import type { SipRequest, SipUri } from '../parser/index.js';
import type { Flow } from '../transport/flow.js';

/**
 * The best match by flow, domain, To and Request-URI; of equals the one with priority, then the first. The only account
 * takes what no address matches: behind a B2BUA neither URI need be one that we know.
 */
export function findAccount(
  accounts: ReadonlyMap<Account, AccountInbox>,
  request: SipRequest,
  flow: Flow,
): Account | undefined {
  const to = sipUri(read(request, To)?.uri);
  const target = sipUri(request.uri);
  let best: Account | undefined;
  let bestScore = 0;
  for (const [account, { hasFlow, contactUser, priority }] of accounts) {
    const aor = sipUri(account.uri)!;
    const isCalled = to?.user === aor.user;
    const isTarget = target?.user === contactUser || target?.user === aor.user;
    if (!isCalled && !isTarget) continue;
    const isHome = (isCalled ? to?.host : target?.host) === aor.host;
    const score = (hasFlow(flow) ? 8 : 0) + (isHome ? 4 : 0) + (isCalled ? 2 : 0) + (isTarget ? 1 : 0);
    const isBetter = score > bestScore || (score === bestScore && priority() > accounts.get(best!)!.priority());
    if (isBetter) [best, bestScore] = [account, score];
  }
  return best ?? (accounts.size === 1 ? accounts.keys().next().value : undefined);
}

export const sipHost = (uri: string): string | undefined => sipUri(uri)?.host.toLowerCase();

function sipUri(text: string | undefined): SipUri | undefined {
  if (text === undefined) return undefined;
  try {
    const uri = parseUri(text);
    return isSipUri(uri) ? uri : undefined;
  } catch (error) {
    if (error instanceof ParseError) return undefined;
    throw error;
  }
}
