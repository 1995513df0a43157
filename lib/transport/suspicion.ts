/** A flow whose connection is suspect: it is raced against another one, or left for one, make before break. */
import type { Flow } from './flow.js';
import { leaveDoubtful } from './former-connection.js';
import { Race, challenger } from './race.js';

/** Under way. */
const races = new WeakMap<Flow, Race>();
const outcomes = new WeakMap<Flow, Promise<boolean>>();

/**
 * Finds out whether the connection still works, by asking on it and opening another one beside it at once: the first that
 * shows life stays. Resolves when a connection is known to work, with whether it is the one we had. A race that is under
 * way already gets another handshake, should that have failed.
 */
export function race(flow: Flow, reason: string): Promise<boolean> {
  encourage(flow);
  let outcome = outcomes.get(flow);
  if (!outcome) {
    outcome = run(flow, reason).finally(() => outcomes.delete(flow));
    outcomes.set(flow, outcome);
  }
  return outcome;
}

/** A handshake that has failed while the present connection is asked, too, may succeed by now. */
export function encourage(flow: Flow): void {
  races.get(flow)?.again();
}

/**
 * Opens another connection and moves to it, make before break: what is under way is answered on the former. Resolves when
 * that is done, or could not be and the former is verified.
 */
export async function migrate(flow: Flow, reason: string): Promise<void> {
  if (!flow.isOpen) {
    await race(flow, reason);
    return;
  }
  const { leaving, url } = flow;
  races.get(flow)?.afresh();
  const connection = await challenger((user) => flow.connect(url, user), leaving);
  if (leaving.aborted) connection?.close();
  else if (!connection?.isOpen) await race(flow, reason);
  else if (flow.isMute) flow.replace(connection, reason);
  else flow.moveTo(connection, leaveDoubtful);
}

async function run(flow: Flow, reason: string): Promise<boolean> {
  if (!flow.isOpen) {
    flow.reconnect(reason); // whatever it waits for, or tries
    await flow.whenOpen();
    return false;
  }
  const { clock, config, leaving, url } = flow;
  const present = new Race(
    {
      clock,
      probe: (over) => flow.probe(config.connectTimeout, over),
      servers: [url, ...config.servers.filter((other) => other !== url)],
      connect: (server, user) => flow.connect(server, user),
    },
    leaving,
  );
  races.set(flow, present);
  const outcome = await present.outcome;
  races.delete(flow);
  if (leaving.aborted) {
    if (typeof outcome !== 'string') outcome.close();
    await flow.whenOpen(); // it was lost meanwhile
    return false;
  }
  if (outcome === 'kept') return true;
  flow.onLeftForSilence();
  if (outcome === 'silent') {
    flow.reconnect(reason, { elsewhere: true });
    await flow.whenOpen();
  } else {
    flow.replace(outcome, reason);
  }
  return false;
}
