/** One line of the table of budgets, and how it is printed. */

export const contenders = ['JsSIP', 'SIP.js', 'evercall'] as const;
export type Contender = (typeof contenders)[number];
export type Values = Readonly<Partial<Record<Contender, number>>>;

/** At least so many times better than JsSIP (or than another yardstick), or at most a number. */
export type Budget =
  | { readonly times: number; readonly than?: { readonly name: string; readonly value: number } }
  | { readonly atMost: number };

export interface Row {
  readonly name: string;
  readonly unit: string;
  readonly better: 'more' | 'less';
  /** What the budget is judged by; of rates, all contenders taking turns in one process. */
  readonly values: Values;
  /** The same with each contender in a process of its own, warmed for longer. */
  readonly alone?: Values;
  readonly budget: Budget;
  /** What is compared, where the name does not say it. */
  readonly note?: string;
}

/** How many times better than JsSIP, or than the yardstick of the budget; undefined without either. */
export function ratio({ budget, better }: Row, values: Values): number | undefined {
  const peer = ('times' in budget ? budget.than?.value : undefined) ?? values.JsSIP;
  const ours = values.evercall;
  if (peer === undefined || ours === undefined) return undefined;
  return better === 'more' ? ours / peer : peer / ours;
}

export function isMet(row: Row): boolean {
  const { values, budget } = row;
  if ('atMost' in budget) return (values.evercall ?? Infinity) <= budget.atMost;
  return (ratio(row, values) ?? 0) >= budget.times;
}

/** Three digits that count. */
function figure(value: number | undefined): string {
  if (value === undefined) return '–';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function budgetText({ budget, unit }: Row): string {
  if ('atMost' in budget) return `≤ ${budget.atMost} ${unit}`;
  return `≥ ${budget.times} × ${budget.than?.name ?? 'JsSIP'}`;
}

const heading = ['what', 'unit', ...contenders, 'ratio', 'each alone: JsSIP → evercall', 'budget', 'met'];

const timesText = (times: number | undefined): string => (times === undefined ? '–' : `${figure(times)} ×`);

function aloneText(row: Row): string {
  if (!row.alone) return '';
  const { JsSIP, evercall } = row.alone;
  return `${figure(JsSIP)} → ${figure(evercall)}: ${timesText(ratio(row, row.alone))}`;
}

function cells(row: Row): string[] {
  return [
    row.name,
    row.unit,
    ...contenders.map((contender) => figure(row.values[contender])),
    timesText(ratio(row, row.values)),
    aloneText(row),
    budgetText(row),
    isMet(row) ? 'yes' : 'NO',
  ];
}

const isNumeric = (column: number): boolean => column >= 2 && column <= 6;

/** The rows as a Markdown table, aligned to be read as it is. */
export function table(rows: readonly Row[]): string {
  const lines = [heading, ...rows.map(cells)];
  const widths = heading.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const format = (line: readonly string[]): string =>
    `| ${line.map((cell, i) => (isNumeric(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => (isNumeric(i) ? `${'-'.repeat(width + 1)}:` : '-'.repeat(width + 2))).join('|')}|`;
  const [head, ...rest] = lines.map(format);
  return [head, rule, ...rest].join('\n');
}

const method = `Rates: the contenders take turns in one process, each warmed by 1.5 s of CPU before; "ratio" and "met" are of this.
"each alone": the same work, each contender in a process of its own and warmed for 3 s, so that nothing of another one is in its caches and JsSIP's grammar is as hot as it gets. No budget is judged by that.
`;

/** How it was measured, and what the rows have to say of themselves. */
export function notes(rows: readonly Row[]): string {
  const remarks = rows.flatMap(({ name, note }) => (note ? [`- ${name}: ${note}`] : []));
  return [method, ...remarks].join('\n');
}
