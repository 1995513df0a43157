// Kamailio: registrar, proxy and presence server over ws, wss and UDP, for the domain example.test.
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Daemon, tcpAccepts } from './daemon.js';
import type { Command } from './daemon.js';
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
  /** Switches of kamailio.cfg, as WITH_OB_FLOW. */
  readonly defines?: readonly string[];
}

/** One binding of the registrar. */
export interface Location {
  readonly user: string;
  readonly contact: string;
  readonly expires: number;
  readonly userAgent: string;
}

export class Kamailio extends Daemon {
  static readonly domain = 'example.test';
  readonly #options: KamailioOptions;
  #ports: { udp: number; ws: number; wss: number; peer: number } | undefined;

  constructor(options: KamailioOptions = {}) {
    super('kamailio');
    this.#options = options;
  }

  get wsUrl(): string {
    return `ws://127.0.0.1:${this.#port('ws')}/ws`;
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

  /** What is registered at this moment. */
  async locations(user?: string): Promise<Location[]> {
    const { stdout } = await run('kamcmd', ['-s', `unix:${this.folder}/kamailio_ctl`, 'ul.dump']);
    const all: Location[] = [];
    for (const aor of stdout.split(/^\s*AoR: /m).slice(1)) {
      const name = /^[^\s@]+/.exec(aor)?.[0] ?? '';
      for (const contact of aor.split(/^\s*Contact: \{/m).slice(1)) {
        const field = (key: string): string => new RegExp(`^\\s*${key}: (.*)$`, 'm').exec(contact)?.[1] ?? '';
        const expires = Number(field('Expires'));
        all.push({ user: name, contact: field('Address'), expires, userAgent: field('User-Agent') });
      }
    }
    return user === undefined ? all : all.filter((location) => location.user === user);
  }

  protected override async prepare(): Promise<Command> {
    this.#ports ??= { udp: await freePort(), ws: await freePort(), wss: await freePort(), peer: await freePort() };
    const { algorithm = 'MD5', rtpengine, ringTimeout = 60_000, defines = [] } = this.#options;
    mkdirSync(join(this.folder, 'run'), { recursive: true });
    cpSync('/usr/share/kamailio/dbtext/kamailio', join(this.folder, 'db'), { recursive: true });
    await this.#makeCertificate();
    const values: Record<string, string | number> = {
      DIR: this.folder,
      UDP_PORT: this.#ports.udp,
      WS_PORT: this.#ports.ws,
      WSS_PORT: this.#ports.wss,
      PEER_PORT: this.#ports.peer,
      NG_PORT: rtpengine?.port ?? 0,
      DIGEST: algorithm,
      RING_TIMEOUT: ringTimeout,
      ANSWER_TIMEOUT: Math.min(10_000, ringTimeout), // tm does not shorten the timer that runs when it rings
    };
    const template = readFileSync(join(import.meta.dirname, 'kamailio.cfg'), 'utf8');
    const config = template.replace(/@([A-Z]+(?:_[A-Z]+)*)@/g, (_, key: string) => String(values[key]));
    writeFileSync(join(this.folder, 'kamailio.cfg'), config);
    const switches = [...defines, ...(rtpengine ? ['WITH_RTPENGINE'] : [])].flatMap((define) => ['-A', define]);
    const memory = ['-m', '64', '-M', '8'];
    return {
      program: 'kamailio',
      args: ['-f', `${this.folder}/kamailio.cfg`, '-DD', '-E', ...memory, '-Y', `${this.folder}/run`, ...switches],
    };
  }

  protected override async ready(): Promise<unknown> {
    return Promise.all([tcpAccepts(this.#port('ws')), tcpAccepts(this.#port('wss'))]);
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
