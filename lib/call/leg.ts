/** A leg: the session with the peer, its media and its fate. The verbs of a call act on it; the app holds the `Call`. */
import type { Emitter } from '../base/emitter.js';
import { EvercallError } from '../base/errors.js';
import { optional } from '../core/optional.js';
import { ReferredBy, To, reasonPhrase } from '../parser/index.js';
import type { Address, Body, Header, SipRequest, SipResponse } from '../parser/index.js';
import type { MediaState } from '../media/connection-state.js';
import type { CallQuality } from '../media/quality.js';
import type { VideoLine } from '../media/video-line.js';
import type { DtmfSignal } from '../session/dtmf-relay.js';
import { IncomingInvite } from '../session/incoming-invite.js';
import type { OutgoingInvite } from '../session/outgoing-invite.js';
import type { SessionContext, SessionEnd, SessionUser } from '../session/session-context.js';
import type { Session } from '../session/session.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { Call } from './call.js';
import { Attempts } from './attempts.js';
import { sessionContext } from './call-context.js';
import type { CallContext, CallOrigin, DialogId } from './call-context.js';
import { party } from './call-events.js';
import type { CallEvents, RemoteParty, SessionIdentifiers } from './call-events.js';
import { CallMedia } from './call-media.js';
import type { CallMediaUser, OfferVerdict } from './call-media.js';
import type { AutoAnswerFact } from './auto-answer.js';
import type { CallOptions } from './call-options.js';
import type { CallState } from './call-state.js';
import { Digits } from './dtmf.js';
import { ringOn } from './cut-off.js';
import { callEnd } from './end-cause.js';
import type { Fate } from './fate.js';
import type { CallEnd } from './end-cause.js';
import { offerRequest } from './in-dialog.js';
import { callLimits } from './limit-options.js';
import { KeptRequest } from './kept-request.js';
import type { CallLimits } from './limit-options.js';
import { limit, watchFor } from './limits.js';
import { loadReplacement } from './load-replacement.js';
import { Peer } from './peer.js';
import { takeMessage, takeRefer } from './peer-requests.js';
import { Reconnection } from './reconnection.js';
import type { CallConnection, Recovery } from './reconnection.js';
import { withPart } from './with-part.js';

const none: readonly never[] = [];
const open: readonly Header[] = [];
const identifying: ReadonlySet<string> = new Set(['Privacy', 'P-Preferred-Identity', 'P-Asserted-Identity']);
const noRecoveries: readonly Recovery[] = [];

export class Leg implements SessionUser, CallMediaUser {
  readonly context: CallContext;
  readonly call: Call;
  /** Of the present INVITE. */
  callId: string;
  readonly direction: 'outgoing' | 'incoming';
  readonly peer: Peer;
  /** Whom we called. */
  readonly target: string | undefined;
  /** What the INVITE says of who may know us (RFC 3323, RFC 3325): each INVITE of the call has to. */
  readonly privacy: readonly Header[];
  /** Of an incoming call. */
  readonly #invite: KeptRequest | undefined;
  /** Of a call that a REFER has asked for: who did. */
  readonly referredBy: Address | undefined;
  readonly fate: Fate;
  readonly media: CallMedia;
  readonly sessionContext: SessionContext;
  /** How it began; let go when it is confirmed. */
  outgoing: OutgoingInvite | undefined;
  /** A message went by, since someone has been writing one. */
  onMessagePassed: ((way: 'sent' | 'received') => void) | undefined;
  /** Of a call of ours. */
  readonly attempts: Attempts | undefined;
  incoming: IncomingInvite | undefined;
  /** Gives up the INVITE that is to bring another dialog. */
  abandonSuccession: (() => void) | undefined;
  /** While that one is under way. */
  claim: Promise<void> | undefined;
  /** While an INVITE of the peer's brings another dialog. */
  succession: Promise<void> | undefined;
  /** Gives that one up, if its 200 has had time for an ACK. */
  dropSuccession: (() => boolean) | undefined;
  #session: Session | undefined;
  /** Whose place others have taken: the peer may ask for them yet. */
  #formerDialogs: readonly DialogId[] = none;
  /** What becomes of it by itself, while it rings. */
  #autoAnswer: AutoAnswerFact | undefined;
  readonly #startedAt: number;
  #confirmedAt: number | undefined;
  /** As it was last measured. */
  quality: CallQuality | undefined;
  /** The connection on which the peer was told where we are. */
  #locatedBy = 1;
  readonly #limits: CallLimits;
  #unlimit: (() => void) | undefined;
  #digits: Digits | undefined;
  #reconnection: Reconnection | undefined;
  /** An outgoing one says nothing yet: `place` does. */
  constructor(context: CallContext, origin: CallOrigin, call: Call, fate: Fate) {
    const options: CallOptions = origin.direction === 'outgoing' ? origin.options : {};
    this.context = context;
    this.call = call;
    this.fate = fate;
    context.began(this);
    this.direction = origin.direction;
    this.#startedAt = context.clock.now();
    this.#limits = callLimits(options, context.limits);
    this.#invite = origin.direction === 'incoming' ? new KeptRequest(origin.request) : undefined;
    this.peer = new Peer(origin.direction === 'outgoing' ? origin.target : this.#invite!, context.trustsIdentity, this);
    this.media = new CallMedia(context, options, this);
    this.sessionContext = sessionContext(context, origin, this.media);
    const hides = origin.direction === 'outgoing' && origin.headers.some(({ name }) => name === 'Privacy');
    this.privacy = hides ? origin.headers.filter(({ name }) => identifying.has(name)) : open;
    if (origin.direction === 'outgoing') {
      this.target = origin.target;
      this.referredBy = origin.referredBy;
      this.attempts = new Attempts(origin.target);
      this.callId = origin.callId;
    } else {
      const { request, transaction } = origin;
      this.incoming = new IncomingInvite(this.sessionContext, request, transaction, this);
      this.callId = this.incoming.session.dialog.callId;
    }
    this.#unlimit = limit(context.clock, this.#limits.ringTimeout, () => {
      this.#onNoAnswer();
    });
  }

  get state(): CallState {
    return this.fate.state;
  }

  get events(): Emitter<CallEvents> {
    return this.fate.events;
  }

  get end(): CallEnd | undefined {
    return this.fate.end;
  }

  get duration(): number {
    if (this.#confirmedAt === undefined) return 0;
    return this.end?.duration ?? this.context.clock.now() - this.#confirmedAt;
  }

  get totalDuration(): number {
    return this.end ? this.end.at - this.startTime : this.context.clock.now() - this.#startedAt;
  }

  /** Milliseconds since 1970. */
  get startTime(): number {
    const { clock } = this.context;
    return clock.wallTime() - (clock.now() - this.#startedAt);
  }

  get ended(): Promise<CallEnd> {
    return this.fate.ended;
  }

  get digits(): Digits {
    return (this.#digits ??= new Digits(this));
  }

  /** Of an answered call. */
  get reconnection(): Reconnection {
    return (this.#reconnection ??= new Reconnection(this));
  }

  get connection(): CallConnection {
    return this.#reconnection?.connection ?? 'connected';
  }

  get pendingDigits(): string {
    return this.#digits?.pending ?? '';
  }

  /** The one that is answered, or is to be. */
  get session(): Session | undefined {
    return this.#session ?? this.outgoing?.session ?? this.incoming?.session;
  }

  get sessionId(): SessionIdentifiers | undefined {
    const { uuid } = this.sessionContext.core;
    return uuid === undefined ? undefined : { local: uuid, remote: this.dialogSession?.dialog.peerUuid };
  }

  /** The INVITE of an incoming call. */
  get request(): SipRequest | undefined {
    return this.#invite?.shown;
  }

  get dialled(): RemoteParty | undefined {
    const request = this.#invite?.message;
    return request && party(optional(request, To));
  }

  get referrer(): RemoteParty | undefined {
    const request = this.#invite?.message;
    const address = request ? optional(request, ReferredBy) : this.referredBy;
    return address && party(address);
  }

  /** Another dialog takes the place of the one that was answered. */
  succeed(session: Session): void {
    const former = this.#session;
    session.isRecovering = former?.isRecovering ?? false;
    if (former) this.#formerDialogs = [...this.#formerDialogs, former.dialog].slice(-4);
    this.#session = session;
    this.callId = session.dialog.callId;
    this.onRenegotiated();
  }

  /** As long as there is no other, the early one. */
  get dialogSession(): Session | undefined {
    return this.session ?? this.outgoing?.earlySession;
  }

  /** All that may be the one. */
  get dialogSessions(): readonly Session[] {
    const { session } = this;
    return session ? [session] : (this.outgoing?.earlySessions ?? []);
  }

  get trickles(): boolean {
    const { trickleIce } = this.sessionContext.extensions;
    return trickleIce === 'required' || (trickleIce !== 'off' && this.dialogSession?.remoteTrickles === true);
  }

  get isRinging(): boolean {
    return this.state === 'incoming' || (this.state === 'early' && this.direction === 'incoming');
  }

  get autoAnswer(): AutoAnswerFact | undefined {
    return this.#autoAnswer;
  }

  set autoAnswer(fact: AutoAnswerFact | undefined) {
    this.#autoAnswer = fact;
    this.fate.changed();
  }

  mustBeRinging(verb: string): IncomingInvite {
    if (!this.incoming || !this.isRinging) throw this.#notNow(verb);
    return this.incoming;
  }

  mustHaveDialog(verb: string): Session {
    const session = this.dialogSession;
    if (!session || this.end || this.incoming?.hasDialog === false) throw this.#notNow(verb);
    return session;
  }

  mustBeConfirmed(verb: string): Session {
    const { session } = this;
    if (!session || this.state !== 'confirmed') throw this.#notNow(verb);
    return session;
  }

  #notNow(verb: string): EvercallError {
    return new EvercallError('invalidState', `${verb}: the call is ${this.state}`);
  }

  changed<K extends keyof CallEvents>(event: K, payload: CallEvents[K]): void {
    this.fate.changed(event, payload);
  }

  tell<K extends keyof CallEvents>(event: K, payload: CallEvents[K]): void {
    this.events.emit(event, payload);
  }

  isSeen(event: keyof CallEvents): boolean {
    return this.fate.isSeen(event);
  }

  onFlowOpen(): void {
    if (this.state === 'connecting' || this.state === 'confirmed') this.session?.answerAgain();
    if (this.state === 'confirmed') this.reconnection.onFlowOpen();
    else void ringOn(this);
  }

  /** What the peer was told of where we are holds no longer. */
  onContactChanged(): void {
    this.#locatedBy = -1; // what is answered later tells it then
    if (this.state !== 'confirmed' || this.context.ipChange.refresh === false) return;
    if (this.connection === 'reconnecting') void this.reconnection.climb('dialog');
    else
      this.session!.refresh().catch((error: unknown) => {
        this.context.log.warn(`call ${this.callId}: our new Contact could not be told`, error);
      });
  }

  /** What leaves now tells the peer where we are; what waits for another connection than the first, where we were. */
  onLocated(): void {
    const { isOpen, connectionId } = this.context.flow;
    this.attempts?.onSent(this.context.clock.now());
    this.#locatedBy = isOpen ? connectionId : connectionId === 0 ? 1 : -1;
  }

  onFlowLost(): void {
    if (this.state === 'confirmed') this.reconnection.onFlowLost();
    else void ringOn(this);
  }

  onMediaState(state: MediaState): void {
    const isTrouble = state === 'disconnected' || state === 'failed';
    if (this.state === 'confirmed' && (this.#reconnection ?? isTrouble)) this.reconnection.onMediaState(state);
  }

  onRival(): void {
    if (!this.end) this.reconnection.onRival();
  }

  onUnheard(): void {
    if (this.state === 'confirmed') void this.reconnection.climb('dialog');
  }

  onUnreachable(status: 430 | 408): boolean {
    return this.state === 'confirmed' && this.reconnection.onUnreachable(status);
  }

  onCrossed(): void {
    if (!this.end) this.reconnection.onCrossed();
  }

  onOffer(offer: string, method: 'INVITE' | 'UPDATE', signal?: AbortSignal): Promise<OfferVerdict> | undefined {
    if (!this.events.has('offer')) return undefined;
    return import('./peer-offer.js')
      .then(({ askApp }) => askApp(this, offer, method, signal))
      .catch((error: unknown) => {
        this.context.log.warn('the app could not be asked about an offer', error);
        return {}; // as without a word of its
      });
  }

  onScreenEnded(line: VideoLine): void {
    withPart(import('./video.js'), this.context.log, ({ endScreen }) => endScreen(this, line));
  }

  onLateCandidate(): void {
    if (this.end || this.connection === 'reconnecting') return; // whoever brings the call back tells them
    if (this.#confirmedAt === undefined && !this.dialogSessions.some((session) => session.remoteTrickles)) return; // the answer is still to come
    withPart(import('./late-candidates.js'), this.context.log, ({ tellCandidates }) => {
      tellCandidates(this);
    });
  }

  onHeard(): void {
    if (this.media.session.hasLateCandidates) this.onLateCandidate();
  }

  onUnconfirmedAnswer(session: Session): void {
    withPart(import('./trickle.js'), this.context.log, ({ sendCandidates }) => sendCandidates(this, session, true));
  }

  onPictureWanted(): void {
    this.media.session.sendKeyFrames();
  }

  onCandidates(fragment: Body): void {
    withPart(import('./trickle.js'), this.context.log, ({ takeCandidates }) => {
      takeCandidates(this, fragment);
    });
  }

  onProgress(response?: SipResponse): void {
    if (response) this.peer.onResponse(response);
    if (response && this.media.session.hasLateCandidates) this.onLateCandidate();
    this.fate.step('progress', response);
  }

  onAccepted(response?: SipResponse): void {
    if (response) this.peer.onResponse(response);
    else this.peer.onStatus({ status: 200, reason: reasonPhrase(200) });
    if (!response) this.onLocated();
    this.fate.step('accepted', response);
  }

  onConfirmed(): void {
    const { clock } = this.context;
    this.#confirmedAt = clock.now();
    this.fate.isConfirmed = true;
    this.#unlimit?.();
    this.#unlimit = limit(clock, this.#limits.maxDuration, () => {
      this.call.hangup();
    });
    this.#session = this.session;
    this.#invite?.fold();
    this.outgoing = this.incoming = undefined;
    if (this.attempts) this.attempts.sendAgain = undefined;
    const { noMediaTimeout } = this.#limits;
    if (noMediaTimeout !== undefined) void watchFor(this, noMediaTimeout);
    this.context.policy?.onConfirmed(this.call);
    this.context.watcher?.onConfirmed(this);
    this.fate.step('confirmed');
    this.media.refresh();
    loadReplacement().catch(() => undefined);
    if (this.session?.remoteTrickles) import('./trickle.js').catch(() => undefined); // the peer may move when there is no network
    if (this.events.has('offer')) import('./peer-offer.js').catch(() => undefined); // one may come as the network comes back
    if (this.media.session.hasLateCandidates) this.onLateCandidate();
    this.fate.tellAnswered();
    if (this.end) return;
    if (this.#locatedBy !== this.context.flow.connectionId) this.reconnection.onFlowOpen();
    else this.onMediaState(this.media.session.state); // what went wrong on the way, nobody has mended
  }

  onRenegotiated(): void {
    if (this.end) return;
    const { localHold: local, remoteHold: remote } = this.media.session;
    this.changed('holdChanged', { local, remote });
    this.media.refresh();
  }

  onDtmf(signal: DtmfSignal): void {
    this.tell('dtmf', signal);
  }

  onMessage(request: SipRequest, transaction: ServerTransaction): void {
    takeMessage(this, request, transaction);
  }

  onRequest(request: SipRequest, transaction: ServerTransaction, answer: () => void): void {
    if (this.events.has('request')) offerRequest(this, request, transaction, answer);
    else answer();
  }

  onRefreshed(message: SipRequest | SipResponse): void {
    this.peer.onRefreshed(message);
  }

  onRefer(session: Session, transaction: ServerTransaction): void {
    takeRefer(this, session, transaction);
  }

  onRedirected(target: string, response: SipResponse | undefined, status: number): void {
    this.attempts?.onRedirected(target, status, this.context.flow.url);
    this.tell('redirected', { target, response });
  }

  onStranded(): boolean {
    return this.attempts?.onStranded() ?? false;
  }

  onRefused(status: number): boolean {
    return this.attempts?.onRefused(status, this.context.clock.now()) ?? false;
  }

  onEnded(end: SessionEnd): void {
    if (this.end) return;
    this.#unlimit?.();
    this.peer.onStatus(end);
    if (end.message) this.peer.hear(end.message);
    this.fate.end = callEnd(end, {
      stage: this.state,
      startedAt: this.startTime,
      at: this.context.clock.wallTime(),
      duration: this.duration,
      tried: this.attempts?.all(end.status, this.context.flow.url) ?? none,
      recoveries: this.#reconnection?.recoveries ?? noRecoveries,
      stats: this.media.lastStats,
    });
    this.#reconnection?.stop();
    this.abandonSuccession?.();
    this.media.close();
    const previous = this.state;
    this.fate.state = 'disconnected';
    const { session } = this;
    this.context.released(this, session ? [...this.#formerDialogs, session.dialog] : none);
    const response = end.message && 'status' in end.message ? end.message : undefined;
    this.fate.tellEnded(previous, response);
  }

  /** It has rung for long enough. */
  #onNoAnswer(): void {
    if (this.state === 'connecting') return;
    if (this.incoming) {
      this.incoming.reject(408);
      return;
    }
    this.outgoing?.cancel();
    this.onEnded({ by: 'local', status: 408, reason: reasonPhrase(408) });
  }
}
