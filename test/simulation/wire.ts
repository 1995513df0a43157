// A WebSocket over a network that delays, swallows and forgets: what is sent arrives in order, later, or never.
import type { FakeClock } from '../support/fake-clock.js';
import type { WebSocketLike } from '../../lib/transport/websocket-connection.js';
import type { Machine } from './machine.js';

/** The far side of all wires. */
export interface Exchange {
  /** Whether its machine answers at all. */
  readonly isUp: boolean;
  /** It stands still: what comes waits. */
  readonly isFrozen: boolean;
  accept(wire: Wire): WireEnd;
}

/** What became of a wire at the server. */
export interface WireEnd {
  onFrame(frame: string): void;
  onClosed(): void;
}

/** Hears of each frame as it leaves and as it arrives; 0 is the phone's side. */
export interface WireWitness {
  onConnected(): void;
  onFrame(what: 'sent' | 'delivered', side: 0 | 1, frame: string): void;
}

type Path = 'up' | 'hole' | 'gone';

/** Milliseconds after which a segment that got lost is sent again, doubled each time. */
const retransmission = 300;

/** One direction: first in, first out, as TCP has it. */
class Direction {
  readonly #clock: FakeClock;
  readonly #path: () => Path;
  readonly #arrive: (frame: string | undefined) => void;
  readonly #latency: number;
  readonly #queue: { readonly frame: string | undefined; readonly due: number }[] = [];
  #cancel: (() => void) | undefined;
  #tries = 0;

  constructor(clock: FakeClock, latency: number, path: () => Path, arrive: (frame: string | undefined) => void) {
    this.#clock = clock;
    this.#latency = latency;
    this.#path = path;
    this.#arrive = arrive;
  }

  /** @param frame undefined ends it */
  push(frame: string | undefined): void {
    this.#queue.push({ frame, due: this.#clock.now() + this.#latency });
    if (!this.#cancel) this.#wait();
  }

  stop(): void {
    this.#queue.length = 0;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #wait(delay = 0): void {
    const [head] = this.#queue;
    if (!head) return;
    this.#cancel = this.#clock.after(Math.max(delay, head.due - this.#clock.now()), () => {
      this.#cancel = undefined;
      this.#move();
    });
  }

  #move(): void {
    const path = this.#path();
    if (path === 'gone') this.stop();
    if (path === 'hole') this.#wait(Math.min(10_000, retransmission * 2 ** this.#tries++));
    if (path !== 'up') return;
    this.#tries = 0;
    const head = this.#queue.shift();
    if (head) this.#arrive(head.frame);
    if (!this.#cancel) this.#wait();
  }
}

export class Wire implements WebSocketLike {
  binaryType = 'blob';
  readonly bufferedAmount = 0;
  onopen: ((event: never) => void) | null = null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  onmessage: ((event: { readonly data: unknown }) => void) | null = null;
  readonly machine: Machine;
  readonly #clock: FakeClock;
  readonly #exchange: Exchange;
  readonly #witness: WireWitness;
  readonly #address: string | undefined;
  readonly #mapping: number;
  readonly #up: Direction;
  readonly #down: Direction;
  #state: 'connecting' | 'open' | 'closed' = 'connecting';
  #end: WireEnd | undefined;
  #cancelHandshake: () => void;

  constructor(machine: Machine, exchange: Exchange, clock: FakeClock, latency: number, witness: WireWitness) {
    this.machine = machine;
    this.#clock = clock;
    this.#exchange = exchange;
    this.#witness = witness;
    this.#address = machine.route;
    this.#mapping = machine.mapping;
    const path = (): Path => this.path;
    this.#up = new Direction(clock, latency, path, (frame) => this.#atServer(frame));
    this.#down = new Direction(clock, latency, path, (frame) => this.#atPhone(frame));
    this.#cancelHandshake = clock.after(4 * latency, () => this.#shake());
  }

  get address(): string {
    return this.#address ?? '';
  }

  /** Whether what is sent now gets there, at once or in time. */
  get path(): Path {
    if (this.#address === undefined || !this.machine.has(this.#address)) return 'gone';
    if (this.machine.mapping !== this.#mapping) return 'gone';
    return this.machine.reaches(this.#address) ? 'up' : 'hole';
  }

  /** Whether nobody has given it up. */
  get isOpen(): boolean {
    return this.#state === 'open';
  }

  get isClosed(): boolean {
    return this.#state === 'closed' && this.#end === undefined;
  }

  send(data: string | Uint8Array): void {
    if (this.#state !== 'open') throw new Error('sent on a socket that is not open');
    const frame = String(data);
    if (frame.trim() !== '') this.#witness.onFrame('sent', 0, frame);
    this.#up.push(frame);
  }

  /** The page lets go of it; what it has sent goes its way. */
  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#cancelHandshake();
    this.#down.stop();
    if (this.#end) this.#up.push(undefined);
  }

  /** The server says something. */
  answer(frame: string): void {
    if (frame.trim() !== '') this.#witness.onFrame('sent', 1, frame);
    this.#down.push(frame);
  }

  /** The server closes it, and says so. */
  drop(): void {
    this.forget();
    this.#down.push(undefined);
  }

  /** The server knows it no more, and says nothing. */
  forget(): void {
    this.#end = undefined;
    this.#up.stop();
  }

  /** The kernel of the phone ends it: its address is gone. */
  abort(): void {
    if (this.#state === 'closed') return;
    this.#down.stop();
    this.#up.stop();
    this.#lose(1006);
  }

  #shake(): void {
    const { isUp, isFrozen } = this.#exchange;
    if (this.path === 'hole' || isFrozen) {
      this.#cancelHandshake = this.#clock.after(1000, () => this.#shake()); // SYNs are repeated
      return;
    }
    if (this.#address === undefined || (this.path === 'up' && !isUp)) this.#lose(1006);
    if (this.path === 'gone' || !isUp) return;
    this.#state = 'open';
    this.#end = this.#exchange.accept(this);
    this.#witness.onConnected();
    this.onopen?.({} as never);
  }

  #atServer(frame: string | undefined): void {
    const end = this.#end;
    if (frame === undefined) {
      this.forget();
      end?.onClosed();
    } else if (end) {
      if (frame.trim() !== '') this.#witness.onFrame('delivered', 1, frame);
      end.onFrame(frame);
    } else if (this.#exchange.isUp) {
      this.#lose(1006); // a reset: it knows nothing of this connection
    }
  }

  #atPhone(frame: string | undefined): void {
    if (this.#state !== 'open') return;
    if (frame === undefined) {
      this.#lose(1001);
      return;
    }
    if (frame.trim() !== '') this.#witness.onFrame('delivered', 0, frame);
    this.onmessage?.({ data: frame });
  }

  #lose(code: number): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#cancelHandshake();
    this.onclose?.({ code, reason: '' });
  }
}
