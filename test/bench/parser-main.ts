/** Prints how the parser compares: `npx tsx test/bench/parser-main.ts`. The contenders take turns within one run. */
import { type ParserBench, parserBench } from './parser.bench.js';

const ROUNDS = 9;
const SLICE_MS = 60;
/** Long enough for the slowest contender's grammar to be optimized. */
const WARM_UP_MS = 1500;

type Run = () => void;

/** CPU microseconds per operation in one time slice. */
function measure(run: Run, perCall: number, ms = SLICE_MS): number {
  let calls = 0;
  const until = performance.now() + ms;
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
  for (const run of contenders) measure(run, perCall, WARM_UP_MS);
  for (let round = 0; round < ROUNDS; round++) {
    contenders.forEach((run, index) => times[index]!.push(measure(run, perCall)));
  }
  const [own = NaN, ...peers] = times.map(median);
  const ratios = peers.map(
    (time, index) => `${['JsSIP', 'SIP.js'][index]} ${time.toFixed(2)} µs (${(time / own).toFixed(1)}×)`,
  );
  console.log(`${name.padEnd(30)} ${own.toFixed(3)} µs   ${ratios.join('   ')}`);
}

parserBench.forEach(compare);
