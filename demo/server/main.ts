// `npm start`: runs the server, says where it is and whom one can call. Options: --host, --port, --log.
import { parseArgs } from 'node:util';
import { consoleLogger } from '../../lib/base/log.js';
import type { LogLevel } from '../../lib/base/log.js';
import { DemoServer } from './demo-server.js';
import { directory } from './directory.js';

const levels: readonly string[] = ['error', 'warn', 'info', 'debug'] satisfies LogLevel[];

const values = readArguments();
const port = Number(values.port);
if (!/^\d+$/.test(values.port) || port > 65_535) fail(`--port takes a number up to 65535, got ${values.port}`);
if (!levels.includes(values.log)) fail(`--log takes one of ${levels.join(', ')}, got ${values.log}`);

const server = new DemoServer({ host: values.host, log: consoleLogger(values.log as LogLevel) });
try {
  await server.start(port);
} catch (error) {
  fail(`cannot listen at ${values.host}: ${(error as Error).message}`);
}

const { users, numbers, domain } = directory;
console.log(`
  The softphone is at   ${server.url}
  With a script tag     ${server.url}script-tag

  Users (password)      ${users.map(({ name, password }) => `${name} (${password})`).join(', ')}
  Numbers               ${numbers.map(({ name, says }) => `${name.padEnd(8)} ${says}`).join(`\n${' '.repeat(24)}`)}

  Addresses end in @${domain}. Open the page twice to call yourself from one to the other.
`);
await server.prepare();

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    void server.stop().then(() => process.exit(0));
  });
}

function readArguments(): { host: string; port: string; log: string } {
  try {
    const options = {
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '8080' },
      log: { type: 'string', default: 'error' },
    } as const;
    return parseArgs({ options }).values;
  } catch (error) {
    return fail(`${(error as Error).message}\nOptions: --host ADDRESS, --port NUMBER, --log LEVEL`);
  }
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
