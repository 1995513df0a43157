/** Prints how the parser compares: `npx tsx test/bench/parser-main.ts`. The contenders take turns within one run. */
import { type ParserBench, parserBench } from './parser.bench.js';

const ROUNDS = 9;
const SLICE_MS = 60;

type Run = () => void;

/** CPU microseconds per operation in one time slice. */
function measure(run: Run, perCall: number): number {
  let calls = 0;
  const until = performance.now() + SLICE_MS;
  const before = process.cpuUsage();
  do {
    run();
    calls++;
  } while (performance.now() < until);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (calls * perCall);
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

function compare({ name, perCall, ours, jssip, sipjs }: ParserBench): void {
  const contenders: readonly Run[] = sipjs ? [ours, jssip, sipjs] : [ours, jssip];
  const times = contenders.map((): number[] => []);
  for (let round = -1; round < ROUNDS; round++) {
    contenders.forEach((run, index) => {
      const time = measure(run, perCall);
      if (round >= 0) times[index]!.push(time); // the first round warms up
    });
  }
  const [own = NaN, ...peers] = times.map(median);
  const ratios = peers.map(
    (time, index) => `${['JsSIP', 'SIP.js'][index]} ${time.toFixed(2)} µs (${(time / own).toFixed(1)}×)`,
  );
  console.log(`${name.padEnd(30)} ${own.toFixed(3)} µs   ${ratios.join('   ')}`);
}

parserBench.forEach(compare);
