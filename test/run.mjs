// Runs the tests tier by tier and ends with one line: `N passed, N failed`. `node test/run.mjs [tier …]` runs some of them.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { provideComponents } from './setup/components.mjs';
import { whyNoNamespaces } from './setup/namespaces.mjs';

const bin = (name) => join('node_modules', '.bin', name);
const mocha = [
  bin('mocha'),
  '--import=tsx/esm', // what is imported on demand must share its modules with the tests
  '--reporter',
  'test/setup/reporter.cjs',
  '--forbid-only',
  '--forbid-pending',
];

/** Each tier: its commands in order, the last of which counts tests if `counts`; the minutes it may take. */
const tiers = {
  lint: { minutes: 5, commands: [['npm', 'run', '--silent', 'lint']] },
  build: { minutes: 5, commands: [['npm', 'run', '--silent', 'build']] },
  size: { minutes: 1, needsBuild: true, commands: [['npm', 'run', '--silent', 'size']] },
  unit: {
    minutes: 5,
    counts: true,
    commands: [[...mocha, '--ignore', 'test/{browser,e2e,namespaces}/**', 'test/**/*.test.ts']],
  },
  browser: {
    minutes: 10,
    counts: true,
    needsBuild: true,
    commands: [
      ['node', 'test/setup/bundle-browser-tests.mjs'],
      [bin('karma'), 'start', 'karma.conf.cjs'],
    ],
  },
  e2e: {
    minutes: 20,
    counts: true,
    needsBuild: true,
    commands: [[...mocha, '--require', 'test/e2e/hooks.ts', '--timeout', '60000', '--exit', 'test/e2e/**/*.test.ts']],
  },
  network: {
    minutes: 15,
    counts: true,
    needsBuild: true,
    needsNamespaces: true,
    commands: [[...mocha, '--require', 'test/e2e/hooks.ts', '--exit', 'test/namespaces/**/*.test.ts']],
  },
};

const folder = mkdtempSync(join(tmpdir(), 'evercall-run-'));
const total = { passed: 0, failed: 0, skipped: 0 };
const broken = [];
const notRun = [];
let child;

/** Signals the command that runs and all that it has started: it leads a process group of its own. */
function signalChild(signal) {
  try {
    if (child?.pid) process.kill(-child.pid, signal);
  } catch {
    // the group is gone already
  }
}

/** Asks it to end, so that it can stop its own servers and browsers, and does not wait for ever. */
function endChild() {
  signalChild('SIGTERM');
  setTimeout(signalChild, 5000, 'SIGKILL').unref();
}

process.on('exit', () => {
  signalChild('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (!child || child.exitCode !== null) process.exit(1);
    child.on('exit', () => process.exit(1));
    endChild();
  });
}

/** Runs one command; resolves with undefined, or with what went wrong. */
function run([command, ...args], countsFile, deadline) {
  return new Promise((resolve) => {
    let late = false;
    child = spawn(command, args, {
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: true,
      env: { ...process.env, COUNTS_FILE: countsFile },
    });
    const timer = setTimeout(() => {
      late = true;
      endChild();
    }, deadline - Date.now());
    child.on('error', (error) => resolve(error.message));
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      signalChild('SIGKILL'); // what the command left behind
      if (late) resolve('took too long');
      else resolve(code === 0 ? undefined : `${command} ended with ${signal ?? code}`);
    });
  });
}

function readCounts(countsFile) {
  try {
    return JSON.parse(readFileSync(countsFile, 'utf8'));
  } catch {
    return undefined;
  }
}

async function runTier(name) {
  const { minutes, counts, commands } = tiers[name];
  const started = Date.now();
  const countsFile = join(folder, `${name}.json`);
  console.log(`\n── ${name}`);
  let problem;
  for (const command of commands) {
    problem = await run(command, countsFile, started + minutes * 60_000);
    if (problem) break;
  }
  const counted = readCounts(countsFile);
  for (const outcome of Object.keys(total)) total[outcome] += counted?.[outcome] ?? 0;
  if (counts && !problem && !counted?.passed) problem = 'no test ran';
  if (problem && !counted?.failed) broken.push(`${name}: ${problem}`);
  const summary = counted
    ? `${counted.passed} passed, ${counted.failed} failed, `
    : problem
      ? `BROKEN (${problem}), `
      : '';
  console.log(`── ${name}: ${summary}${((Date.now() - started) / 1000).toFixed(1)} s`);
  return !problem;
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in tiers));
if (unknown.length > 0) {
  console.error(`unknown tier: ${unknown.join(', ')}; there are ${Object.keys(tiers).join(', ')}`);
  process.exit(2);
}
const chosen = Object.keys(tiers).filter((name) => wanted.length === 0 || wanted.includes(name));
if (!chosen.includes('build') && chosen.some((name) => tiers[name].needsBuild)) chosen.unshift('build');

const missing = provideComponents(chosen);
let built = true;
for (const name of chosen) {
  const lacks = missing.get(name);
  if (lacks.length > 0) notRun.push(`${name}: no ${lacks.join(', ')}`);
  else if (tiers[name].needsBuild && !built) notRun.push(`${name}: nothing was built`);
  else if (tiers[name].needsNamespaces && whyNoNamespaces()) notRun.push(`${name}: ${whyNoNamespaces()}`);
  else if (!(await runTier(name)) && name === 'build') built = false;
}

console.log();
for (const problem of broken) console.log(`BROKEN TIER ${problem}`);
for (const reason of notRun) console.log(`TIER NOT RUN ${reason}`);
total.failed += broken.length + (process.env.CI === 'true' ? notRun.length : 0);
if (total.passed + total.failed === 0 && chosen.some((name) => tiers[name].counts)) total.failed = 1;
process.exitCode = total.failed === 0 ? 0 : 1;
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped ? `, ${total.skipped} skipped` : ''}`);
