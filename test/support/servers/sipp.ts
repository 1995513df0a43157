// sipp: scripted SIP over UDP, from a scenario in XML.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Daemon } from './daemon.js';
import type { Command } from './daemon.js';
import { until } from './deadline.js';
import { freePort } from './ports.js';

export interface SippOptions {
  /** XML, or a path to a file of it. */
  readonly scenario: string;
  /** Where it calls, on loopback; none for a scenario that only answers. */
  readonly proxy?: { readonly udpPort: number };
  /** Where it listens: Kamailio's `peerPort` to be called as 1090-1099. */
  readonly port?: number;
  /** The user that is called: `[service]` in the scenario. */
  readonly service?: string;
  /** One line per call: `[field0]`, `[field1]`, … */
  readonly fields?: readonly (readonly string[])[];
  /** What the scenario plays, by the names of the files. */
  readonly sounds?: Readonly<Record<string, Buffer>>;
  /** Sends back the RTP that it hears. @default false */
  readonly echoes?: boolean;
  /** Calls until it ends. @default 1 */
  readonly calls?: number;
  /** Seconds until it gives up. @default 30 */
  readonly timeout?: number;
}

export class Sipp extends Daemon {
  readonly #options: SippOptions;
  #port = 0;

  constructor(options: SippOptions) {
    super('sipp');
    this.#options = options;
  }

  /** Waits for the end of the scenario; rejects with sipp's errors and messages unless every call went by the script. */
  async finished(): Promise<void> {
    const { code } = await this.exited;
    if (code === 0) return;
    throw new Error(`sipp ended with ${String(code)}:\n${this.#read('errors.log')}\n${this.messages.slice(-6000)}`);
  }

  /** All SIP messages sent and received, as sipp traces them. */
  get messages(): string {
    return this.#read('messages.log');
  }

  protected override async prepare(): Promise<Command> {
    const {
      scenario,
      proxy,
      port,
      service = 'nobody',
      fields = [],
      sounds = {},
      echoes = false,
      calls = 1,
      timeout = 30,
    } = this.#options;
    this.#port = port ?? (await freePort());
    const xml = scenario.trimStart().startsWith('<') ? scenario : readFileSync(scenario, 'utf8');
    writeFileSync(join(this.folder, 'scenario.xml'), xml);
    writeFileSync(
      join(this.folder, 'fields.csv'),
      ['SEQUENTIAL', ...fields.map((line) => line.join(';')), ''].join('\n'),
    );
    for (const [name, sound] of Object.entries(sounds)) writeFileSync(join(this.folder, name), sound);
    const address = ['-i', '127.0.0.1', '-p', String(this.#port), '-mi', '127.0.0.1', '-mp', String(await freePort())];
    const trace = ['-trace_msg', '-message_file', 'messages.log', '-trace_err', '-error_file', 'errors.log'];
    const limits = ['-m', String(calls), '-l', String(calls), '-timeout', `${timeout}s`, '-timeout_error', '-nostdin'];
    return {
      program: 'sipp',
      args: [
        ...['-sf', 'scenario.xml', '-s', service, ...address, ...trace, ...limits],
        ...(echoes ? ['-rtp_echo'] : []),
        ...(fields.length > 0 ? ['-inf', 'fields.csv'] : []),
        ...(proxy ? [`127.0.0.1:${proxy.udpPort}`] : []),
      ],
    };
  }

  protected override get endsByItself(): boolean {
    return true;
  }

  /** It says nothing when it listens: the system knows. */
  protected override ready(): Promise<unknown> {
    const bound = `0100007F:${this.#port.toString(16).toUpperCase().padStart(4, '0')} `;
    return until(10_000, 'sipp to listen', () => readFileSync('/proc/net/udp', 'utf8').includes(bound) || undefined);
  }

  #read(file: string): string {
    try {
      return readFileSync(join(this.folder, file), 'utf8');
    } catch {
      return '';
    }
  }
}
