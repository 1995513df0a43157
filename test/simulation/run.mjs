// Many runs of the simulation, with seeds of today unless SIMULATION_FIRST or SIMULATION_SEED names one: `npm run simulation -- 10000`, say.
import { spawnSync } from 'node:child_process';

const runs = process.argv[2] ?? '1000';
const first = process.env.SIMULATION_FIRST ?? String(Date.now() % 2 ** 30);
console.log(process.env.SIMULATION_SEED ? 'one run' : `${runs} runs, SIMULATION_FIRST=${first}`);
const { status } = spawnSync('node_modules/.bin/mocha', ['--import=tsx/esm', 'test/simulation/*.test.ts'], {
  stdio: 'inherit',
  env: { ...process.env, SIMULATION_RUNS: runs, SIMULATION_FIRST: first },
});
process.exitCode = status ?? 1;
