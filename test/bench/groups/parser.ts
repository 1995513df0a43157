/** The parser and the writer, as they are shipped, on the messages of a session; and the first message of a fresh process. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { benchMessages } from '../messages.js';
import type * as ParserBench from '../parser.bench.js';
import type { Works } from '../arena.js';
import type { Budget, Contender, Row, Values } from '../row.js';
import { both, compare, median } from '../sampling.js';

const folder = '../../../build/bench/';

/** By the beginning of the name of a comparison; what has none of its own is the parse of small things. */
const budgets: readonly (readonly [string, Budget])[] = [
  ['parse, all', { times: 40 }],
  ['parse, routing', { times: 60 }],
  ['build', { times: 3.5 }],
  ['', { times: 50 }],
];

const load = (): Promise<typeof ParserBench> => import(`${folder}parser.bench.mjs`) as Promise<typeof ParserBench>;

export async function works(contender: Contender): Promise<Works> {
  const { parserBench } = await load();
  const key = ({ JsSIP: 'jssip', 'SIP.js': 'sipjs', evercall: 'ours' } as const)[contender];
  return Object.fromEntries(parserBench.flatMap((bench) => (bench[key] ? [[bench.name, bench[key]]] : [])));
}

async function throughput(): Promise<Row[]> {
  const { parserBench } = await load();
  const names = parserBench.map(({ name }) => name);
  const micros = await compare('./groups/parser.ts', names);
  return parserBench.map(({ name, perCall }) => ({
    name,
    unit: 'CPU µs',
    better: 'less',
    ...both(micros.get(name)!, (values) =>
      Object.fromEntries(Object.entries(values).map(([who, value]) => [who, value / perCall])),
    ),
    budget: budgets.find(([start]) => name.startsWith(start))![1],
  }));
}

const programs: Readonly<Record<Contender, string>> = { JsSIP: 'jssip', 'SIP.js': 'sipjs', evercall: 'evercall' };
const processes = 11;

async function firstMessage(): Promise<Row> {
  const samples = new Map<string, number[]>();
  for (let i = 0; i < processes; i++) {
    for (const [contender, program] of Object.entries(programs)) {
      const path = new URL(`${folder}first-message-${program}.mjs`, import.meta.url).pathname;
      const { stdout } = await promisify(execFile)(process.execPath, [path, benchMessages.invite!]);
      samples.set(contender, [...(samples.get(contender) ?? []), Number(stdout)]);
    }
  }
  const values: Values = Object.fromEntries([...samples].map(([contender, times]) => [contender, median(times)]));
  return {
    name: 'first message in a fresh process',
    unit: 'ms',
    better: 'less',
    values,
    budget: { atMost: 1 },
    note: `an INVITE, the headers that set up a dialog read; the code is loaded, none of it has run. Median of ${processes}.`,
  };
}

export const rows = async (): Promise<Row[]> => [...(await throughput()), await firstMessage()];
