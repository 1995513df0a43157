// `npm run network`: each fault five times, and a table of what was measured. `-- --times 2 hard0 reset`: some of them, and as often.
import { parseArgs } from 'node:util';
import { runningDaemons } from '../support/servers/daemon.js';
import { batches } from './batches.js';
import { faults } from './faults.js';
import type { Fault } from './faults.js';
import type { Outcome } from './play.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    times: { type: 'string', default: '5' },
    /** How many at once. */
    beside: { type: 'string', default: '3' },
    /** What the page did and saw in each run. */
    timelines: { type: 'boolean', default: false },
  },
});
const chosen = faults.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
if (chosen.length === 0) throw new Error(`no such fault; there are ${faults.map(({ name }) => name).join(', ')}`);

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

function seconds(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : 'lost';
}

/** The median of the runs, and in brackets the worst of them. */
function summary(outcomes: readonly Outcome[], value: (outcome: Outcome) => number): string {
  const numbers = outcomes.map(value);
  return `${seconds(median(numbers))} (${seconds(Math.max(...numbers))})`;
}

function isKept({ isSameCall, state, hungUp, inbound, outbound }: Outcome): boolean {
  return isSameCall && state === 'confirmed' && hungUp && Number.isFinite(inbound) && Number.isFinite(outbound);
}

const header = [
  'fault',
  'kept',
  'inbound',
  'outbound',
  'target',
  'registered',
  'requests',
  'JsSIP, expert',
  'SIP.js, expert',
];

function row({ name, target, peers }: Fault, outcomes: readonly Outcome[]): string[] {
  const after = ({ registered, pathBack }: Outcome): number => Math.max(0, (registered ?? Infinity) - pathBack);
  return [
    name,
    `${outcomes.filter(isKept).length} of ${values.times}`,
    summary(outcomes, ({ inbound }) => inbound),
    summary(outcomes, ({ outbound }) => outbound),
    String(target.silence),
    summary(outcomes, after),
    String(median(outcomes.map(({ requests }) => requests))),
    ...(peers ?? ['', '']),
  ];
}

const runs = chosen.flatMap((fault) => Array.from({ length: Number(values.times) }, () => fault));
const outcomeOf = batches(runs, Number(values.beside));
const table: string[][] = [header, header.map(() => '---')];
for (const fault of chosen) {
  const outcomes: Outcome[] = [];
  for (const [index, played] of runs.entries()) {
    if (played !== fault) continue;
    try {
      const { timeline, ...outcome } = await outcomeOf(index);
      outcomes.push({ timeline, ...outcome });
      console.error(`${fault.name}: ${JSON.stringify(outcome)}`);
      if (values.timelines) console.error(timeline);
    } catch (error) {
      console.error(`${fault.name}: ${String(error)}`);
    }
  }
  table.push(outcomes.length > 0 ? row(fault, outcomes) : [fault.name, `0 of ${values.times}`]);
}
for (const cells of table) console.log(`| ${cells.join(' | ')} |`);
await Promise.all(runningDaemons().map((daemon) => daemon.stop()));
