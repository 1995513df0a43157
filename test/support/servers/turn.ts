// coturn: a STUN and TURN server on loopback with one user.
import { Daemon, tcpAccepts } from './daemon.js';
import type { Command } from './daemon.js';
import { freePort } from './ports.js';

export class Turn extends Daemon {
  readonly username = 'turn';
  readonly credential = 'turn-password';
  #port = 0;

  constructor() {
    super('turnserver');
  }

  get stunUrl(): string {
    return `stun:127.0.0.1:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  get turnUrl(): string {
    return `turn:127.0.0.1:${this.#port}?transport=udp`;
  }

  protected override async prepare(): Promise<Command> {
    this.#port ||= await freePort();
    const user = `--user=${this.username}:${this.credential}`;
    const local = [
      '-n',
      '-L',
      '127.0.0.1',
      '-E',
      '127.0.0.1',
      '--allow-loopback-peers',
      '--no-cli',
      '--no-tls',
      '--no-dtls',
    ];
    const files = ['--pidfile', `${this.folder}/pid`, '--userdb', `${this.folder}/db`, '--log-file', 'stdout'];
    return {
      program: 'turnserver',
      args: [...local, '-p', String(this.#port), '--lt-cred-mech', user, '-r', 'example.test', ...files],
    };
  }

  protected override ready(): Promise<unknown> {
    return tcpAccepts(this.#port);
  }
}
