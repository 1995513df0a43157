// coturn: a STUN and TURN server with one user.
import { Daemon, tcpAccepts } from './daemon.js';
import type { Command } from './daemon.js';
import type { Place } from './place.js';
import { freePort } from './ports.js';

export class Turn extends Daemon {
  readonly username = 'turn';
  readonly credential = 'turn-password';
  #port = 0;

  constructor(place?: Place) {
    super('turnserver', place);
  }

  get stunUrl(): string {
    return `stun:${this.place.host}:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  get turnUrl(): string {
    return `turn:${this.place.host}:${this.#port}?transport=udp`;
  }

  protected override async prepare(): Promise<Command> {
    this.#port ||= await freePort();
    const user = `--user=${this.username}:${this.credential}`;
    const local = [
      '-n',
      '-L',
      this.place.host,
      '-E',
      this.place.host,
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
    return tcpAccepts(this.#port, this.place.host);
  }
}
