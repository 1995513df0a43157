// The user agent of the numbers: finds the call that a request belongs to, or begins one.
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../lib/base/clock.js';
import { CallId, To, isRequest, read } from '../../../lib/parser/index.js';
import type { SipMessage, SipRequest } from '../../../lib/parser/index.js';
import type { Connection } from '../connections.js';
import { respond } from '../messages.js';
import { userAt } from '../registrar.js';
import { NumberCall } from './number-call.js';
import type { NumberCallOptions } from './number-call.js';

export interface NumberAgentOptions extends Pick<NumberCallOptions, 'isLocal' | 'maxDuration' | 'domain'> {
  /** Milliseconds that `late` rings. */
  readonly lateAfter: number;
}

/** What each number does. */
const manners: Readonly<Record<string, Pick<NumberCallOptions, 'source'> & { readonly isLate?: boolean }>> = {
  echo: { source: 'echo' },
  tone: { source: 'tone' },
  music: { source: 'music' },
  silence: { source: 'silence' },
  late: { source: 'tone', isLate: true },
};

export class NumberAgent implements Connection {
  readonly token = `n${randomBytes(16).toString('hex')}`;
  readonly address = 'numbers.invalid';
  readonly isTrusted = true;
  readonly #options: NumberAgentOptions;
  readonly #clock: Clock;
  readonly #calls = new Map<string, NumberCall>();
  #out: (message: SipMessage) => void = () => undefined;

  constructor(options: NumberAgentOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  /** Where its messages go. */
  attach(out: (message: SipMessage) => void): void {
    this.#out = out;
  }

  /** How many calls there are now. */
  get size(): number {
    return this.#calls.size;
  }

  hangupAll(): void {
    for (const call of this.#calls.values()) call.hangup();
  }

  /** Nothing of the sound gets through, either way, until ICE is restarted. */
  losePaths(): void {
    for (const call of this.#calls.values()) call.losePath();
  }

  /** A message for a number; in its own turn, as if it had come by a wire. */
  send(message: SipMessage): void {
    queueMicrotask(() => {
      if (isRequest(message)) this.#onRequest(message);
    });
  }

  #onRequest(request: SipRequest): void {
    const call = this.#find(request);
    if (call) call.onRequest(request);
    else if (request.method === 'ACK') return;
    else if (read(request, To)!.params.has('tag')) this.#out(respond(request, 481));
    else if (request.method === 'INVITE') this.#onInvite(request);
    else this.#out(respond(request, ['OPTIONS', 'MESSAGE'].includes(request.method) ? 200 : 481));
  }

  #onInvite(request: SipRequest): void {
    const name = userAt(request.uri, () => true) ?? '';
    const manner = manners[name];
    if (!manner) {
      this.#out(respond(request, 486)); // `busy`, and whoever else has no manners
      return;
    }
    const { lateAfter, ...options } = this.#options;
    const settings = { ...options, source: manner.source, ringFor: manner.isLate ? lateAfter : 0 };
    const call = new NumberCall(request, settings, this.#clock, {
      send: (message) => {
        this.#out(message);
      },
      onEnded: (ended) => {
        this.#calls.delete(keyOf(request, ended.tag));
      },
    });
    this.#calls.set(keyOf(request, call.tag), call);
    call.start();
  }

  /** By Call-ID and our tag; a CANCEL has no tag yet. */
  #find(request: SipRequest): NumberCall | undefined {
    const tag = read(request, To)!.params.get('tag');
    if (tag) return this.#calls.get(keyOf(request, tag));
    if (request.method !== 'CANCEL') return undefined;
    const prefix = keyOf(request, '');
    return [...this.#calls].find(([key]) => key.startsWith(prefix))?.[1];
  }
}

const keyOf = (request: SipRequest, tag: string): string => `${read(request, CallId)!} ${tag}`;
