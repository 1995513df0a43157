// Which of the final responses of a fork goes back to the caller (RFC 3261 §16.7 steps 6 and 7).
import type { SipResponse } from '../../lib/parser/index.js';
import { reasonPhrase } from '../../lib/parser/index.js';

/** What the caller can do something about. */
const helpful = new Set([401, 407, 415, 420, 484]);

function rank({ status }: SipResponse): number {
  if (status >= 600) return 0;
  const byClass = Math.floor(status / 100) * 1000;
  // a branch that was cancelled or timed out says less than one that answered
  return helpful.has(status) ? byClass : byClass + (status === 408 || status === 487 ? 500 : 100);
}

/** All are final and none is a success. */
export function bestResponse(responses: readonly SipResponse[]): SipResponse {
  const [best] = [...responses].sort((a, b) => rank(a) - rank(b));
  const { status } = best!;
  if (status === 401 || status === 407) return withAllChallenges(best!, responses);
  // §16.7 step 6: a 503 would make the caller avoid this server
  return status === 503 ? { ...best!, status: 500, reason: reasonPhrase(500) } : best!;
}

/** §16.7 step 7: the caller needs the challenges of all branches. */
function withAllChallenges(best: SipResponse, responses: readonly SipResponse[]): SipResponse {
  const others = responses.filter((response) => response !== best && [401, 407].includes(response.status));
  const challenges = others.flatMap(({ headers }) =>
    headers.filter(({ name }) => name === 'WWW-Authenticate' || name === 'Proxy-Authenticate'),
  );
  return challenges.length > 0 ? { ...best, headers: [...best.headers, ...challenges] } : best;
}
