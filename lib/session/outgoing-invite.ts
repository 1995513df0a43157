/** From INVITE to ACK as the caller: early dialogs, provisional responses, forks, CANCEL against 200 (RFC 3261 §13.2, §9.1). */
import { EvercallError, rejected } from '../base/errors.js';
import { newCallId, newTag } from '../base/random.js';
import type { ClientRequest, RequestUser } from '../core/client-request.js';
import type { Dialog } from '../core/dialog.js';
import type { RequestPlan } from '../core/requests.js';
import { CSeq, reasonPhrase, read } from '../parser/index.js';
import type { Header, SipRequest, SipResponse } from '../parser/index.js';
import type { TargetSet } from './redirect.js';
import { isRedirection } from './redirection.js';
import type { RedirectPolicy } from './redirection.js';
import { requiredTags } from './extension-tags.js';
import { Forks } from './forks.js';
import type { Fork } from './forks.js';
import { LateAnswers, remoteTag } from './late-answers.js';
import { acknowledge } from './own-acks.js';
import { notAcceptable } from './session-context.js';
import type { SessionContext, SessionUser } from './session-context.js';
import { SessionTimer } from './session-timer.js';
import type { Session } from './session.js';
import { sdpHeader, sessionDescription } from './session-description.js';

export interface OutgoingInviteOptions {
  /** The callee: Request-URI and To. */
  readonly target: string;
  /** From value without a tag. */
  readonly from: string;
  readonly callId?: string | undefined;
  readonly routes: readonly string[];
  readonly headers: readonly Header[];
  /** What becomes of a 3xx. @default 'stop' */
  readonly redirect?: RedirectPolicy | undefined;
  /** The offer; without one the callee makes it and we answer in the PRACK or ACK (§13.2.1). */
  readonly offer: string | undefined;
}

export class OutgoingInvite implements RequestUser {
  readonly callId: string;
  readonly #context: SessionContext;
  readonly #options: OutgoingInviteOptions;
  readonly #user: SessionUser;
  readonly #timer: SessionTimer;
  readonly #forks: Forks;
  #plan: RequestPlan | undefined;
  #request: ClientRequest | undefined;
  /** The dialog that won: the first 2xx. */
  #session: Session | undefined;
  /** Since a 3xx was followed. */
  #targets: TargetSet | undefined;
  #isGivenUp = false;
  #held: readonly [] | readonly [SipResponse, SipRequest] | undefined;

  constructor(context: SessionContext, options: OutgoingInviteOptions, user: SessionUser) {
    this.#context = context;
    this.#options = options;
    this.#user = user;
    this.#timer = new SessionTimer(context.clock, context.extensions.sessionTimer);
    this.#forks = new Forks(context, user, options.offer !== undefined);
    this.callId = options.callId ?? newCallId(context.core.random);
  }

  get session(): Session | undefined {
    return this.#session;
  }

  /** The early dialog that media follow, else the latest. */
  get earlySession(): Session | undefined {
    return this.#forks.session;
  }

  get earlySessions(): readonly Session[] {
    return this.#forks.sessions;
  }

  /** Of early dialogs that are over, the one that media followed, else the latest: its callee may have answered since. */
  get lostDialog(): Dialog | undefined {
    return this.#forks.lostDialog;
  }

  get hasLeft(): boolean {
    return this.#request?.hasLeft === true;
  }

  start(): void {
    const { core } = this.#context;
    const { target, from, routes, offer } = this.#options;
    let sequence = 0;
    this.#plan = {
      method: 'INVITE',
      uri: target,
      from: `${from};tag=${newTag(core.random)}`,
      to: `<${target}>`,
      callId: this.callId,
      routes,
      nextSequence: () => ++sequence,
      headers: this.#options.headers,
      body: offer ?? '',
    };
    this.#send(this.#plan);
  }

  #send(plan: RequestPlan): void {
    const { core, flow, authenticator, contact, extensions } = this.#context;
    const headers = [contact(), ...extensions.abilities, ...this.#timer.headers(), ...plan.headers];
    const required = requiredTags(extensions);
    if (required.length > 0) headers.push({ name: 'Require', value: required.join(', ') });
    if (plan.body) headers.push(sdpHeader);
    this.#request = core.request({ ...plan, headers }, { flow, authenticator }, this);
  }

  /** Gives the call up: CANCEL when that may be sent; a 2xx that crosses it gets ACK and BYE. Tells the user nothing where it has no answer. */
  cancel(headers: readonly Header[] = []): void {
    if (this.#session) {
      this.#session.bye(headers);
      return;
    }
    this.#isGivenUp = true;
    this.#forks.end();
    this.#hangUpLate();
    if (this.#plan) this.#request?.cancel(this.#context.core.cancelling(this.#plan, headers));
  }

  /** A 2xx is not taken for now: another INVITE asks for its dialog, and who agrees to that ends this one. */
  hold(): void {
    this.#held = [];
  }

  /** Takes the 2xx that has come since; returns whether there was one. */
  release(): boolean {
    const [response, request] = this.#held ?? [];
    this.#held = undefined;
    if (response) this.onFinal(response, request!);
    return response !== undefined;
  }

  /** Takes it back by CANCEL; a 2xx that comes all the same is taken as ever. */
  withdraw(): void {
    if (this.#plan) this.#request?.cancel(this.#context.core.cancelling(this.#plan, []));
  }

  /** Forgets the INVITE: whatever comes for it, not a word goes out. */
  abandon(): void {
    this.#isGivenUp = true;
    this.#forks.end();
    this.#request?.abandon();
  }

  onProvisional(response: SipResponse, request: SipRequest): void {
    if (response.status === 100 || this.#forks.ended?.has(remoteTag(response))) return; // of a fork that is over
    const description = sessionDescription(response);
    const fork = this.#forks.of(response, request);
    const verdict = fork?.prack.judge(response) ?? 'unreliable';
    if (verdict === 'drop') return;
    if (fork && verdict === 'acknowledge') void this.#acknowledge(fork, response, description);
    else if (description !== undefined && this.#options.offer !== undefined) {
      void this.#forks.takeEarly(response, description);
      if (fork?.session.remoteTrickles) this.#user.onUnconfirmedAnswer(fork.session);
    }
    this.#user.onProgress(response);
  }

  onFinal(response: SipResponse, request: SipRequest): void {
    if (response.status >= 300) {
      this.#forks.end();
      // RFC 4028 §7.3: the same call, with the larger interval; onTooSmall says so only once for each value
      if (response.status === 422 && this.#timer.onTooSmall(response)) this.#send(this.#plan!);
      else if (!this.#user.onRefused(response.status)) this.#retarget(rejected(response), response);
      return;
    }
    if (this.#held) {
      this.#held = [response, request];
      return;
    }
    const tag = remoteTag(response);
    if (this.#session) {
      // The answer to a late offer is still being made: a repeat will get its ACK then, another fork is hung up now.
      if (tag !== this.#session.dialog.remoteTag)
        new LateAnswers(this.#context, undefined, this.#forks.ended).onFinal(response, request);
      return;
    }
    const session = this.#forks.win(response, request);
    this.#session = session;
    void this.#establish(session, response);
  }

  onFailure(error: EvercallError): void {
    this.#forks.end();
    const isStranded = error.code === 'transport' && this.#context.flow.state !== 'idle';
    if (isStranded && this.#user.onStranded()) return;
    this.#hangUpLate();
    this.#retarget(error);
  }

  /** A 2xx may still find the next connection. */
  #hangUpLate(): void {
    this.#request?.handOver(new LateAnswers(this.#context, undefined, this.#forks.ended));
  }

  /** On the next connection: it may still ring there. */
  cancelStranded(): void {
    this.#hangUpLate();
    this.#request?.cancelLost(this.#plan && this.#context.core.cancelling(this.#plan, []));
  }

  /** After a 3xx that is followed, and while there are targets left; else the call has failed. */
  #retarget(error: EvercallError, response?: SipResponse): void {
    const { redirect = 'stop' } = this.#options;
    const isFollowed = this.#targets ?? (redirect !== 'stop' && response && isRedirection(response));
    if (!isFollowed) {
      this.#fail(error, response);
      return;
    }
    this.#follow(redirect, error, response).catch((cause: unknown) => {
      this.#context.log.error('a redirection could not be followed', cause);
      this.#fail(error, response);
    });
  }

  async #follow(redirect: RedirectPolicy, error: EvercallError, response?: SipResponse): Promise<void> {
    const { TargetSet, mergedHeaders } = await import('./redirect.js');
    this.#targets ??= new TargetSet(this.#options.target, redirect, this.#context.log);
    const target = await this.#targets.next(response);
    if (this.#isGivenUp) return;
    if (!target) {
      this.#fail(error, response);
      return;
    }
    // §8.1.3.4: To, From and Call-ID stay
    const headers = mergedHeaders(this.#options.headers, target.headers);
    this.#plan = { ...this.#plan!, uri: target.uri, headers };
    this.#user.onRedirected(target.uri, response, error.status ?? 500);
    this.#send(this.#plan);
  }

  /** RFC 3262 §5: here an answer counts, and a late offer is answered in the PRACK. */
  async #acknowledge({ session, prack }: Fork, response: SipResponse, description: string | undefined): Promise<void> {
    if (
      this.#options.offer !== undefined ||
      description === undefined ||
      this.#forks.early?.tag === remoteTag(response)
    ) {
      void prack.acknowledge(response);
      if (description === undefined || session.exchange === 'stable') return;
      if ((await this.#forks.takeEarly(response, description)) && !session.isOver) session.exchange = 'stable';
    } else if (!this.#forks.early) {
      session.exchange = 'remoteOffer';
      const made = this.#context.negotiator.createAnswer(description);
      this.#forks.follow(response, made);
      const answer = await made.catch(() => '');
      session.exchange = 'stable';
      if (answer && !session.isOver) void prack.acknowledge(response, answer);
    } // else media follow another fork: the callee gives up on its response, and has its offer answered with the 2xx
  }

  async #establish(session: Session, response: SipResponse): Promise<void> {
    const description = sessionDescription(response);
    const { sequence } = read(response, CSeq)!;
    const isMedia = this.#forks.early?.tag === session.dialog.remoteTag;
    session.timer = this.#timer;
    this.#timer.onSuccess(response);
    try {
      if (this.#options.offer === undefined && !isMedia) {
        this.#user.onAccepted(response);
        if (this.#forks.early) this.#context.negotiator.renew();
        await this.#answerLateOffer(session, sequence, description);
      } else {
        this.#settle(session, acknowledge(session, sequence)); // the callee repeats its 2xx until it has this
        this.#user.onAccepted(response);
        await this.#applyAnswer(session, description);
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
    session.exchange = 'stable';
    if (!session.isOver) this.#user.onConfirmed();
  }

  /** From here on only late answers can come. */
  #settle(session: Session, ack: SipRequest): void {
    const winner = { remoteTag: session.dialog.remoteTag, ack };
    this.#request?.handOver(new LateAnswers(this.#context, winner, this.#forks.ended));
  }

  async #applyAnswer(session: Session, answer: string | undefined): Promise<void> {
    const early = this.#forks.early;
    if (!(await early?.applied)) {
      session.exchange = 'localOffer';
      await session.applyAnswer(answer);
    } else if (early!.tag !== session.dialog.remoteTag) {
      // Media follow another fork than the one that answered: their connection cannot be turned, a new one is offered.
      this.#context.negotiator.renew();
      session.exchange = 'stable';
      await session.change(() => session.renegotiate());
    } // else RFC 6337 §3.1.1: a description that comes again is the same answer
  }

  async #answerLateOffer(session: Session, sequence: number, offer: string | undefined): Promise<void> {
    let answer = '';
    session.exchange = 'remoteOffer';
    try {
      if (offer === undefined) throw new EvercallError('protocol', 'a 2xx without an offer to our INVITE without one');
      answer = await this.#context.negotiator.createAnswer(offer);
    } finally {
      // a 2xx must be acknowledged even when the call cannot be had (§13.2.2.4)
      this.#settle(session, acknowledge(session, sequence, answer ? [sdpHeader] : [], answer));
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
