import { play } from './play.js';
import { scenario } from './scenario.js';
import { report } from '../model/play.js';
for (const a of process.argv.slice(2)) {
  const seed = Number(a);
  console.log(
    'SEED',
    seed,
    (await report(play, scenario(seed).steps, seed))
      .split('\n')
      .filter((l) => !/REGISTER|OPTIONS/.test(l))
      .map((l) => l.slice(0, 200))
      .join('\n'),
  );
}
