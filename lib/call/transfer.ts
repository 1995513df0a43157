/** Transfer, as the app asks for it and hears of it (RFC 5589). The story itself is loaded when one is asked for. */
import { quiet } from '../base/quiet.js';
import type { Header } from '../parser/index.js';
import type { Leg } from './leg.js';

export interface TransferOptions {
  /** Further headers of the REFER. */
  readonly headers?: readonly Header[];
  /** Puts the peer on hold first, and takes it off again when the transfer fails (RFC 5589 §6.1). @default true */
  readonly hold?: boolean;
  /** Hangs up, both calls of an attended transfer, when the transfer has succeeded. @default true */
  readonly hangup?: boolean;
  /** Whether the peer is to report how it goes; without, all is done when it has said yes (RFC 4488). @default true */
  readonly subscription?: boolean;
  /**
   * Whether a target that does not know Replaces is to refuse the call, instead of taking it for another one (RFC 5589
   * §7.3). @default where it is called at its address of record
   */
  readonly requireReplaces?: boolean;
  /** Ends the watching, not the transfer: what the peer was asked for goes on. */
  readonly signal?: AbortSignal;
}

/** How far the referred call has come: 100, 180 … and at last its final status. */
export interface TransferProgress {
  readonly status: number;
  readonly reason: string;
  readonly isFinal: boolean;
}

/** Settles with the outcome; its progress, from the beginning, for whoever iterates. */
export interface Transfer extends Promise<void>, AsyncIterable<TransferProgress> {}

export function transferCall(leg: Leg, target: string | Leg, options: TransferOptions): Transfer {
  leg.mustBeConfirmed('transfer');
  const story = import('./transferring.js').then(({ Transferring }) => new Transferring(leg, target, options));
  const done = quiet(story.then(({ done }) => done));
  return Object.assign(done, {
    async *[Symbol.asyncIterator]() {
      yield* (await story).progress();
    },
  });
}
