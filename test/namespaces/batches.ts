// Plays several faults at a time: most of a fault is waiting. No world is built while another is listened to.
import type { Fault } from './faults.js';
import { prepare } from './play.js';
import type { Outcome, Prepared } from './play.js';

/** Returns a function that gives the outcome of the play at a place of the list; a batch begins when its first is asked for. */
export function batches(faults: readonly Fault[], size: number): (index: number) => Promise<Outcome> {
  const batchOf = new Map<number, Promise<PromiseSettledResult<Outcome>[]>>();
  return async (index) => {
    const first = index - (index % size);
    let batch = batchOf.get(first);
    if (!batch) batchOf.set(first, (batch = playTogether(faults.slice(first, first + size))));
    const outcome = (await batch)[index - first]!;
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  };
}

async function playTogether(faults: readonly Fault[]): Promise<PromiseSettledResult<Outcome>[]> {
  const prepared: PromiseSettledResult<Prepared>[] = [];
  for (const fault of faults) prepared.push(...(await Promise.allSettled([prepare(fault)])));
  const outcomes = await Promise.allSettled(
    prepared.map((one) => (one.status === 'fulfilled' ? one.value.strike() : reject(one.reason))),
  );
  for (const one of prepared) if (one.status === 'fulfilled') await one.value.close();
  return outcomes;
}

function reject(reason: unknown): Promise<never> {
  return Promise.reject(reason instanceof Error ? reason : new Error(String(reason)));
}
