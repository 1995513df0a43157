/**
 * Another dialog takes the place of one that cannot be reached any more, and to the app it is the same call: an INVITE with
 * Replaces, ours (RFC 3891 §4) or that of the peer who is cut off (§3).
 */
import { sleep } from '../base/clock.js';
import { Deferred } from '../base/deferred.js';
import { EvercallError } from '../base/errors.js';
import { newCallId } from '../base/random.js';
import { From, headerValue, isSipUri, parseAddress, parseUri, read } from '../parser/index.js';
import type { SipRequest } from '../parser/index.js';
import { IncomingInvite } from '../session/incoming-invite.js';
import { OutgoingInvite } from '../session/outgoing-invite.js';
import type { SessionEnd, SessionUser } from '../session/session-context.js';
import type { Session } from '../session/session.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { Leg } from './leg.js';
import { replacesHeaders } from './replacing.js';
import { SpareMedia } from './spare-media.js';

/** Milliseconds that the peer gets: it answers by itself; and for which it may do so late, as long as its 200 is repeated. */
const patience = 4000;
const lingering = 32_000;
/** Milliseconds in which the ACK of a 200 comes, if its connection holds. */
const travelTime = 2000;

/**
 * Sends the INVITE to where the peer is registered, then to where it was last; resolves when one of them has answered. Rejects
 * with the last refusal: 603, and it has hung up; 481, and whoever is called knows nothing of the call. Until one is accepted all is as it was.
 */
export async function succeedDialog(leg: Leg): Promise<void> {
  const former = leg.mustBeConfirmed('succeedDialog');
  let last: unknown;
  for (const target of targets(former)) {
    if (leg.end) return;
    try {
      await (leg.claim = invite(leg, former, target)).finally(() => (leg.claim = undefined));
      return;
    } catch (error) {
      last = error;
      await leg.succession; // that of the peer, for which ours was given up
      leg.context.log.info(`call ${leg.callId}: ${target} did not take it back: ${String(error)}`);
      if (leg.session !== former) return;
      const { status } = error as Partial<EvercallError>;
      if (status === 481) leg.reconnection.onUnknown();
      if (status === 603) break; // RFC 3891 §3: it knows the call, and has hung up
    }
  }
  throw last;
}

/** A GRUU (RFC 5627) finds that very phone; else whoever is registered for the peer's address, and one of them knows the call. */
function targets({ dialog }: Session): readonly string[] {
  const { remoteTarget } = dialog;
  const contact = parseUri(remoteTarget);
  if (isSipUri(contact) && contact.params.has('gr')) return [remoteTarget];
  return [parseAddress(dialog.remote).uri, remoteTarget];
}

async function invite(leg: Leg, former: Session, target: string): Promise<void> {
  const { context } = leg;
  const { callId, localTag, remoteTag, local } = former.dialog;
  const headers = [...leg.privacy, ...replacesHeaders({ callId, toTag: remoteTag, fromTag: localTag })];
  // where both were fast, ours counts if the call was ours
  const isWanted = (): boolean =>
    !leg.end && leg.session === former && (leg.succession === undefined || former.ownsCallId);
  const media = new SpareMedia(leg.media, context, isWanted);
  const heir = new Heir(leg);
  let outgoing: OutgoingInvite | undefined;
  try {
    const offer = await media.createOffer();
    outgoing = new OutgoingInvite(
      { ...leg.sessionContext, negotiator: media },
      { target, from: local.replace(/;tag=[^;>]*$/i, ''), routes: context.routes(), headers, callId: newCallId(context.core.random), offer },
      heir,
    ); // prettier-ignore
    await answerTo(leg, outgoing, heir, target);
    enter(leg, outgoing.session!, former, false);
    if (media.isStale) void leg.reconnection.climb('offer');
  } catch (error) {
    if (outgoing && !heir.isOver) void takeLate(leg, former, outgoing, heir, media);
    else media.discard();
    throw error;
  }
}

/** Resolves when the new dialog is confirmed; rejects when that took too long, or is not needed any more. */
async function answerTo(leg: Leg, outgoing: OutgoingInvite, heir: Heir, target: string): Promise<void> {
  const giveUp = (error: EvercallError): void => {
    outgoing.withdraw();
    heir.fail(error);
  };
  const cancel = leg.context.clock.after(patience, () => {
    giveUp(new EvercallError('timeout', `no answer from ${target}`, { status: 408 }));
  });
  leg.abandonSuccession = () => {
    giveUp(new EvercallError('cancelled', 'the call was over, or came back by itself', { status: 487 }));
  };
  outgoing.start();
  try {
    await heir.confirmed;
  } finally {
    leg.abandonSuccession = undefined;
    cancel();
  }
}

/** Given up, and answered all the same: the peer goes on in that dialog, and ends the former one. So do we. */
async function takeLate(
  leg: Leg,
  former: Session,
  outgoing: OutgoingInvite,
  heir: Heir,
  media: SpareMedia,
): Promise<void> {
  const over = new Deferred<boolean>();
  const isTooLate = (): void => {
    over.resolve(false);
  };
  const cancel = leg.context.clock.after(lingering, isTooLate);
  void leg.ended.then(isTooLate);
  const isAnswered = await Promise.race([heir.answered, over.promise]);
  cancel();
  if (isAnswered) await laterClaim(leg);
  if (isAnswered && leg.session === former && !outgoing.session!.isOver) {
    leg.context.log.info(`call ${leg.callId}: answered after all`);
    leg.abandonSuccession?.();
    enter(leg, outgoing.session!, former, false);
    void leg.reconnection.climb(media.isStale ? 'offer' : 'dialog');
  } else if (isAnswered) {
    outgoing.session!.bye();
  } else {
    if (!heir.isOver) outgoing.cancel();
    media.discard();
  }
}

/** The latest counts, for the peer, too, if it has come there: an answer to an earlier one waits for that, as long as it may take. */
async function laterClaim({ claim, context }: Leg): Promise<void> {
  if (!claim) return;
  const enough = new AbortController();
  const wait = sleep(context.clock, travelTime, enough.signal);
  await Promise.race([claim, wait]).catch(() => undefined);
  enough.abort();
  wait.catch(() => undefined);
}

/**
 * Whether an INVITE with Replaces is of the one we talk to, who has lost his way to us; another’s is a transfer. He may have lost
 * it with the ACK to our 200, but not with the answer that it brings where the offer was ours.
 */
export function isPeers(leg: Leg, request: SipRequest): boolean {
  const { session, state } = leg;
  const isAnswered = state === 'confirmed' || (state === 'connecting' && session?.exchange === 'stable');
  if (!session || !isAnswered || headerValue(request, 'Referred-By') !== undefined) return false;
  return read(request, From)?.uri === parseAddress(session.dialog.remote).uri;
}

/** Answers it at once, and the call goes on in the new dialog. Where both ask for that, the caller of old goes first. */
export function acceptSuccession(leg: Leg, request: SipRequest, transaction: ServerTransaction): Promise<void> {
  const isBusy = leg.succession !== undefined && leg.dropSuccession?.() !== true;
  if (isBusy || (leg.abandonSuccession && leg.session!.ownsCallId)) {
    leg.context.core.respond(transaction, 491);
    return Promise.resolve();
  }
  const former = leg.session!;
  const story: Promise<void> = accept(leg, request, transaction, () => leg.succession === story).finally(() => {
    if (leg.succession === story) leg.succession = leg.dropSuccession = former.succession = undefined;
  });
  leg.succession = former.succession = story;
  leg.abandonSuccession?.();
  return story;
}

async function accept(
  leg: Leg,
  request: SipRequest,
  transaction: ServerTransaction,
  isLatest: () => boolean,
): Promise<void> {
  const former = leg.session!;
  const { log, clock } = leg.context;
  former.takeAsAcknowledged();
  await leg.fate.answered.catch(() => undefined); // it is over: seen below
  const media = new SpareMedia(leg.media, leg.context, () => !leg.end);
  const heir = new Heir(leg);
  const incoming = new IncomingInvite({ ...leg.sessionContext, negotiator: media }, request, transaction, heir);
  const began = clock.now();
  leg.dropSuccession = () => {
    const isStale = clock.now() - began > travelTime;
    if (isStale) incoming.session.bye(); // when its ACK comes, or does not
    return isStale;
  };
  try {
    await incoming.accept();
    enter(leg, incoming.session, former, true);
    if (media.isStale) void leg.reconnection.climb('offer');
  } catch (error) {
    log.warn(`call ${leg.callId}: the peer’s new dialog could not be had: ${String(error)}`);
    media.discard();
    if (!isLatest()) return;
    if (!transaction.isAnswered) incoming.reject(488);
    else if (!former.isOver && media.isAdopted) void leg.reconnection.climb('rebuild'); // it goes on, and its media have ended
  }
}

/** Who is told of nothing: the former dialog is the call's no longer, and the new one not yet. */
export class Nobody implements SessionUser {
  readonly leg: Leg;

  constructor(leg: Leg) {
    this.leg = leg;
  }

  onProgress(): void {}
  onAccepted(): void {}
  onConfirmed(): void {}
  onRenegotiated(): void {}
  onRefreshed(): void {}
  onRival(): void {}
  onCrossed(): void {}
  onUnheard(): void {}
  onDtmf(): void {}
  onRedirected(): void {}
  onHeard(): void {}
  onUnconfirmedAnswer(): void {}
  onCandidates(): void {}
  onPictureWanted(): void {}
  onEnded(_end: SessionEnd): void {}

  onUnreachable(): boolean {
    return false;
  }

  onStranded(): boolean {
    return false;
  }

  onRefused(): boolean {
    return false;
  }

  onRequest(_request: SipRequest, _transaction: ServerTransaction, answer: () => void): void {
    answer();
  }

  onMessage(_request: SipRequest, transaction: ServerTransaction): void {
    this.leg.sessionContext.core.respond(transaction, 480);
  }

  onRefer(_session: Session, transaction: ServerTransaction): void {
    this.leg.sessionContext.core.respond(transaction, 480);
  }
}

/** Hears of the new dialog until it is the call's. */
class Heir extends Nobody {
  readonly #confirmed = new Deferred<void>();
  readonly #answered = new Deferred<boolean>();
  /** Nothing comes of it any more. */
  isOver = false;

  constructor(leg: Leg) {
    super(leg);
    this.#confirmed.promise.catch(() => undefined); // who asked may have gone
  }

  get confirmed(): Promise<void> {
    return this.#confirmed.promise;
  }

  /** Whether it is confirmed in the end, be it too late. */
  get answered(): Promise<boolean> {
    return this.#answered.promise;
  }

  fail(error: EvercallError): void {
    this.#confirmed.reject(error);
  }

  /** Its 200 may find the next connection. */
  override onStranded(): boolean {
    this.fail(new EvercallError('transport', 'connection lost during INVITE', { status: 503 }));
    return true;
  }

  override onConfirmed(): void {
    this.#confirmed.resolve();
    this.#answered.resolve(true);
  }

  override onEnded({ error, status, reason }: SessionEnd): void {
    this.isOver = true;
    this.#confirmed.reject(error ?? new EvercallError('rejected', reason, { status }));
    this.#answered.resolve(false);
  }
}

/** The call goes on in the new dialog. The former one ends, with a BYE where that is ours to say (RFC 3891 §3). */
function enter(leg: Leg, session: Session, former: Session, bye: boolean): void {
  if (session.isOver) throw new EvercallError('cancelled', 'the new dialog is over already', { status: 487 });
  if (leg.end || leg.session !== former) {
    session.bye();
    return;
  }
  session.user = leg;
  former.user = new Nobody(leg);
  leg.succeed(session);
  const end = { by: 'local', status: 200, reason: 'another dialog took its place' } as const;
  if (bye) former.bye([], end);
  else former.end(end);
}
