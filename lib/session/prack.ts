/** Acknowledges the reliable provisional responses to an INVITE of ours, fork by fork (RFC 3262 §4). */
import { optional } from '../core/optional.js';
import { CSeq, RSeq, read } from '../parser/index.js';
import type { SipResponse } from '../parser/index.js';
import { requires } from './extension-tags.js';
import type { Session } from './session.js';
import { sdpHeader } from './session-description.js';

export class Prack {
  readonly #session: Session;
  #last: number | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  /** What to do with a provisional response: one that comes again, or before its time, is dropped (§4). */
  judge(response: SipResponse): 'unreliable' | 'acknowledge' | 'drop' {
    const rseq = requires(response, '100rel') ? optional(response, RSeq) : undefined;
    if (rseq === undefined) return 'unreliable';
    if (this.#last !== undefined && rseq !== this.#last + 1) return 'drop';
    this.#last = rseq;
    return 'acknowledge';
  }

  /** Sends the PRACK, with the answer where the response brought an offer (§5). Its outcome changes nothing here. */
  async acknowledge(response: SipResponse, answer = ''): Promise<void> {
    const { core, flow, authenticator, log } = this.#session.context;
    const rack = { name: 'RAck', value: `${optional(response, RSeq)} ${read(response, CSeq)!.sequence} INVITE` };
    const plan = this.#session.dialog.plan('PRACK', answer ? [rack, sdpHeader] : [rack], answer);
    try {
      const { status, reason } = await core.exchange(plan, { flow, authenticator });
      if (status >= 300) log.warn(`PRACK: ${status} ${reason}`);
    } catch (error) {
      log.warn(`PRACK: ${String(error)}`);
    }
  }
}
