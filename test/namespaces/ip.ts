// The commands of iproute2 and iptables, run where the test says; they take a few milliseconds and are waited for.
import { execFileSync } from 'node:child_process';

function run(program: string, args: readonly string[], input = ''): string {
  try {
    return execFileSync(program, args, { input, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw new Error(`${program} ${args.join(' ')}: ${stderr ?? String(error)}${input}`, { cause: error });
  }
}

/** Runs lines of `ip` in one go, in a namespace or, without one, in ours; stops at the first that fails. */
export function ip(namespace: string | undefined, ...lines: readonly string[]): void {
  run('ip', [...(namespace ? ['-n', namespace] : []), '-batch', '-'], lines.map((line) => `${line}\n`).join(''));
}

/** What is put before a command so that it runs in a namespace. */
export function entering(namespace: string): string[] {
  return ['ip', 'netns', 'exec', namespace];
}

/** Runs a command in a namespace; returns what it prints. */
export function inside(namespace: string, command: string): string {
  const [program, ...args] = [...entering(namespace), ...command.split(' ')];
  return run(program!, args);
}
