/** A process in which contenders work when it is their turn: all of them, or one alone. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Contender } from './row.js';

const main = fileURLToPath(new URL('./arena-main.ts', import.meta.url));

/** Does something once. */
export type Work = () => void | Promise<void>;
export type Works = Readonly<Record<string, Work>>;

/** What a group exports whose rates are compared: what a contender can do, by name. */
export interface WorksModule {
  works(contender: Contender): Works | Promise<Works>;
}

/** Work for so many milliseconds of CPU time. */
export interface Turn {
  readonly contender: Contender;
  readonly name: string;
  readonly ms: number;
}

/** CPU microseconds of one work; undefined from those that cannot do it. */
export interface TurnResult {
  readonly micros: number | undefined;
}

export class Arena {
  readonly contenders: readonly Contender[];
  readonly #module: string;
  #process: ChildProcess | undefined;

  constructor(module: string, contenders: readonly Contender[]) {
    this.#module = module;
    this.contenders = contenders;
  }

  /** Rejects, naming the work, when it fails or hangs; the next turn starts anew. */
  turn(turn: Turn): Promise<number | undefined> {
    const child = (this.#process ??= fork(main, [this.#module, ...this.contenders], { execArgv: ['--import=tsx'] }));
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(deadline);
        child.removeAllListeners();
      };
      const fail = (why: string): void => {
        settle();
        this.stop();
        reject(new Error(`${turn.contender}: ${turn.name}: ${why}`));
      };
      const deadline = setTimeout(() => fail('hangs'), 20_000);
      child.once('exit', (code) => fail(`ended with ${code}`));
      child.once('message', (result) => {
        settle();
        resolve((result as TurnResult).micros);
      });
      child.send(turn);
    });
  }

  stop(): void {
    this.#process?.kill('SIGKILL');
    this.#process = undefined;
  }
}
