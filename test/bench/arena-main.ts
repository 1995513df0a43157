/** The process of an arena: its contenders work by CPU time when it is their turn. */
import type { Turn, TurnResult, Work, Works, WorksModule } from './arena.js';
import type { Contender } from './row.js';
import { macrotask } from './sampling.js';

const [path, ...contenders] = process.argv.slice(2) as [string, ...Contender[]];
const module = (await import(path)) as WorksModule;
const all = new Map<Contender, Works>();
for (const contender of contenders) all.set(contender, await module.works(contender)); // one after the other: each finds the globals it looks for

/** CPU microseconds of the process, its garbage collector and compiler included. */
function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Per piece of work. */
async function sample(work: Work, ms: number): Promise<number> {
  const start = cpuTime();
  let now = start;
  let count = 0;
  let batch = 1;
  while (now - start < ms * 1000) {
    for (let i = 0; i < batch; i++) {
      const pending = work();
      if (pending) await pending;
    }
    count += batch;
    const then = cpuTime();
    if (then - now < 1000) batch *= 2; // so that looking at the clock costs nothing next to the work
    now = then;
    await macrotask(); // timers and whatever else a library leaves for later get their turn
  }
  return (now - start) / count;
}

async function take({ contender, name, ms }: Turn): Promise<void> {
  const work = all.get(contender)![name];
  process.send!({ micros: work && (await sample(work, ms)) } satisfies TurnResult);
}

process.on('message', (turn: Turn) => void take(turn));
process.on('disconnect', () => process.exit());
