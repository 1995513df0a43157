/** Hangs up on a peer that sends nothing any more (Linphone's nortp_timeout). Loaded where it is asked for. */
import { sleep } from '../base/clock.js';
import { EvercallError } from '../base/errors.js';
import type { Leg } from './leg.js';

/** Milliseconds between two looks, at most. */
const longest = 5000;

/**
 * Counts looks, not time: a laptop that wakes up has a look to go before it hangs up. While either side holds, nothing need
 * come.
 */
export async function watchMedia(leg: Leg, seconds: number): Promise<void> {
  const { clock, log } = leg.context;
  const patience = seconds * 1000;
  const nap = Math.min(patience / 4, longest);
  const over = new AbortController();
  void leg.ended.then(() => {
    over.abort();
  });
  let packets = 0;
  let silence = 0;
  for (;;) {
    await sleep(clock, nap, over.signal);
    const { inbound } = await leg.media.getStats();
    const { localHold, remoteHold } = leg.media.session;
    silence = localHold || remoteHold || inbound.packets !== packets ? 0 : silence + nap;
    packets = inbound.packets;
    if (silence >= patience) break;
  }
  if (leg.end) return;
  log.info(`call ${leg.callId}: no media for ${seconds} s`);
  const reason = 'no media';
  const error = new EvercallError('noMedia', `nothing was received for ${seconds} s`, { status: 408 });
  const header = { name: 'Reason', value: `SIP;cause=408;text="${reason}"` };
  leg.session?.bye([header], { by: 'network', status: 408, reason, error });
}
