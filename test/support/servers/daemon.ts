// A program that runs in the foreground for the length of a test, on loopback or in a namespace, with its data in a temporary folder.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { until, within } from './deadline.js';
import { loopback } from './place.js';
import type { Place } from './place.js';

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

const running = new Set<Daemon>();

/** The daemons that run now, in the order of their start: for what is printed when a test fails. */
export function runningDaemons(): readonly Daemon[] {
  return [...running];
}

process.on('exit', () => {
  for (const daemon of running) daemon.kill();
  for (const daemon of running) daemon.removeFolder();
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));

/** Spawns, waits for readiness, collects the log, stops. A subclass says what to run and how it shows that it is ready. */
export abstract class Daemon {
  readonly name: string;
  readonly place: Place;
  #folder: string | undefined;
  #child: ChildProcess | undefined;
  #exited: Promise<Exit> | undefined;
  #log = '';
  #logWatchers = new Set<() => void>();

  constructor(name: string, place = loopback) {
    this.name = name;
    this.place = place;
  }

  /** Writes the configuration into `folder` and says what to run. */
  protected abstract prepare(): Command | Promise<Command>;
  /** Resolves when the program serves. */
  protected abstract ready(): Promise<unknown>;
  /** Drops connections of ours to the program, after it ended. */
  protected release(): void {
    // nothing is held
  }

  /** Whether the program may be done before it was found ready. */
  protected get endsByItself(): boolean {
    return false;
  }

  /** Where the program keeps its data; made at the first use, removed by `stop`. */
  get folder(): string {
    return (this.#folder ??= mkdtempSync(join(tmpdir(), `evercall-${this.name}-`)));
  }

  /** All that the program has printed. */
  get log(): string {
    return this.#log;
  }

  /** Settles when the program has ended by itself or by `stop`. */
  get exited(): Promise<Exit> {
    if (!this.#exited) throw new Error(`${this.name} was not started`);
    return this.#exited;
  }

  async start(): Promise<this> {
    await this.#run();
    return this;
  }

  /** Ends the program as its operator would; its folder goes too. */
  async stop(): Promise<void> {
    await this.#end();
    this.removeFolder();
  }

  /** Ends the program and starts it again on the same ports, with the same data, `pause` milliseconds later. */
  async restart(pause = 0): Promise<void> {
    await this.#end();
    await new Promise((resolve) => setTimeout(resolve, pause));
    await this.#run();
  }

  /** Its processes stand still: connections stay open and nothing is answered, until `thaw`. */
  freeze(): void {
    this.#signal('SIGSTOP');
  }

  thaw(): void {
    this.#signal('SIGCONT');
  }

  /** At once, with all of its own children. */
  kill(): void {
    this.#signal('SIGKILL');
  }

  /** Drops its data. */
  removeFolder(): void {
    try {
      if (this.#folder) rmSync(this.#folder, { recursive: true, force: true, maxRetries: 3 });
    } catch {
      // something that was killed a moment ago still wrote into it: the system's temporary folder is cleaned by others
    }
    this.#folder = undefined;
  }

  /** Resolves with the match as soon as the log has one, now or later. */
  async logged(pattern: RegExp, ms = 10_000): Promise<RegExpExecArray> {
    const found = new Promise<RegExpExecArray>((resolve) => {
      const look = (): void => {
        const match = pattern.exec(this.#log);
        if (!match) return;
        this.#logWatchers.delete(look);
        resolve(match);
      };
      this.#logWatchers.add(look);
      look();
    });
    return within(ms, `${this.name} to log ${String(pattern)}`, found);
  }

  async #run(): Promise<void> {
    const { program, args } = await this.prepare();
    const [first, ...rest] = [...this.place.enter, program, ...args];
    const child = spawn(first!, rest, { cwd: this.folder, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    running.add(this);
    this.#exited = new Promise((resolve) => {
      child.once('error', (error) => {
        this.#collect(`${basename(program)}: ${error.message}\n`);
        resolve({ code: null, signal: null });
      });
      child.once('exit', (code, signal) => {
        resolve({ code, signal });
      });
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#collect(text);
      });
    }
    const died = this.#exited.then(({ code, signal }) => {
      if (code === 0 && this.endsByItself) return;
      throw new Error(
        `${this.name} ended with ${String(signal ?? code)} before it was ready:\n${this.#log.slice(-4000)}`,
      );
    });
    try {
      await within(15_000, `${this.name} to be ready`, Promise.race([this.ready(), died]));
    } catch (error) {
      await this.#end();
      throw error;
    }
    died.catch(() => {}); // from here on an end is an event like others
  }

  async #end(): Promise<void> {
    if (this.#child) {
      this.#signal('SIGTERM');
      this.thaw(); // who is frozen would not hear of it
      await within(5000, `${this.name} to end`, this.exited).catch(() => {});
      this.kill(); // what it left behind
      await this.exited;
      this.#child = undefined;
    }
    running.delete(this);
    this.release();
  }

  #signal(signal: NodeJS.Signals): void {
    if (!this.#child?.pid) return;
    try {
      process.kill(-this.#child.pid, signal); // the group: its children are its own affair until it is killed
    } catch {
      // nobody is left
    }
  }

  #collect(text: string): void {
    this.#log = (this.#log + text).slice(-2_000_000);
    for (const look of [...this.#logWatchers]) look();
  }
}

/** Resolves when something listens on a TCP port. */
export function tcpAccepts(port: number, host = loopback.host): Promise<true> {
  return until(
    15_000,
    `a listener on port ${port}`,
    () =>
      new Promise<true | undefined>((resolve) => {
        const socket = connect(port, host);
        socket.once('connect', () => {
          socket.destroy();
          resolve(true);
        });
        socket.once('error', () => {
          resolve(undefined);
        });
      }),
  );
}
