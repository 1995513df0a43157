/** From INVITE to ACK as the callee: ringing, early media, the 2xx until its ACK, CANCEL (RFC 3261 §13.3, §9.2). */
import { EvercallError } from '../base/errors.js';
import { newTag } from '../base/random.js';
import { dialogOfRequest } from '../core/dialog.js';
import { reasonPhrase } from '../parser/index.js';
import type { Header, SipRequest } from '../parser/index.js';
import type { InviteUser, ServerTransaction } from '../transaction/server-transaction.js';
import { repeatUntilAck } from './repeat-until-ack.js';
import { notAcceptable } from './session-context.js';
import type { SessionContext, SessionUser } from './session-context.js';
import { Session } from './session.js';
import { sdpHeader, sessionDescription } from './session-description.js';

export class IncomingInvite implements InviteUser {
  readonly request: SipRequest;
  readonly session: Session;
  readonly #context: SessionContext;
  readonly #user: SessionUser;
  readonly #transaction: ServerTransaction;
  readonly #tag: string;
  readonly #offer: string | undefined;
  /** Made once: what early media promised, the 2xx repeats. */
  #description: Promise<string> | undefined;
  #isAccepting = false;

  constructor(context: SessionContext, request: SipRequest, transaction: ServerTransaction, user: SessionUser) {
    this.request = request;
    this.#context = context;
    this.#user = user;
    this.#transaction = transaction;
    this.#tag = newTag(context.core.random);
    this.#offer = sessionDescription(request);
    transaction.user = this;
    this.session = new Session(context, dialogOfRequest(request, this.#tag, transaction.flow), false, user);
    this.session.onEnd = () => {
      if (!transaction.isAnswered) this.#respond(487); // a BYE in the early dialog ends the INVITE too (§15.1.2)
    };
  }

  /** 180, or what else keeps the caller patient (§13.3.1.1). */
  ring(status = 180, headers: readonly Header[] = []): void {
    if (!this.#transaction.isAnswered) this.#respond(status, [this.#context.contact(), ...headers]);
  }

  /** 183 with our description: the caller hears us before the call is answered (RFC 3960). */
  async sendEarlyMedia(headers: readonly Header[] = []): Promise<void> {
    const body = await this.#describe();
    if (!this.#transaction.isAnswered) this.#respond(183, [this.#context.contact(), ...headers, sdpHeader], body);
  }

  /** Answers; resolves when the ACK has come, rejects when the call was gone before or cannot be had. */
  async accept(headers: readonly Header[] = []): Promise<void> {
    if (this.#isAccepting || this.#transaction.isAnswered) throw new EvercallError('invalidState', 'answered already');
    this.#isAccepting = true;
    let body: string;
    try {
      body = await this.#describe();
    } catch (error) {
      this.#isAccepting = false;
      throw error;
    }
    if (this.session.isOver) throw new EvercallError('cancelled', 'the caller was gone', { status: 487 });
    this.#respond(200, [...this.session.targetHeaders(), ...headers, sdpHeader], body);
    this.#user.onAccepted(undefined);
    await this.#acknowledged();
  }

  /** Refuses the call with a final response of 300 or above (§13.3.1.3). */
  reject(status: number, headers: readonly Header[] = [], reason?: string, error?: EvercallError): void {
    if (this.session.isOver || this.#transaction.isAnswered) return;
    this.#respond(status, headers, undefined, reason);
    this.session.end({ by: 'local', status, reason: reason ?? reasonPhrase(status), error });
  }

  onCancel(cancel: SipRequest): void {
    this.#respond(487);
    this.session.end({ by: 'remote', status: 487, reason: reasonPhrase(487), message: cancel });
  }

  #describe(): Promise<string> {
    const { negotiator } = this.#context;
    if (!this.#description) {
      const made = this.#offer === undefined ? negotiator.createOffer() : negotiator.createAnswer(this.#offer);
      this.#description = made;
      made.catch(() => (this.#description = undefined)); // a microphone that was refused may be allowed next time
    }
    return this.#description;
  }

  #acknowledged(): Promise<void> {
    const { clock, timers } = this.#context;
    const { session } = this;
    return new Promise((resolve, reject) => {
      const stop = repeatUntilAck(this.#transaction, this.#transaction.lastResponse!, clock, timers, () => {
        session.onNoAck();
      });
      const onGone = (error: EvercallError): void => {
        stop();
        reject(error);
      };
      const onAck = (ack: SipRequest): void => {
        stop();
        this.#transaction.user = undefined; // it lingers, and must not keep us
        if (session.isOver) {
          reject(new EvercallError('cancelled', 'hung up before the ACK came', { status: 487 }));
          return;
        }
        this.#applyAnswer(ack).then(() => {
          if (!session.isOver) this.#user.onConfirmed();
          resolve();
        }, reject);
      };
      session.awaitAck(this.request, onAck, onGone);
    });
  }

  /** Where the offer was ours, the answer is in the ACK (§13.3.1.4); without it there is no session. */
  async #applyAnswer(ack: SipRequest): Promise<void> {
    if (this.#offer !== undefined) return;
    const answer = sessionDescription(ack);
    try {
      if (answer === undefined) throw new EvercallError('protocol', 'an ACK without an answer to our offer');
      await this.#context.negotiator.applyAnswer(answer);
    } catch (cause) {
      const error = cause instanceof EvercallError ? cause : new EvercallError('negotiation', String(cause), { cause });
      this.session.bye([notAcceptable], {
        by: 'local',
        status: 488,
        reason: reasonPhrase(488),
        error,
      });
      throw error;
    }
  }

  #respond(status: number, headers: readonly Header[] = [], body?: string, reason?: string): void {
    this.#context.core.respond(this.#transaction, status, { toTag: this.#tag, headers, body, reason });
  }
}
