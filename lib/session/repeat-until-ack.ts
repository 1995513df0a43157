/** Repeats a 2xx to an INVITE until its ACK comes: the answer must get through end to end, whatever carries a hop (RFC 3261 §13.3.1.4). */
import type { Clock } from '../base/clock.js';
import type { SipResponse } from '../parser/index.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { Timers } from '../transaction/timers.js';

/**
 * Calls `onNoAck` when 64·T1 have passed; returns its cancel. Time without a connection, in which nothing is said, does not
 * count, up to once as much.
 */
export function repeatUntilAck(
  transaction: ServerTransaction,
  response: SipResponse,
  clock: Clock,
  { T1, T2, H }: Timers,
  onNoAck: () => void,
): () => void {
  let giveUp = clock.now() + H;
  const latest = giveUp + H;
  let interval = T1;
  let cancel: () => void;
  const again = (): void => {
    if (clock.now() >= giveUp) {
      onNoAck();
      return;
    }
    transaction.respond(response);
    if (!transaction.flow.isOpen) giveUp = Math.min(latest, giveUp + interval);
    interval = Math.min(interval * 2, T2);
    cancel = clock.after(Math.min(interval, giveUp - clock.now()), again);
  };
  cancel = clock.after(interval, again);
  return () => {
    cancel();
  };
}
