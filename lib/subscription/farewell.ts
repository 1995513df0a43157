/** The end of a subscription, said to its notifier: Expires 0, and the NOTIFY that follows (RFC 6665 §4.1.2.3). */
import type { Clock } from '../base/clock.js';
import type { Dialog } from '../core/dialog.js';
import { stateOfSubscription } from '../core/subscription-state.js';
import type { SipRequest } from '../parser/index.js';
import type { Timers } from '../transaction/timers.js';
import { subscribeHeaders } from './subscribe-request.js';
import type { SubscribeCore, SubscribeWish, Way } from './subscribe-request.js';

export interface FarewellContext {
  readonly core: SubscribeCore;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Ends every wait: from then on nothing is awaited, and nobody answers. */
  readonly signal: AbortSignal;
}

/**
 * Unsubscribes by the way that `way` is; the dialog is its own from now on. Resolves when the last NOTIFY has come, when the
 * notifier has refused, or with timer N.
 */
export function bidFarewell(
  { core, clock, timers, signal }: FarewellContext,
  wish: SubscribeWish,
  dialog: Dialog,
  way: Way,
  hear: (notify: SipRequest) => void = () => undefined,
): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      cancel();
      signal.removeEventListener('abort', over);
      core.dialogs.remove(dialog);
      resolve();
    };
    const cancel = clock.after(timers.F, over); // timer N
    signal.addEventListener('abort', over);
    dialog.user = {
      onRequest: (request, transaction) => {
        const isNotify = request.method === 'NOTIFY';
        core.respond(transaction, isNotify ? 200 : 481);
        if (!isNotify) return;
        const isLast = stateOfSubscription(request)?.isTerminated;
        if (isLast) over();
        hear(request);
      },
      onAck: () => undefined,
    };
    const plan = dialog.plan('SUBSCRIBE', subscribeHeaders(wish, way, 0));
    core.request(plan, way, {
      onFinal: ({ status }) => {
        if (status >= 300) over();
      },
      onFailure: over,
    });
  });
}
