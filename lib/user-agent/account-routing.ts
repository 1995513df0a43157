/** Which account a request outside of any dialog is meant for (PJSIP's account matching, ACC-15). */
import type { Account } from '../account/account.js';
import { ParseError, To, isSipUri, parseUri, read } from '../parser/index.js';
import type { SipRequest, SipUri } from '../parser/index.js';

/**
 * The best match by To, then by Request-URI; the first of equals. The only account takes what no address matches: behind
 * a B2BUA neither URI need be one that we know.
 */
export function findAccount(accounts: readonly Account[], request: SipRequest): Account | undefined {
  const to = sipUri(read(request, To)?.uri);
  const target = sipUri(request.uri);
  let best: Account | undefined;
  let bestScore = 0;
  for (const account of accounts) {
    const score = match(account, to, target);
    if (score > bestScore) {
      best = account;
      bestScore = score;
    }
  }
  return best ?? (accounts.length === 1 ? accounts[0] : undefined);
}

function match(account: Account, to: SipUri | undefined, target: SipUri | undefined): number {
  const aor = sipUri(account.uri)!;
  const contact = sipUri(account.contact)!;
  let score = 0;
  if (to?.user === aor.user) score += to?.host === aor.host ? 8 : 2;
  if (target?.user === contact.user) score += 4;
  else if (target?.user === aor.user) score += target?.host === aor.host ? 4 : 1;
  return score;
}

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
