// A server restarts, and all of its clients want to come back: when each of them tries, by the very class that decides it in the library.
import { ServerList } from '../../lib/transport/server-list.js';
import { seededRandom } from '../model/seeded-random.js';

export interface StormOptions {
  readonly clients: number;
  /** Handshakes a second that the server takes; what comes beyond is refused. */
  readonly rate: number;
  /** Seconds that it is away. */
  readonly down: number;
  /** Share of the clients that talk. */
  readonly talking: number;
  /** Seconds; undefined as the library has it when nothing is said. */
  readonly spread: number | undefined;
}

export interface Storm {
  /** Attempts in each second since the connections were lost. */
  readonly attempts: readonly number[];
  /** Seconds until half of all clients, and until all, are back. */
  readonly median: number;
  readonly last: number;
}

/** Milliseconds that are told apart. */
const tick = 10;

export function storm({ clients, rate, down, talking, spread }: StormOptions, seed: number): Storm {
  const random = seededRandom(seed);
  const due: (ServerList[] | undefined)[] = [];
  const urgent = new Set<ServerList>();
  const plan = (list: ServerList, at: number): void => {
    (due[Math.ceil(at / tick)] ??= []).push(list);
  };
  for (let client = 0; client < clients; client++) {
    const list = new ServerList(['wss://server'], random, spread === undefined ? undefined : spread * 1000);
    if (random.number() < talking) urgent.add(list);
    plan(list, list.onLost({ sound: true, elsewhere: false, urgent: urgent.has(list) }));
  }
  const attempts: number[] = [];
  const back: number[] = [];
  for (let now = 0; back.length < clients; now++) {
    const second = Math.floor((now * tick) / 1000);
    for (const list of due[now] ?? []) {
      attempts[second] = (attempts[second] ?? 0) + 1;
      const isTaken = now * tick >= down * 1000 && attempts[second] <= rate;
      if (isTaken) back.push((now * tick) / 1000);
      else plan(list, (now + 1) * tick + list.onRefused(urgent.has(list))!);
    }
    due[now] = undefined;
  }
  return {
    attempts: Array.from(attempts, (count: number | undefined) => count ?? 0),
    median: back[Math.floor(clients / 2)]!,
    last: back.at(-1)!,
  };
}

/** What `reconnect.spread` should be for so many clients of a server that takes so many a second: as the documentation says. */
export const spreadFor = (clients: number, rate: number): number => (1.2 * clients) / rate;
