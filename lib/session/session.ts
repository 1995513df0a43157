/** The INVITE usage of a dialog, early or confirmed: in-dialog requests both ways, BYE (RFC 3261 §12.2, §14, §15). */
import { Deferred } from '../base/deferred.js';
import { EvercallError } from '../base/errors.js';
import { Queue } from '../base/queue.js';
import type { Dialog, DialogUser } from '../core/dialog.js';
import { Allow, headerValue } from '../parser/index.js';
import type { Body, Header, SipMessage, SipRequest, SipResponse } from '../parser/index.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import { AwaitedAcks } from './awaited-acks.js';
import type { AwaitedAck } from './awaited-acks.js';
import { sendBye } from './bye.js';
import { supports } from './extension-tags.js';
import { tricklePackage } from './abilities.js';
import { packagesOf } from './info-packages.js';
import { takeRequest } from './in-dialog-requests.js';
import { acknowledgeAgain } from './own-acks.js';
import type { Acknowledged } from './own-acks.js';
import type { ReferUsages } from './refer-usages.js';
import { renegotiate } from './renegotiate.js';
import type { ChangeOptions } from './renegotiate.js';
import type { SessionContext, SessionEnd, SessionUser } from './session-context.js';
import type { SessionTimer, SessionTimerUser } from './session-timer.js';
import { shared, sharedValues } from './shared-lists.js';
import { endIfGone } from './silence.js';
import { sendUpdate } from './update.js';

/** Who has an offer out, or owes one: at most one at a time (RFC 3264 §4). */
export type Exchange = 'stable' | 'localOffer' | 'remoteOffer' | 'remoteUpdate';

const none: readonly never[] = [];

/** Milliseconds that what the user wants waits for a connection. */
const patience = 32_000;

export class Session implements DialogUser, SessionTimerUser {
  readonly context: SessionContext;
  readonly dialog: Dialog;
  /** Glare timers differ for the owner of the Call-ID (§14.1). */
  readonly ownsCallId: boolean;
  /** Another one where the session takes the place of another. */
  user: SessionUser;
  /** While it is one of an INVITE's early dialogs: the INVITE goes on without it, and so does its user. */
  onForkEnd: (() => void) | undefined;
  /** What is left to do when the session ends: an INVITE that has no answer yet gets one. */
  onEnd: (() => void) | undefined;
  /** Takes the PRACK of a response of ours; false when there is none that waits for it. */
  onPrack: ((prack: SipRequest, transaction: ServerTransaction) => boolean) | undefined;
  /** The connection was lost, or the path of the media: no answer ends nothing now. */
  isRecovering = false;
  /** The first request in a dialog that our response has made: the response has arrived (RFC 8840 §4.3.2). */
  onHeard: (() => void) | undefined;
  /** Gives up the re-INVITE of ours that is under way, or about to be. */
  giveUpInvite: ((why: string) => void) | undefined;
  /** Puts off the offer of the peer's that the app has not decided on: something else cannot wait. */
  putOff: (() => void) | undefined;
  /** A proxy has it, and for a while the peer has said nothing: it waits where the peer is not any more. */
  isInviteStuck: (() => boolean) | undefined;
  /** How often both sides have agreed to the other's offer at once. */
  crossings = 0;
  /** A re-INVITE of ours is lost with its connection: the peer may have agreed to it, and wait for the ACK of the next. */
  isInviteLost = false;
  /** Takes that one back, on the present connection. */
  takeBackInvite: (() => void) | undefined;
  /** How many offers of ours the peer has agreed to by 2xx. */
  agreements = 0;
  /** While another dialog is about to take its place: nothing is offered in this one. */
  succession: Promise<void> | undefined;
  /** Settles when the peer's offer, for which ours was given up, is answered. */
  yielded: Promise<void> | undefined;
  /** Counts how often the peer has told where it is: what was sent before may be where it was. */
  located = 0;
  /** Since the first REFER, ours or the peer's. */
  refers: ReferUsages | undefined;
  #timer: SessionTimer | undefined;
  #exchange: Exchange = 'stable';
  #stable: Deferred<void> | undefined;
  #queue: Queue | undefined;
  #remoteAllow: readonly string[] = none;
  #remotePackages: readonly string[] = none;
  #remoteTrickles = false;
  #isHeard: boolean;
  #isOver = false;
  #leaving: Promise<void> | undefined;
  #acks: AwaitedAcks | undefined;
  #isAcknowledged: boolean;
  /** By the last ACK of ours, where that may have to be said again. */
  acknowledged: Acknowledged | undefined;
  /** A BYE that must wait for the ACK of our 2xx. */
  #lateBye: readonly Header[] | undefined;

  constructor(context: SessionContext, dialog: Dialog, ownsCallId: boolean, user: SessionUser) {
    this.context = context;
    this.dialog = dialog;
    this.ownsCallId = ownsCallId;
    this.#isHeard = ownsCallId;
    this.#isAcknowledged = ownsCallId; // only a callee's dialog waits for an ACK
    this.user = user;
    dialog.user = this;
    context.core.dialogs.add(dialog);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether the INVITE that makes it has no final response yet. */
  get isEarly(): boolean {
    return (this.onForkEnd ?? this.onEnd) !== undefined;
  }

  get exchange(): Exchange {
    return this.#exchange;
  }

  set exchange(exchange: Exchange) {
    this.#exchange = exchange;
    this.#wake();
  }

  get timer(): SessionTimer | undefined {
    return this.#timer;
  }

  /** From here on the session is kept alive (RFC 4028). */
  set timer(timer: SessionTimer | undefined) {
    this.#timer = timer;
    timer?.attach(this);
  }

  onExpired(): void {
    const error = new EvercallError('timeout', 'the session was not refreshed', { status: 408 });
    this.bye([], { by: 'network', status: 408, reason: 'session expired', error });
  }

  /** Whether the peer's last Allow names a method. */
  remoteAllows(method: string): boolean {
    return this.#remoteAllow.includes(method);
  }

  /** Takes what a message of the peer's says of it. */
  learn(message: SipMessage): void {
    this.dialog.hear(message);
    const methods = sharedValues(message, Allow);
    if (methods.length > 0) this.#remoteAllow = methods;
  }

  /** Sends a request in the dialog; resolves with its final response. A 481 ends the session (§12.2.1.2). */
  async request(
    method: string,
    headers: readonly Header[] = [],
    body: Body = '',
    signal?: AbortSignal,
  ): Promise<SipResponse> {
    this.#mustLive(method);
    const { core, flow, authenticator } = this.context;
    const plan = this.dialog.plan(method, headers, body);
    const { located } = this;
    const response = await core.exchange(plan, { flow, authenticator, signal, patience });
    this.dialog.hear(response);
    endIfGone(this, response, method, located);
    return response;
  }

  /** Resolves when something can be said to the peer. */
  whenConnected(): Promise<void> {
    return this.context.flow.whenOpen(undefined, patience);
  }

  /** What changes the session goes one after another: there is no glare of our own making. */
  change<T>(job: () => Promise<T>): Promise<T> {
    return (this.#queue ??= new Queue()).run(job);
  }

  /** Offers a change, in its turn or within `change`; resolves when the peer has agreed, rejects when it did not and all is as before. */
  renegotiate(wish: ChangeOptions = {}): Promise<void> {
    return renegotiate(this, wish);
  }

  get isLeavingInvite(): boolean {
    return this.#leaving !== undefined;
  }

  /** One that was given up is in progress until its final response (§14.1). */
  leaveInvite(over: Promise<void>): void {
    this.#leaving = over;
    void over.then(() => {
      if (this.#leaving === over) this.#leaving = undefined;
      this.#wake();
    });
  }

  /** Resolves when each answer of ours that still waits for its ACK has it. */
  async whenAcknowledged(): Promise<void> {
    while (this.#acks?.isAwaiting) await (this.#stable ??= new Deferred()).promise;
  }

  /**
   * Resolves when an offer may go out; a re-INVITE waits for the ACK of the one before, too (§14.1). Without a method: when no
   * offer is under way but one that was given up.
   */
  async whenStable(method?: 'INVITE' | 'UPDATE'): Promise<void> {
    for (;;) {
      this.#mustLive(method ?? 'INVITE');
      const isBusy = (method && this.#leaving !== undefined) || (method === 'INVITE' && this.#acks?.isAwaiting);
      if (this.#exchange === 'stable' && !isBusy) return;
      await (this.#stable ??= new Deferred()).promise;
    }
  }

  /** The peer's answer to our offer. */
  async applyAnswer(answer: string | undefined, carrier = 'a 2xx'): Promise<void> {
    if (answer === undefined) throw new EvercallError('protocol', `${carrier} without an answer to our offer`);
    await this.context.negotiator.applyAnswer(answer);
  }

  /**
   * Ends the session: over at once for us, the BYE goes on by itself (§15.1.1). A callee's waits for the ACK, for it must not
   * come before (§15).
   */
  bye(headers: readonly Header[] = [], end: SessionEnd = { by: 'local', status: 200, reason: 'OK' }): void {
    if (this.#isOver) return;
    if (this.#acks && !this.#isAcknowledged) {
      this.#lateBye = headers;
      this.#close(end);
      return;
    }
    sendBye(this, headers);
    this.end(end);
  }

  /** Ends the session without a BYE: the peer has done so, or knows nothing of it. */
  end(end: SessionEnd): void {
    if (this.#isOver) return;
    this.#close(end);
    this.#forget('the call was over before the ACK came');
  }

  #forget(why: string): void {
    this.#lateBye = undefined;
    this.#letGo();
    const acks = this.#acks;
    this.#acks = undefined;
    acks?.giveUp(new EvercallError('cancelled', why, { status: 487 }));
  }

  /** Ends the session with nothing on the wire, not even the response to an INVITE that waits for one. */
  abandon(end: SessionEnd): void {
    this.onEnd = undefined;
    this.end(end);
  }

  #close(end: SessionEnd): void {
    this.#isOver = true;
    this.#timer?.stop();
    this.onEnd?.();
    this.giveUpInvite?.('the call was over before the peer answered');
    if (this.onForkEnd) this.onForkEnd();
    else this.user.onEnded(end);
    this.#wake();
  }

  #wake(): void {
    this.#stable?.resolve();
    this.#stable = undefined;
  }

  /** A sign of life (RFC 3311 §5.1). */
  update(headers: readonly Header[] = [], patience?: number): Promise<void> {
    return sendUpdate(this, headers, patience);
  }

  /** RFC 4028 §7.4. */
  refresh(): Promise<void> {
    return this.remoteAllows('UPDATE') ? this.update() : this.change(() => this.renegotiate());
  }

  /** A 2xx to a re-INVITE or UPDATE of ours (§12.2.1.2, RFC 4028 §7.2). */
  onRefreshed(response: SipResponse): void {
    if (this.#isOver) return;
    this.agreements++;
    this.learn(response);
    this.onAgreed(response);
    this.#timer?.onSuccess(response);
  }

  /** A change or sign of life that is agreed on, said by the peer's request or 2xx. */
  onAgreed(message: SipRequest | SipResponse): void {
    this.dialog.refreshTarget(message);
    if ('method' in message) this.dialog.remote = headerValue(message, 'From')!; // RFC 4916 §4.4.2
    this.learnPackages(message);
    this.user.onRefreshed(message);
  }

  /** There is another connection: an ACK of ours may have been lost with the former. */
  acknowledgeAgain(): void {
    acknowledgeAgain(this);
  }

  /** Waits for the ACK to the 2xx we gave this INVITE. */
  awaitAck(invite: SipRequest, awaited: AwaitedAck): void {
    (this.#acks ??= new AwaitedAcks()).add(invite, awaited);
  }

  /** There is another connection: what the peer has not acknowledged may have been lost with the former, or its ACK. */
  answerAgain(): void {
    this.#acks?.repeat();
  }

  onRival(): void {
    this.user.onRival();
  }

  onUnheard(): void {
    if (!this.#isOver) this.user.onUnheard();
  }

  onAck(ack: SipRequest): void {
    const awaited = this.#acks?.take(ack);
    if (!awaited) return; // of an INVITE that is settled
    if (!this.#isAcknowledged) this.#acks?.passOvertaken();
    if (this.#acks?.size === 0) this.#acks = undefined;
    this.#isAcknowledged = true;
    this.#hear();
    awaited.onAck(ack);
    this.#wake();
    if (this.#lateBye) this.#leave(this.#lateBye);
  }

  /** What the peer asks for outside of the dialog says that our answers have come: their ACKs are not waited for any longer. */
  takeAsAcknowledged(): void {
    const acks = this.#acks;
    this.#acks = undefined;
    this.#isAcknowledged = true;
    acks?.passAll();
    this.#wake();
  }

  /** 64·T1 have passed without an ACK: the session is ended (§13.3.1.4), unless the peer has sent a later INVITE. */
  onNoAck(invite: SipRequest): void {
    if (this.#acks?.isExcused(invite)) return;
    const acks = this.#acks;
    this.#acks = undefined;
    this.#isAcknowledged = true; // as far as a BYE is concerned
    const error = new EvercallError('timeout', 'no ACK came for our answer', { status: 408 });
    if (this.#lateBye) this.#leave(this.#lateBye);
    else this.bye([], { by: 'network', status: 408, reason: 'no ACK', error });
    acks?.giveUp(error);
  }

  #leave(headers: readonly Header[]): void {
    this.#letGo();
    sendBye(this, headers);
  }

  /** The dialog goes with us, unless someone still waits for word of a referred call (RFC 5057 §4.2). */
  #letGo(): void {
    this.context.core.dialogs.remove(this.dialog);
    this.refers?.takeOver();
  }

  onRequest(request: SipRequest, transaction: ServerTransaction): void {
    if (this.#isOver) {
      this.#refuse(request, transaction);
      return;
    }
    this.learn(request);
    this.#hear();
    takeRequest(this, request, transaction);
  }

  /** The user has hung up, and our BYE waits for the ACK: one of the peer's makes it needless. */
  #refuse(request: SipRequest, transaction: ServerTransaction): void {
    const isBye = request.method === 'BYE';
    this.context.core.respond(transaction, isBye ? 200 : 481);
    if (isBye) this.#forget('the peer hung up before the ACK came');
  }

  takes(method: string): boolean {
    return this.context.extensions.methods.includes(method);
  }

  /** Whether the peer takes INFO of a package (RFC 6086 §5.2.2). */
  remoteTakes(infoPackage: string): boolean {
    return this.#remotePackages.includes(infoPackage);
  }

  /** Whether the peer takes candidates by INFO (RFC 8840 §5), and we tell them so. */
  get remoteTrickles(): boolean {
    return this.#remoteTrickles && this.context.extensions.trickleIce !== 'off';
  }

  /** Whether both ends know of the dialog, so that an INFO finds it there (RFC 8840 §4.3). */
  get isHeard(): boolean {
    return this.#isHeard;
  }

  #hear(): void {
    if (this.#isHeard) return;
    this.#isHeard = true;
    this.onHeard?.();
    this.user.onHeard();
  }

  /** In what was not refused: else the former ones hold (RFC 6086 §5.2.4). */
  learnPackages(message: SipMessage): void {
    this.#remoteTrickles ||= supports(message, tricklePackage);
    const packages = packagesOf(message);
    if (packages) this.#remotePackages = shared(packages);
  }

  #mustLive(what: string): void {
    if (this.#isOver) throw new EvercallError('invalidState', `${what}: the call is over`);
  }
}
