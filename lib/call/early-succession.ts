/**
 * A call of ours rang as its connection was lost, and may have been answered since: an INVITE with Replaces asks for that early
 * dialog (RFC 3891 §4, Linphone's way). A callee who has answered takes it at once; one who still rings refuses, for the dialog is
 * not of his making (§3).
 */
import { sleep } from '../base/clock.js';
import { Deferred } from '../base/deferred.js';
import { newCallId } from '../base/random.js';
import type { Dialog } from '../core/dialog.js';
import type { Header, SipResponse } from '../parser/index.js';
import { OutgoingInvite } from '../session/outgoing-invite.js';
import type { SessionEnd } from '../session/session-context.js';
import type { CallOrigin } from './call-context.js';
import { isAway } from './attempts.js';
import type { Leg } from './leg.js';
import { replacesHeaders } from './replacing.js';
import { SpareMedia } from './spare-media.js';
import { Nobody } from './succession.js';

type Outgoing = Extract<CallOrigin, { direction: 'outgoing' }>;

/** `again`: the connection is gone once more, or the callee is not there yet; `over`: the call has ended. */
type Outcome = 'taken' | 'refused' | 'again' | 'over';

/** Milliseconds in which whoever knows the dialog says so, if the server is heard at all. */
const patience = 4000;
/** Milliseconds for which it is asked for: as long as a 2xx is repeated; and between two times. */
const grace = 32_000;
const pause = 1000;

/** Resolves with whether the call goes on by it, or is over. Not so, it is to be placed anew. */
export async function claimEarlyDialog(leg: Leg, origin: Outgoing, headers: readonly Header[]): Promise<boolean> {
  const { flow, clock } = leg.context;
  const stranded = leg.outgoing!;
  const dialog = stranded.lostDialog!;
  const end = clock.now() + grace;
  leg.attempts!.onSent(clock.now());
  stranded.hold();
  for (let claims = 0; clock.now() < end; claims++) {
    if (claims > 0) await sleep(clock, pause);
    await flow.whenOpen(undefined, grace);
    const outcome = leg.end ? 'over' : await claim(leg, dialog, origin, headers, claims === 0);
    if (outcome === 'refused') break;
    if (outcome === 'again') continue;
    stranded.cancelStranded(); // it may ring elsewhere
    return true;
  }
  return stranded.release();
}

async function claim(
  leg: Leg,
  { callId, remoteTag: toTag, localTag: fromTag }: Dialog,
  { target, from, routes, options }: Outgoing,
  headers: readonly Header[],
  isFirst: boolean,
): Promise<Outcome> {
  const { context, sessionContext } = leg;
  const media = new SpareMedia(leg.media, context, () => !leg.end);
  const replaces = replacesHeaders({ callId, toTag, fromTag });
  try {
    const offer = options.offer === 'late' ? undefined : await media.createOffer();
    if (leg.end) return 'over';
    const claimant = new Claimant(leg, isFirst);
    const outgoing = new OutgoingInvite(
      { ...sessionContext, negotiator: media },
      { target, from, routes, headers: [...headers, ...replaces], callId: newCallId(context.core.random), offer },
      claimant,
    );
    return await claimant.claim(outgoing);
  } finally {
    media.discard();
  }
}

/** Hears of the new dialog until the call goes on in it. */
class Claimant extends Nobody {
  /** Whether the dialog can have been replaced by nobody yet. */
  readonly #isFirst: boolean;
  readonly #outcome = new Deferred<Outcome>();
  #outgoing!: OutgoingInvite;
  #isHeard = false;
  #cancelWatch: (() => void) | undefined;

  constructor(leg: Leg, isFirst: boolean) {
    super(leg);
    this.#isFirst = isFirst;
  }

  async claim(outgoing: OutgoingInvite): Promise<Outcome> {
    const { leg } = this;
    const { log, flow } = leg.context;
    log.info(`call ${leg.callId}: its early dialog is asked for`);
    this.#outgoing = outgoing;
    void leg.ended.then(() => {
      this.#outcome.resolve('over');
    });
    this.#watch(flow.framesReceived);
    outgoing.start();
    const outcome = await this.#outcome.promise;
    this.#cancelWatch?.();
    if (outcome !== 'taken') outgoing.cancel();
    return outcome;
  }

  /** Gives up where the server is heard, and nobody says anything to this. */
  #watch(framesReceived: number): void {
    const { clock, flow } = this.leg.context;
    this.#cancelWatch = clock.after(patience, () => {
      if (this.#isHeard) return;
      if (flow.framesReceived > framesReceived) this.#outcome.resolve('refused');
      else this.#watch(framesReceived);
    });
  }

  override onProgress(): void {
    this.#isHeard = true;
  }

  override onAccepted(response?: SipResponse): void {
    const { leg } = this;
    this.#isHeard = true;
    if (leg.end) return;
    leg.outgoing = this.#outgoing;
    leg.callId = this.#outgoing.callId;
    leg.onLocated();
    leg.onAccepted(response);
  }

  override onConfirmed(): void {
    const { leg } = this;
    if (leg.outgoing !== this.#outgoing) return; // given up
    this.#outcome.resolve('taken');
    this.#outgoing.session!.user = leg;
    leg.onConfirmed();
  }

  override onStranded(): boolean {
    this.#outcome.resolve('again');
    return true;
  }

  override onEnded(end: SessionEnd): void {
    const { leg } = this;
    const { status } = end;
    const isGone = status === 603 && this.#isFirst; // §3: the dialog is known, and has ended
    if (!leg.end && (isGone || leg.outgoing === this.#outgoing)) leg.onEnded(end);
    // 491: he has agreed to the claim before, whose 200 did not find us, and still waits for its ACK
    this.#outcome.resolve(leg.end ? 'over' : isAway(status) || status === 491 ? 'again' : 'refused');
  }
}
