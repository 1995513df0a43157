// Browsers that live in a network namespace, and how we reach them there.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { join } from 'node:path';

/** A program that runs another one behind `enter`: puppeteer starts nothing else. */
export function entering(folder: string, enter: readonly string[], program: string): string {
  if (enter.length === 0) return program;
  const script = join(folder, 'entering');
  writeFileSync(script, `#!/bin/sh\nexec ${enter.join(' ')} ${program} "$@"\n`, { mode: 0o755 });
  return script;
}

/** What connects to a port of our loopback gets to the same port of the loopback where `enter` leads. */
export function relay(port: number, enter: readonly string[]): Promise<Server> {
  const [program, ...args] = [...enter, process.execPath, '-e', joiner, String(port)];
  const server = createServer((socket) => {
    const there = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    socket.pipe(there.stdin);
    there.stdout.pipe(socket);
    socket.on('error', () => there.kill());
    socket.on('close', () => there.kill());
    there.stdin.on('error', () => undefined); // it has gone, and its socket goes with it
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      resolve(server);
    });
  });
}

/** Joins standard input and output to a connection. */
const joiner = `
const socket = require('node:net').connect(Number(process.argv[1]), '127.0.0.1');
process.stdin.pipe(socket).pipe(process.stdout);
socket.on('error', () => process.exit(1)).on('close', () => process.exit(0));
`;
