/** From INVITE to ACK as the caller: provisional responses, forks, CANCEL against 200 (RFC 3261 §13.2, §9.1). */
import { EvercallError, rejected } from '../base/errors.js';
import { newCallId, newTag } from '../base/random.js';
import { allowHeader, supportedHeader } from '../core/capabilities.js';
import type { ClientRequest, RequestUser } from '../core/client-request.js';
import { dialogOfResponse } from '../core/dialog.js';
import { CSeq, reasonPhrase, read } from '../parser/index.js';
import type { Header, SipRequest, SipResponse } from '../parser/index.js';
import { LateAnswers, remoteTag } from './late-answers.js';
import { notAcceptable } from './session-context.js';
import type { SessionContext, SessionUser } from './session-context.js';
import { Session } from './session.js';
import { sdpHeader, sessionDescription } from './session-description.js';

export interface OutgoingInviteOptions {
  /** The callee: Request-URI and To. */
  readonly target: string;
  /** From value without a tag. */
  readonly from: string;
  readonly callId?: string | undefined;
  readonly routes: readonly string[];
  readonly headers: readonly Header[];
  /** The offer; without one the callee makes it and we answer in the ACK (§13.2.1). */
  readonly offer: string | undefined;
}

export class OutgoingInvite implements RequestUser {
  readonly callId: string;
  readonly #context: SessionContext;
  readonly #options: OutgoingInviteOptions;
  readonly #user: SessionUser;
  #request: ClientRequest | undefined;
  /** The dialog that won: the first 2xx. */
  #session: Session | undefined;
  /** The To tag whose description was taken as the answer before the 2xx. */
  #earlyAnswer: { readonly tag: string; readonly applied: Promise<void> } | undefined;

  constructor(context: SessionContext, options: OutgoingInviteOptions, user: SessionUser) {
    this.#context = context;
    this.#options = options;
    this.#user = user;
    this.callId = options.callId ?? newCallId(context.core.random);
  }

  get session(): Session | undefined {
    return this.#session;
  }

  start(): void {
    const { core, flow, authenticator, contact } = this.#context;
    const { target, from, routes, headers, offer } = this.#options;
    let sequence = 0;
    const plan = {
      method: 'INVITE',
      uri: target,
      from: `${from};tag=${newTag(core.random)}`,
      to: `<${target}>`,
      callId: this.callId,
      routes,
      nextSequence: () => ++sequence,
      headers: [contact(), allowHeader, supportedHeader, ...headers, ...(offer === undefined ? [] : [sdpHeader])],
      body: offer ?? '',
    };
    this.#request = core.request(plan, { flow, authenticator }, this);
  }

  /** Gives the call up: CANCEL when that may be sent; a 2xx that crosses it gets ACK and BYE. Tells the user nothing. */
  cancel(headers: readonly Header[] = []): void {
    this.#request?.handOver(new LateAnswers(this.#context));
    this.#request?.cancel(headers);
  }

  /** Forgets the INVITE: whatever comes for it, not a word goes out. */
  abandon(): void {
    this.#request?.abandon();
  }

  onProvisional(response: SipResponse): void {
    if (response.status === 100) return;
    const description = sessionDescription(response);
    if (description !== undefined && this.#options.offer !== undefined && !this.#earlyAnswer) {
      const applied = this.#context.negotiator.applyAnswer(description);
      this.#earlyAnswer = { tag: remoteTag(response), applied };
      applied.catch((error: unknown) => {
        this.#context.log.warn(`early media: ${String(error)}`); // the 2xx has another chance
        this.#earlyAnswer = undefined;
      });
    }
    this.#user.onProgress(response);
  }

  onFinal(response: SipResponse, request: SipRequest): void {
    if (response.status >= 300) {
      this.#fail(rejected(response), response);
      return;
    }
    if (this.#session) {
      // The answer to a late offer is still being made: a repeat will get its ACK then, another fork is hung up now.
      if (remoteTag(response) !== this.#session.dialog.remoteTag)
        new LateAnswers(this.#context).onFinal(response, request);
      return;
    }
    const dialog = dialogOfResponse(request, response, this.#context.flow);
    this.#session = new Session(this.#context, dialog, true, this.#user);
    void this.#establish(this.#session, response);
  }

  onFailure(error: EvercallError): void {
    this.#fail(error);
  }

  async #establish(session: Session, response: SipResponse): Promise<void> {
    const description = sessionDescription(response);
    const { sequence } = read(response, CSeq)!;
    try {
      if (this.#options.offer === undefined) {
        this.#user.onAccepted(response);
        await this.#answerLateOffer(session, sequence, description);
      } else {
        this.#settle(session, session.acknowledge(sequence)); // the callee repeats its 2xx until it has this
        this.#user.onAccepted(response);
        await this.#applyAnswer(description, remoteTag(response));
      }
    } catch (error) {
      if (session.isOver) return;
      this.#context.log.warn(`the answer cannot be used: ${String(error)}`);
      session.bye([notAcceptable], {
        by: 'local',
        status: 488,
        reason: reasonPhrase(488),
        error:
          error instanceof EvercallError ? error : new EvercallError('negotiation', String(error), { cause: error }),
      });
      return;
    }
    if (!session.isOver) this.#user.onConfirmed();
  }

  /** From here on only late answers can come. */
  #settle(session: Session, ack: SipRequest): void {
    this.#request?.handOver(new LateAnswers(this.#context, { remoteTag: session.dialog.remoteTag, ack }));
  }

  async #applyAnswer(answer: string | undefined, tag: string): Promise<void> {
    const early = this.#earlyAnswer;
    if (early && (early.tag === tag || answer === undefined)) {
      const isApplied = await early.applied.then(
        () => true,
        () => false,
      );
      if (isApplied) return; // RFC 6337 §3.1.1: a description that comes again is the same answer
    }
    if (answer === undefined) throw new EvercallError('protocol', 'a 2xx without an answer to our offer');
    await this.#context.negotiator.applyAnswer(answer);
  }

  async #answerLateOffer(session: Session, sequence: number, offer: string | undefined): Promise<void> {
    let answer = '';
    try {
      if (offer === undefined) throw new EvercallError('protocol', 'a 2xx without an offer to our INVITE without one');
      answer = await this.#context.negotiator.createAnswer(offer);
    } finally {
      // a 2xx must be acknowledged even when the call cannot be had (§13.2.2.4)
      this.#settle(session, session.acknowledge(sequence, answer ? [sdpHeader] : [], answer));
    }
  }

  #fail(error: EvercallError, response?: SipResponse): void {
    this.#user.onEnded({
      by: response ? 'remote' : 'network',
      status: error.status ?? 500,
      reason: response?.reason ?? error.message,
      message: response,
      error,
    });
  }
}
