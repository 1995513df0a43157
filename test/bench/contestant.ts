/** One contender in a process of its own, as a page has one library: none of them warms, slows or fills the memory of another. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Contender } from './row.js';

const main = fileURLToPath(new URL('./contestant-main.ts', import.meta.url));

/** Does something once. */
export type Work = () => void | Promise<void>;
export type Works = Readonly<Record<string, Work>>;

/** What a group exports whose rates are compared: what a contender can do, by name. */
export interface WorksModule {
  works(contender: Contender): Works | Promise<Works>;
}

/** Work for so many milliseconds of CPU time. */
export interface Turn {
  readonly name: string;
  readonly ms: number;
}

/** CPU microseconds of one work; undefined from those that cannot do it. */
export interface TurnResult {
  readonly micros: number | undefined;
}

export class Contestant {
  readonly contender: Contender;
  readonly #module: string;
  #process: ChildProcess | undefined;

  constructor(module: string, contender: Contender) {
    this.#module = module;
    this.contender = contender;
  }

  /** Rejects, naming the work, when it fails or hangs; the next turn starts anew. */
  turn({ name, ms }: Turn): Promise<number | undefined> {
    const child = (this.#process ??= fork(main, [this.#module, this.contender], { execArgv: ['--import=tsx'] }));
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(deadline);
        child.removeAllListeners();
      };
      const fail = (why: string): void => {
        settle();
        this.stop();
        reject(new Error(`${this.contender}: ${name}: ${why}`));
      };
      const deadline = setTimeout(() => fail('hangs'), 20_000);
      child.once('exit', (code) => fail(`ended with ${code}`));
      child.once('message', (result) => {
        settle();
        resolve((result as TurnResult).micros);
      });
      child.send({ name, ms } satisfies Turn);
    });
  }

  stop(): void {
    this.#process?.kill('SIGKILL');
    this.#process = undefined;
  }
}
