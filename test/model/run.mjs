// Many runs of the model, with seeds of today unless MODEL_SEED names one: `npm run model -- 100000`, say.
import { spawnSync } from 'node:child_process';

const seed = process.env.MODEL_SEED ?? String(Date.now() % 2 ** 31);
const kinds = 3; // of runs: see calls.test.ts
const runs = Math.ceil(Number(process.argv[2] ?? 100_000) / kinds);
console.log(`${kinds} × ${runs} runs, MODEL_SEED=${seed}`);
const { status } = spawnSync('node_modules/.bin/mocha', ['--import=tsx/esm', 'test/model/*.test.ts'], {
  stdio: 'inherit',
  env: { ...process.env, MODEL_RUNS: String(runs), MODEL_SEED: seed },
});
process.exitCode = status ?? 1;
