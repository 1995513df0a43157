/** A call: what the user sees of a session and its media, joined here and nowhere else. */
import { Deferred } from '../base/deferred.js';
import { Emitter } from '../base/emitter.js';
import type { EventSource } from '../base/emitter.js';
import { EvercallError, abortError, mustSucceed } from '../base/errors.js';
import { quiet } from '../base/quiet.js';
import { Queue } from '../base/queue.js';
import { Store } from '../base/store.js';
import { optional } from '../core/optional.js';
import { From, To, reasonPhrase } from '../parser/index.js';
import type { Address, Header, SipRequest, SipResponse } from '../parser/index.js';
import { MediaSession } from '../media/media-session.js';
import type { MediaSessionConfig } from '../media/media-session.js';
import type { MediaState } from '../media/connection-state.js';
import type { MediaStats } from '../media/media-stats.js';
import { extensionConfig } from '../session/extensions.js';
import type { ExtensionConfig } from '../session/extensions.js';
import { IncomingInvite } from '../session/incoming-invite.js';
import { OutgoingInvite } from '../session/outgoing-invite.js';
import type { SessionContext, SessionEnd, SessionUser } from '../session/session-context.js';
import type { Session } from '../session/session.js';
import { checkHeaders } from './call-options.js';
import type {
  AnswerOptions,
  CallOptions,
  HangupOptions,
  MediaOptions,
  RejectOptions,
  RingOptions,
} from './call-options.js';
import type { CallContext, CallOrigin } from './call-context.js';
import type { CallEvents, CallSnapshot, RemoteParty } from './call-events.js';
import { callState } from './call-state.js';
import type { CallEvent, CallState } from './call-state.js';
import { dtmfWish, sendDtmfByInfo } from './dtmf.js';
import type { SendDtmfOptions } from './dtmf.js';
import { endCause } from './end-cause.js';
import { callLimits, limit } from './limits.js';
import type { CallLimits } from './limits.js';
import { reinviteCall, requestInDialog, updateCall } from './in-dialog.js';
import type { ReinviteOptions, RequestOptions, UpdateOptions } from './in-dialog.js';
import type { CallEnd } from './end-cause.js';

export class Call implements EventSource<CallEvents> {
  readonly id: string;
  readonly direction: 'outgoing' | 'incoming';
  readonly remote: RemoteParty;
  /** The INVITE of an incoming call: its headers carry what the contact centre sends along. */
  readonly request: SipRequest | undefined;
  /** The app's own. */
  data: unknown;
  readonly #context: CallContext<Call>;
  readonly #sessionContext: SessionContext;
  readonly #emitter = new Emitter<CallEvents>();
  /** Digits by INFO go one after another. */
  #queue: Queue | undefined;
  #store: Store<CallSnapshot> | undefined;
  #media: MediaSession;
  /** How it began; let go when it is confirmed. */
  #outgoing: OutgoingInvite | undefined;
  #incoming: IncomingInvite | undefined;
  #session: Session | undefined;
  #state: CallState;
  #confirmedAt: number | undefined;
  #end: CallEnd | undefined;
  readonly #limits: CallLimits;
  #unlimit: (() => void) | undefined;
  #answered: Deferred<void> | undefined;
  #ended: Deferred<CallEnd> | undefined;

  /** Calls are made by `account.call()` and by the `incomingCall` event. */
  constructor(context: CallContext<Call>, origin: CallOrigin) {
    this.#context = context;
    this.direction = origin.direction;
    const options: CallOptions = origin.direction === 'outgoing' ? origin.options : {};
    this.#limits = callLimits(options, context.limits);
    this.#media = this.#newMedia(options);
    const { core, flow, authenticator, clock, log, timers, contact } = context;
    this.#sessionContext = {
      core,
      flow,
      authenticator,
      clock,
      log,
      timers,
      extensions: callExtensions(context.extensions, options),
      contact: origin.direction === 'outgoing' && origin.isAnonymous ? () => contact({ anonymous: true }) : contact,
      negotiator: {
        createOffer: (wish) => this.#media.createOffer(wish),
        createAnswer: (offer, isWanted) => this.#media.createAnswer(offer, { isWanted }),
        applyAnswer: (answer) => this.#media.applyAnswer(answer),
        rollback: () => this.#media.rollback(),
        renew: () => {
          const { muted } = this.#media;
          this.#media.close();
          this.#media = this.#newMedia(options);
          this.#media.setMuted(muted);
        },
      },
    };
    if (origin.direction === 'outgoing') {
      this.#state = 'calling';
      this.remote = { uri: origin.target, displayName: undefined };
      this.data = origin.options.data;
      const { target, from, routes } = origin;
      const headers = [...origin.headers, ...checkHeaders(options.headers)];
      this.id = context.core.random.token(24);
      void this.#invite({ target, from, routes, headers, callId: this.id }, options);
    } else {
      this.#state = 'incoming';
      const { request, transaction } = origin;
      this.request = request;
      this.remote = party(optional(request, From));
      this.#incoming = new IncomingInvite(this.#sessionContext, request, transaction, this.#sessionUser());
      this.id = this.#incoming.session.dialog.callId;
    }
    this.#unlimit = limit(clock, this.#limits.ringTimeout, () => {
      this.#onNoAnswer();
    });
  }

  get state(): CallState {
    return this.#state;
  }

  /** The Call-ID of the dialog. */
  get callId(): string {
    return this.id;
  }

  /** What ended it, once it is over. */
  get end(): CallEnd | undefined {
    return this.#end;
  }

  /** Milliseconds since it was confirmed; 0 before. */
  get duration(): number {
    if (this.#confirmedAt === undefined) return 0;
    return this.#end?.duration ?? this.#context.clock.now() - this.#confirmedAt;
  }

  /** Whom the To of an incoming call named: the address the caller dialled. */
  get dialled(): RemoteParty | undefined {
    return this.request && party(optional(this.request, To));
  }

  /** Whether the peer takes a method: UPDATE, INFO … Before it has said so, no. */
  remoteAllows(method: string): boolean {
    return this.#dialogSession()?.remoteAllows(method) ?? false;
  }

  get muted(): boolean {
    return this.#media.muted;
  }

  get localHold(): boolean {
    return this.#media.localHold;
  }

  get remoteHold(): boolean {
    return this.#media.remoteHold;
  }

  get mediaState(): MediaState {
    return this.#media.state;
  }

  get remoteStream(): MediaStream | undefined {
    return this.#media.remoteStream;
  }

  get peerConnection(): MediaSession['peerConnection'] {
    return this.#media.peerConnection;
  }

  /** Resolves when the call is confirmed; rejects with why it never was. */
  get answered(): Promise<void> {
    if (!this.#answered) {
      this.#answered = new Deferred();
      if (this.#confirmedAt !== undefined) this.#answered.resolve();
      else if (this.#end) this.#answered.reject(endError(this.#end));
    }
    return this.#answered.promise;
  }

  /** Resolves when the call is over, however it came to its end; never rejects. */
  get ended(): Promise<CallEnd> {
    if (!this.#ended) {
      this.#ended = new Deferred();
      if (this.#end) this.#ended.resolve(this.#end);
    }
    return this.#ended.promise;
  }

  on<K extends keyof CallEvents>(event: K, listener: (payload: CallEvents[K]) => void): () => void {
    return this.#emitter.on(event, listener);
  }

  once<K extends keyof CallEvents>(event: K, options?: { readonly signal?: AbortSignal }): Promise<CallEvents[K]> {
    return this.#emitter.once(event, options);
  }

  subscribe(listener: () => void): () => void {
    return this.#snapshots().subscribe(listener);
  }

  getSnapshot(): CallSnapshot {
    return this.#snapshots().getSnapshot();
  }

  /** Tells the caller that it rings (180 is sent by itself), or with `earlyMedia` lets them hear us already (183). */
  ring({ earlyMedia = false, reliable, headers }: RingOptions = {}): Promise<void> {
    const incoming = this.#mustBeRinging('ring');
    const checked = checkHeaders(headers);
    const isReliable = incoming.isReliable(reliable);
    if (!earlyMedia) {
      incoming.ring(checked, isReliable);
      return Promise.resolve();
    }
    return quiet(
      incoming.sendEarlyMedia(checked, isReliable).then(() => {
        this.#step('progress');
      }),
    );
  }

  /**
   * Takes an incoming call; resolves when the caller's ACK has come. Rejects with a media error when the microphone cannot
   * be had (the caller gets 480), with `negotiation` when there is no common media (488), with `cancelled` when the
   * caller was gone.
   */
  answer(options: AnswerOptions = {}): Promise<void> {
    const incoming = this.#mustBeRinging('answer');
    return quiet(this.#accept(incoming, options, checkHeaders(options.headers)));
  }

  async #accept(incoming: IncomingInvite, options: AnswerOptions, headers: readonly Header[]): Promise<void> {
    if (this.#media.state === 'new') this.#media = this.#newMedia(options);
    try {
      await incoming.accept(headers);
    } catch (error) {
      if (error instanceof EvercallError && this.#end === undefined && error.code !== 'invalidState') {
        const status = error.code === 'negotiation' ? 488 : error.code.startsWith('media') ? 480 : 500;
        incoming.reject(status, [], undefined, error);
      }
      throw error;
    }
  }

  /** Refuses an incoming call. @param status 300 to 699; 486 is busy here, 603 declined everywhere. */
  reject(status = 486, { headers, reason }: RejectOptions = {}): void {
    const incoming = this.#mustBeRinging('reject');
    if (!(Number.isInteger(status) && status >= 300 && status <= 699)) {
      throw new EvercallError('invalidOption', `status: takes 300 to 699, got ${status}`);
    }
    incoming.reject(status, checkHeaders(headers), reason);
  }

  /**
   * Ends the call, whatever its state: BYE, CANCEL, or 603 to a call that rings here. Over at once; the message goes its
   * own way. A second time does nothing.
   */
  hangup({ headers, silent = false }: HangupOptions = {}): void {
    const checked = checkHeaders(headers);
    if (this.#state === 'disconnected') return;
    const session = this.#currentSession();
    if (silent) {
      const end = { by: 'local', status: 487, reason: reasonPhrase(487) } as const;
      this.#outgoing?.abandon();
      if (session) session.abandon(end);
      else this.#onEnded(end);
    } else if (session && this.#state !== 'incoming' && !(this.#incoming && this.#state === 'early')) {
      session.bye(checked);
    } else if (this.#incoming) {
      this.#incoming.reject(603, checked);
    } else {
      this.#outgoing?.cancel(checked);
      this.#onEnded({ by: 'local', status: 487, reason: reasonPhrase(487) });
    }
  }

  /** Puts the peer on hold; resolves when it has agreed. */
  hold(): Promise<void> {
    return this.#setHold(true);
  }

  /** Takes the peer off hold; resolves when it has agreed. */
  resume(): Promise<void> {
    return this.#setHold(false);
  }

  /**
   * Offers the session anew by a re-INVITE, after all changes that were asked for before; resolves when the peer has agreed.
   * Rejects with `rejected` when it has not: all is as it was.
   */
  reinvite(options: ReinviteOptions = {}): Promise<void> {
    return quiet(reinviteCall(this.#mustBeConfirmed('reinvite'), options).then(() => this.#onRenegotiated()));
  }

  /** The same by an UPDATE (RFC 3311), which can change an early dialog too; rejects with `invalidState` where the peer takes none. */
  update(options: UpdateOptions = {}): Promise<void> {
    return quiet(updateCall(this.#mustHaveDialog('update'), options).then(() => this.#onRenegotiated()));
  }

  /** Sends a request in the dialog, early or confirmed; resolves with its final response, whatever its status. */
  sendRequest(method: string, options: RequestOptions = {}): Promise<SipResponse> {
    return quiet(requestInDialog(this.#mustHaveDialog(method), method, options));
  }

  /** Sends silence; nothing is negotiated. */
  mute(): void {
    this.#setMuted(true);
  }

  unmute(): void {
    this.#setMuted(false);
  }

  /** Sends digits; resolves when the last one is out. Calls queue. */
  sendDtmf(tones: string, options: SendDtmfOptions = {}): Promise<void> {
    const wish = dtmfWish(tones, options);
    const session = this.#mustBeConfirmed('sendDtmf');
    const { method, duration, gap } = wish;
    const isByRtp = method === 'rtp' || (method === 'auto' && this.#media.canSendDtmf);
    return quiet(
      isByRtp
        ? this.#media.sendDtmf(tones, { duration, gap })
        : this.#digits().run(() => sendDtmfByInfo(session, tones, wish, this.#context.clock, options.signal)),
    );
  }

  /** Sends a MESSAGE in the call; resolves when the peer has taken it. */
  sendMessage(body: string, { contentType = 'text/plain' }: { readonly contentType?: string } = {}): Promise<void> {
    const session = this.#mustBeConfirmed('sendMessage');
    const headers = checkHeaders([{ name: 'Content-Type', value: contentType }]);
    return quiet(session.request('MESSAGE', headers, body).then(mustSucceed));
  }

  /** Plays the peer again after `playoutBlocked`, from within a user gesture; resolves with whether it is heard. */
  resumePlayout(): Promise<boolean> {
    return this.#media.resumePlayout();
  }

  getStats(): Promise<MediaStats> {
    return this.#media.getStats();
  }

  #currentSession(): Session | undefined {
    return this.#session ?? this.#outgoing?.session ?? this.#incoming?.session;
  }

  /** As long as there is no other, the early one. */
  #dialogSession(): Session | undefined {
    return this.#currentSession() ?? this.#outgoing?.earlySession;
  }

  /** Microphone and offer first: an INVITE that leaves is meant. */
  async #invite(
    base: { target: string; from: string; routes: readonly string[]; headers: readonly Header[]; callId: string },
    { offer: style, signal }: CallOptions,
  ): Promise<void> {
    if (signal?.aborted) {
      await Promise.resolve(); // the caller holds the call before it hears of its end
      this.#abort(signal);
      return;
    }
    if (signal) this.#hangUpOn(signal);
    try {
      const offer = style === 'late' ? undefined : await this.#media.createOffer();
      if (this.#end) return;
      this.#outgoing = new OutgoingInvite(this.#sessionContext, { ...base, offer }, this.#sessionUser());
      this.#outgoing.start();
    } catch (error) {
      if (this.#end) return;
      const known =
        error instanceof EvercallError ? error : new EvercallError('negotiation', String(error), { cause: error });
      this.#onEnded({ by: 'local', status: known.status ?? 480, reason: known.message, error: known });
    }
  }

  /** A signal may outlive many calls, and must keep none of them. */
  #hangUpOn(signal: AbortSignal): void {
    const onAbort = (): void => {
      this.#abort(signal);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    void this.ended.then(() => {
      signal.removeEventListener('abort', onAbort);
    });
  }

  #abort(signal: AbortSignal): void {
    if (this.#state === 'disconnected') return;
    const error = abortError(signal);
    this.#context.log.info(`call ${this.id}: ${error.message}`);
    this.hangup();
  }

  #newMedia(options: MediaOptions): MediaSession {
    const { media, mediaEnvironment, clock, log } = this.#context;
    return new MediaSession(mediaConfig(media, options), mediaEnvironment, clock, log, {
      onMediaState: (state) => {
        this.#changed('mediaStateChanged', { state });
      },
      onRemoteTrack: (track) => {
        this.#emitter.emit('remoteTrack', { track });
      },
      onPeerConnection: (peerConnection) => {
        this.#emitter.emit('peerConnection', { peerConnection });
      },
      onPlayoutBlocked: () => {
        this.#emitter.emit('playoutBlocked', { resume: () => this.resumePlayout() });
      },
    });
  }

  #sessionUser(): SessionUser {
    return {
      onProgress: (response) => {
        this.#step('progress', response);
      },
      onAccepted: (response) => {
        this.#step('accepted', response);
      },
      onConfirmed: () => {
        this.#confirmedAt = this.#context.clock.now();
        this.#unlimit?.();
        this.#unlimit = limit(this.#context.clock, this.#limits.maxDuration, () => {
          this.hangup();
        });
        this.#session = this.#currentSession();
        this.#outgoing = this.#incoming = undefined;
        this.#step('confirmed');
        this.#answered?.resolve();
      },
      onRenegotiated: () => {
        this.#onRenegotiated();
      },
      onDtmf: (signal) => {
        this.#emitter.emit('dtmf', signal);
      },
      onMessage: (request, transaction) => {
        this.#context.core.respond(transaction, 200);
        this.#emitter.emit('message', { body: request.body, request });
      },
      onEnded: (end) => {
        this.#onEnded(end);
      },
    };
  }

  #step(event: CallEvent, response?: SipResponse): void {
    const previous = this.#state;
    const state = callState(previous, event);
    if (state === previous) return;
    this.#state = state;
    this.#changed('stateChanged', { state, previous, status: response?.status, reason: response?.reason, response });
  }

  /** It has rung for long enough. */
  #onNoAnswer(): void {
    if (this.#state === 'connecting') return;
    if (this.#incoming) {
      this.#incoming.reject(408);
      return;
    }
    this.#outgoing?.cancel();
    this.#onEnded({ by: 'local', status: 408, reason: reasonPhrase(408) });
  }

  #onEnded(end: SessionEnd): void {
    if (this.#end) return;
    this.#unlimit?.();
    const { clock } = this.#context;
    const duration = this.#confirmedAt === undefined ? 0 : clock.now() - this.#confirmedAt;
    const { status, reason, by, error } = end;
    this.#end = { cause: endCause(end), status, reason, by, at: clock.wallTime(), duration, error };
    this.#media.close();
    const previous = this.#state;
    this.#state = 'disconnected';
    this.#context.released(this);
    const response = end.message && 'status' in end.message ? end.message : undefined;
    this.#changed('stateChanged', { state: 'disconnected', previous, status, reason, response });
    this.#emitter.emit('ended', this.#end);
    if (this.#confirmedAt === undefined) this.#answered?.reject(endError(this.#end));
    this.#ended?.resolve(this.#end);
  }

  #setHold(held: boolean): Promise<void> {
    const session = this.#mustBeConfirmed(held ? 'hold' : 'resume');
    const change = session.change(async () => {
      const former = this.#media.localHold;
      if (former === held) return;
      this.#media.setHold(held);
      try {
        await session.renegotiate();
      } catch (error) {
        this.#media.setHold(former);
        throw error;
      }
      this.#onRenegotiated();
    });
    return quiet(change);
  }

  #onRenegotiated(): void {
    this.#changed('holdChanged', { local: this.localHold, remote: this.remoteHold });
  }

  #setMuted(muted: boolean): void {
    if (this.#media.muted === muted || this.#end) return;
    this.#media.setMuted(muted);
    this.#changed('muteChanged', { muted });
  }

  #changed<K extends keyof CallEvents>(event: K, payload: CallEvents[K]): void {
    this.#store?.changed();
    this.#emitter.emit(event, payload);
  }

  #snapshots(): Store<CallSnapshot> {
    return (this.#store ??= new Store(() => {
      const { state, direction, remote, muted, localHold, remoteHold, mediaState, end } = this;
      return { state, direction, remote, muted, localHold, remoteHold, mediaState, end };
    }));
  }

  #digits(): Queue {
    return (this.#queue ??= new Queue());
  }

  #mustBeRinging(verb: string): IncomingInvite {
    const isRinging = this.#state === 'incoming' || (this.#state === 'early' && this.direction === 'incoming');
    if (!this.#incoming || !isRinging) throw new EvercallError('invalidState', `${verb}: the call is ${this.#state}`);
    return this.#incoming;
  }

  #mustHaveDialog(verb: string): Session {
    const session = this.#dialogSession();
    if (!session || this.#end) throw new EvercallError('invalidState', `${verb}: the call is ${this.#state}`);
    return session;
  }

  #mustBeConfirmed(verb: string): Session {
    const session = this.#currentSession();
    if (!session || this.#state !== 'confirmed')
      throw new EvercallError('invalidState', `${verb}: the call is ${this.#state}`);
    return session;
  }
}

/** One object serves all calls that do not ask for anything of their own. */
function mediaConfig(base: MediaSessionConfig, options: MediaOptions): MediaSessionConfig {
  const { audio, track, receiveOnlyWithoutMicrophone } = options;
  if (audio === undefined && track === undefined && receiveOnlyWithoutMicrophone === undefined) return base;
  return {
    ...base,
    ...(audio === undefined ? {} : { audio }),
    ...(track === undefined ? {} : { track }),
    ...(receiveOnlyWithoutMicrophone === undefined ? {} : { receiveOnlyWithoutMicrophone }),
  };
}

function callExtensions(base: ExtensionConfig, options: CallOptions): ExtensionConfig {
  const { reliableProvisional, sessionTimer } = options;
  return reliableProvisional === undefined && sessionTimer === undefined ? base : extensionConfig(options, base);
}

/** What `answered` rejects with. */
function endError(end: CallEnd): EvercallError {
  if (end.error) return end.error;
  const code = end.cause === 'cancelled' || end.by === 'local' ? 'cancelled' : 'rejected';
  return new EvercallError(code, `${end.status} ${end.reason}`, { status: end.status });
}

function party(address: Address | undefined): RemoteParty {
  return { uri: address?.uri ?? '', displayName: address?.displayName };
}
