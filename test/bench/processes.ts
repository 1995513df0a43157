/** Runs a function in a process of its own, so that no measurement disturbs another. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const runner = fileURLToPath(new URL('./processes-main.ts', import.meta.url));

export type ForkedFunction = (...args: readonly unknown[]) => unknown;

/** Resolves with what the export `name` of a module of this folder resolves with; plain data go in and out. */
export function inProcess<T>(
  path: string,
  name: string,
  args: readonly unknown[] = [],
  flags: string[] = [],
): Promise<T> {
  return new Promise((resolve, reject) => {
    const child = fork(runner, [path, name, JSON.stringify(args)], { execArgv: ['--import=tsx', ...flags] });
    let result: { readonly value: T } | undefined;
    child.on('message', (message) => (result = message as { readonly value: T }));
    child.on('exit', (code, signal) => {
      if (result) resolve(result.value);
      else reject(new Error(`${path} ended with ${signal ?? code}`));
    });
  });
}
