/** What becomes of a call, and who hears of it: state and end, events, snapshots, and promises of its answer and its end. */
import { Deferred } from '../base/deferred.js';
import { Emitter } from '../base/emitter.js';
import { EvercallError } from '../base/errors.js';
import { Store } from '../base/store.js';
import type { SipResponse } from '../parser/index.js';
import type { Call } from './call.js';
import type { CallEvents, CallSnapshot } from './call-events.js';
import { callState } from './call-state.js';
import type { CallEvent, CallState } from './call-state.js';
import type { CallEnd } from './end-cause.js';

export class Fate {
  readonly events = new Emitter<CallEvents>();
  state: CallState;
  end: CallEnd | undefined;
  /** Whether it was, once. */
  isConfirmed = false;
  readonly #call: Call;
  #store: Store<CallSnapshot> | undefined;
  #answered: Deferred<void> | undefined;
  #ended: Deferred<CallEnd> | undefined;

  constructor(call: Call, direction: 'outgoing' | 'incoming') {
    this.#call = call;
    this.state = direction === 'outgoing' ? 'calling' : 'incoming';
  }

  /** Resolves when it is confirmed; rejects with why it never was. */
  get answered(): Promise<void> {
    if (!this.#answered) {
      this.#answered = new Deferred();
      if (this.isConfirmed) this.#answered.resolve();
      else if (this.end) this.#answered.reject(endError(this.end));
    }
    return this.#answered.promise;
  }

  get ended(): Promise<CallEnd> {
    if (!this.#ended) {
      this.#ended = new Deferred();
      if (this.end) this.#ended.resolve(this.end);
    }
    return this.#ended.promise;
  }

  get snapshots(): Store<CallSnapshot> {
    return (this.#store ??= new Store(() => {
      const { state, direction, remote, muted, localHold, remoteHold, connection } = this.#call;
      const { mediaState, media, autoAnswer, end } = this.#call;
      return { state, direction, remote, muted, localHold, remoteHold, connection, mediaState, media, autoAnswer, end };
    }));
  }

  /** Whether anyone would see what an event tells. */
  isSeen(event: keyof CallEvents): boolean {
    return this.#store !== undefined || this.events.has(event);
  }

  /** Something that a property shows is another: with the event that tells it, where there is one. */
  changed<K extends keyof CallEvents>(event?: K, payload?: CallEvents[K]): void {
    this.#store?.changed();
    if (event) this.events.emit(event, payload!);
  }

  step(event: CallEvent, response?: SipResponse): void {
    const previous = this.state;
    const state = callState(previous, event);
    if (state === previous) return;
    this.state = state;
    this.changed('stateChanged', { state, previous, status: response?.status, reason: response?.reason, response });
  }

  tellAnswered(): void {
    this.#answered?.resolve();
  }

  /** The last word, once `end` and `state` say it. */
  tellEnded(previous: CallState, response?: SipResponse): void {
    const end = this.end!;
    const { status, reason } = end;
    this.changed('stateChanged', { state: 'disconnected', previous, status, reason, response });
    this.events.emit('ended', end);
    if (!this.isConfirmed) this.#answered?.reject(endError(end));
    this.#ended?.resolve(end);
  }
}

/** What waits for the answer of a call that never was rejects with. */
export function endError(end: CallEnd): EvercallError {
  if (end.error) return end.error;
  const code = end.cause === 'cancelled' || end.by === 'local' ? 'cancelled' : 'rejected';
  return new EvercallError(code, `${end.status} ${end.reason}`, { status: end.status });
}
