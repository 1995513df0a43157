// The curve of attempts per second after a restart of a server, as Markdown: `npm run storm -- 100000 2000 3`.
import { spreadFor, storm } from './storm.js';

const [clients = 100_000, rate = 2000, down = 3] = process.argv.slice(2).map(Number);
const talking = 0.1;
const spread = spreadFor(clients, rate);
const curves = {
  [`spread ${spread} s`]: storm({ clients, rate, down, talking, spread }, 1),
  'as it comes': storm({ clients, rate, down, talking, spread: undefined }, 1),
};
const names = Object.keys(curves);
const seconds = Math.max(...Object.values(curves).map(({ attempts }) => attempts.length));
const step = Math.max(1, Math.ceil(seconds / 40));
console.log(`${clients} clients, ${rate} handshakes a second, ${down} s away, ${talking * 100} % talk\n`);
console.log(`| second | ${names.map((name) => `attempts, ${name} | `).join('| ')}|`);
console.log(`| ---: | ${names.map(() => '---: | --- |').join(' ')}`);
for (let second = 0; second < seconds; second += step) {
  const cells = Object.values(curves).map(({ attempts }) => {
    const most = Math.max(0, ...attempts.slice(second, second + step));
    return `${most} | ${'█'.repeat(Math.min(50, Math.round((20 * most) / rate)))} |`;
  });
  console.log(`| ${second} | ${cells.join(' ')}`);
}
console.log(
  `\nback, seconds: ${Object.entries(curves)
    .map(([name, { median, last }]) => `${name}: half ${median}, all ${last}`)
    .join('; ')}`,
);
