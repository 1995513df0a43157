/** `npm run bench [-- group …]`: measures the budgets next to JsSIP and SIP.js; prints the table and, of all groups, writes it to build/bench/. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { inProcess } from './processes.js';
import type { Row } from './row.js';
import { isMet, notes, ratio, table } from './row.js';

const groups = ['parser', 'digest', 'calls', 'heap', 'bundle', 'page'];

function build(): void {
  for (const config of ['rollup.config.mjs', 'test/bench/rollup.config.mjs']) {
    execFileSync('node_modules/.bin/rollup', ['-c', config, '--silent'], { stdio: 'inherit' });
  }
}

const versionOf = (name: string): string =>
  (JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')) as { readonly version: string }).version;

function circumstances(): string {
  const [cpu] = cpus();
  return `JsSIP ${versionOf('jssip')}, SIP.js ${versionOf('sip.js')}, Node ${process.versions.node}, ${cpus().length} × ${cpu?.model.trim()}, ${new Date().toISOString().slice(0, 10)}`;
}

function write(rows: readonly Row[]): void {
  mkdirSync('build/bench', { recursive: true });
  const json = rows.map((row) => ({ ...row, ratio: ratio(row, row.values), met: isMet(row) }));
  writeFileSync(
    'build/bench/results.json',
    `${JSON.stringify({ circumstances: circumstances(), rows: json }, null, 2)}\n`,
  );
  writeFileSync('build/bench/results.md', `${circumstances()}\n\n${table(rows)}\n\n${notes(rows)}\n`);
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !groups.includes(name));
if (unknown.length > 0) throw new Error(`no group ${unknown.join(', ')}: there are ${groups.join(', ')}`);

build();
const rows: Row[] = [];
for (const group of wanted.length > 0 ? wanted : groups) {
  console.error(`measuring ${group} …`);
  try {
    rows.push(...(await inProcess<Row[]>(`./groups/${group}.ts`, 'rows')));
  } catch (error) {
    console.error(String(error));
    process.exitCode = 1;
  }
}
console.log(`${circumstances()}\n\n${table(rows)}\n\n${notes(rows)}`);
if (wanted.length === 0) write(rows);
