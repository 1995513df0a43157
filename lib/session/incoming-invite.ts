/** From INVITE to ACK as the callee: ringing, early media, the 2xx until its ACK, CANCEL (RFC 3261 §13.3, §9.2, RFC 3262). */
import { EvercallError } from '../base/errors.js';
import { newTag } from '../base/random.js';
import { dialogOfRequest } from '../core/dialog.js';
import { reasonPhrase } from '../parser/index.js';
import type { Header, SipRequest } from '../parser/index.js';
import type { ResponseOptions } from '../transaction/responses.js';
import type { InviteUser, ServerTransaction } from '../transaction/server-transaction.js';
import { requires, supports } from './extension-tags.js';
import { refuseGlare } from './glare.js';
import { ReliableProvisional } from './reliable-provisional.js';
import { repeatUntilAck } from './repeat-until-ack.js';
import { notAcceptable } from './session-context.js';
import type { SessionContext, SessionEnd, SessionUser } from './session-context.js';
import { SessionTimer } from './session-timer.js';
import { Session } from './session.js';
import { sdpHeader, sessionDescription } from './session-description.js';
import { agreedHeaders, infoHeaders } from './session-headers.js';

export class IncomingInvite implements InviteUser {
  readonly request: SipRequest;
  readonly session: Session;
  readonly #context: SessionContext;
  readonly #user: SessionUser;
  #transaction: ServerTransaction;
  /** The last response above 100, for an INVITE that comes again. */
  #said: { readonly status: number; readonly options: ResponseOptions } | undefined;
  readonly #tag: string;
  readonly #offer: string | undefined;
  /** Made once: what early media promised, the 2xx repeats. */
  #description: Promise<string> | undefined;
  #isAccepting = false;
  #reliable: ReliableProvisional | undefined;
  /** Our offer is out in a reliable response, and the answer is awaited in its PRACK. */
  #isOffering = false;
  /** Ends the repeats of our 2xx, or of an answer that nothing confirms but an INFO. */
  #stopRepeats: (() => void) | undefined;
  /** The PRACK of the response that carried our description: the 2xx waits for it, and needs none (RFC 3262 §3, §5). */
  #described: Promise<void> | undefined;

  constructor(context: SessionContext, request: SipRequest, transaction: ServerTransaction, user: SessionUser) {
    this.request = request;
    this.#context = context;
    this.#user = user;
    this.#transaction = transaction;
    this.#tag = newTag(context.core.random);
    this.#offer = sessionDescription(request);
    transaction.user = this;
    this.session = new Session(context, dialogOfRequest(request, this.#tag, transaction.flow), false, user);
    this.session.learn(request);
    this.session.learnPackages(request);
    this.session.exchange = this.#offer === undefined ? 'localOffer' : 'remoteOffer'; // RFC 3311 §5.1: the INVITE's comes first
    this.session.onEnd = () => {
      this.#reliable?.stop();
      this.#stopRepeats?.();
      if (!this.#transaction.isAnswered) this.#respond(487); // a BYE in the early dialog ends the INVITE too (§15.1.2)
    };
  }

  /** Whether the caller gets provisional responses that must arrive: where it demands them, or can take them and we want them. */
  isReliable(wish = this.#context.extensions.reliableProvisional === 'required'): boolean {
    const isOn = this.#context.extensions.reliableProvisional !== 'off';
    return isOn && (requires(this.request, '100rel') || (wish && supports(this.request, '100rel')));
  }

  /**
   * 180, which keeps the caller patient (§13.3.1.1). One that must arrive would have to bring an offer where the INVITE has
   * none (RFC 3262 §5): early media do that, mere ringing is left unsaid.
   */
  ring(headers: readonly Header[] = [], isReliable = this.isReliable()): void {
    if (!isReliable) this.#progress(180, headers);
    else if (this.#offer !== undefined || this.#described) void this.#promise(180, headers);
  }

  /** What was said last may be lost with its connection; what must arrive is repeated until its PRACK, and not after it (RFC 3262 §3). */
  ringAgain(): void {
    const { lastResponse } = this.#transaction;
    if (this.#reliable || !lastResponse || this.#transaction.isAnswered) return;
    this.#transaction.respond(lastResponse);
  }

  /** 183 with our description: the caller hears us before the call is answered (RFC 3960). Resolves when it is sent. */
  async sendEarlyMedia(headers: readonly Header[] = [], isReliable = this.isReliable()): Promise<void> {
    const body = await this.#describe();
    if (this.#transaction.isAnswered) return;
    if (!isReliable || this.#described) {
      this.#progress(183, [...headers, sdpHeader], body);
      this.#repeat();
      return;
    }
    await new Promise<void>((resolve) => {
      this.#described = this.#promise(183, [...headers, sdpHeader], body, resolve);
      void this.#described.then(resolve); // its turn may never come
    });
  }

  /** RFC 8840 §4.3.2: who trickles must know that the answer has arrived, and says so by INFO. */
  #repeat(): void {
    if (!this.session.remoteTrickles || this.session.isHeard || this.#stopRepeats) return;
    const { clock, timers } = this.#context;
    const response = this.#transaction.lastResponse!;
    this.#stopRepeats = repeatUntilAck(
      this.#transaction,
      response,
      clock,
      { ...timers, T2: Infinity },
      () => undefined,
    );
    this.session.onHeard = this.#stopRepeats;
  }

  #progress(status: number, headers: readonly Header[], body?: string): void {
    const { contact, extensions } = this.#context;
    if (this.#transaction.isAnswered) return;
    this.#respond(status, [contact(), extensions.allow, extensions.supported, ...headers], body);
  }

  /** Resolves with the PRACK. */
  #promise(status: number, headers: readonly Header[], body?: string, onSent?: () => void): Promise<void> {
    if (!this.#reliable) {
      this.#reliable = new ReliableProvisional(this.#context, this.#transaction, () => {
        const error = new EvercallError('timeout', 'no PRACK came for a provisional response', { status: 504 });
        this.reject(504, [], undefined, error); // RFC 3262 §3
      });
      this.session.onPrack = (prack, transaction) => {
        if (!this.#reliable!.onPrack(prack)) return false;
        void this.#onPrack(prack, transaction);
        return true;
      };
    }
    return this.#reliable.send((reliable) => {
      this.#progress(status, [...reliable, ...infoHeaders(this.#context.extensions, this.request), ...headers], body);
      if (body !== undefined) {
        this.#isOffering = this.#offer === undefined;
        this.session.exchange = this.#isOffering ? 'localOffer' : 'stable';
      }
      onSent?.();
    });
  }

  /** Its description is the answer to our offer, or an offer of its own (RFC 3262 §5). */
  async #onPrack(prack: SipRequest, transaction: ServerTransaction): Promise<void> {
    const { core, negotiator, log } = this.#context;
    const { session } = this;
    const description = sessionDescription(prack);
    if (this.#isOffering) {
      this.#isOffering = false;
      core.respond(transaction, 200);
      try {
        await session.applyAnswer(description, 'a PRACK');
      } catch (cause) {
        this.reject(488, [], undefined, negotiationError(cause));
      }
    } else if (description === undefined) {
      core.respond(transaction, 200);
      return;
    } else {
      if (refuseGlare(session, transaction)) return;
      session.exchange = 'remoteOffer';
      try {
        const body = await negotiator.createAnswer(description);
        core.respond(transaction, 200, { headers: [sdpHeader], body });
      } catch (error) {
        log.warn(`the offer of a PRACK refused: ${String(error)}`);
        core.respond(transaction, 488);
      }
    }
    session.exchange = 'stable';
  }

  /** Answers; resolves when the ACK has come, rejects when the call was gone before or cannot be had. */
  async accept(headers: readonly Header[] = []): Promise<void> {
    if (this.#isAccepting || this.#transaction.isAnswered) throw new EvercallError('invalidState', 'answered already');
    this.#isAccepting = true;
    let body: string | undefined;
    try {
      body = await this.#describe();
    } catch (error) {
      this.#isAccepting = false;
      throw error;
    }
    if (this.#described) {
      body = undefined;
      await this.#described; // RFC 3262 §3: no 2xx before that PRACK
      await this.session.whenStable('UPDATE').catch(() => undefined);
    }
    if (this.session.isOver) throw new EvercallError('cancelled', 'the caller was gone', { status: 487 });
    const timer = new SessionTimer(this.#context.clock, this.#context.extensions.sessionTimer);
    this.session.timer = timer;
    const agreed = [...agreedHeaders(this.#context, this.request), ...timer.answer(this.request), ...headers];
    this.#respond(200, body === undefined ? agreed : [...agreed, sdpHeader], body);
    this.#reliable?.stop();
    this.session.onEnd = undefined;
    if (body !== undefined) this.session.exchange = this.#offer === undefined ? 'localOffer' : 'stable';
    this.#user.onAccepted(undefined);
    await this.#acknowledged(body !== undefined && this.#offer === undefined);
  }

  /** Refuses the call with a final response of 300 or above (§13.3.1.3). */
  reject(status: number, headers: readonly Header[] = [], reason?: string, error?: EvercallError): void {
    this.refuse({ by: 'local', status, reason: reason ?? reasonPhrase(status), error }, headers);
  }

  refuse(end: SessionEnd, headers: readonly Header[] = []): void {
    if (this.session.isOver || this.#transaction.isAnswered) return;
    this.#respond(end.status, headers, undefined, end.reason);
    this.session.end(end);
  }

  onCancel(cancel: SipRequest): void {
    this.#respond(487);
    this.session.end({ by: 'remote', status: 487, reason: reasonPhrase(487), message: cancel });
  }

  /**
   * The proxy has forked the INVITE once more: whoever waits for an answer waits there (Linphone's way, RFC 8599 §4.1.2). It is
   * the same call, and hears what was said before; the former way is at its end.
   */
  onAgain(transaction: ServerTransaction): void {
    const { core, flow, contact } = this.#context;
    const former = this.#transaction;
    this.#transaction = transaction;
    transaction.user = this;
    former.user = undefined;
    if (!former.isAnswered) core.respond(former, 487, { toTag: this.#tag });
    const { routes } = dialogOfRequest(transaction.request, this.#tag, flow);
    this.session.dialog.routes = routes;
    if (!this.#said) return;
    const { status, options } = this.#said;
    const headers = options.headers?.map((header) => (header.name === 'Contact' ? contact() : header));
    core.respond(transaction, status, { ...options, headers });
    this.#reliable?.move(transaction);
    if (!this.#stopRepeats) return;
    this.#stopRepeats();
    this.#stopRepeats = undefined;
    if (status >= 200) this.#repeatAnswer();
    else this.#repeat();
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

  #acknowledged(bringsAnswer: boolean): Promise<void> {
    const { session } = this;
    const repeat = (): void => {
      this.#transaction.respond(this.#transaction.lastResponse!);
    };
    this.#repeatAnswer();
    return new Promise((resolve, reject) => {
      const onGone = (error: EvercallError): void => {
        this.#stopRepeats?.();
        reject(error);
      };
      const onAck = (ack?: SipRequest): void => {
        this.#stopRepeats?.();
        this.#stopRepeats = undefined;
        this.#transaction.onAcknowledged();
        if (session.isOver) {
          reject(new EvercallError('cancelled', 'hung up before the ACK came', { status: 487 }));
          return;
        }
        (bringsAnswer ? this.#applyAnswer(ack) : Promise.resolve()).then(() => {
          if (!session.isOver) this.#user.onConfirmed();
          resolve();
        }, reject);
      };
      session.awaitAck(this.request, { onAck, onGone, repeat });
    });
  }

  #repeatAnswer(): void {
    const { clock, timers } = this.#context;
    this.#stopRepeats?.();
    this.#stopRepeats = repeatUntilAck(this.#transaction, this.#transaction.lastResponse!, clock, timers, () => {
      this.session.onNoAck(this.request);
    });
  }

  /** Where the offer was ours, the answer is in the ACK (§13.3.1.4); without it there is no session. */
  async #applyAnswer(ack: SipRequest | undefined): Promise<void> {
    try {
      await this.session.applyAnswer(ack && sessionDescription(ack), 'an ACK');
      this.session.exchange = 'stable';
    } catch (cause) {
      const error = negotiationError(cause);
      this.session.bye([notAcceptable], { by: 'local', status: 488, reason: reasonPhrase(488), error });
      throw error;
    }
  }

  /** Whether the connection that the INVITE came by is gone, and it has not come by another. */
  get isCutOff(): boolean {
    return this.#transaction.isCutOff;
  }

  /** Whether the caller knows of the dialog: a response with our tag has been sent (§12.1). */
  get hasDialog(): boolean {
    return (this.#transaction.lastResponse?.status ?? 100) > 100;
  }

  #respond(status: number, headers: readonly Header[] = [], body?: string, reason?: string): void {
    if (status >= 200) this.#stopRepeats?.();
    const options = { toTag: this.#tag, headers, body, reason };
    this.#said = { status, options };
    this.#context.core.respond(this.#transaction, status, options);
  }
}

const negotiationError = (cause: unknown): EvercallError =>
  cause instanceof EvercallError ? cause : new EvercallError('negotiation', String(cause), { cause });
