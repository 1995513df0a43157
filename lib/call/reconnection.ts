/**
 * The way back of an answered call that has lost its connection, or the path of its media: a ladder, climbed until both are
 * there again (RFC 3261 §14, RFC 8445 §9; PJSIP's handle_ip_change with UPDATE_CONTACT and REINIT_MEDIA).
 *
 *   dialog    the media are well: UPDATE without a description, else a re-INVITE that changes nothing
 *   offer     the same, with what was to be changed meanwhile
 *   media     re-INVITE with ICE restart
 *   rebuild   another RTCPeerConnection: the peer cannot restart ICE
 *   replace   another dialog, by INVITE with Replaces: nothing that is said in this one reaches the peer
 */
import { sleep } from '../base/clock.js';
import { Deferred } from '../base/deferred.js';
import { EvercallError } from '../base/errors.js';
import type { MediaState } from '../media/connection-state.js';
import type { ChangeOptions } from '../session/renegotiate.js';
import type { Session } from '../session/session.js';
import type { Leg } from './leg.js';
import { higher, isPassing, Ladder } from './ladder.js';
import type { Rung } from './ladder.js';
import { loadReplacement } from './load-replacement.js';
import { PathProof } from './path-proof.js';

/** Whether a call has its connection, and a path for its media. */
export type CallConnection = 'connected' | 'reconnecting';

/** What came of it, for the report of who asked for it. */
export interface Recovery {
  readonly rung: Rung;
  readonly ok: boolean;
  /** Of the refusal. */
  readonly status: number | undefined;
}

/** Milliseconds that a path may be lost without a word: most come back by themselves. */
const patience = 1000;
/** Milliseconds in which a restart is not repeated. */
const settling = 3000;
/** How often a flow that nobody opens is looked at. Milliseconds. */
const idleLook = 200;
/** Milliseconds that the peer gets to answer a re-INVITE that asks for nothing but the call it has. */
const grace = 4000;
/** The same for the app, to decide on what the peer offers, where nothing is heard meanwhile. */
const hurry = 200;
/** Milliseconds until a path that could not be found is sought once more, and at most: what was in the way may go away. */
const firstPause = 10_000;
const longestPause = 60_000;
/** What a peer says that does not take this UPDATE, but may take an INVITE. */
const unfit: ReadonlySet<number> = new Set([405, 415, 420, 488, 501, 504]);

/** How many of them a call remembers. */
const remembered = 8;
const none: readonly Recovery[] = [];

export class Reconnection {
  readonly #leg: Leg;
  /** What is to be done next. */
  #rung: Rung | undefined;
  /** It was only asked for because the media were lost. */
  #isForMedia = false;
  /** While the story runs. */
  #outcome: Deferred<Recovery> | undefined;
  #cancelPatience: (() => void) | undefined;
  #cancelRivalry: (() => void) | undefined;
  #isFlowLost = false;
  /** What the next connection is known to need, or that nothing is to be said on it: whoever restarts it, knows why. */
  prepared: Rung | false = 'dialog';
  #restartedAt = -Infinity;
  /** Since a path was sought in vain: when it is sought again. */
  #cancelPause: (() => void) | undefined;
  #pauses = 0;
  /** What came of it so far, the latest last. */
  #recoveries: readonly Recovery[] = none;
  /** The present step. */
  #climbing: Rung = 'dialog';
  readonly #ladder = new Ladder();
  /** While a path is waited for. */
  #proof: PathProof | undefined;

  constructor(leg: Leg) {
    this.#leg = leg;
  }

  /** The latest, and the one under way as one that has failed. */
  get recoveries(): readonly Recovery[] {
    if (!this.#outcome) return this.#recoveries;
    return [...this.#recoveries, { rung: this.#climbing, ok: false, status: undefined }];
  }

  get connection(): CallConnection {
    return this.#outcome || this.#isFlowLost || this.#cancelPause || this.#isCutOff ? 'reconnecting' : 'connected';
  }

  /** The app says that no peer can be reached: no path is sought until it says otherwise. */
  get #isCutOff(): boolean {
    return this.#leg.context.watcher?.isMediaReachable() === false;
  }

  /** It has said so, or otherwise. */
  onMediaReachable(seeks: boolean): void {
    this.#cancelPatience?.();
    this.#endPause();
    this.#tell();
    if (!seeks) return;
    this.#restartedAt = -Infinity;
    void this.climb('media');
  }

  /** The connection is gone: nothing can be said until there is another one. */
  onFlowLost(): void {
    this.#isFlowLost = true;
    this.#tell();
  }

  /** There is another one: the peer has to learn where we are, and the media may be well. */
  onFlowOpen(): void {
    this.#isFlowLost = false;
    if (this.prepared === false || this.#isLeftAlone) {
      this.#tell();
      return;
    }
    const { state } = this.#leg.media.session;
    void this.climb(state === 'disconnected' || state === 'failed' ? 'media' : this.prepared);
  }

  onMediaState(state: MediaState): void {
    this.#cancelPatience?.();
    this.#cancelPatience = undefined;
    if (state === 'connected') {
      this.#proof?.wake();
      if (this.#isForMedia) this.#rung = undefined; // what was asked for before is done, by the peer perhaps
      this.#endPause();
      this.#pauses = 0;
      this.#tell();
    } else if (state === 'failed') this.#seek();
    else if (state === 'disconnected')
      this.#cancelPatience = this.#leg.context.clock.after(patience, () => {
        this.#seek();
      });
  }

  /** Nothing is done by itself. */
  get #isLeftAlone(): boolean {
    return this.#leg.context.ipChange.refresh === false;
  }

  #seek(): void {
    if (this.#isCutOff || this.#isLeftAlone) return;
    const isAsked = this.#rung !== undefined;
    void this.climb('media');
    this.#isForMedia = !isAsked && this.#rung === 'media';
  }

  /**
   * Another callee has answered the same offer. Where its DTLS came first, that of the one who is talked to is not understood
   * any more on this connection (seen in Chromium): it gets another, unless all is well soon.
   */
  onRival(): void {
    this.#cancelRivalry?.();
    this.#cancelRivalry = this.#leg.context.clock.after(patience, () => {
      if (this.#leg.state === 'confirmed' && this.#leg.media.session.state !== 'connected') void this.climb('rebuild');
    });
  }

  /** The proxy knows that the flow is gone by which the peer was reached; or it is silent, while its media come. */
  onUnreachable(status: 430 | 408): boolean {
    if (status === 408 && this.#leg.media.session.state !== 'connected') return false;
    void this.climb('replace');
    return true;
  }

  onUnknown(): void {
    this.#ladder.isUnknown = true;
  }

  /** The peer has taken two offers of ours, and one of them was given up: it is to be told anew. */
  onCrossed(): void {
    this.#restartedAt = -Infinity;
    void this.climb('media');
  }

  /** At the end of the call. */
  stop(): void {
    this.#cancelPatience?.();
    this.#cancelRivalry?.();
    this.#endPause();
    this.#proof?.wake();
  }

  /** At least `rung` has to be done; resolves with what came of all that was asked for by then. */
  climb(wanted: Rung): Promise<Recovery> {
    const { clock, log } = this.#leg.context;
    const rung = this.#isCutOff && (wanted === 'media' || wanted === 'rebuild') ? 'dialog' : wanted;
    if (rung === 'media' && clock.now() - this.#restartedAt < settling) {
      // RFC 8445 §9: the new generation is still looking, on what comes up meanwhile, too; another one would only disturb it
      log.info(`call ${this.#leg.callId}: restarted already`);
      return this.#outcome?.promise ?? Promise.resolve({ rung, ok: true, status: undefined });
    }
    this.#isForMedia = false;
    this.#rung = higher(this.#rung, rung);
    if (this.#outcome) return this.#outcome.promise;
    const outcome = (this.#outcome = new Deferred<Recovery>());
    this.#ladder.begin();
    this.#endPause();
    this.#tell();
    void this.#run().then((recovery) => {
      this.#outcome = undefined;
      this.#recoveries = [...this.#recoveries.slice(1 - remembered), recovery];
      this.#tell();
      outcome.resolve(recovery);
    });
    return outcome.promise;
  }

  async #run(): Promise<Recovery> {
    const { context } = this.#leg;
    let done: Rung = this.#rung!;
    try {
      while (this.#rung && !this.#leg.end) {
        await this.#connected();
        await this.#leg.succession; // the peer brings another dialog
        if (this.#isOver() || this.#isIdle()) break;
        done = this.#take();
        const session = this.#leg.session!;
        session.isRecovering = true;
        const { located } = session;
        const { generation, remoteGeneration } = this.#leg.media.session;
        try {
          done = await this.#refresh(session, done).catch((error: unknown) =>
            this.#yield(session, error, done, generation),
          );
          session.acknowledgeAgain();
          const { media } = this.#leg;
          const isSame = media.session.remoteGeneration === remoteGeneration;
          const isUnasked = !isSame && media.session.generation === generation;
          if ((done === 'dialog' || done === 'offer') && isUnasked) done = 'media'; // it looks for a path all the same
          if (!this.#isCutOff && (done === 'media' || done === 'rebuild' || done === 'replace'))
            await this.#prove(this.#leg.session!, done === 'media' && isSame);
          if (done !== 'dialog') this.#leg.media.session.sendKeyFrames(); // what was lost on the way is not waited for
          this.#ladder.onDone();
        } catch (error) {
          if (this.#isOver()) break;
          await this.#leg.succession;
          if (this.#leg.session !== session) continue; // what failed was of the dialog before
          const next = this.#ladder.onFailure({
            error: error as EvercallError,
            rung: done,
            isElsewhere: session.located !== located, // it went where the peer was before it moved
            now: context.clock.now(),
            gracePeriod: context.ipChange.gracePeriod,
          });
          if (!next) return this.#giveUp(error as EvercallError, done);
          if (next.wait > 0) await sleep(context.clock, next.wait);
          this.#rung = higher(this.#rung, next.rung);
        }
      }
    } finally {
      if (this.#leg.session) this.#leg.session.isRecovering = false;
    }
    return { rung: done, ok: !this.#leg.end, status: this.#leg.end?.status };
  }

  /** What was asked for is done, while there was something to wait for. */
  #isIdle(): boolean {
    return this.#rung === undefined;
  }

  #isOver(): boolean {
    return this.#leg.end !== undefined;
  }

  /** However long it takes: the flow goes on trying; and so does the account, where it goes first. */
  async #connected(): Promise<void> {
    const { flow, clock, registered, ipChange } = this.#leg.context;
    const isOpen = (): boolean => flow.isOpen;
    while (!this.#isOver()) {
      if (isOpen()) {
        const registering = registered();
        if (!registering) return;
        const enough = new AbortController();
        const patience = sleep(clock, ipChange.gracePeriod, enough.signal).catch(() => undefined);
        await Promise.race([registering, this.#leg.ended, patience]);
        enough.abort();
        if (isOpen()) return;
      } else if (flow.state === 'idle') {
        await sleep(clock, idleLook);
      } else {
        await flow.whenOpen().catch(() => undefined);
      }
    }
  }

  #take(): Rung {
    const rung = this.#rung!;
    this.#rung = undefined;
    this.#climbing = rung;
    return rung;
  }

  /** Resolves with what was done: when its turn comes, more may be wanted. */
  async #refresh(session: Session, wanted: Rung): Promise<Rung> {
    if (wanted === 'replace') {
      const { succeedDialog } = await loadReplacement();
      await succeedDialog(this.#leg);
      return wanted;
    }
    if (wanted === 'dialog' && session.remoteAllows('UPDATE') && !session.isInviteLost) {
      await session.update([], grace);
      return wanted;
    }
    const { clock } = this.#leg.context;
    // what the app asks for may wait for its answer as long as it likes, but not now
    const unblock = clock.after(grace, () => session.giveUpInvite?.(`no answer to a re-INVITE within ${grace} ms`));
    return session.change(async () => {
      unblock();
      if (this.#leg.session !== session) throw new EvercallError('cancelled', 'another dialog took its place');
      const rung = this.#rung ? higher(this.#take(), wanted) : wanted;
      this.#cancelPatience?.();
      if (rung === 'media') this.#restartedAt = clock.now();
      const decide = this.#hurry(session, rung);
      const wish = { iceRestart: rung === 'media', another: rung === 'rebuild', patience: grace };
      await this.#offer(session, wish).finally(decide);
      // long ago, and perhaps it was the peer's offer that did it in the end
      if (rung === 'media' && clock.now() - this.#restartedAt > settling) this.#restartedAt = clock.now();
      return rung;
    });
  }

  /** The app has been asked about an offer of the peer's, and may take its time: not while nothing is heard. Returns its undo. */
  #hurry(session: Session, rung: Rung): () => void {
    const isHeard = rung === 'dialog' || rung === 'offer';
    return this.#leg.context.clock.after(isHeard ? grace : hurry, () => session.putOff?.());
  }

  /** By re-INVITE, or as the app has it; a peer that allows UPDATE need not take an offer by it. */
  async #offer(session: Session, wish: ChangeOptions): Promise<void> {
    const { useUpdate } = this.#leg.context.ipChange;
    const isPossible = session.remoteAllows('UPDATE') && !session.isInviteLost;
    try {
      if (isPossible && useUpdate === 'two-phase') await session.update([], grace);
      if (isPossible && useUpdate === true) {
        await session.renegotiate({ ...wish, method: 'UPDATE' });
        return;
      }
    } catch (error) {
      if (!unfit.has((error as Partial<EvercallError>).status ?? 0)) throw error;
    }
    await session.renegotiate(wish);
  }

  /** Where ours made way for the peer's offer, that has said where both are; and it has restarted ICE, if it was made for that. */
  async #yield(session: Session, error: unknown, rung: Rung, generation: string | undefined): Promise<Rung> {
    const { yielded } = session;
    if (!yielded || (error as Partial<EvercallError>).code !== 'cancelled') throw error;
    session.yielded = undefined;
    await yielded.finally(this.#hurry(session, rung));
    const isDone = rung !== 'media' || this.#leg.media.session.generation !== generation;
    if (!isDone) this.#rung = higher(this.#rung, rung);
    return isDone ? rung : 'dialog';
  }

  async #prove(session: Session, isIgnored: boolean): Promise<void> {
    this.#proof = new PathProof(this.#leg, (iceRestart) => this.#tellCandidates(session, iceRestart));
    await this.#proof.found(isIgnored).finally(() => (this.#proof = undefined));
  }

  /**
   * They belong to the generation that looks for a path by itself, and has not found one from here alone. A browser at the other
   * end gets another one with them: where our check from an address that is news to it comes first, Chromium has a pair that
   * ranks below the one that is dead, and does not check it until it has heard nothing by that for 2.5 s.
   */
  async #tellCandidates(session: Session, iceRestart: boolean): Promise<void> {
    const { clock } = this.#leg.context;
    try {
      await session
        .change(() => {
          if (iceRestart) this.#restartedAt = clock.now();
          return session.renegotiate({ iceRestart });
        })
        .catch((error: unknown) => this.#yield(session, error, 'offer', undefined));
    } catch (error) {
      this.#leg.context.log.info(`call ${this.#leg.callId}: its candidates could not be told: ${String(error)}`);
    }
  }

  /** Everything was tried. A call that the peer has not is over, and one without any path; where media flow, they go on. */
  #giveUp(error: EvercallError, rung: Rung): Recovery {
    const { status = 408, message: reason, code } = error;
    const { session, context, media, callId } = this.#leg;
    const isSilent = code === 'timeout' || code === 'cancelled';
    context.log.warn(`call ${callId} could not be brought back (${rung}): ${String(error)}`);
    const isUnknown = this.#ladder.isUnknown && media.session.state !== 'connected';
    if (this.#ladder.isGone || isUnknown)
      session?.end({ by: 'remote', status: status === 603 ? 603 : 481, reason, error });
    else if (isSilent && media.session.state !== 'connected')
      session?.bye([], { by: 'network', status: 408, reason, error });
    else if (code !== 'rejected' || isPassing(error)) this.#pause();
    return { rung, ok: false, status };
  }

  /** The call stays, and so does the hope. */
  #pause(): void {
    const { media, context } = this.#leg;
    if (media.session.state === 'connected') return;
    this.#cancelPause = context.clock.after(Math.min(longestPause, firstPause * 2 ** this.#pauses++), () => {
      this.#cancelPause = undefined;
      void this.climb('media');
    });
  }

  #endPause(): void {
    this.#cancelPause?.();
    this.#cancelPause = undefined;
  }

  #told: CallConnection = 'connected';

  #tell(): void {
    const { connection } = this;
    if (connection === this.#told || this.#isOver()) return;
    this.#told = connection;
    this.#leg.changed('connectionChanged', { connection });
  }
}
