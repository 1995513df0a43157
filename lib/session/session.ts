/** The INVITE usage of a dialog once it exists: in-dialog requests both ways, re-INVITE, BYE (RFC 3261 §12.2, §14, §15). */
import { EvercallError, rejected } from '../base/errors.js';
import { allowHeader, supportedHeader } from '../core/capabilities.js';
import type { Dialog, DialogUser } from '../core/dialog.js';
import { optional } from '../core/optional.js';
import { CSeq, ContentType, read } from '../parser/index.js';
import type { Body, Header, SipRequest, SipResponse } from '../parser/index.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import { dtmfRelayType, parseDtmf } from './dtmf-relay.js';
import type { OfferWish } from './negotiator.js';
import { answerReinvite, reinvite } from './reinvite.js';
import type { SessionContext, SessionEnd, SessionUser } from './session-context.js';

/** Who has an offer out: at most one at a time (RFC 3264 §4). */
export type Exchange = 'stable' | 'localOffer' | 'remoteOffer';

interface AwaitedAck {
  readonly sequence: number;
  readonly onAck: (ack: SipRequest) => void;
  /** The session ended before the ACK came. */
  readonly onGone: (error: EvercallError) => void;
}

export class Session implements DialogUser {
  readonly context: SessionContext;
  readonly dialog: Dialog;
  /** Glare timers differ for the owner of the Call-ID (§14.1). */
  readonly ownsCallId: boolean;
  exchange: Exchange = 'stable';
  /** What is left to do when the session ends: an INVITE that has no answer yet gets one. */
  onEnd: (() => void) | undefined;
  readonly #user: SessionUser;
  #isOver = false;
  #awaitedAck: AwaitedAck | undefined;
  #isAcknowledged: boolean;
  /** A BYE that must wait for the ACK of our 2xx. */
  #lateBye: readonly Header[] | undefined;

  constructor(context: SessionContext, dialog: Dialog, ownsCallId: boolean, user: SessionUser) {
    this.context = context;
    this.dialog = dialog;
    this.ownsCallId = ownsCallId;
    this.#isAcknowledged = ownsCallId; // the caller's dialog is confirmed when it is made
    this.#user = user;
    dialog.user = this;
    context.core.dialogs.add(dialog);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get user(): SessionUser {
    return this.#user;
  }

  /** Sends a request in the dialog; resolves with its final response. A 481 ends the session (§12.2.1.2). */
  async request(method: string, headers: readonly Header[] = [], body: Body = ''): Promise<SipResponse> {
    this.#mustLive(method);
    const { core, flow, authenticator } = this.context;
    const response = await core.exchange(this.dialog.plan(method, headers, body), { flow, authenticator });
    this.endIfGone(response);
    return response;
  }

  /** Changes the session by a re-INVITE; resolves when the peer has agreed, rejects when it did not and all is as before. */
  async renegotiate(wish: OfferWish = {}): Promise<void> {
    this.#mustLive('re-INVITE');
    await reinvite(this, wish);
  }

  /**
   * Ends the session: over at once for us, the BYE goes on by itself (§15.1.1). A callee's waits for the ACK, for it must not
   * come before (§15).
   */
  bye(headers: readonly Header[] = [], end: SessionEnd = { by: 'local', status: 200, reason: 'OK' }): void {
    if (this.#isOver) return;
    if (this.#awaitedAck && !this.#isAcknowledged) {
      this.#lateBye = headers;
      this.#close(end);
      return;
    }
    this.#sendBye(headers);
    this.end(end);
  }

  /** Ends the session without a BYE: the peer has done so, or knows nothing of it. */
  end(end: SessionEnd): void {
    if (this.#isOver) return;
    const awaited = this.#awaitedAck;
    this.#awaitedAck = undefined;
    this.context.core.dialogs.remove(this.dialog);
    this.#close(end);
    awaited?.onGone(new EvercallError('cancelled', 'the call was over before the ACK came', { status: 487 }));
  }

  /** Ends the session with nothing on the wire, not even the response to an INVITE that waits for one. */
  abandon(end: SessionEnd): void {
    this.onEnd = undefined;
    this.end(end);
  }

  #close(end: SessionEnd): void {
    this.#isOver = true;
    this.onEnd?.();
    this.#user.onEnded(end);
  }

  #sendBye(headers: readonly Header[]): void {
    const { core, flow, authenticator, log } = this.context;
    core.request(
      this.dialog.plan('BYE', headers),
      { flow, authenticator },
      {
        onFinal: (response) => {
          if (response.status >= 300 && response.status !== 481) log.warn(`BYE: ${response.status} ${response.reason}`);
        },
        onFailure: (error) => {
          log.warn(`BYE: ${error.message}`);
        },
      },
    );
  }

  /** §12.2.1.2: the peer knows nothing of this dialog any more. */
  endIfGone(response: SipResponse): void {
    if (response.status !== 481) return;
    this.end({ by: 'remote', status: 481, reason: response.reason, message: response, error: rejected(response) });
  }

  /** Acknowledges a 2xx (§13.2.2.4); returns the ACK, for when that 2xx comes again. */
  acknowledge(sequence: number, headers: readonly Header[] = [], body: Body = ''): SipRequest {
    const { core, flow } = this.context;
    return core.sendAck(this.dialog.planAck(sequence, headers, body), flow);
  }

  /** Waits for the ACK to the 2xx we gave this INVITE. */
  awaitAck(invite: SipRequest, onAck: AwaitedAck['onAck'], onGone: AwaitedAck['onGone']): void {
    this.#awaitedAck = { sequence: read(invite, CSeq)!.sequence, onAck, onGone };
  }

  onAck(ack: SipRequest): void {
    const awaited = this.#awaitedAck;
    if (!awaited || awaited.sequence !== read(ack, CSeq)!.sequence) return; // of an INVITE that is settled
    this.#awaitedAck = undefined;
    this.#isAcknowledged = true;
    awaited.onAck(ack);
    if (this.#lateBye) this.#leave(this.#lateBye);
  }

  /** 64·T1 have passed without an ACK: the session is ended (§13.3.1.4). */
  onNoAck(): void {
    const awaited = this.#awaitedAck;
    this.#awaitedAck = undefined;
    this.#isAcknowledged = true; // as far as a BYE is concerned
    const error = new EvercallError('timeout', 'no ACK came for our answer', { status: 408 });
    if (this.#lateBye) this.#leave(this.#lateBye);
    else this.bye([], { by: 'network', status: 408, reason: 'no ACK', error });
    awaited?.onGone(error);
  }

  #leave(headers: readonly Header[]): void {
    this.context.core.dialogs.remove(this.dialog);
    this.#sendBye(headers);
  }

  onRequest(request: SipRequest, transaction: ServerTransaction): void {
    const { core } = this.context;
    switch (request.method) {
      case 'INVITE':
        answerReinvite(this, request, transaction);
        return;
      case 'BYE':
        core.respond(transaction, 200);
        this.end({ by: 'remote', status: 200, reason: 'OK', message: request });
        return;
      case 'INFO':
        this.#onInfo(request, transaction);
        return;
      case 'MESSAGE':
        this.#user.onMessage(request, transaction);
        return;
      default:
        core.respond(transaction, 405, { headers: [allowHeader] });
    }
  }

  /** Headers of an INVITE or its 2xx: where and how we can be reached (§12.1.1, §13.3.1.4). */
  targetHeaders(): Header[] {
    return [this.context.contact(), allowHeader, supportedHeader];
  }

  #onInfo(request: SipRequest, transaction: ServerTransaction): void {
    const { core } = this.context;
    const type = optional(request, ContentType)?.type;
    const body = typeof request.body === 'string' ? request.body : '';
    const isDtmf = type === dtmfRelayType || type === 'application/dtmf';
    const signal = isDtmf ? parseDtmf(type, body) : undefined;
    if (signal) {
      core.respond(transaction, 200);
      this.#user.onDtmf(signal);
    } else if (isDtmf) {
      core.respond(transaction, 400);
    } else if (type === undefined) {
      core.respond(transaction, 200); // an empty INFO probes whether the call is alive
    } else {
      core.respond(transaction, 415, { headers: [{ name: 'Accept', value: dtmfRelayType }] });
    }
  }

  #mustLive(what: string): void {
    if (this.#isOver) throw new EvercallError('invalidState', `${what}: the call is over`);
  }
}
