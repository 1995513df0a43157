import { play } from './play.js';
import { scenario } from './scenario.js';
const seed = Number(process.argv[2]);
const steps = process.argv[3] ? JSON.parse(process.argv[3]) : scenario(seed).steps;
const lines: string[] = [];
const t = process.cpuUsage();
const wrongs = await play(steps, seed, process.argv[4] === 'q' ? undefined : (l) => lines.push(l));
console.log(lines.filter((l) => !/watch-nothing/.test(l)).join('\n'));
console.log(wrongs, process.cpuUsage(t).user / 1000);
