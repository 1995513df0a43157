/** A call as the app holds it: facts, events and verbs. */
import type { EventSource } from '../base/emitter.js';
import { EvercallError } from '../base/errors.js';
import { quiet } from '../base/quiet.js';
import type { Body, SipRequest, SipResponse } from '../parser/index.js';
import type { MediaSession } from '../media/media-session.js';
import type { Direction } from '../media/direction.js';
import type { MediaLine } from '../media/media-lines.js';
import type { CallQuality } from '../media/quality.js';
import type { MediaState } from '../media/connection-state.js';
import type { MediaStats } from '../media/media-stats.js';
import type { AutoAnswerFact } from './auto-answer.js';
import type { CallDialog, CallInfo } from './call-info.js';
import type { AnswerOptions, HangupOptions, RejectOptions, RingOptions } from './call-options.js';
import type { CallContext, CallOrigin, CallParts } from './call-context.js';
import type { CallEvents, CallSnapshot, RemoteParty, SessionIdentifiers } from './call-events.js';
import type { CallState } from './call-state.js';
import type { SendDtmfOptions } from './dtmf.js';
import type { CallEnd } from './end-cause.js';
import type { InfoOptions, MessageOptions, ReinviteOptions, RequestOptions, UpdateOptions } from './in-dialog.js';
import type { CallIdentity } from './identity.js';
import { Fate } from './fate.js';
import type { Leg } from './leg.js';
import { PendingLeg } from './pending-leg.js';
import type { CallConnection } from './reconnection.js';
import type { Transfer, TransferOptions } from './transfer.js';
import type { UserToUser } from './user-to-user.js';
import type { AddVideoOptions, ShareScreenOptions } from './video.js';

export class Call implements EventSource<CallEvents> {
  /** The app's own. */
  data: unknown;
  readonly #fate: Fate;
  #leg: Leg | PendingLeg;

  /** Calls are made by `account.call()` and by the `incomingCall` event. */
  constructor(context: CallContext, origin: CallOrigin) {
    this.#fate = new Fate(this, origin.direction);
    if (origin.direction === 'outgoing') this.data = origin.options.data;
    const { part } = context.parts;
    if (part || origin.direction === 'incoming') {
      // which waits for it as an INVITE
      const leg = (this.#leg = new part!.Leg(context, origin, this, this.#fate));
      part!.begin(leg, origin);
    } else {
      this.#leg = new PendingLeg(context, origin, this, this.#fate);
      this.#leg.begun = this.#goOn(this.#leg, origin);
    }
  }

  get id(): string {
    return this.#leg.callId;
  }

  get direction(): 'outgoing' | 'incoming' {
    return this.#leg.direction;
  }

  get remote(): RemoteParty {
    return this.#leg.peer.remote;
  }

  /** The INVITE of an incoming call: its headers carry what the contact centre sends along. */
  get request(): SipRequest | undefined {
    return this.#leg.request;
  }

  get state(): CallState {
    return this.#fate.state;
  }

  /** The Call-ID of the dialog. */
  get callId(): string {
    return this.#leg.callId;
  }

  /** The UUIDs that name the call from end to end (RFC 7989): ours, and the peer's once it has told it. */
  get sessionId(): SessionIdentifiers | undefined {
    return this.#leg.sessionId;
  }

  /** What ended it, once it is over. */
  get end(): CallEnd | undefined {
    return this.#fate.end;
  }

  /** Milliseconds since it was confirmed; 0 before. */
  get duration(): number {
    return this.#leg.duration;
  }

  /** Whom the To of an incoming call named: the address the caller dialled. */
  get dialled(): RemoteParty | undefined {
    return this.#leg.dialled;
  }

  /** Who the peer is by what servers say: undefined as long as none said anything, for a call of ours. */
  get identity(): CallIdentity | undefined {
    return this.#leg.peer.identity;
  }

  /** What the other side's application told last (RFC 7433): with the INVITE, its answer or the BYE. */
  get userToUser(): readonly UserToUser[] {
    return this.#leg.peer.userToUser;
  }

  /** A snapshot. */
  get info(): CallInfo {
    const leg = this.#leg;
    return leg instanceof PendingLeg ? leg.info : leg.context.parts.part!.callInfo(leg);
  }

  /** The early dialogs, or the one that is confirmed; none before the first response, and when it is over. */
  get dialogs(): readonly CallDialog[] {
    const leg = this.#leg;
    return leg instanceof PendingLeg ? [] : leg.context.parts.part!.callDialogs(leg);
  }

  /** Who sent the caller to us, or us to the callee (RFC 3892). */
  get referredBy(): RemoteParty | undefined {
    return this.#leg.referrer;
  }

  /** When the call is answered by itself, while it rings; undefined where it is not, or may not use the microphone. */
  get autoAnswer(): AutoAnswerFact | undefined {
    return this.#leg.isRinging ? this.#leg.autoAnswer : undefined;
  }

  /** Whether the peer takes a method: UPDATE, INFO … Before it has said so, no. */
  remoteAllows(method: string): boolean {
    return this.#leg.dialogSession?.remoteAllows(method) ?? false;
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

  /** Whether the call has its connection and a path for its media, or is on its way back to them. */
  get connection(): CallConnection {
    return this.#leg.connection;
  }

  get mediaState(): MediaState {
    return this.#media.state;
  }

  /** What is negotiated, one entry for each m-line and in their order, which lasts as long as the call does. */
  get media(): readonly MediaLine[] {
    return this.#leg.media.lines;
  }

  /** What the camera sends, or the screen that is shared: for a picture of oneself. */
  get localVideo(): MediaStream | undefined {
    return this.#media.localVideo;
  }

  /** As it was last measured: while someone listens to `qualityChanged`. */
  get quality(): CallQuality | undefined {
    return this.#leg.quality;
  }

  /** The peer's audio. */
  get remoteStream(): MediaStream | undefined {
    return this.#media.remoteStream;
  }

  get peerConnection(): MediaSession['peerConnection'] {
    return this.#media.peerConnection;
  }

  /** Resolves when the call is confirmed; rejects with why it never was. */
  get answered(): Promise<void> {
    return this.#fate.answered;
  }

  /** Resolves when the call is over, however it came to its end; never rejects. */
  get ended(): Promise<CallEnd> {
    return this.#fate.ended;
  }

  on<K extends keyof CallEvents>(event: K, listener: (payload: CallEvents[K]) => void): () => void {
    const off = this.#fate.events.on(event, listener);
    this.#observe(event);
    return off;
  }

  once<K extends keyof CallEvents>(event: K, options?: { readonly signal?: AbortSignal }): Promise<CallEvents[K]> {
    return this.#fate.events.once(event, options);
  }

  subscribe(listener: () => void): () => void {
    return this.#fate.snapshots.subscribe(listener);
  }

  getSnapshot(): CallSnapshot {
    return this.#fate.snapshots.getSnapshot();
  }

  /** Tells the caller that it rings (180 is sent by itself), or with `earlyMedia` lets them hear us already (183). */
  ring(options: RingOptions = {}): Promise<void> {
    return this.#act((parts, leg) => parts.ringCall(leg, options));
  }

  /**
   * Takes an incoming call; resolves when the caller's ACK has come. Rejects with a media error when the microphone cannot
   * be had (the caller gets 480), with `negotiation` when there is no common media (488), with `cancelled` when the
   * caller was gone.
   */
  answer(options: AnswerOptions = {}): Promise<void> {
    return this.#act((parts, leg) => parts.answerCall(leg, options));
  }

  /** Refuses an incoming call. @param status 300 to 699; 486 is busy here, 603 declined everywhere. */
  reject(status = 486, options: RejectOptions = {}): void {
    const leg = this.#begun('reject');
    leg.context.parts.part!.rejectCall(leg, status, options);
  }

  /**
   * Ends the call, whatever its state: BYE, CANCEL, or 603 to a call that rings here. Over at once; the message goes its
   * own way. A second time does nothing.
   */
  hangup(options: HangupOptions = {}): void {
    const leg = this.#leg;
    if (leg instanceof PendingLeg) leg.hangUp(options);
    else leg.context.parts.part!.hangUp(leg, options);
  }

  /** Puts the peer on hold; resolves when it has agreed. */
  hold(): Promise<void> {
    return this.#act((parts, leg) => parts.setHold(leg, true));
  }

  /** Takes the peer off hold, after whoever was heard meanwhile was put on it; resolves when it has agreed. */
  resume(): Promise<void> {
    return this.#act((parts, leg) => parts.resume(leg));
  }

  /**
   * Sends the peer to someone else, or with another call as target joins the peers of both (RFC 5589); a call that is not
   * answered yet is given up, and its callee called anew. Resolves when the target has answered, and both calls are hung up;
   * rejects with `rejected` when the peer or the target refuses, with `timeout` when the peer does not say: then the call
   * goes on.
   */
  transfer(target: string | Call, options: TransferOptions = {}): Transfer {
    const leg = this.#begun('transfer');
    const to = target instanceof Call ? target.#begun('transfer') : target;
    return leg.context.parts.part!.transferCall(leg, to, options);
  }

  /**
   * Offers the session anew by a re-INVITE, after all changes that were asked for before; resolves when the peer has agreed.
   * Rejects with `rejected` when it has not: all is as it was.
   */
  reinvite(options: ReinviteOptions = {}): Promise<void> {
    return this.#act((parts, leg) => parts.reinviteCall(leg, options));
  }

  /** The same by an UPDATE (RFC 3311), which can change an early dialog too; rejects with `invalidState` where the peer takes none. */
  update(options: UpdateOptions = {}): Promise<void> {
    return this.#act((parts, leg) => parts.updateCall(leg, options));
  }

  /** Sends a request in the dialog, early or confirmed; resolves with its final response, whatever its status. */
  sendRequest(method: string, options: RequestOptions = {}): Promise<SipResponse> {
    return this.#act((parts, leg) => parts.requestInDialog(leg, method, options));
  }

  /**
   * Sends an INFO of a package (RFC 6086); resolves with its final response. Throws `invalidState` where the peer has not
   * said that it takes the package. INFO without a package goes by `sendRequest`.
   */
  sendInfo(infoPackage: string, body: Body = '', options: InfoOptions = {}): Promise<SipResponse> {
    return this.#act((parts, leg) => parts.sendInfo(leg, infoPackage, body, options));
  }

  /**
   * Limits which way audio or video may flow, and stays through all changes that follow; `sendrecv` lifts the limit. Resolves
   * when the peer has agreed. A call that is not answered yet says it with the answer.
   */
  setDirection(kind: 'audio' | 'video', direction: Direction): Promise<void> {
    return this.#act((parts, leg) => parts.setDirection(leg, kind, direction));
  }

  /**
   * Sends the camera (or what `video` says) from now on; resolves when the peer takes it. Rejects with the camera's error before
   * anything is sent, with `rejected` or `negotiation` when the peer does not want it: the call goes on as it was.
   */
  addVideo(options: AddVideoOptions = {}): Promise<void> {
    this.#begun('addVideo').mustBeConfirmed('addVideo');
    return this.#video((verbs, leg) => verbs.addVideo(leg, options));
  }

  /** Ends all video of the call, ours at once; resolves when the peer knows. */
  removeVideo(): Promise<void> {
    this.#begun('removeVideo').mustBeConfirmed('removeVideo');
    return this.#video((verbs, leg) => verbs.removeVideo(leg));
  }

  /** Sends another track instead of the camera's; the peer is asked nothing. It is never stopped by the call. */
  replaceVideo(track: MediaStreamTrack): Promise<void> {
    return this.#act((_parts, { media }) => quiet(media.session.videos().then((videos) => videos.replace(track))));
  }

  /** Sends another track instead of the microphone's; the peer is asked nothing. It is never stopped by the call. */
  replaceAudio(track: MediaStreamTrack): Promise<void> {
    return this.#act((_parts, { media }) => quiet(media.session.replaceAudio(track)));
  }

  /** Shows the user's screen: to be called from within a user gesture. Ends with the browser's own button, too. */
  shareScreen(options: ShareScreenOptions = {}): Promise<void> {
    this.#begun('shareScreen').mustBeConfirmed('shareScreen');
    return this.#video((verbs, leg) => verbs.shareScreen(leg, options));
  }

  /** The camera again, or the end of the screen's own section. */
  stopScreenShare(): Promise<void> {
    return this.#video((verbs, leg) => verbs.stopScreenShare(leg));
  }

  /** All that is known of the call, as text for a report: no secrets, but addresses. */
  dump(): Promise<string> {
    return import('./dump.js').then(({ dump }) => dump(this));
  }

  /** Sends silence; nothing is negotiated. */
  mute(): void {
    this.#setMuted(true);
  }

  unmute(): void {
    this.#setMuted(false);
  }

  /** The digits that are still to be sent. */
  get dtmfQueue(): string {
    return this.#leg.pendingDigits;
  }

  /** Sends digits; resolves when the last one is out. Calls queue. */
  sendDtmf(tones: string, options: SendDtmfOptions = {}): Promise<void> {
    return this.#act((parts, leg) => parts.sendDigits(leg, tones, options));
  }

  /** Sends a MESSAGE in the call; resolves when the peer has taken it. */
  sendMessage(body: string, options: MessageOptions = {}): Promise<void> {
    return this.#act((parts, leg) => parts.sendMessage(leg, body, options));
  }

  /** To be called with each key of a message that is being written: the peer is told, now and then (RFC 3994). */
  composing(): void {
    const leg = this.#begun('composing');
    leg.context.parts.part!.tellComposing(leg);
  }

  /** Plays the peer again after `playoutBlocked`, from within a user gesture; resolves with whether it is heard. */
  resumePlayout(): Promise<boolean> {
    return this.#act((_parts, { media }) => media.session.resumePlayout());
  }

  getStats(): Promise<MediaStats> {
    return this.#act((_parts, { media }) => media.getStats());
  }

  #video(act: (verbs: typeof import('./video.js'), leg: Leg) => Promise<void>): Promise<void> {
    return this.#act((_parts, leg) => quiet(import('./video.js').then((verbs) => act(verbs, leg))));
  }

  /** At once, or as soon as the call has begun. */
  #act<T>(verb: (parts: CallParts, leg: Leg) => Promise<T>): Promise<T> {
    const leg = this.#leg;
    const { parts } = leg.context;
    if (!(leg instanceof PendingLeg)) return verb(parts.part!, leg);
    return quiet(leg.begun.then(() => verb(parts.part!, this.#begun('a verb that waited'))));
  }

  #begun(verb: string): Leg {
    const leg = this.#leg;
    if (leg instanceof PendingLeg) throw new EvercallError('invalidState', `${verb}: the call is ${this.state}`);
    return leg;
  }

  async #goOn(pending: PendingLeg, origin: CallOrigin): Promise<void> {
    const { context } = pending;
    const part = await context.parts.load().catch((error: unknown) => {
      context.log.error(`call ${pending.callId} cannot be placed`, error);
      pending.fail(error as EvercallError);
    });
    if (!part || this.end) return; // hung up meanwhile
    pending.leave();
    const leg = (this.#leg = new part.Leg(context, origin, this, this.#fate));
    if (pending.media.session.muted) leg.media.session.setMuted(true);
    for (const event of ['mediaChanged', 'qualityChanged'] as const)
      if (this.#fate.events.has(event)) this.#observe(event);
    part.begin(leg, origin);
  }

  /** What is only watched while someone listens. */
  #observe(event: keyof CallEvents): void {
    const leg = this.#leg;
    if (leg instanceof PendingLeg) return;
    if (event === 'mediaChanged') leg.media.see(); // what is there already is no change
    if (event === 'qualityChanged') measureQuality(leg);
  }

  get #media(): MediaSession | PendingLeg['media']['session'] {
    return this.#leg.media.session;
  }

  #setMuted(muted: boolean): void {
    if (this.#media.muted === muted || this.end) return;
    this.#media.setMuted(muted);
    this.#fate.changed('muteChanged', { muted });
  }
}

function measureQuality(leg: Leg): void {
  import('./quality-meter.js')
    .then(({ measure }) => measure(leg))
    .catch((error: unknown) => leg.context.log.warn('quality cannot be measured', error));
}
