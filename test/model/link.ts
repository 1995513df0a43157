// What is between two phones in the model: frames on their way, which the test delivers, loses, doubles or holds back.
import { FakeSocket } from '../support/scripted-server.js';
import type { WebSocketFactory } from '../../lib/transport/websocket-connection.js';

export type Side = 0 | 1;
export const other = (side: Side): Side => (side === 0 ? 1 : 0);

/** Hears of each frame twice: as it leaves, and as it arrives. */
export interface LinkUser {
  onSent(side: Side, frame: string): void;
  onDelivered(side: Side, frame: string): void;
  /** What that side had sent before is over for it. */
  onConnected(side: Side): void;
}

export class Link {
  /** Towards each side, oldest first. */
  readonly #inFlight: readonly [string[], string[]] = [[], []];
  readonly #sockets: [FakeSocket | undefined, FakeSocket | undefined] = [undefined, undefined];
  readonly #user: LinkUser;

  constructor(user: LinkUser) {
    this.#user = user;
  }

  webSocket(side: Side): WebSocketFactory {
    return (url) => {
      const socket = new FakeSocket(url, (frame) => {
        const text = String(frame);
        if (text.trim() === '') return;
        this.#user.onSent(side, text);
        this.#inFlight[other(side)].push(text);
      });
      this.#user.onConnected(side);
      queueMicrotask(() => {
        if (!socket.isClosed) socket.open();
      });
      return (this.#sockets[side] = socket);
    };
  }

  waiting(side: Side): number {
    return this.#inFlight[side].length;
  }

  /** The oldest frame towards `side` arrives; false when there is none. */
  deliver(side: Side): boolean {
    const socket = this.#sockets[side];
    if (!socket || socket.isClosed) return false;
    const frame = this.#inFlight[side].shift();
    if (frame === undefined) return false;
    this.arrive(side, frame);
    return true;
  }

  /** Unless nobody is there to take it. */
  arrive(side: Side, frame: string): void {
    const socket = this.#sockets[side];
    if (!socket || socket.isClosed) return;
    this.#user.onDelivered(side, frame);
    socket.receive(frame);
  }

  /** The connection of `side` is lost, and what was on its way there. */
  cut(side: Side): void {
    const socket = this.#sockets[side];
    if (!socket || socket.isClosed) return;
    this.#inFlight[side].length = 0;
    socket.drop();
  }

  /** Takes the oldest frame towards `side` out of the network. */
  take(side: Side): string | undefined {
    return this.#inFlight[side].shift();
  }

  /** The oldest frame towards `side` is there twice. */
  double(side: Side): void {
    const [frame] = this.#inFlight[side];
    if (frame !== undefined) this.#inFlight[side].unshift(frame);
  }

  /** The oldest frame towards `side` is overtaken by the one behind it. */
  swap(side: Side): void {
    const [first, second, ...rest] = this.#inFlight[side];
    if (second === undefined) return;
    this.#inFlight[side].splice(0, Infinity, second, first!, ...rest);
  }
}
