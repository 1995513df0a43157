// Kamailio: registrar, proxy and presence server over ws, wss and UDP, for the domain example.test.
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Daemon, tcpAccepts } from './daemon.js';
import type { Command } from './daemon.js';
import type { Place } from './place.js';
import { freePort } from './ports.js';
import type { RtpEngine } from './rtpengine.js';

const run = promisify(execFile);

export interface KamailioOptions {
  /** Of the digest challenges. @default 'MD5' */
  readonly algorithm?: 'MD5' | 'SHA-256';
  /** Joins WebRTC and plain RTP; without it SDP passes untouched. */
  readonly rtpengine?: RtpEngine;
  /** Milliseconds that a call may ring before it gets 408. @default 60000 */
  readonly ringTimeout?: number;
  /** The shortest time, in seconds, that it grants a binding. @default 10 */
  readonly minExpires?: number;
  /** Switches of kamailio.cfg, as WITH_OB_FLOW. */
  readonly defines?: readonly string[];
  /** @default loopback */
  readonly place?: Place;
}

/** One binding of the registrar; a text that is not there is empty. */
export interface Location {
  readonly user: string;
  /** The URI. */
  readonly contact: string;
  /** Seconds that are left. */
  readonly expires: number;
  readonly userAgent: string;
  readonly callId: string;
  /** The far end of the connection it came by. */
  readonly received: string;
  /** Our end of that connection. */
  readonly socket: string;
  /** RFC 3327: the way from the registrar to it. */
  readonly path: string;
  /** `<urn:uuid:…>`. */
  readonly instance: string;
  readonly regId: number;
}

/** Writes `template` with its placeholders filled in, and says how Kamailio is run with it. */
export function kamailioCommand(
  folder: string,
  template: string,
  values: Readonly<Record<string, string | number>>,
  defines: readonly string[] = [],
): Command {
  mkdirSync(join(folder, 'run'), { recursive: true });
  const text = readFileSync(join(import.meta.dirname, template), 'utf8');
  const config = text.replace(/@([A-Z]+(?:_[A-Z]+)*)@/g, (_, key: string) => String(values[key]));
  writeFileSync(join(folder, template), config);
  const switches = defines.flatMap((define) => ['-A', define]);
  const memory = ['-m', '64', '-M', '8'];
  return {
    program: 'kamailio',
    args: ['-f', `${folder}/${template}`, '-DD', '-E', ...memory, '-Y', `${folder}/run`, ...switches],
  };
}

export class Kamailio extends Daemon {
  static readonly domain = 'example.test';
  readonly #options: KamailioOptions;
  #ports: { udp: number; ws: number; wss: number; peer: number } | undefined;

  constructor(options: KamailioOptions = {}) {
    super('kamailio', options.place);
    this.#options = options;
  }

  get wsUrl(): string {
    return `ws://${this.place.host}:${this.#port('ws')}/ws`;
  }

  /** Where the place has an IPv6 address. */
  get ws6Url(): string {
    return `ws://[${this.place.host6!}]:${this.#port('ws')}/ws`;
  }

  get wssUrl(): string {
    return `wss://localhost:${this.#port('wss')}/ws`;
  }

  get udpPort(): number {
    return this.#port('udp');
  }

  /** Where calls to 1090-1099 go: a phone that does not register listens there on UDP. */
  get peerPort(): number {
    return this.#port('peer');
  }

  /** Runs a command of its control interface; resolves with what that prints. */
  async rpc(...command: readonly string[]): Promise<string> {
    return (await run('kamcmd', ['-s', `unix:${this.folder}/kamailio_ctl`, ...command])).stdout;
  }

  /** What is registered at this moment. */
  async locations(user?: string): Promise<Location[]> {
    const stdout = await this.rpc('ul.dump');
    const all: Location[] = [];
    for (const aor of stdout.split(/^\s*AoR: /m).slice(1)) {
      const name = /^[^\s@]+/.exec(aor)?.[0] ?? '';
      for (const contact of aor.split(/^\s*Contact: \{/m).slice(1)) {
        const field = (key: string): string => {
          const value = new RegExp(`^\\s*${key}: (.*)$`, 'm').exec(contact)?.[1] ?? '';
          return value === '[not set]' ? '' : value;
        };
        all.push({
          user: name,
          contact: field('Address'),
          expires: Number(field('Expires')) || 0, // or the word "expired"
          userAgent: field('User-Agent'),
          callId: field('Call-ID'),
          received: field('Received'),
          socket: field('Socket'),
          path: field('Path'),
          instance: field('Instance'),
          regId: Number(field('Reg-Id')),
        });
      }
    }
    return user === undefined ? all : all.filter((location) => location.user === user);
  }

  protected override async prepare(): Promise<Command> {
    this.#ports ??= { udp: await freePort(), ws: await freePort(), wss: await freePort(), peer: await freePort() };
    const { algorithm = 'MD5', rtpengine, ringTimeout = 60_000, minExpires = 10, defines = [] } = this.#options;
    cpSync('/usr/share/kamailio/dbtext/kamailio', join(this.folder, 'db'), { recursive: true });
    if (!existsSync(`${this.folder}/tls.crt`)) await this.#makeCertificate();
    const values = {
      DIR: this.folder,
      HOST: this.place.host,
      SIXTH_HOST: this.place.host6 ?? '',
      UDP_PORT: this.#ports.udp,
      WS_PORT: this.#ports.ws,
      WSS_PORT: this.#ports.wss,
      PEER_PORT: this.#ports.peer,
      NG_PORT: rtpengine?.port ?? 0,
      DIGEST: algorithm,
      MIN_EXPIRES: minExpires,
      RING_TIMEOUT: ringTimeout,
      ANSWER_TIMEOUT: Math.min(10_000, ringTimeout), // tm does not shorten the timer that runs when it rings
    };
    const more = [...(rtpengine ? ['WITH_RTPENGINE'] : []), ...(this.place.host6 ? ['WITH_IPV6'] : [])];
    return kamailioCommand(this.folder, 'kamailio.cfg', values, [...defines, ...more]);
  }

  protected override async ready(): Promise<unknown> {
    const { host } = this.place;
    return Promise.all([tcpAccepts(this.#port('ws'), host), tcpAccepts(this.#port('wss'), host)]);
  }

  async #makeCertificate(): Promise<void> {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${this.folder}/tls.key`];
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    await run('openssl', ['req', '-x509', '-days', '2', ...key, ...names, '-out', `${this.folder}/tls.crt`]);
  }

  #port(which: 'udp' | 'ws' | 'wss' | 'peer'): number {
    if (!this.#ports) throw new Error('kamailio was not started');
    return this.#ports[which];
  }
}
