/** What the app hears of an INVITE that it was not shown. */
import { party } from '../call/call-events.js';
import { optional } from '../core/optional.js';
import type { Core } from '../core/core.js';
import { From } from '../parser/index.js';
import type { SipRequest } from '../parser/index.js';
import type { Account } from './account.js';
import type { RejectedCall } from './account-events.js';

export const rejectedCall = (
  core: Core,
  account: Account | undefined,
  request: SipRequest,
  status: number,
): RejectedCall => ({
  account,
  status,
  reason: core.reasonPhrase(status),
  remote: party(optional(request, From)),
  request,
});
