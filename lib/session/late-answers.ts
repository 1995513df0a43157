/** What still comes for an INVITE that is settled: a 2xx that is repeated, or of another fork (RFC 3261 §13.2.2.4). */
import type { EvercallError } from '../base/errors.js';
import type { RequestUser } from '../core/client-request.js';
import { dialogOfResponse } from '../core/dialog.js';
import type { Dialog } from '../core/dialog.js';
import { CSeq, CallId, From, To, read } from '../parser/index.js';
import type { SipRequest, SipResponse } from '../parser/index.js';
import type { SessionContext } from './session-context.js';
import { sdpHeader } from './session-description.js';

/** The dialog that was kept, and the ACK that its 2xx got. */
export interface Winner {
  readonly remoteTag: string;
  readonly ack: SipRequest;
}

/** Milliseconds within which an ACK has crossed the network, and what was said before it came has crossed it, too. */
const travelTime = 2000;

export class LateAnswers implements RequestUser {
  readonly #context: Pick<SessionContext, 'core' | 'flow' | 'authenticator' | 'log' | 'clock'>;
  #winner: Winner | undefined;
  readonly #since: number;
  /** The ACKs of those who were hung up on, by their tags: a 2xx that comes again is one whose ACK was lost. */
  #acks: Map<string, SipRequest> | undefined;

  readonly #dialogs: ReadonlyMap<string, Dialog> | undefined;

  /**
   * Without a winner the call was given up, and nobody's answer is wanted. It knows nothing of the call, so as not to keep it.
   * @param dialogs early ones that are over, by their tags: their numbers go on (§12.2.1.1)
   */
  constructor(
    { core, flow, authenticator, log, clock }: SessionContext,
    winner?: Winner,
    dialogs?: ReadonlyMap<string, Dialog>,
  ) {
    this.#context = { core, flow, authenticator, log, clock };
    this.#winner = winner;
    this.#since = clock.now();
    this.#dialogs = dialogs;
  }

  onFinal(response: SipResponse, request: SipRequest): void {
    if (response.status >= 300) return;
    const tag = remoteTag(response);
    if (tag === this.#winner?.remoteTag) {
      const localTag = read(request, From)!.params.get('tag')!;
      const dialog = this.#context.core.dialogs.get(read(request, CallId)!, localTag, tag);
      this.#winner = { ...this.#winner, ack: this.#again(this.#winner.ack, dialog) };
      // our ACKs do not get there: the route of the dialog may name a flow that is dead (RFC 5626 §5.3)
      if (this.#context.clock.now() - this.#since > travelTime) dialog?.user?.onUnheard?.();
      return;
    }
    const ack = this.#acks?.get(tag);
    if (ack) this.#context.flow.send(ack);
    else (this.#acks ??= new Map<string, SipRequest>()).set(tag, this.#hangUp(response, request));
  }

  /** The same, but to where the peer is by now: it may have moved before the one it waits for was there. */
  #again(ack: SipRequest, dialog: Dialog | undefined): SipRequest {
    const { core, flow } = this.#context;
    const plan = dialog?.planAck(read(ack, CSeq)!.sequence, ack.body ? [sdpHeader] : [], ack.body);
    if (plan && plan.uri !== ack.uri) return core.sendAck(plan, flow);
    flow.send(ack);
    return ack;
  }

  onFailure(_error: EvercallError): void {
    // nobody waits for it any more
  }

  /** A dialog nobody wants: acknowledged, and ended. */
  #hangUp(response: SipResponse, request: SipRequest): SipRequest {
    const { core, flow, authenticator, log } = this.#context;
    const dialog = this.#dialogs?.get(remoteTag(response)) ?? dialogOfResponse(request, response, flow);
    dialog.confirm(response);
    if (this.#winner) core.dialogs.get(dialog.callId, dialog.localTag, this.#winner.remoteTag)?.user?.onRival?.();
    const ack = core.sendAck(dialog.planAck(read(response, CSeq)!.sequence, [], ''), flow);
    core.exchange(dialog.plan('BYE'), { flow, authenticator }).catch((error: unknown) => {
      log.warn(`BYE to a fork: ${String(error)}`);
    });
    return ack;
  }
}

/** A peer of RFC 2543 gives no tag: null, written as nothing (§12.1.2). */
export const remoteTag = (response: SipResponse): string => read(response, To)!.params.get('tag') ?? '';
