/** A call rings here, and the connection that its INVITE came by is gone: whether somebody still waits for the answer. */
import { sleep } from '../base/clock.js';
import { EvercallError } from '../base/errors.js';
import { endForIpChange } from './hangup.js';
import type { Leg } from './leg.js';

/** Milliseconds in which a proxy forks the INVITE once more, to where we have registered by then. */
const reforking = 2000;

/** Milliseconds that our 180 takes to the caller, who knows of the dialog by it. */
const heard = 1000;

const watched = new WeakSet<Leg>();

/**
 * It rings on. Without a connection it is missed in the end; with another one the caller, whose CANCEL may have been lost, is
 * asked: who knows nothing of the call any more says 481, and ends it.
 */
export async function ringOn(leg: Leg): Promise<void> {
  if (!leg.isRinging || watched.has(leg) || giveUp(leg)) return;
  watched.add(leg);
  const over = new AbortController();
  void leg.ended.then(() => {
    over.abort();
  });
  let isSettled = false;
  try {
    while (!isSettled) isSettled = await settled(leg, over.signal);
  } catch {
    // it has ended
  }
  watched.delete(leg);
}

/** Whether the answer has a way again, or is not needed; false where the connection has gone once more. */
async function settled(leg: Leg, signal: AbortSignal): Promise<boolean> {
  const { flow, clock } = leg.context;
  await connected(leg, signal);
  await sleep(clock, reforking, signal);
  if (!isCutOff(leg) || giveUp(leg)) return true;
  if (!flow.isOpen) return false;
  const { connectionId } = flow;
  leg.incoming!.ringAgain();
  await sleep(clock, heard, signal);
  if (!isCutOff(leg)) return true;
  const { session } = leg.incoming!;
  // whatever else is said to that, it goes on
  if (flow.connectionId === connectionId) await session.request('OPTIONS', [], '', signal).catch(() => undefined);
  return flow.connectionId === connectionId && flow.isOpen;
}

/** Whether its answer waits for a way to the caller, who knows of the dialog. */
const isCutOff = ({ isRinging, incoming }: Leg): boolean => isRinging && incoming!.isCutOff && incoming!.hasDialog;

/** Where the app does not want it to ring on it is ended; returns whether that was so. */
function giveUp(leg: Leg): boolean {
  if (leg.context.ipChange.repair !== 'off' || !isCutOff(leg)) return false;
  endForIpChange(leg);
  return true;
}

async function connected(leg: Leg, signal: AbortSignal): Promise<void> {
  const { flow, clock } = leg.context;
  // an answer would come too late for every transaction
  const cancel = clock.after(leg.context.ipChange.gracePeriod, () => {
    if (!leg.isRinging) return;
    const error = new EvercallError('transport', 'the connection was lost as it rang', { status: 480 });
    leg.incoming!.session.end({ by: 'network', status: 480, reason: error.message, error });
  });
  try {
    await flow.whenOpen(signal, Infinity);
  } finally {
    cancel();
  }
}
