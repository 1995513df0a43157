/** What an established call keeps in memory, and what is left of it after hang-up: a thousand calls per contender and direction. */
import { FakeTimers } from '../fake-timers.js';
import { openLine } from '../phones.js';
import { inProcess } from '../processes.js';
import type { Contender, Row, Values } from '../row.js';
import { contenders } from '../row.js';
import { macrotask } from '../sampling.js';

type Direction = 'outgoing' | 'incoming';

export interface HeapUse {
  /** KiB per call, its signalling just done. */
  readonly established: number;
  /** KiB per call after all have hung up and their transactions' timers have run out. */
  readonly left: number;
}

const calls = 1000;
const longest = 40_000; // more than any timer of a transaction: 64·T1 is 32 s

async function usedHeap(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    await macrotask();
    globalThis.gc!();
  }
  return process.memoryUsage().heapUsed;
}

/** Runs in a process of its own, with `--expose-gc`. */
export async function heapUse(contender: Contender, direction: Direction): Promise<HeapUse> {
  const timers = new FakeTimers();
  timers.install();
  const { phone, server } = await openLine(contender);
  const held: object[] = [];
  const establish = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const session = direction === 'outgoing' ? phone.dial() : phone.take();
      if (direction === 'incoming') server.call(phone.target, false);
      held.push(await session);
    }
  };
  const hangUpAll = async (): Promise<void> => {
    for (const session of held) await phone.hangUp(session);
    held.length = 0;
    await timers.pass(longest);
  };
  const round = async (): Promise<[start: number, established: number, end: number]> => {
    const start = await usedHeap();
    await establish(calls);
    const established = await usedHeap();
    await hangUpAll();
    return [start, established, await usedHeap()];
  };
  await round(); // compiles and grows what stays for good
  const [start, established, end] = await round();
  const perCall = (bytes: number): number => bytes / calls / 1024;
  return { established: perCall(established - start), left: perCall(end - start) };
}

const flags = ['--expose-gc', '--no-flush-bytecode']; // code that is thrown away would look like memory given back

export async function rows(): Promise<Row[]> {
  const result: Row[] = [];
  const unit = 'KiB';
  for (const direction of ['outgoing', 'incoming'] as const) {
    const use = (contender: Contender): Promise<HeapUse> =>
      inProcess('./groups/heap.ts', 'heapUse', [contender, direction], flags);
    const uses = await Promise.all(contenders.map(async (contender) => [contender, await use(contender)] as const));
    const values = (key: keyof HeapUse): Values => Object.fromEntries(uses.map(([name, use]) => [name, use[key]]));
    result.push(
      {
        name: `heap per established call, ${direction}`,
        unit,
        better: 'less',
        values: values('established'),
        budget: { atMost: 8 },
        note: `${calls} calls, the fake browser's objects and transactions that wait for stragglers included.`,
      },
      {
        name: `heap left per call after hang-up, ${direction}`,
        unit,
        better: 'less',
        values: values('left'),
        budget: { atMost: 1 },
      },
    );
  }
  return result;
}
