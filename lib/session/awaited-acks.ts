/** The ACKs that answers of ours wait for (RFC 3261 §13.3.1.4): more than one where a re-INVITE overtakes the ACK of the one before (RFC 5407 §3.1.4). */
import type { EvercallError } from '../base/errors.js';
import { CSeq, read } from '../parser/index.js';
import type { SipRequest } from '../parser/index.js';

export interface AwaitedAck {
  /** Says our answer once more. */
  readonly repeat: () => void;
  /** Without one where something else has said as much. */
  readonly onAck: (ack?: SipRequest) => void;
  /** The session ended before the ACK came. */
  readonly onGone: (error: EvercallError) => void;
}

interface Entry extends AwaitedAck {
  readonly sequence: number;
}

export class AwaitedAcks {
  #all: readonly Entry[] = [];
  /** The ACK of a later INVITE than one whose own is still awaited: the peer has given that one up. */
  #overtaking: SipRequest | undefined;

  get size(): number {
    return this.#all.length;
  }

  /** Whether there is one that the peer may still send. */
  get isAwaiting(): boolean {
    return this.#all.some((awaited) => !this.#isOvertaken(awaited));
  }

  add(invite: SipRequest, { repeat, onAck, onGone }: AwaitedAck): void {
    this.#all = [...this.#all, { repeat, onAck, onGone, sequence: sequenceOf(invite) }];
  }

  /** Says each answer once more. */
  repeat(): void {
    for (const { repeat } of this.#all) repeat();
  }

  /** Whoever waits for this ACK, and does no more; nothing where its INVITE is settled. */
  take(ack: SipRequest): Entry | undefined {
    const sequence = sequenceOf(ack);
    const taken = this.#remove((awaited) => awaited.sequence === sequence);
    if (taken && this.#all.some((other) => other.sequence < sequence)) this.#overtaking = ack;
    return taken;
  }

  /** The first INVITE is as good as acknowledged by the ACK of a later one: the call is not kept waiting for its own. */
  passOvertaken(): void {
    this.#pass(this.#remove((awaited) => this.#isOvertaken(awaited)));
  }

  /**
   * No ACK of `invite` has come; false where the peer has not sent a later one either: it must not before it has our answer
   * (§14.1).
   */
  isExcused(invite: SipRequest): boolean {
    const sequence = sequenceOf(invite);
    const hasLater = this.#all.some((other) => other.sequence > sequence);
    return this.#pass(
      this.#remove((awaited) => awaited.sequence === sequence && (hasLater || this.#isOvertaken(awaited))),
    );
  }

  /** Something else than ACKs has said that all our answers have come. */
  passAll(): void {
    const all = this.#all;
    this.#all = [];
    for (const { onAck } of all) onAck();
  }

  /** The session is over for all that wait. */
  giveUp(error: EvercallError): void {
    const all = this.#all;
    this.#all = [];
    for (const { onGone } of all) onGone(error);
  }

  #pass(overtaken: Entry | undefined): boolean {
    overtaken?.onAck();
    return overtaken !== undefined;
  }

  #remove(which: (awaited: Entry) => boolean): Entry | undefined {
    const found = this.#all.find(which);
    if (found) this.#all = this.#all.filter((other) => other !== found);
    return found;
  }

  #isOvertaken({ sequence }: Entry): boolean {
    return this.#overtaking !== undefined && sequence < sequenceOf(this.#overtaking);
  }
}

const sequenceOf = (request: SipRequest): number => read(request, CSeq)!.sequence;
