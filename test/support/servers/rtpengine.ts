// rtpengine: the media relay between WebRTC and plain RTP, without its kernel module.
import { createSocket } from 'node:dgram';
import { Daemon } from './daemon.js';
import type { Command } from './daemon.js';
import { until } from './deadline.js';
import type { Place } from './place.js';
import { freePort } from './ports.js';

export class RtpEngine extends Daemon {
  #port = 0;

  constructor(place?: Place) {
    super('rtpengine', place);
  }

  /** Of its NG control protocol. */
  get port(): number {
    return this.#port;
  }

  protected override async prepare(): Promise<Command> {
    this.#port ||= await freePort();
    return {
      program: 'rtpengine',
      args: [
        '--config-file=none',
        '--foreground',
        '--table=-1',
        ...[this.place.host, this.place.host6].flatMap((host) => (host ? [`--interface=default/${host}`] : [])),
        `--listen-ng=${this.place.host}:${this.#port}`,
        // below the system's ephemeral ports, and not 10080, to which Firefox sends nothing; it passes over those in use
        '--port-min=20000',
        '--port-max=29998',
        '--log-stderr',
        '--log-level=6',
        '--num-threads=2',
      ],
    };
  }

  protected override ready(): Promise<unknown> {
    return until(15_000, 'rtpengine to answer a ping', () => this.#ping());
  }

  #ping(): Promise<true | undefined> {
    return new Promise((resolve) => {
      const socket = createSocket('udp4');
      const done = (answer: true | undefined): void => {
        clearTimeout(timer);
        socket.close();
        resolve(answer);
      };
      const timer = setTimeout(() => {
        done(undefined);
      }, 100);
      socket.once('message', () => {
        done(true);
      });
      socket.once('error', () => {
        done(undefined);
      });
      socket.send('1 d7:command4:pinge', this.#port, this.place.host);
    });
  }
}
